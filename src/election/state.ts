/**
 * The election's vocabulary: what it knows (State), what it is told (Event) and what it asks for (Effect). All plain
 * data. Instants are only subtracted and versions only compared, so that states can be enumerated.
 */
import type { ReadOutcome, WriteOutcome } from './outcome.ts';
import type { LockWrite, Observed } from './record.ts';
import type { Timings } from './timings.ts';

/** A reading of this machine's clocks (rules 1 and 4). The wall clock is only ever written into records. */
export interface Now {
  readonly monoMs: number;
  readonly bootMs: number;
  readonly wallMs: number;
}

/** An instant that must be judged by the greater of two clocks (rule 4). */
export type LocalInstant = Pick<Now, 'monoMs' | 'bootMs'>;

/** Proves to other systems which leader is the newer one (rule 26). Version texts are compared by `compareVersions`. */
export interface FencingToken {
  /** The lock object's uid. */
  readonly uid: string;
  /** The version in which this node first saw its winning record: a decimal string, never a JavaScript number. */
  readonly version: string;
}

/** The Pod that led before, as far as the lock tells (rule 32). */
export interface FormerLeader {
  readonly podName: string;
  /** Empty when the lock had no seal: then the Pod is looked for beside this one. */
  readonly podNamespace: string;
  /** Empty when not known. */
  readonly podUid: string;
}

export interface Config {
  /** `holderIdentity`. An equal id alone never grants leadership (rule 24). */
  readonly id: string;
  /** Random, one for each process. */
  readonly processId: string;
  /** Empty strings where not known. */
  readonly pod: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly timings: Timings;
  /** How long work may take to stop after giving up, while the lock is held and renewed (rule 18). */
  readonly drainBudgetMs: number;
  /** How long the lock is held at least after giving up, measured from `isLeading` turning false. */
  readonly releaseDelayMs: number;
  /** Work that can be killed is killed and waited for; work that cannot gets stuck (rule 20). */
  readonly canKillWork: boolean;
}

// ---------------------------------------------------------------------------------------------------------- State

export interface State {
  readonly config: Config;
  readonly sight: Sight;
  readonly reading: Reading;
  readonly writing: Writing;
  readonly role: Role;
  /** Does this member campaign? An observer, and an ill member, does not. */
  readonly candidacy: boolean;
  /** Does this process hold the Pod-wide proof (rule 25)? */
  readonly proofHeld: boolean;
  /** The terms of this process so far. */
  readonly terms: number;
  /** Whose lock this member last tried to take; while it leads, who led before (rule 32). */
  readonly former: FormerLeader | null;
  /** The last leader that was reported. */
  readonly announcedLeader: string;
  /** The wake-up that was asked for last. */
  readonly wakeAtMs: number;
}

/** What the lock says, and from when on it may be taken. Kept by `observing.ts`. */
export interface Sight {
  readonly presence: 'unknown' | 'present' | 'gone';
  /** The newest sight of the lock; null unless present. */
  readonly known: Observed | null;
  /** The newest version seen, of a deletion too; empty before the first. Orders events (rule 29). */
  readonly newestVersion: string;
  /** Of the last object seen, kept after it is gone; empty before the first. */
  readonly lastUid: string;
  /** Has this member ever seen the lock? A DELETED event and a 409 to its create count (rule 17). */
  readonly everSeen: boolean;
  /** Was a seal ever known under this uid (rule 28c)? */
  readonly sealKnown: boolean;
  /** Receipt of the last changed record or seal: where rule 6 counts from. */
  readonly changedAtMs: number;
  /** Between 0 and 1, drawn at each change: this member's place in the herd (rule 28). */
  readonly lot: number;
  /** The last duration seen, for rule 17. */
  readonly lastDurationMs: number;
  /** Nothing is written before this instant (rule 17). */
  readonly floorAtMs: number;
  /** A write on `known` was refused: read back at this instant unless something newer is seen first (rule 28). */
  readonly doubtedReadAtMs: number | null;
  /** Changes seen of a record with this member's id that is another's; two are a collision (rule 14). */
  readonly namesakeRenewals: number;
  /** Since when such a record has stood there; null without one. */
  readonly namesakeSinceMs: number | null;
  /** Since when nobody was seen to hold the lock. */
  readonly leaderlessSinceMs: number | null;
}

/** Which reads and watches run or are due. Kept by `reading.ts`. */
export interface Reading {
  readonly inFlight: ReadInFlight | null;
  readonly lastRead: number;
  /** `polling` without the right to list and watch; `probing` until a watch shows that it is there now (rule 30). */
  readonly mode: 'watching' | 'polling' | 'probing';
  readonly watch: WatchState | null;
  readonly lastWatch: number;
  /** The next read that is due in any case. */
  readonly dueAtMs: number;
  /** While polling: when to try a list again, in case the right was granted. */
  readonly listAgainAtMs: number;
  readonly failures: number;
  /** Watches that ended young since the last one that worked. */
  readonly watchFailures: number;
  readonly trouble: RequestTrouble | null;
}

export interface ReadInFlight {
  readonly read: number;
  readonly via: 'get' | 'list';
  readonly deadlineAtMs: number;
  /** The newest version known when it was sent: an answer below it is a rollback (rule 26). */
  readonly newestAtSend: string;
  /** Something newer was learnt since it was sent: its absence of the lock counts no more (rule 16). */
  readonly overtaken: boolean;
}

export interface WatchState {
  readonly watch: number;
  /** Where a next watch may start: the list's, a bookmark's or an event's version. */
  readonly resumeFrom: string;
  /** The newest version that this watch delivered; empty before the first. */
  readonly delivered: string;
  readonly openedAtMs: number;
  /** The last sign of life (rule 29). */
  readonly signAtMs: number;
}

/** The writes of the lock. Kept by `writing.ts`. */
export interface Writing {
  readonly lastAttempt: number;
  readonly inFlight: Attempt | null;
  /** Sent, outcome unknown, and neither found applied nor fenced yet (rule 12). */
  readonly unresolved: readonly Attempt[];
  readonly failures: number;
  /** The version upon which a write was last refused as stale; empty before the first. */
  readonly refusedVersion: string;
  /** By this member's own backoff. */
  readonly backoffUntilMs: number;
  /** The same, or later where the API asked for it (rule 13). */
  readonly retryAtMs: number;
  readonly trouble: RequestTrouble | null;
}

export interface Attempt {
  readonly attempt: number;
  readonly purpose: 'acquire' | 'renew' | 'release';
  /** The sight that it replaces; null creates. */
  readonly on: Observed | null;
  /** The `now` of the step that decided it (rule 2). */
  readonly sentAt: Now;
  readonly deadlineAtMs: number;
  /** The term that sent it; 0 for an acquisition. */
  readonly term: number;
  /** A create: the lock was sighted otherwise since it was sent (rule 17). */
  readonly overtaken: boolean;
}

/** A kind of request keeps failing. */
export interface RequestTrouble {
  readonly reason: 'unreachable' | 'forbidden';
  readonly message: string;
  readonly sinceMs: number;
  /** When it was last told to a person. */
  readonly saidAtMs: number;
}

export interface Term {
  readonly term: number;
  readonly token: FencingToken;
  /** The send of the takeover: the record's `acquireTime`, and where its `renewTime` counts from. */
  readonly acquiredAt: Now;
}

export type Role =
  | { readonly type: 'candidate' /** Rule 21. */; readonly restUntilMs: number }
  | {
      readonly type: 'leader';
      readonly term: Term;
      /** The send of the last proven renewal (rule 2). */
      readonly provenAt: LocalInstant;
      readonly renewAtMs: number;
    }
  | Draining
  | {
      readonly type: 'labelling';
      readonly term: Term;
      readonly cause: LosingCause;
      readonly exit: boolean;
      readonly deadlineAtMs: number;
      readonly releaseBeforeMs: number;
    }
  | {
      readonly type: 'releasing';
      readonly cause: LosingCause;
      readonly exit: boolean;
      readonly deadlineAtMs: number;
    }
  | { readonly type: 'stuck'; readonly term: Term; readonly sinceMs: number }
  | { readonly type: 'ended' };

/**
 * `lost`: nobody chose it. `gave-up`: somebody did, and the lock is renewed while work stops (rule 18);
 * `lost-giving-up`: until it was lost.
 */
export type LosingCause = 'lost' | 'gave-up' | 'lost-giving-up';

export interface Draining {
  readonly type: 'draining';
  readonly term: Term;
  readonly cause: LosingCause;
  readonly exit: boolean;
  readonly provenAt: LocalInstant;
  readonly renewAtMs: number;
  /** When it began. The instants below count from here, by both clocks: a suspended machine does not stretch them. */
  readonly since: LocalInstant;
  /** The release comes no earlier (`-release-delay`). */
  readonly holdUntilMs: number;
  readonly killAtMs: number;
  readonly endsAtMs: number;
  /** From when on work that cannot be killed counts as stuck. */
  readonly stuckAtMs: number;
  readonly killed: boolean;
  readonly workStopped: boolean;
}

// ---------------------------------------------------------------------------------------------------------- Event

export type Event =
  | { readonly type: 'started' }
  | { readonly type: 'woke' }
  | { readonly type: 'readAnswered'; readonly read: number; readonly outcome: ReadOutcome }
  | { readonly type: 'writeAnswered'; readonly attempt: number; readonly outcome: WriteOutcome }
  | { readonly type: 'watched'; readonly watch: number; readonly event: WatchSight }
  | {
      readonly type: 'watchEnded';
      readonly watch: number;
      readonly reason: 'ended' | 'expired' | 'forbidden' | 'failed';
      readonly message: string;
    }
  | { readonly type: 'proof'; readonly held: boolean }
  | { readonly type: 'workStopped'; readonly term: number }
  | { readonly type: 'labelDone'; readonly term: number }
  /** Somebody chooses to stop leading; with `exit`, for good. */
  | { readonly type: 'giveUp'; readonly reason: string; readonly exit: boolean }
  | { readonly type: 'candidacy'; readonly on: boolean; readonly reason: string };

export type WatchSight =
  | { readonly type: 'present'; readonly observed: Observed }
  | { readonly type: 'gone'; readonly version: string }
  | { readonly type: 'bookmark'; readonly version: string };

// --------------------------------------------------------------------------------------------------------- Effect

/** To be carried out in order. Deadlines and instants are on the monotonic clock. */
export type Effect =
  | { readonly type: 'read'; readonly read: number; readonly via: 'get' | 'list'; readonly deadlineAtMs: number }
  | { readonly type: 'abortRead'; readonly read: number }
  | { readonly type: 'watch'; readonly watch: number; readonly from: string; readonly timeoutSeconds: number }
  | { readonly type: 'stopWatch'; readonly watch: number }
  | {
      readonly type: 'write';
      readonly attempt: number;
      readonly write: LockWrite;
      readonly deadlineAtMs: number;
    }
  | { readonly type: 'abortWrite'; readonly attempt: number }
  /** Replaces the wake-up asked for before. */
  | { readonly type: 'wake'; readonly atMs: number }
  | { readonly type: 'claimProof' }
  | { readonly type: 'startWork'; readonly term: number; readonly token: FencingToken }
  | { readonly type: 'stopWork'; readonly term: number; readonly reason: string; readonly endsAtMs: number }
  | { readonly type: 'killWork'; readonly term: number }
  | { readonly type: 'labelStandby'; readonly term: number; readonly deadlineAtMs: number }
  | { readonly type: 'report'; readonly report: Report }
  /** The last effect of all. */
  | { readonly type: 'ended'; readonly stuck: boolean };

/** What a person would want to read in the log, once and not at every retry. */
export type Report =
  | {
      readonly type: 'started-leading';
      readonly term: number;
      readonly token: FencingToken;
      readonly transitions: number;
    }
  | { readonly type: 'stopped-leading'; readonly term: number; readonly reason: string }
  | { readonly type: 'new-leader'; readonly leader: string }
  | { readonly type: 'released' }
  | { readonly type: 'not-released'; readonly message: string }
  /** `forMs` is 0 when it begins. */
  | { readonly type: 'request-failing'; readonly action: string; readonly message: string; readonly forMs: number }
  | { readonly type: 'missing-right'; readonly verb: string; readonly message: string }
  | { readonly type: 'request-works-again'; readonly action: string; readonly afterMs: number }
  | { readonly type: 'polling'; readonly message: string }
  | { readonly type: 'watching' }
  | { readonly type: 'identity-collision'; readonly id: string }
  | { readonly type: 'rolled-back'; readonly from: string; readonly to: string; readonly waitMs: number }
  | { readonly type: 'lock-gone'; readonly waitMs: number }
  | { readonly type: 'lock-replaced'; readonly waitMs: number }
  | { readonly type: 'lock-emptied'; readonly waitMs: number }
  | { readonly type: 'long-duration'; readonly durationMs: number }
  | { readonly type: 'killing-work'; readonly term: number }
  | { readonly type: 'work-stuck'; readonly term: number };

/**
 * One step under way: a draft of the next state whose parts are replaced, never changed in place, and the effects so
 * far. It does not outlive the step, which is what keeps the step pure.
 */
export type Turn = { -readonly [Key in keyof State]: State[Key] } & {
  readonly now: Now;
  /** In [0, 1). */
  readonly random: number;
  readonly effects: Effect[];
};

export function report(turn: Turn, what: Report): void {
  turn.effects.push({ type: 'report', report: what });
}

export function localInstant({ monoMs, bootMs }: Now): LocalInstant {
  return { monoMs, bootMs };
}

/** Elapsed by the greater of the monotonic and the boot-time clock (rule 4). */
export function elapsedMs(since: LocalInstant, now: Now): number {
  return Math.max(now.monoMs - since.monoMs, now.bootMs - since.bootMs);
}
