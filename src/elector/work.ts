/**
 * What leading drives: a function of the library's user, a child process, or nothing at all. Work is told to start and
 * to stop, and says once per term when it has stopped; nothing else flows back into the election.
 */
import type { FencingToken } from '../election/view.ts';

export interface Work {
  /**
   * A term begins. `stopped` must be called exactly once, when the work of this term has ended, whether by itself or
   * because it was told to. Called by itself, it means: give the leadership up.
   */
  start(term: { readonly term: number; readonly token: FencingToken }, stopped: () => void): void;
  /** Leadership is over. `withinMs` is how long the work may still take (rule 18). */
  stop(reason: string, withinMs: number): void;
  /** Ends the work by force. Work without it that outlives its budget is stuck (rule 20). */
  kill?(): void;
}

/** Leading without work: stops at once. */
export function noWork(): Work {
  let stopped: (() => void) | null = null;
  return {
    start(_term, onStopped) {
      stopped = onStopped;
    },
    stop() {
      stopped?.();
      stopped = null;
    },
  };
}
