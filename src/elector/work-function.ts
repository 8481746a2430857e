/**
 * Work given as a function: it runs for one term, is told to stop by its signal, and has stopped when its promise
 * settles. It runs in this very process, so it cannot be killed (rule 20).
 */
import { describeError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Work } from './work.ts';

export interface Leadership {
  /** Aborts the moment leadership is over; its reason says why. The work must end soon after. */
  readonly signal: AbortSignal;
  /** Counts this process's terms, from 1. */
  readonly term: number;
  /**
   * The fencing token: a decimal string that grows with every new leader. Send it along with what the work writes, and
   * let the other side refuse one that is older than the newest it has seen: by length, then by text, never as a
   * JavaScript number. It does not order across a restored etcd.
   */
  readonly token: string;
  /** The lock object's uid, under which tokens were issued. */
  readonly lockUid: string;
}

export type LeaderWork = (leadership: Leadership) => Promise<void> | void;

export function workFunction(run: LeaderWork, logger: Logger): Work {
  let current: AbortController | null = null;
  return {
    start({ term, token }, stopped) {
      const controller = new AbortController();
      current = controller;
      const leadership = { signal: controller.signal, term, token: token.version, lockUid: token.uid };
      // Begins in a turn of its own, so that nothing it does at first can hold up the election.
      void Promise.resolve()
        .then(() => run(leadership))
        .catch((error: unknown) => {
          const endedByStop = controller.signal.aborted && error === controller.signal.reason;
          if (!endedByStop) logger.error('the work of the leader failed', { term, error: describeError(error) });
        })
        .finally(stopped);
    },
    stop(reason) {
      current?.abort(new LeadershipOver(reason));
      current = null;
    },
  };
}

/** Why a work's signal aborted. */
export class LeadershipOver extends Error {
  override readonly name = 'LeadershipOver';
}
