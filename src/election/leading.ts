/**
 * Taking the lock, keeping it, and for how long that is proven (rules 2 to 5, 8 to 13, 22). A leader is valid from the
 * send of its last proven renewal until one renew deadline later, whatever it hears or does not hear in between.
 */
import { expiresAtMs, judge, see, selfOf, takeableAtMs } from './observing.ts';
import { holderOf, type Observed } from './record.ts';
import { countingSeal, isMine } from './seal.ts';
import {
  type Attempt,
  type Draining,
  elapsedMs,
  type FormerLeader,
  type Now,
  type Role,
  report,
  type State,
  type Term,
  type Turn,
} from './state.ts';
import { nextTransitions, send, transitionsOf } from './writing.ts';

type Leader = Extract<Role, { type: 'leader' }>;

/**
 * How long the last proven renewal still holds; 0 or less after a lapse. The last millisecond is not used: neither
 * timers nor the arithmetic of instants are finer.
 */
export function remainingMs(state: State | Turn, role: Leader | Draining, now = (state as Turn).now): number {
  const leftMs = state.config.timings.renewDeadlineMs - elapsedMs(role.provenAt, now);
  return leftMs < 1 ? Math.min(leftMs, 0) : leftMs;
}

/** The role in which the lock is kept: leading, and giving up while the work stops (rule 18). */
export function keepingRole(state: State | Turn): Leader | Draining | null {
  const { role } = state;
  return role.type === 'leader' || (role.type === 'draining' && role.cause === 'gave-up') ? role : null;
}

// ---------------------------------------------------------------------------------------------------- taking it

export function planCampaign(turn: Turn): void {
  if (turn.now.monoMs < campaignAtMs(turn)) return;
  const { config, sight, now } = turn;
  turn.former = formerLeader(turn, sight.known);
  send(turn, {
    purpose: 'acquire',
    on: sight.known,
    record: {
      holderIdentity: config.id,
      leaseDurationSeconds: config.timings.leaseDurationSeconds,
      acquireTimeMs: now.wallMs,
      renewTimeMs: now.wallMs,
      leaseTransitions: nextTransitions(turn, sight.known),
    },
    term: 0,
    timeoutMs: config.timings.requestBudgetMs,
  });
}

export function campaignAtMs(turn: Turn): number {
  const { role, candidacy, writing } = turn;
  if (role.type !== 'candidate' || !candidacy || writing.inFlight !== null) return Number.POSITIVE_INFINITY;
  return Math.max(role.restUntilMs, writing.retryAtMs, takeableAtMs(turn));
}

/**
 * My takeover or create was applied. A term begins unless the lock was seen otherwise meanwhile, or the answer comes
 * so late that it would be over.
 */
export function acquired(turn: Turn, attempt: Attempt, observed: Observed): void {
  see(turn, observed, attempt);
  const { role, now, config } = turn;
  if (role.type !== 'candidate' || !turn.candidacy) return;
  if (attempt.overtaken || judge(turn) !== 'mine' || turn.sight.lastUid !== observed.uid) return;
  if (elapsedMs(attempt.sentAt, now) > config.timings.renewDeadlineMs - 1) return;
  const term = turn.terms + 1;
  const token = { uid: observed.uid, version: observed.version };
  turn.terms = term;
  turn.role = {
    type: 'leader',
    term: { term, token, acquiredAt: attempt.sentAt },
    provenAt: attempt.sentAt,
    renewAtMs: attempt.sentAt.monoMs + config.timings.retryPeriodMs,
  };
  report(turn, { type: 'started-leading', term, token, transitions: transitionsOf(observed) });
  turn.effects.push({ type: 'startWork', term, token });
}

// --------------------------------------------------------------------------------------------------- keeping it

/** One PUT from the known version, every retry period; sooner when the last one failed (rules 11 and 13). */
export function planRenewal(turn: Turn): void {
  const role = keepingRole(turn);
  const { sight, config } = turn;
  if (role === null || sight.known === null || turn.now.monoMs < renewalAtMs(turn)) return;
  const leftMs = remainingMs(turn, role);
  send(turn, {
    purpose: 'renew',
    on: sight.known,
    record: {
      holderIdentity: config.id,
      leaseDurationSeconds: config.timings.leaseDurationSeconds,
      acquireTimeMs: role.term.acquiredAt.wallMs,
      renewTimeMs: renewTimeMs(role.term, turn.now),
      leaseTransitions: transitionsOf(sight.known),
    },
    term: role.term.term,
    timeoutMs: Math.min(config.timings.requestBudgetMs, leftMs),
  });
}

export function renewalAtMs(turn: Turn): number {
  const role = keepingRole(turn);
  if (role === null || turn.writing.inFlight !== null || turn.sight.doubtedReadAtMs !== null) {
    return Number.POSITIVE_INFINITY;
  }
  const { backoffUntilMs, retryAtMs } = turn.writing;
  // However long the API asks to wait, one attempt remains before the renew deadline; the own backoff holds even then.
  const lastChanceAtMs = turn.now.monoMs + remainingMs(turn, role) - turn.config.timings.requestBudgetMs;
  return Math.max(role.renewAtMs, backoffUntilMs, Math.min(retryAtMs, lastChanceAtMs));
}

/** When, by the monotonic clock, the present proof ends unless it is renewed. */
export function lapsesAtMs(turn: Turn): number {
  const role = keepingRole(turn);
  return role === null ? Number.POSITIVE_INFINITY : turn.now.monoMs + remainingMs(turn, role);
}

export function renewed(turn: Turn, attempt: Attempt, observed: Observed): void {
  see(turn, observed, attempt);
  prove(turn, attempt);
}

/**
 * A read showed the lock after attempts of unknown outcome (rule 12). Mine, by one of them: that attempt succeeded,
 * valid from its send. Otherwise the renewal, still due, is sent again under the version that was read.
 */
export function settleByRead(turn: Turn, observed: Observed): void {
  if (!isMine(observed, selfOf(turn))) return;
  const seal = countingSeal(observed);
  const applied = turn.writing.unresolved.find((it) => it.purpose === 'renew' && it.attempt === seal?.attempt);
  if (applied !== undefined) prove(turn, applied);
}

/** Only for the term that sent it, and never less than is proven already. */
function prove(turn: Turn, attempt: Attempt): void {
  const role = keepingRole(turn);
  const { timings } = turn.config;
  if (role === null || attempt.term !== role.term.term || attempt.sentAt.monoMs < role.provenAt.monoMs) return;
  turn.role = { ...role, provenAt: attempt.sentAt, renewAtMs: attempt.sentAt.monoMs + timings.retryPeriodMs };
}

// ------------------------------------------------------------------------------------------------------ helpers

/**
 * By the clocks that only go forward, from `acquireTime` on. By a wall clock that is set back, or one that stands still
 * while the machine is suspended, an elector of Kubernetes' Go package could read the same text twice, take it for the
 * same record, and the lock from a leader that renews it.
 */
function renewTimeMs({ acquiredAt }: Term, now: Now): number {
  return acquiredAt.wallMs + Math.floor(elapsedMs(acquiredAt, now));
}

/**
 * The Pod in the lock's seal; without one that counts (a Go holder) the Pod named like the holder (rule 32). Where that
 * is this Pod, whose last takeover may have gone without an answer, the one before it.
 */
function formerLeader(turn: Turn, on: Observed | null): FormerLeader | null {
  if (on === null) return null;
  const holder = holderOf(on);
  const own = turn.config.pod;
  const seal = holder === '' ? on.seal : countingSeal(on);
  if (seal !== null && seal !== 'unreadable' && seal.podName !== '') {
    const { podName, podNamespace, podUid } = seal;
    const isOwn = podUid !== '' ? podUid === own.uid : podName === own.name && podNamespace === own.namespace;
    return isOwn ? turn.former : { podName, podNamespace, podUid };
  }
  if (holder === own.name) return turn.former;
  return holder === '' ? null : { podName: holder, podNamespace: '', podUid: '' };
}

/** The holder to show: empty once its record has expired for this member (contract, HTTP). */
export function shownLeader(state: State | Turn, now = (state as Turn).now): string {
  const { known } = state.sight;
  if (known === null) return '';
  const leading = state.role.type === 'leader' && remainingMs(state, state.role, now) > 0;
  if (leading) return state.config.id;
  const holder = holderOf(known);
  return holder === state.config.id || now.monoMs >= expiresAtMs(state) ? '' : holder;
}
