/**
 * What the lock object says, as plain data: the record that every elector on Kubernetes writes, and one sight of the
 * object that bears it. Nothing here knows how either is written down; `lock/` does that.
 */

/**
 * The leader election record, as read. Times are kept as the text that stood in the object: they are never compared
 * with a clock, they only show that the record changed (rule 1).
 */
export interface LockRecord {
  /** Empty when nobody holds the lock. A missing or null field reads as empty. */
  readonly holderIdentity: string;
  /** Null when missing or null; may be 0 or negative when others wrote it. */
  readonly leaseDurationSeconds: number | null;
  readonly acquireTime: string | null;
  readonly renewTime: string | null;
  /** 0 when missing or null. */
  readonly leaseTransitions: number;
}

/** The record that a write puts into the lock. Times are Unix milliseconds of this process's wall clock. */
export interface RecordDraft {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTimeMs: number;
  readonly renewTimeMs: number;
  readonly leaseTransitions: number;
}

/** Everything that a writer says of itself. The codec adds the copies of `renewTime` and `leaseTransitions`. */
export interface SealDraft {
  /** Empty where not known. */
  readonly podName: string;
  readonly podNamespace: string;
  /** Empty where not known, and while the process does not hold the Pod-wide proof (rule 25). */
  readonly podUid: string;
  /** Random, one for each process. */
  readonly processId: string;
  /** Counts the writes of one process, from 1. */
  readonly attempt: number;
  /** The writer's lease duration; kept in a release too, whose record says 1. */
  readonly leaseDurationSeconds: number;
  readonly released: boolean;
}

export interface Seal extends SealDraft {
  /** The record's `renewTime` that was written with it, as text. */
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

/** One sight of the lock object. */
export interface Observed {
  readonly uid: string;
  /** The object's `resourceVersion`: a decimal string, compared by `compareVersions`, never as a number. */
  readonly version: string;
  /** `unreadable` when the object bears a record that cannot be parsed. */
  readonly record: LockRecord | 'unreadable';
  /** Null without the annotation; `unreadable` when the annotation cannot be parsed. */
  readonly seal: Seal | 'unreadable' | null;
  /** Do the seal's copies equal the record's text (rule 24)? False without a readable seal and record. */
  readonly sealMatches: { readonly renewTime: boolean; readonly transitions: boolean };
  /** The whole object as read, for the write that replaces it: foreign fields survive. Opaque to the election. */
  readonly raw: unknown;
}

/** One write of the lock: a create when `on` is null, else an update of exactly that sight. */
export interface LockWrite {
  readonly on: Observed | null;
  readonly record: RecordDraft;
  readonly seal: SealDraft;
}

/** Empty when nobody holds the lock, or nobody can tell who. */
export function holderOf({ record }: Observed): string {
  return record === 'unreadable' ? '' : record.holderIdentity;
}

/** Orders two versions of objects of one type: by length, then by text (Kubernetes 1.35 makes them comparable). */
export function compareVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Has the record or the seal changed? An edit of labels or foreign annotations has not (rule 6). What cannot be read may
 * have changed with each version: perhaps somebody renews it who writes otherwise.
 */
export function sameRecordAndSeal(a: Observed, b: Observed): boolean {
  if (a.record === 'unreadable' && a.version !== b.version) return false;
  return sameFields(a.record, b.record) && sameFields(a.seal, b.seal);
}

function sameFields(a: object | string | null, b: object | string | null): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a === 'string' || typeof b === 'string') return false;
  const keys = Object.keys(a) as (keyof typeof a)[];
  return keys.every((key) => a[key] === b[key]);
}
