/**
 * The lock object as plain immutable data: one value under compare-and-swap by version and uid, as the API keeps it.
 * It is replaced, never changed, so that a world is copied by copying a reference. It delivers nothing to anybody.
 */
import type { WriteOutcome } from '../../src/election/outcome.ts';
import {
  type LockRecord,
  type LockWrite,
  type Observed,
  type Seal,
  sameRecordAndSeal,
} from '../../src/election/record.ts';

/** Who wrote a sight of the lock, in truth; it travels in `Observed.raw`, which the election never looks into. */
export interface Origin {
  /** A process, or HAND, or GO. */
  readonly by: number;
  readonly version: number;
  /** 1 for the first lock that was created, and so on. */
  readonly uid: number;
  /** Its number among all changes: a restored etcd gives out versions a second time, but never this. */
  readonly change: number;
  /** When it was applied. */
  readonly tick: number;
  /** Emptied over the live record of another, by a hand or by the Go package's late release. */
  readonly emptied: boolean;
}

export const HAND = -1;
export const GO = -2;

export interface Register {
  readonly observed: Observed | null;
  /** Of the last change, a deletion included. Two digits at first, so that texts and numbers order alike. */
  readonly version: number;
  /** How many locks were created, and how many changes there were. */
  readonly uids: number;
  readonly changes: number;
}

export const NO_LOCK: Register = { observed: null, version: 10, uids: 0, changes: 0 };

export function originOf(observed: Observed): Origin {
  return observed.raw as Origin;
}

/** Of the lock that is there, or was there last; 0 before the first. */
export function uidOf({ observed, uids }: Register): number {
  return observed === null ? uids : originOf(observed).uid;
}

/** What a PUT or POST does, and what is answered. */
export function applyWrite(
  register: Register,
  write: LockWrite,
  by: number,
  tick: number,
  timeText: (wallMs: number) => string,
): { readonly register: Register; readonly answer: WriteOutcome; readonly applied: boolean } {
  const { observed } = register;
  const { on } = write;
  const stands = on === null ? observed === null : observed?.version === on.version && observed.uid === on.uid;
  if (!stands) return { register, answer: { type: 'conflict' }, applied: false };
  const renewTime = timeText(write.record.renewTimeMs);
  const record: LockRecord = {
    holderIdentity: write.record.holderIdentity,
    leaseDurationSeconds: write.record.leaseDurationSeconds,
    acquireTime: timeText(write.record.acquireTimeMs),
    renewTime,
    leaseTransitions: write.record.leaseTransitions,
  };
  const seal: Seal = { ...write.seal, renewTime, leaseTransitions: record.leaseTransitions };
  const after = put(register, record, seal, { by, tick, emptied: false }, on === null);
  // An identical PUT is answered 200 with an unchanged version, and nobody hears of it.
  if (observed !== null && after.observed !== null && sameRecordAndSeal(observed, after.observed)) {
    return { register, answer: { type: 'done', observed }, applied: false };
  }
  const answer: WriteOutcome =
    after.observed === null ? { type: 'conflict' } : { type: 'done', observed: after.observed };
  return { register: after, answer, applied: true };
}

/** Puts a record there, whatever stood there. */
export function put(
  register: Register,
  record: LockRecord,
  seal: Seal | null,
  origin: Pick<Origin, 'by' | 'tick' | 'emptied'>,
  create: boolean,
): Register {
  const version = register.version + 1;
  const changes = register.changes + 1;
  const uids = register.uids + (create ? 1 : 0);
  const uid = create ? uids : uidOf(register);
  const { by, tick, emptied } = origin;
  const raw: Origin = { by, version, uid, change: changes, tick, emptied };
  const observed: Observed = {
    uid: `uid-${uid}`,
    version: String(version),
    record,
    seal,
    sealMatches: {
      renewTime: seal !== null && seal.renewTime === record.renewTime,
      transitions: seal !== null && seal.leaseTransitions === record.leaseTransitions,
    },
    raw,
  };
  return { observed, version, uids, changes };
}

export function remove(register: Register): Register {
  return { ...register, observed: null, version: register.version + 1, changes: register.changes + 1 };
}

/** As it was when `backup` was made: versions that were given out since will be given out again, uids will not. */
export function restore(register: Register, backup: Register): Register {
  return { ...backup, uids: register.uids, changes: register.changes };
}
