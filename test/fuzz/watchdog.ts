/**
 * Ends a process whose main thread does not come back: a loop without an end cannot be interrupted from inside. It says
 * what was going on, then kills.
 */

import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

export interface Watchdog {
  /** Called from the main thread again and again. */
  readonly alive: () => void;
  /** What the last words are to be. */
  doing(what: string): void;
  end(): void;
}

interface Shared {
  readonly beats: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  readonly stuckAfterMs: number;
}

export function startWatchdog(stuckAfterMs: number): Watchdog {
  const shared: Shared = { beats: new SharedArrayBuffer(4), words: new SharedArrayBuffer(1024), stuckAfterMs };
  const beats = new Int32Array(shared.beats);
  const worker = new Worker(new URL(import.meta.url), { workerData: shared });
  worker.unref();
  return {
    alive: () => void Atomics.add(beats, 0, 1),
    doing: (what) => void new Uint8Array(shared.words).fill(0).set(Buffer.from(what).subarray(0, 1024)),
    end: () => void worker.terminate(),
  };
}

function watch({ beats, words, stuckAfterMs }: Shared): void {
  const counter = new Int32Array(beats);
  let last = Atomics.load(counter, 0);
  setInterval(() => {
    const now = Atomics.load(counter, 0);
    if (now === last) {
      // The console belongs to the main thread.
      writeSync(
        1,
        `stuck for ${stuckAfterMs} ms\nreplay: ${Buffer.from(new Uint8Array(words)).toString().replace(/\0+$/, '')}\n`,
      );
      process.kill(process.pid, 'SIGKILL');
    }
    last = now;
  }, stuckAfterMs);
}

if (!isMainThread) watch(workerData as Shared);
