/**
 * How leading ends (rules 15, 16, 18 to 21, 31). Always in this order: not leading, work told to stop, work stopped,
 * label, release. The first two are immediate; the release never comes before the work has stopped.
 */
import { keepingRole, remainingMs } from './leading.ts';
import { judge, readBackBy, takeableAtMs } from './observing.ts';
import { readSoon } from './reading.ts';
import type { Observed } from './record.ts';
import {
  type Draining,
  type LosingCause,
  localInstant,
  type Now,
  type Role,
  report,
  type Term,
  type Turn,
} from './state.ts';
import { abandonAttempt, mayApply, send, transitionsOf } from './writing.ts';

type Releasing = Extract<Role, { type: 'releasing' }>;

/** Label and release together, from the work's end (rule 18). */
const FAREWELL_MS = 4_000;
const RELEASE_TRY_MS = 1_500;
const LABEL_TRY_MS = 1_000;
const MIN_REST_MS = 5_000;
/** A child is killed at this part of the lapse budget (rule 5). */
const KILL_AT = 0.75;
/** For work to say that it has stopped, from being told, however small its budget is or however late it is told. */
const STUCK_GRACE_MS = 200;

// ------------------------------------------------------------------------------------------------- why it ends

/** Every event first checks the lapse: an answer can be handled before the timer that should have ended the term. */
export function endLapsedTerm(turn: Turn): void {
  const role = keepingRole(turn);
  if (role !== null && remainingMs(turn, role) <= 0) lose(turn, 'the renew deadline passed without a proven renewal');
}

/** The lock is seen not to be mine: not leading in the same turn, not at the deadline (rules 15 and 16). */
export function endLostTerm(turn: Turn): void {
  const { sight, now } = turn;
  if (sight.presence === 'gone') lose(turn, 'the lock is gone');
  else if (judge(turn) !== 'mine') lose(turn, describeLoss(turn));
  else if (sight.floorAtMs > now.monoMs) lose(turn, 'the lock was replaced or rolled back');
}

/** Somebody chose to stop. Leading ends at once; the lock is held and renewed while the work stops. */
export function giveUp(turn: Turn, reason: string, exit: boolean): void {
  const { role, config, now } = turn;
  switch (role.type) {
    case 'leader': {
      const endsAtMs = now.monoMs + config.drainBudgetMs;
      const { term, provenAt, renewAtMs } = role;
      const holdUntilMs = now.monoMs + config.releaseDelayMs;
      const draining = { type: 'draining', cause: 'gave-up', killed: false, workStopped: false } as const;
      // Also without any budget: what stops at once is not stuck.
      const stuckAtMs = Math.max(endsAtMs, now.monoMs + STUCK_GRACE_MS);
      const budget = { killAtMs: endsAtMs, endsAtMs, stuckAtMs };
      turn.role = { ...draining, since: localInstant(now), term, exit, provenAt, renewAtMs, holdUntilMs, ...budget };
      stopWork(turn, term, reason, endsAtMs);
      return;
    }
    case 'candidate':
      if (exit) beginReleasing(turn, 'gave-up', true, now.monoMs + FAREWELL_MS);
      return;
    case 'draining':
    case 'labelling':
    case 'releasing':
      if (exit) turn.role = { ...role, exit: true };
      return;
    case 'stuck':
      if (exit) end(turn, true);
      return;
  }
}

/** A candidate that may not lead any more leaves nothing of its own on the lock, nor on its way there. */
export function giveBack(turn: Turn): void {
  if (turn.role.type !== 'candidate' || leftOnTheLock(turn) === 'nothing') return;
  beginReleasing(turn, 'gave-up', false, turn.now.monoMs + FAREWELL_MS);
}

// ------------------------------------------------------------------------------------------------ how it ends

export function workStopped(turn: Turn, term: number): void {
  const { role } = turn;
  if (role.type === 'leader' && role.term.term === term) giveUp(turn, 'the work ended', false);
  const after = turn.role;
  if (after.type === 'draining' && after.term.term === term) turn.role = { ...after, workStopped: true };
  else if (after.type === 'stuck' && after.term.term === term) becomeCandidate(turn, Number.NEGATIVE_INFINITY);
}

export function labelDone(turn: Turn, term: number): void {
  const { role } = turn;
  if (role.type !== 'labelling' || role.term.term !== term) return;
  beginReleasing(turn, role.cause, role.exit, role.releaseBeforeMs);
}

/** Moves the ending on: kills, labels, releases, whatever is due. */
export function planLosing(turn: Turn): void {
  planDraining(turn);
  const { role } = turn;
  if (role.type === 'labelling' && turn.now.monoMs >= role.deadlineAtMs) labelDone(turn, role.term.term);
  planReleasing(turn);
}

/** The next instant at which `planLosing` has something to do. */
export function losingWakesAtMs(turn: Turn): number {
  const { role, writing } = turn;
  switch (role.type) {
    case 'draining':
      return drainsUntilMs(turn, role) - (drainedToMs(role, turn.now) - turn.now.monoMs);
    case 'labelling':
      return role.deadlineAtMs;
    case 'releasing':
      return writing.inFlight === null && releaseAtMs(turn, role) > turn.now.monoMs
        ? Math.min(role.deadlineAtMs, releaseAtMs(turn, role))
        : role.deadlineAtMs;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

// ------------------------------------------------------------------------------------------------------ helpers

/** Now, on the scale of a draining role's instants. */
function drainedToMs(role: Draining, now: Now): number {
  return Math.max(now.monoMs, role.since.monoMs + (now.bootMs - role.since.bootMs));
}

/** The next instant, on that scale, at which something is due. */
function drainsUntilMs(turn: Turn, role: Draining): number {
  if (role.workStopped) return role.holdUntilMs;
  if (turn.config.canKillWork) return role.killed ? Number.POSITIVE_INFINITY : role.killAtMs;
  return role.stuckAtMs;
}

/** Nothing, for who does not keep the lock. */
function lose(turn: Turn, reason: string): void {
  const role = keepingRole(turn);
  if (role === null) return;
  const learntAtMs = role.type === 'draining' ? drainedToMs(role, turn.now) : turn.now.monoMs;
  // From learning it, and never past the end of validity plus the budget.
  const fromMs = learntAtMs + Math.min(0, remainingMs(turn, role));
  const { lapseBudgetMs } = turn.config.timings;
  const ending = {
    cause: role.type === 'leader' ? 'lost' : 'lost-giving-up',
    holdUntilMs: Number.NEGATIVE_INFINITY,
    killAtMs: fromMs + KILL_AT * lapseBudgetMs,
    endsAtMs: fromMs + lapseBudgetMs,
    // After a long pause the budget may be over when the loss is learnt: what stops at once is not stuck.
    stuckAtMs: Math.max(fromMs + lapseBudgetMs, learntAtMs + STUCK_GRACE_MS),
  } as const;
  if (role.type === 'leader') {
    const { term, provenAt, renewAtMs } = role;
    const draining = { type: 'draining', exit: false, killed: false, workStopped: false } as const;
    turn.role = { ...draining, since: localInstant(turn.now), term, provenAt, renewAtMs, ...ending };
    stopWork(turn, term, reason, ending.endsAtMs);
  } else {
    const endsAtMs = Math.min(role.endsAtMs, ending.endsAtMs);
    const stuckAtMs = Math.max(endsAtMs, learntAtMs + STUCK_GRACE_MS);
    turn.role = { ...role, ...ending, killAtMs: Math.min(role.killAtMs, ending.killAtMs), endsAtMs, stuckAtMs };
  }
}

function describeLoss(turn: Turn): string {
  const verdict = judge(turn);
  return verdict === 'released' || verdict === 'emptied' ? 'the lock was emptied' : 'another holds the lock';
}

function stopWork(turn: Turn, term: Term, reason: string, endsAtMs: number): void {
  report(turn, { type: 'stopped-leading', term: term.term, reason });
  turn.effects.push({ type: 'stopWork', term: term.term, reason, endsAtMs });
}

function planDraining(turn: Turn): void {
  const { role, now, config } = turn;
  if (role.type !== 'draining' || drainedToMs(role, now) < drainsUntilMs(turn, role)) return;
  if (role.workStopped) {
    beginLabelling(turn, role);
  } else if (config.canKillWork) {
    turn.role = { ...role, killed: true };
    report(turn, { type: 'killing-work', term: role.term.term });
    turn.effects.push({ type: 'killWork', term: role.term.term });
  } else {
    turn.role = { type: 'stuck', term: role.term, sinceMs: now.monoMs };
    abandonAttempt(turn);
    report(turn, { type: 'work-stuck', term: role.term.term });
    if (role.exit) end(turn, true);
  }
}

function beginLabelling(turn: Turn, { term, cause, exit }: Draining): void {
  const { now, config } = turn;
  const deadlineAtMs = now.monoMs + Math.min(config.timings.retryPeriodMs / 2, LABEL_TRY_MS);
  turn.role = { type: 'labelling', term, cause, exit, deadlineAtMs, releaseBeforeMs: now.monoMs + FAREWELL_MS };
  turn.effects.push({ type: 'labelStandby', term: term.term, deadlineAtMs });
}

function beginReleasing(turn: Turn, cause: LosingCause, exit: boolean, deadlineAtMs: number): void {
  turn.role = { type: 'releasing', cause, exit, deadlineAtMs };
  abandonAttempt(turn);
  if (turn.sight.doubtedReadAtMs !== null) readBackBy(turn, turn.now.monoMs);
  const { NEGATIVE_INFINITY } = Number;
  turn.writing = { ...turn.writing, backoffUntilMs: NEGATIVE_INFINITY, retryAtMs: NEGATIVE_INFINITY };
}

/** However long the API asks to wait, one try remains before the end; the own backoff holds even then (rule 13). */
function releaseAtMs({ writing }: Turn, role: Releasing): number {
  return Math.max(writing.backoffUntilMs, Math.min(writing.retryAtMs, role.deadlineAtMs - RELEASE_TRY_MS));
}

/**
 * Until nothing of mine remains on the lock, nor can still arrive there: an attempt of unknown outcome is read back
 * and released, or the version that it waits for is replaced (rules 12, 19, 31). While the lock's state is not known,
 * the read that is under way or due is waited for.
 */
function planReleasing(turn: Turn): void {
  const { role, writing, now, config } = turn;
  if (role.type !== 'releasing') return;
  const left = leftOnTheLock(turn);
  if (left === 'nothing') {
    finishReleasing(turn, role);
  } else if (now.monoMs >= role.deadlineAtMs) {
    const message = writing.trouble?.message ?? turn.reading.trouble?.message ?? 'no answer in time';
    report(turn, { type: 'not-released', message });
    finishReleasing(turn, role);
  } else if (left !== 'unknown' && writing.inFlight === null && now.monoMs >= releaseAtMs(turn, role)) {
    send(turn, {
      purpose: 'release',
      on: left.on,
      record: {
        holderIdentity: '',
        leaseDurationSeconds: 1,
        acquireTimeMs: now.wallMs,
        renewTimeMs: now.wallMs,
        leaseTransitions: left.on === null ? 0 : transitionsOf(left.on),
      },
      term: 0,
      timeoutMs: Math.min(RELEASE_TRY_MS, config.timings.requestBudgetMs, role.deadlineAtMs - now.monoMs),
    });
  }
}

function leftOnTheLock(turn: Turn): 'nothing' | 'unknown' | { readonly on: Observed | null } {
  const { sight, writing } = turn;
  const mine = judge(turn) === 'mine';
  if (!mine && writing.unresolved.length === 0 && writing.inFlight === null) return 'nothing';
  if (sight.doubtedReadAtMs !== null) return 'unknown';
  // No lock is created before its time, also not to keep another from being created late (rule 17).
  const mustWait = sight.presence === 'gone' && takeableAtMs(turn) > turn.now.monoMs;
  const mayArrive = !mustWait && writing.unresolved.some((it) => mayApply(turn, it));
  return mine || mayArrive || writing.inFlight !== null ? { on: sight.known } : 'nothing';
}

/** No write is in flight by now. */
function finishReleasing(turn: Turn, role: Releasing): void {
  const { now, config } = turn;
  if (role.exit) {
    end(turn, false);
    return;
  }
  const { retryPeriodMs, requestBudgetMs } = config.timings;
  const restMs = Math.max(MIN_REST_MS, 2.2 * retryPeriodMs + requestBudgetMs);
  becomeCandidate(turn, role.cause === 'lost' ? Number.NEGATIVE_INFINITY : now.monoMs + restMs);
}

function becomeCandidate(turn: Turn, restUntilMs: number): void {
  turn.role = { type: 'candidate', restUntilMs };
  turn.writing = { ...turn.writing, retryAtMs: Number.NEGATIVE_INFINITY };
  if (turn.reading.mode === 'polling') readSoon(turn, turn.now.monoMs);
}

function end(turn: Turn, stuck: boolean): void {
  turn.role = { type: 'ended' };
  if (turn.reading.inFlight !== null) turn.effects.push({ type: 'abortRead', read: turn.reading.inFlight.read });
  if (turn.reading.watch !== null) turn.effects.push({ type: 'stopWatch', watch: turn.reading.watch.watch });
  turn.reading = { ...turn.reading, inFlight: null, watch: null };
  turn.effects.push({ type: 'ended', stuck });
}
