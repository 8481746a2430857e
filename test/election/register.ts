/**
 * One lock object under compare-and-swap by version and uid, as the API keeps it: plain sights in memory, no encoding
 * and no network. Every change is told to `onEvent`, and kept, so that a watch can start from an older version.
 */

import type { WriteOutcome } from '../../src/election/outcome.ts';
import type { LockRecord, LockWrite, Observed, Seal } from '../../src/election/record.ts';
import type { WatchSight } from '../../src/election/state.ts';

export type LockEvent = Exclude<WatchSight, { type: 'bookmark' }>;

const EMPTY_RECORD: LockRecord = {
  holderIdentity: '',
  leaseDurationSeconds: null,
  acquireTime: null,
  renewTime: null,
  leaseTransitions: 0,
};

export class Register {
  observed: Observed | null = null;
  onEvent: (event: LockEvent) => void = () => {};
  /** Every change, as `holder@version`. */
  readonly history: string[] = [];
  readonly #wholeSeconds: boolean;
  #events: { readonly version: number; readonly event: LockEvent }[] = [];
  #version = 100;
  #uid = 0;

  /** With `wholeSeconds` times are written as ConfigMap and Endpoints have them. */
  constructor(wholeSeconds: boolean) {
    this.#wholeSeconds = wholeSeconds;
  }

  get version(): string {
    return String(this.#version);
  }

  get record(): LockRecord {
    if (this.observed === null || this.observed.record === 'unreadable') throw new Error('the lock has no record');
    return this.observed.record;
  }

  /** Whom the record names; empty when nobody, unreadable or gone. */
  get holder(): string {
    return this.observed === null || this.observed.record === 'unreadable' ? '' : this.observed.record.holderIdentity;
  }

  get seal(): Seal | null {
    return this.observed === null || this.observed.seal === 'unreadable' ? null : this.observed.seal;
  }

  write({ on, record: draft, seal: sealDraft }: LockWrite): WriteOutcome {
    const current = this.observed;
    if (on === null ? current !== null : current?.version !== on.version || current.uid !== on.uid) {
      return { type: 'conflict' };
    }
    const renewTime = this.#text(draft.renewTimeMs);
    const record: LockRecord = {
      holderIdentity: draft.holderIdentity,
      leaseDurationSeconds: draft.leaseDurationSeconds,
      acquireTime: this.#text(draft.acquireTimeMs),
      renewTime,
      leaseTransitions: draft.leaseTransitions,
    };
    const seal: Seal = { ...sealDraft, renewTime, leaseTransitions: record.leaseTransitions };
    // An identical PUT is answered 200, and nothing is written.
    const same = JSON.stringify([record, seal]) === JSON.stringify([current?.record, current?.seal]);
    return { type: 'done', observed: same && current !== null ? current : this.#put(record, seal, on === null) };
  }

  /**
   * Somebody else's write: a Go elector's, or a hand's. Fields that are not named stay, and so does the seal, as Go
   * electors leave it. With `recreate` the object is a new one, and empty but for the change.
   */
  foreign(
    change: Partial<LockRecord> | 'unreadable',
    { seal, recreate = false }: { readonly seal?: Observed['seal']; readonly recreate?: boolean } = {},
  ): void {
    const before = recreate ? null : this.observed;
    const base = before === null || before.record === 'unreadable' ? EMPTY_RECORD : before.record;
    const record = change === 'unreadable' ? change : { ...base, ...change };
    this.#put(record, seal === undefined ? (before?.seal ?? null) : seal, before === null);
  }

  /** An edit of something that the election does not care for. */
  editLabels(): void {
    if (this.observed === null) throw new Error('the lock is gone');
    this.#put(this.observed.record, this.observed.seal, false);
  }

  delete(): void {
    this.observed = null;
    this.#version += 1;
    this.history.push(`deleted@${this.#version}`);
    this.#tell({ type: 'gone', version: this.version });
  }

  /** Back to an older sight, as after a restored etcd; no watch is told. */
  rollBack(to: Observed): void {
    this.observed = to;
    this.#version = Number(to.version);
    this.#events = this.#events.filter((it) => it.version <= this.#version);
    this.history.push(`rolled back@${this.#version}`);
  }

  /** What a watch from `version` would deliver at once. */
  eventsAfter(version: string): LockEvent[] {
    return this.#events.filter((it) => it.version > Number(version)).map((it) => it.event);
  }

  #put(record: LockRecord | 'unreadable', seal: Observed['seal'], create: boolean): Observed {
    this.#version += 1;
    if (create) this.#uid += 1;
    const readable = record !== 'unreadable' && seal !== null && seal !== 'unreadable';
    const observed: Observed = {
      uid: `uid-${this.#uid}`,
      version: this.version,
      record,
      seal,
      sealMatches: {
        renewTime: readable && seal.renewTime === record.renewTime,
        transitions: readable && seal.leaseTransitions === record.leaseTransitions,
      },
      raw: null,
    };
    this.observed = observed;
    this.history.push(`${record === 'unreadable' ? '?' : record.holderIdentity}@${this.#version}`);
    this.#tell({ type: 'present', observed });
    return observed;
  }

  #tell(event: LockEvent): void {
    this.#events.push({ version: this.#version, event });
    this.onEvent(event);
  }

  #text(wallMs: number): string {
    const iso = new Date(Math.floor(wallMs)).toISOString();
    return this.#wholeSeconds ? `${iso.slice(0, 19)}Z` : `${iso.slice(0, 23)}000Z`;
  }
}
