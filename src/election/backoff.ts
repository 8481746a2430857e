/** How long a failing request waits before it is tried again. */
import type { Turn } from './state.ts';

const FIRST_BACKOFF_MS = 100;
/** So many failures, or more, wait as long as any. */
export const LONGEST_BACKOFF = 20;

/** Grows from 0.1 s to the retry period, halved at random so that a fleet does not retry in step. */
export function backoffMs(turn: Turn, failures: number): number {
  const fullMs = Math.min(
    FIRST_BACKOFF_MS * 2 ** Math.min(failures, LONGEST_BACKOFF),
    turn.config.timings.retryPeriodMs,
  );
  return fullMs * (0.5 + turn.random / 2);
}
