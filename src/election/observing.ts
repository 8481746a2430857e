/**
 * What the lock says, and from when on it may be taken (rules 6, 7, 14, 16, 17, 26, 28, 29). Every sight of the lock,
 * whether read, watched or written by this member, comes through here and nowhere else.
 *
 * Times in a record are never compared with a clock: a lock expires one duration after this member received the last
 * change of its record or seal.
 */
import { compareVersions, holderOf, type Observed, sameRecordAndSeal } from './record.ts';
import { countingSeal, isMine, isOfMyPod, isRelease } from './seal.ts';
import { type Attempt, report, type Sight, type State, type Turn } from './state.ts';

export type Verdict =
  /** Written by this process, and takeable by it at once (rule 22). */
  | 'mine'
  /** Written by a former process of this Pod that is proven dead (rule 25). */
  | 'of-my-pod'
  /** Somebody else's, a record with my id included (rule 14): waited out. */
  | 'held'
  | 'released'
  /** Without a holder but not released, or unreadable: waited out (rule 28). */
  | 'emptied';

/**
 * A large herd must not write all at once, yet a small one should not notice. By the fourth power and whole milliseconds
 * every second member writes in the very turn in which it sees the release, without a timer. More would not help: on
 * one machine fifty members take longer to hear of a release than any delay that a single standby would not notice
 * (measured by the bench, rule 28).
 */
const HERD_SPREAD_MS = 20;
/** Durations above this are said loudly, and still respected (rule 6). */
const LONG_DURATION_MS = 3_600_000;
/** One renewal by a namesake may be a dead predecessor's late write; two are somebody alive (rule 14). */
export const COLLISION_RENEWALS = 2;

export const NO_SIGHT: Sight = {
  presence: 'unknown',
  known: null,
  newestVersion: '',
  lastUid: '',
  everSeen: false,
  sealKnown: false,
  changedAtMs: 0,
  lot: 0,
  lastDurationMs: 0,
  floorAtMs: Number.NEGATIVE_INFINITY,
  doubtedReadAtMs: null,
  namesakeRenewals: 0,
  namesakeSinceMs: null,
  leaderlessSinceMs: null,
};

// ------------------------------------------------------------------------------------------------ what it says now

export function judge(state: State | Turn): Verdict | null {
  const { known } = state.sight;
  return known === null ? null : judgeObserved(state, known, state.sight.sealKnown);
}

/** From when on, by the monotonic clock, this member may write itself into the lock. Infinity: not as things stand. */
export function takeableAtMs(state: State | Turn): number {
  const { sight } = state;
  if (sight.doubtedReadAtMs !== null) return Number.POSITIVE_INFINITY;
  switch (sight.presence) {
    case 'unknown':
      return Number.POSITIVE_INFINITY;
    case 'gone':
      return sight.floorAtMs;
    case 'present':
      switch (judge(state)) {
        case 'mine':
        case 'of-my-pod':
          return sight.floorAtMs;
        case 'released':
          return Math.max(sight.floorAtMs, sight.changedAtMs + herdDelayMs(sight.lot));
        default:
          return Math.max(sight.floorAtMs, expiresAtMs(state) + herdDelayMs(sight.lot));
      }
  }
}

/** When the record as last seen ends for a standby: receipt of its last change plus the record's duration (rule 6). */
export function expiresAtMs(state: State | Turn): number {
  const { known, changedAtMs } = state.sight;
  return known === null ? changedAtMs : changedAtMs + durationMs(state, known);
}

/** The longer of record and counting seal; the own TTL where the record has none. Never shortened. */
export function durationMs(state: State | Turn, observed: Observed): number {
  const { record } = observed;
  const ownMs = state.config.timings.leaseDurationMs;
  const seconds = record === 'unreadable' ? 0 : (record.leaseDurationSeconds ?? 0);
  const recordMs = seconds > 0 ? seconds * 1000 : ownMs;
  return Math.max(recordMs, (countingSeal(observed)?.leaseDurationSeconds ?? 0) * 1000);
}

// ------------------------------------------------------------------------------------------------------ new sights

/**
 * Takes in a sight of the lock: a watch event, the answer to a read, or the answer to an attempt of this member. What
 * is not newer than what is known tells nothing and is dropped, but for a read that repeats it: that settles a doubt.
 * (A read below what was known when it was sent is a rollback, and does not come here.)
 */
export function see(turn: Turn, observed: Observed, via: 'watch' | 'read' | Attempt): void {
  const order = compareVersions(observed.version, turn.sight.newestVersion);
  if (order < 0 || (order === 0 && via !== 'read')) return;
  overtakeRead(turn);
  const ownCreation = typeof via === 'object' ? via.on === null && !via.overtaken : isOwnCreation(turn, observed);
  if (!ownCreation) overtakeCreates(turn);
  takeIn(turn, observed, ownCreation);
}

/**
 * A watch's DELETED event. Each one restarts the wait of rule 17, even if the lock was believed gone. It is no answer to
 * what a lock is that refused a create: that one may have come after it.
 */
export function seeDeleted(turn: Turn, version: string): void {
  if (compareVersions(version, turn.sight.newestVersion) <= 0) return;
  overtakeCreates(turn);
  turn.sight = { ...turn.sight, newestVersion: version, everSeen: true };
  if (turn.sight.presence !== 'unknown') lose(turn);
}

/** A read that proves that the lock is not there. Counts only if nothing newer was learnt since it was sent (16). */
export function seeMissing(turn: Turn): void {
  const { sight } = turn;
  if (sight.presence === 'present' || (sight.presence === 'unknown' && sight.everSeen)) {
    overtakeCreates(turn);
    lose(turn);
  } else if (sight.presence === 'unknown') {
    turn.sight = { ...sight, presence: 'gone', doubtedReadAtMs: null, leaderlessSinceMs: turn.now.monoMs };
  } else {
    turn.sight = { ...sight, doubtedReadAtMs: null };
  }
}

/**
 * A create was refused because the lock exists: seen, but unknown (rule 17). Which lock that was is unknown too, even if
 * one was seen since the create was sent: that one may have come after it.
 */
export function seeCreateConflict(turn: Turn, readBackAtMs: number): void {
  overtakeRead(turn);
  overtakeCreates(turn);
  const unknown = {
    presence: 'unknown',
    known: null,
    lastUid: '',
    namesakeRenewals: 0,
    namesakeSinceMs: null,
  } as const;
  turn.sight = { ...turn.sight, ...unknown, everSeen: true, doubtedReadAtMs: readBackAtMs };
}

/**
 * A write upon `known` failed to apply because it is not the newest: nothing is written upon it until read back, by a
 * read that is sent after this.
 */
export function doubt(turn: Turn, readBackAtMs: number): void {
  overtakeRead(turn);
  readBackBy(turn, readBackAtMs);
}

/** The read-back of a doubted sight, no later than this. */
export function readBackBy(turn: Turn, readBackAtMs: number): void {
  const { doubtedReadAtMs } = turn.sight;
  turn.sight = {
    ...turn.sight,
    doubtedReadAtMs: doubtedReadAtMs === null ? readBackAtMs : Math.min(doubtedReadAtMs, readBackAtMs),
  };
}

/** A quorum read showed a version below one that was known when it was sent: etcd was restored (rule 26). */
export function seeRollback(turn: Turn, observed: Observed): void {
  const from = turn.sight.newestVersion;
  const waitMs = longestDurationMs(turn, observed);
  turn.sight = { ...NO_SIGHT, lastDurationMs: turn.sight.lastDurationMs };
  turn.writing = { ...turn.writing, unresolved: [] };
  overtakeCreates(turn);
  takeIn(turn, observed, false, true);
  report(turn, { type: 'rolled-back', from, to: observed.version, waitMs });
}

// --------------------------------------------------------------------------------------------------------- helpers

function judgeObserved(state: State | Turn, observed: Observed, sealKnown: boolean): Verdict {
  const { config } = state;
  const { record } = observed;
  if (record === 'unreadable') return 'emptied';
  if (record.holderIdentity === '') return isRelease(observed, sealKnown) ? 'released' : 'emptied';
  if (isMine(observed, selfOf(state))) return 'mine';
  if (state.proofHeld && isOfMyPod(observed, config.id, config.pod.uid)) return 'of-my-pod';
  return 'held';
}

export function selfOf(state: State | Turn) {
  return { id: state.config.id, processId: state.config.processId, lastAttempt: state.writing.lastAttempt };
}

function takeIn(turn: Turn, observed: Observed, ownCreation: boolean, asNewUid = false): void {
  const before = turn.sight;
  const sameUid = before.lastUid === observed.uid;
  const sealKnown = (sameUid && before.sealKnown) || observed.seal !== null;
  const verdict = judgeObserved(turn, observed, sealKnown);
  const changed = before.known === null || !sameUid || !sameRecordAndSeal(before.known, observed);
  const held = holderOf(observed) !== '';

  // A new uid waits (rule 17). So does one that is not held by another and is first seen after a create of ours was
  // refused: the lock that refused it is another sight, and this one may have come after it.
  const replaced = !ownCreation && !sameUid && before.lastUid !== '';
  const unknownPredecessor = !ownCreation && before.lastUid === '' && before.everSeen && verdict !== 'held';
  const waits = asNewUid || replaced || unknownPredecessor || (verdict === 'emptied' && changed);
  const waitMs = longestDurationMs(turn, observed);
  const seenDurationMs = held ? durationMs(turn, observed) : longestDurationMs(turn, observed);

  turn.sight = {
    presence: 'present',
    known: observed,
    newestVersion: observed.version,
    lastUid: observed.uid,
    everSeen: true,
    sealKnown,
    changedAtMs: changed ? turn.now.monoMs : before.changedAtMs,
    lot: changed ? turn.random : before.lot,
    lastDurationMs: seenDurationMs,
    floorAtMs: waits ? Math.max(before.floorAtMs, turn.now.monoMs + waitMs) : before.floorAtMs,
    doubtedReadAtMs: null,
    ...countNamesake(turn, observed, verdict, changed),
    leaderlessSinceMs: held ? null : (before.leaderlessSinceMs ?? turn.now.monoMs),
  };
  if (!changed) return;
  if (replaced) report(turn, { type: 'lock-replaced', waitMs });
  else if (verdict === 'emptied') report(turn, { type: 'lock-emptied', waitMs });
  if (held && seenDurationMs > LONG_DURATION_MS && seenDurationMs !== before.lastDurationMs) {
    report(turn, { type: 'long-duration', durationMs: seenDurationMs });
  }
}

/** The lock is not there any more: wait the longest that its last holder may think itself valid (rule 17). */
function lose(turn: Turn): void {
  const { sight, now } = turn;
  const waitMs = longestDurationMs(turn, sight.known);
  turn.sight = {
    ...sight,
    presence: 'gone',
    known: null,
    lastDurationMs: waitMs,
    floorAtMs: Math.max(sight.floorAtMs, now.monoMs + waitMs),
    doubtedReadAtMs: null,
    namesakeRenewals: 0,
    namesakeSinceMs: null,
    leaderlessSinceMs: sight.leaderlessSinceMs ?? now.monoMs,
  };
  report(turn, { type: 'lock-gone', waitMs });
}

/** The longest of the seal's duration, the last one seen and the own TTL (rule 17). */
function longestDurationMs(turn: Turn, observed: Observed | null): number {
  const seal = observed?.seal;
  const sealMs = seal && seal !== 'unreadable' ? seal.leaseDurationSeconds * 1000 : 0;
  const recordMs = observed === null ? 0 : durationMs(turn, observed);
  return Math.max(turn.config.timings.leaseDurationMs, turn.sight.lastDurationMs, sealMs, recordMs);
}

function herdDelayMs(lot: number): number {
  const squared = lot * lot;
  return Math.floor(HERD_SPREAD_MS * squared * squared);
}

/** Counts the renewals of a record with this member's id that is another's; the first sight is none (rule 14). */
function countNamesake(turn: Turn, observed: Observed, verdict: Verdict, changed: boolean) {
  const { namesakeRenewals, namesakeSinceMs } = turn.sight;
  if (verdict !== 'held' || holderOf(observed) !== turn.config.id)
    return { namesakeRenewals: 0, namesakeSinceMs: null };
  const renewed = changed && namesakeSinceMs !== null;
  const renewals = namesakeRenewals + (renewed ? 1 : 0);
  if (renewed && renewals === COLLISION_RENEWALS) report(turn, { type: 'identity-collision', id: turn.config.id });
  return { namesakeRenewals: renewals, namesakeSinceMs: namesakeSinceMs ?? turn.now.monoMs };
}

/** A create of mine that no other sight came after, and whose record this is (rule 17). */
function isOwnCreation(turn: Turn, observed: Observed): boolean {
  if (!isMine(observed, selfOf(turn))) return false;
  const attempt = countingSeal(observed)?.attempt;
  const isIt = (it: Attempt) => it.on === null && !it.overtaken && it.attempt === attempt;
  return (turn.writing.inFlight !== null && isIt(turn.writing.inFlight)) || turn.writing.unresolved.some(isIt);
}

function overtakeRead(turn: Turn): void {
  const { inFlight } = turn.reading;
  if (inFlight !== null && !inFlight.overtaken) {
    turn.reading = { ...turn.reading, inFlight: { ...inFlight, overtaken: true } };
  }
}

function overtakeCreates(turn: Turn): void {
  const overtake = (it: Attempt) => (it.on === null ? { ...it, overtaken: true } : it);
  const { inFlight, unresolved } = turn.writing;
  turn.writing = {
    ...turn.writing,
    inFlight: inFlight === null ? null : overtake(inFlight),
    unresolved: unresolved.map(overtake),
  };
}
