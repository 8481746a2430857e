/** What all processes of a stage share: true time, the API with its objects and rights, and the Pods. */
import { configMaps, endpoints, type Kind, leases, pods } from '../../../src/dev/kinds.ts';
import type { ApiObject } from '../../../src/dev/object.ts';
import type { Rule, User } from '../../../src/dev/rights.ts';
import { createStore, type Store } from '../../../src/dev/store.ts';
import { configMapCodec, endpointsCodec } from '../../../src/lock/annotation.ts';
import { leaseCodec } from '../../../src/lock/lease.ts';
import type { RecordCodec } from '../../../src/lock/record-codec.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

export type LockKind = 'leases' | 'configmaps' | 'endpoints';

export const LOCK_NAMESPACE = 'default';
export const LOCK_NAME = 'reports';
export const STATUS_LABEL = 'k8s-elector/status';

const KINDS: Readonly<Record<LockKind, Kind>> = { leases, configmaps: configMaps, endpoints };
const CODECS: Readonly<Record<LockKind, RecordCodec>> = {
  leases: leaseCodec,
  configmaps: configMapCodec,
  endpoints: endpointsCodec,
};
const START_WALL_MS = Date.UTC(2026, 0, 1);

export class Platform {
  readonly time = new VirtualClock({ monoMs: 0, bootMs: 0, wallMs: START_WALL_MS });
  readonly users = new Map<string, User>();
  readonly store: Store;
  readonly lockKind: Kind;
  readonly codec: RecordCodec;
  /** The API answers everything with this code. */
  outage: number | null = null;
  /** Of the lock's holder; null where there is no lock. */
  readonly changes: { readonly who: string; readonly before: string | null; readonly after: string | null }[] = [];
  readonly #proofs = new Map<string, object>();

  constructor(lockKind: LockKind) {
    let uids = 0;
    this.lockKind = KINDS[lockKind];
    this.codec = CODECS[lockKind];
    this.store = createStore({
      newUid: () => `uid-${++uids}`,
      wallMs: () => this.time.now().wallMs,
      namespaces: ['default', 'apps'],
    });
  }

  get nowMs(): number {
    return this.time.now().monoMs;
  }

  /** The lock as it stands. */
  lock(): ApiObject | null {
    const answer = this.store.get(this.lockKind, LOCK_NAMESPACE, LOCK_NAME);
    return answer.code === 200 ? (answer.body as ApiObject) : null;
  }

  addPod(name: string, namespace: string, labelled = true): string {
    const labels = labelled ? { labels: { app: 'reports' } } : {};
    const body = JSON.stringify({ metadata: { name, namespace, ...labels }, spec: POD_SPEC });
    const { code, body: pod } = this.store.create(pods, namespace, body);
    if (code !== 201) throw new Error(`cannot add Pod ${name}: ${JSON.stringify(pod)}`);
    return (pod as ApiObject).metadata.uid ?? '';
  }

  /** Lets a request of `who` change the lock, and keeps what became of it. */
  watching<T>(who: string, act: () => T): T {
    const before = this.#holder();
    const result = act();
    const after = this.#holder();
    if (before !== after) this.changes.push({ who, before, after });
    return result;
  }

  #holder(): string | null {
    const lock = this.lock();
    if (lock === null) return null;
    const { record } = this.codec.decode(lock);
    return record === 'unreadable' ? '' : record.holderIdentity;
  }

  /** Only one process of a Pod gets it, until it is gone (rule 25). */
  claimProof(podUid: string, process: object): boolean {
    const holder = this.#proofs.get(podUid) ?? process;
    this.#proofs.set(podUid, holder);
    return holder === process;
  }

  leavePod(podUid: string, process: object): void {
    if (this.#proofs.get(podUid) === process) this.#proofs.delete(podUid);
  }

  /** What a process may do from now on; null: everything. */
  grant(token: string, rules: readonly Rule[] | null): void {
    this.users.set(token, rules === null ? { name: token } : { name: token, rules });
  }
}

const POD_SPEC = { containers: [{ name: 'app', image: 'app' }] };
