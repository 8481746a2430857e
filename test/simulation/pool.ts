/**
 * Worlds on all cores: ranges of seeds are handed to threads, one at a time each. A range gives the same tally whichever
 * thread runs it, and whenever.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Cut } from './plan.ts';
import type { Tally } from './tally.ts';

export interface Range {
  readonly from: number;
  readonly count: number;
  readonly cut: Cut;
}

/** Worlds leave much behind that dies young. */
const YOUNG_GENERATION_MB = 64;

/**
 * Runs range after range until there are no more; `next` is asked whenever a thread is free, and null ends that thread.
 * Rejects when a thread breaks, which a world that fails does not.
 */
export async function runRanges(
  next: () => Range | null,
  done: (range: Range, tally: Tally) => void,
  threads = availableParallelism(),
): Promise<void> {
  await Promise.all(Array.from({ length: threads }, () => work(next, done)));
}

async function work(next: () => Range | null, done: (range: Range, tally: Tally) => void): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  try {
    for (let range = next(); range !== null; range = next()) done(range, await ask(worker, range));
  } finally {
    await worker.terminate();
  }
}

function ask(worker: Worker, range: Range): Promise<Tally> {
  const { promise, resolve, reject } = Promise.withResolvers<Tally>();
  const ended = (code: number) => reject(new Error(`a thread ended with ${code} during its worlds`));
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', ended);
  worker.postMessage(range);
  return promise.finally(() => {
    worker.off('message', resolve);
    worker.off('error', reject);
    worker.off('exit', ended);
  });
}

/** Equal pieces of `count` seeds. */
export function inPieces(from: number, count: number, size: number, cut: Cut): () => Range | null {
  let at = from;
  return () => {
    const left = from + count - at;
    if (left <= 0) return null;
    const range = { from: at, count: Math.min(size, left), cut };
    at += range.count;
    return range;
  };
}
