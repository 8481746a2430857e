/**
 * The writes of the lock: one in flight, each with a number, and what is known of those whose outcome is not
 * (rules 8 to 13). What a write is for, and what its success means, is decided in `leading.ts` and `losing.ts`.
 */

import { backoffMs, LONGEST_BACKOFF } from './backoff.ts';
import { doubt, expiresAtMs, judge, seeCreateConflict } from './observing.ts';
import type { WriteOutcome } from './outcome.ts';
import { compareVersions, holderOf, type Observed, type RecordDraft } from './record.ts';
import { type Attempt, report, type Turn, type Writing } from './state.ts';
import { failing } from './trouble.ts';

const UNTROUBLED = {
  failures: 0,
  backoffUntilMs: Number.NEGATIVE_INFINITY,
  retryAtMs: Number.NEGATIVE_INFINITY,
  trouble: null,
} as const;

export const NO_WRITING: Writing = {
  lastAttempt: 0,
  inFlight: null,
  unresolved: [],
  refusedVersion: '',
  ...UNTROUBLED,
};

const MOST_UNRESOLVED = 16;

/** Sends a write, decided now: a term that it proves counts from this instant (rule 2). */
export function send(
  turn: Turn,
  write: {
    readonly purpose: Attempt['purpose'];
    readonly on: Observed | null;
    readonly record: RecordDraft;
    readonly term: number;
    readonly timeoutMs: number;
  },
): void {
  const { config, now } = turn;
  const attempt = turn.writing.lastAttempt + 1;
  const deadlineAtMs = now.monoMs + write.timeoutMs;
  turn.writing = {
    ...turn.writing,
    lastAttempt: attempt,
    inFlight: {
      attempt,
      purpose: write.purpose,
      on: write.on,
      sentAt: now,
      deadlineAtMs,
      term: write.term,
      overtaken: false,
    },
  };
  turn.effects.push({
    type: 'write',
    attempt,
    deadlineAtMs,
    write: {
      on: write.on,
      record: write.record,
      seal: {
        podName: config.pod.name,
        podNamespace: config.pod.namespace,
        podUid: turn.proofHeld ? config.pod.uid : '',
        processId: config.processId,
        attempt,
        leaseDurationSeconds: config.timings.leaseDurationSeconds,
        released: write.purpose === 'release',
      },
    },
  });
}

/**
 * Ends the attempt in flight, when this is its answer: the late answer of an abandoned one changes nothing (rule 9).
 * Returns the attempt, for the caller to act upon a success; every other outcome is settled here.
 */
export function endAttempt(turn: Turn, number: number, outcome: WriteOutcome): Attempt | null {
  const attempt = turn.writing.inFlight;
  if (attempt === null || attempt.attempt !== number) return null;
  turn.writing = { ...turn.writing, inFlight: null };
  switch (outcome.type) {
    case 'done':
      if (provesNothing(attempt, outcome.observed)) {
        unknown(turn, attempt, 'the answer bears the version that was written upon', 0);
        return null;
      }
      succeeded(turn);
      break;
    case 'conflict':
      succeeded(turn);
      refusedAsStale(turn, attempt);
      break;
    case 'missing':
      if (attempt.on === null) {
        unknown(turn, attempt, 'a create was answered with NotFound', 0);
        break;
      }
      succeeded(turn);
      doubt(turn, turn.now.monoMs);
      holdBack(turn, attempt.on);
      break;
    case 'refused':
      refused(turn, attempt, outcome.code, outcome.message, outcome.retryAfterMs ?? 0);
      break;
    case 'unknown':
      unknown(turn, attempt, outcome.message, outcome.retryAfterMs ?? 0);
      break;
  }
  return attempt;
}

/** An attempt whose deadline has passed: its outcome is unknown. */
export function endOverdueAttempt(turn: Turn): void {
  const { inFlight } = turn.writing;
  if (inFlight === null || turn.now.monoMs < inFlight.deadlineAtMs) return;
  turn.effects.push({ type: 'abortWrite', attempt: inFlight.attempt });
  endAttempt(turn, inFlight.attempt, { type: 'unknown', message: 'no answer in time' });
}

/** Gives up the attempt in flight because something more urgent is to be written: no failure of anybody. */
export function abandonAttempt(turn: Turn): void {
  const { inFlight } = turn.writing;
  if (inFlight === null) return;
  turn.effects.push({ type: 'abortWrite', attempt: inFlight.attempt });
  turn.writing = { ...turn.writing, inFlight: null };
  keepUnresolved(turn, inFlight);
}

/** Forgets the attempts that can no longer apply: the lock has moved on from the version they were written upon. */
export function forgetFenced(turn: Turn): void {
  if (turn.sight.presence === 'unknown') return;
  turn.writing = { ...turn.writing, unresolved: turn.writing.unresolved.filter((it) => mayApply(turn, it)) };
}

/** Would it be applied if it arrived now, as far as the lock's state is known? */
export function mayApply({ sight }: Turn, { on }: Attempt): boolean {
  const { known, presence } = sight;
  return on === null ? presence === 'gone' : known?.uid === on.uid && known.version === on.version;
}

/**
 * A standby that could not take the lock is not in trouble any more once another holds it: there is nothing to write,
 * and when there is again, that is a new trouble with waits of its own. It would look ill for ever otherwise, since it
 * does not write.
 */
export function forgetTrouble(turn: Turn): void {
  if (judge(turn) !== 'held' || turn.now.monoMs >= expiresAtMs(turn)) return;
  turn.writing = { ...turn.writing, ...UNTROUBLED };
}

/** What stands in `leaseTransitions` when the sight is replaced: +1 for a new holder, 0 for a new lock. */
export function nextTransitions(turn: Turn, on: Observed | null): number {
  if (on === null) return 0;
  return transitionsOf(on) + (holderOf(on) === turn.config.id ? 0 : 1);
}

export function transitionsOf(observed: Observed): number {
  const { record, seal } = observed;
  if (record !== 'unreadable') return Math.max(0, record.leaseTransitions);
  return seal !== null && seal !== 'unreadable' ? seal.leaseTransitions : 0;
}

// --------------------------------------------------------------------------------------------------------- helpers

/** A 200 whose version is not above the one it was written upon: nothing was written (rule 11). */
function provesNothing(attempt: Attempt, observed: Observed): boolean {
  return attempt.on !== null && compareVersions(observed.version, attempt.on.version) <= 0;
}

/** An answer that settles the attempt: the API works. */
function succeeded(turn: Turn): void {
  const { trouble } = turn.writing;
  if (trouble !== null) {
    const afterMs = turn.now.monoMs - trouble.sinceMs;
    report(turn, { type: 'request-works-again', action: 'write the lock', afterMs });
  }
  turn.writing = { ...turn.writing, ...UNTROUBLED };
}

/**
 * 409: something newer is there. A standby that lost a race waits for its watch to tell, at most one retry period
 * (rule 28); a leader, a poller, and one with attempts of unknown outcome read at once.
 */
function refusedAsStale(turn: Turn, attempt: Attempt): void {
  const { role, reading, writing, now, config } = turn;
  const patient = role.type === 'candidate' && reading.watch !== null && writing.unresolved.length === 0;
  const readBackAtMs = now.monoMs + (patient ? config.timings.retryPeriodMs : 0);
  if (attempt.on === null) seeCreateConflict(turn, readBackAtMs);
  else if (turn.sight.known?.version === attempt.on.version) {
    doubt(turn, readBackAtMs);
    holdBack(turn, attempt.on);
  }
}

/**
 * Refused twice upon one version, which the read between showed to be the newest: something on the way contradicts
 * itself, and must not be asked again at once.
 */
function holdBack(turn: Turn, on: Observed): void {
  if (turn.writing.refusedVersion === on.version) {
    const backoffUntilMs = turn.now.monoMs + backoffMs(turn, LONGEST_BACKOFF);
    turn.writing = { ...turn.writing, backoffUntilMs, retryAtMs: backoffUntilMs };
  }
  turn.writing = { ...turn.writing, refusedVersion: on.version };
}

function refused(turn: Turn, attempt: Attempt, code: number, message: string, retryAfterMs: number): void {
  const forbidden = code === 403;
  troubled(turn, attempt, forbidden ? 'forbidden' : 'unreachable', message, retryAfterMs);
}

/** Never success: kept until a read shows it applied, or a newer version fences it (rule 12). */
function unknown(turn: Turn, attempt: Attempt, message: string, retryAfterMs: number): void {
  keepUnresolved(turn, attempt);
  troubled(turn, attempt, 'unreachable', message, retryAfterMs);
}

/** A renewal or release is sent again under the same version, which settles it; an acquisition is read back first. */
function keepUnresolved(turn: Turn, attempt: Attempt): void {
  const unresolved = [...turn.writing.unresolved, attempt].slice(-MOST_UNRESOLVED);
  turn.writing = { ...turn.writing, unresolved };
  if (attempt.purpose === 'acquire') doubt(turn, turn.now.monoMs);
}

function troubled(
  turn: Turn,
  attempt: Attempt,
  reason: 'unreachable' | 'forbidden',
  message: string,
  retryAfterMs: number,
): void {
  const failure =
    reason === 'forbidden'
      ? { reason, verb: attempt.on === null ? 'create' : 'update' }
      : { reason, action: `${attempt.purpose} the lock` };
  const trouble = failing(turn, turn.writing.trouble, failure, message);
  turn.writing = { ...turn.writing, failures: turn.writing.failures + 1, trouble };
  // The backoff counts from the send: an attempt that ran into its deadline has waited enough.
  const backoffUntilMs = attempt.sentAt.monoMs + backoffMs(turn, turn.writing.failures);
  const retryAtMs = Math.max(backoffUntilMs, turn.now.monoMs + retryAfterMs);
  turn.writing = { ...turn.writing, backoffUntilMs, retryAtMs };
}
