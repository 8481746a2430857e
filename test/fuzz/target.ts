/**
 * One thing that reads from outside, and what must hold whatever it reads. `npm test` runs each target for a moment
 * (targets.test.ts), `main.ts` for as long as one likes; both replay a failure from its seed and path.
 */
import { inspect } from 'node:util';
import fc from 'fast-check';

export interface Target {
  readonly name: string;
  /** Cases in `npm test`. */
  readonly cases: number;
  /** What the cases need: a server, a folder. Opened once for many cases. */
  open(): Promise<Opened>;
}

export interface Opened {
  readonly property: fc.IAsyncProperty<[unknown]>;
  close(): Promise<void>;
}

export interface Chosen {
  readonly cases: number;
  readonly seed: number;
  /** Of the counterexample, as a failure prints it. */
  readonly path?: string;
  /** No batch of cases begins after this much. */
  readonly withinMs?: number;
}

const LONGEST_ERROR = 2_000;

/** A case that takes longer hangs: everything here is read in far less. */
const CASE_DEADLINE_MS = 10_000;

/** A target without anything to open. */
export function pure<T>(
  name: string,
  cases: number,
  input: fc.Arbitrary<T>,
  check: (value: T) => void | Promise<void>,
): Target {
  return {
    name,
    cases,
    open: async () => ({ property: caseOf(input, check), close: async () => {} }),
  };
}

/** What does not yield cannot be interrupted, so its time is judged afterwards. */
export function caseOf<T>(
  input: fc.Arbitrary<T>,
  check: (value: T) => void | Promise<void>,
  deadlineMs = CASE_DEADLINE_MS,
): fc.IAsyncProperty<[unknown]> {
  return fc.asyncProperty(input, async (value) => {
    watched.caseBegan();
    const startedAtMs = performance.now();
    await check(value);
    const tookMs = performance.now() - startedAtMs;
    if (tookMs > deadlineMs) throw new Error(`took ${Math.round(tookMs)} ms, more than ${deadlineMs} ms`);
  }) as fc.IAsyncProperty<[unknown]>;
}

/** Who wants to know that the cases go on; see watchdog.ts. */
export const watched = { caseBegan: () => {} };

/** Few enough that time is looked at often; a case under way is never interrupted, or it could not be found to hang. */
const BATCH = 25;

/** Stops at the first case that does not hold; `failure` says what did not, and how to see it again. */
export async function runTarget(target: Target, chosen: Chosen): Promise<{ cases: number; failure: string | null }> {
  const { property, close } = await target.open();
  const stray: unknown[] = [];
  // A promise that nobody waits for, and a listener that throws, would end a real process.
  const onStray = (error: unknown) => stray.push(error);
  process.on('unhandledRejection', onStray).on('uncaughtException', onStray);
  const endsAtMs = performance.now() + (chosen.withinMs ?? Number.POSITIVE_INFINITY);
  let cases = 0;
  try {
    for (let seed = chosen.seed; cases < chosen.cases && performance.now() < endsAtMs; seed = (seed + 1) | 0) {
      const details = await fc.check(property, {
        ...{ seed, numRuns: Math.min(BATCH, chosen.cases - cases), timeout: CASE_DEADLINE_MS },
        ...(chosen.path === undefined ? {} : { path: chosen.path, endOnFailure: true }),
      });
      cases += details.numRuns;
      await new Promise((resolve) => setImmediate(resolve));
      const failure = failureOf(target, details, stray);
      if (failure !== null || chosen.path !== undefined) return { cases, failure };
    }
    return { cases, failure: null };
  } finally {
    process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
    await close();
  }
}

function failureOf(target: Target, details: fc.RunDetails<[unknown]>, stray: readonly unknown[]): string | null {
  const replay = replayCommand(target.name, details.seed, details.counterexamplePath);
  if (details.failed) {
    const shown = inspect(details.counterexample?.[0], { depth: 8, maxStringLength: 200, maxArrayLength: 20 });
    return `${target.name} fails after ${details.numRuns} cases: ${textOf(details.errorInstance)}\ncase: ${shown}\nreplay: ${replay}`;
  }
  if (stray.length === 0) return null;
  return `${target.name}: nobody caught ${stray.map(textOf).join('\n')}\nreplay: ${replay}`;
}

export function replayCommand(name: string, seed: number, path: string | null): string {
  return `node test/fuzz/main.ts --only ${name} --seed ${seed}${path === null ? '' : ` --path ${path}`}`;
}

function textOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? `, because ${textOf(error.cause)}` : '';
  const text = (error instanceof Error ? (error.stack ?? error.message) : String(error)) + cause;
  return text.length > LONGEST_ERROR ? `${text.slice(0, LONGEST_ERROR)}…` : text;
}
