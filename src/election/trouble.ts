/** Requests that keep failing: since when, and how often to say so. */
import { type RequestTrouble, report, type Turn } from './state.ts';

export type Failure =
  | { readonly reason: 'unreachable'; readonly action: string }
  | { readonly reason: 'forbidden'; readonly verb: string };

/** An outage is told again this often. A missing right is told once: that is a matter of a person's time, not the API's. */
const SAY_AGAIN_MS = 300_000;

/** The trouble after one more failure. Said when it begins, when it becomes another, and while an outage lasts. */
export function failing(turn: Turn, before: RequestTrouble | null, failure: Failure, message: string): RequestTrouble {
  const { reason } = failure;
  const nowMs = turn.now.monoMs;
  const same = before?.reason === reason ? before : null;
  const sinceMs = same?.sinceMs ?? nowMs;
  if (same !== null && (reason === 'forbidden' || nowMs - same.saidAtMs < SAY_AGAIN_MS)) return { ...same, message };
  if (failure.reason === 'forbidden') report(turn, { type: 'missing-right', verb: failure.verb, message });
  else report(turn, { type: 'request-failing', action: failure.action, message, forMs: nowMs - sinceMs });
  return { reason, message, sinceMs, saidAtMs: nowMs };
}
