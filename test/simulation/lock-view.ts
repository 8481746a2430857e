/**
 * What stands on the lock, read by the simulator's own eyes: the checkers must not share a mistake with the codecs
 * they check.
 */
import { sameJson } from '../../src/dev/object.ts';
import { isJsonObject, type JsonObject } from '../../src/lock/json.ts';

export const LOCK_KINDS = {
  leases: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' },
  configmaps: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  endpoints: { apiVersion: 'v1', kind: 'Endpoints', plural: 'endpoints' },
} as const;
export type LockKind = keyof typeof LOCK_KINDS;

export const LOCK_NAMESPACE = 'default';
export const LOCK_NAME = 'reports';
export const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
export const SEAL_ANNOTATION = 'k8s-elector/seal';

export interface LockView {
  readonly uid: string;
  readonly version: string;
  /** False when no elector could read the record. */
  readonly readable: boolean;
  readonly holder: string;
  readonly durationSeconds: number | null;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly transitions: number;
  readonly seal: SealView | 'unreadable' | null;
  /** Are the seal's copies those of the record? */
  readonly sealCounts: boolean;
  /** Record and seal as they stand there: a change is what restarts a standby's wait. */
  readonly written: readonly [record: unknown, seal: unknown];
}

export interface SealView {
  readonly podName: string;
  readonly podUid: string;
  readonly processId: string;
  readonly attempt: number;
  readonly leaseDurationSeconds: number;
  readonly renewTime: string;
  readonly leaseTransitions: number;
  readonly released: boolean;
}

/** The objects looked at last: each is looked at by many within a moment, and hardly ever again. */
const recent: { object: JsonObject; view: LockView }[] = [];
const MOST_RECENT = 8;
let oldest = 0;

export function viewLock(object: JsonObject): LockView {
  for (const seen of recent) if (seen.object === object) return seen.view;
  const view = look(object);
  recent[oldest] = { object, view };
  oldest = (oldest + 1) % MOST_RECENT;
  return view;
}

function look(object: JsonObject): LockView {
  const metadata = objectOf(object.metadata);
  const { [LEADER_ANNOTATION]: leader, [SEAL_ANNOTATION]: sealText } = objectOf(metadata.annotations);
  // The items of a list do not name their kind.
  const inSpec = object.spec !== undefined;
  const fields = inSpec ? objectOf(object.spec) : leader === undefined ? {} : parse(leader);
  const seal = sealText === undefined ? null : readSeal(parse(sealText));
  const transitions = fields?.[inSpec ? 'leaseTransitions' : 'leaderTransitions'] ?? 0;
  const renewTime = typeof fields?.renewTime === 'string' ? fields.renewTime : '';
  const readable =
    fields !== null &&
    isTextOrNone(fields.holderIdentity) &&
    isTextOrNone(fields.renewTime) &&
    isTextOrNone(fields.acquireTime) &&
    isIntegerOrNone(fields.leaseDurationSeconds) &&
    isIntegerOrNone(transitions);
  return {
    uid: String(metadata.uid),
    version: String(metadata.resourceVersion),
    readable,
    holder: readable && typeof fields?.holderIdentity === 'string' ? fields.holderIdentity : '',
    durationSeconds: readable && typeof fields?.leaseDurationSeconds === 'number' ? fields.leaseDurationSeconds : null,
    acquireTime: typeof fields?.acquireTime === 'string' ? fields.acquireTime : '',
    renewTime,
    transitions: readable ? Number(transitions) : 0,
    seal,
    sealCounts:
      readable &&
      seal !== null &&
      seal !== 'unreadable' &&
      seal.renewTime === renewTime &&
      seal.leaseTransitions === transitions,
    written: [inSpec ? object.spec : leader, sealText],
  };
}

/** Is everything the same in both that is not an elector's to change? */
export function sameForeign(a: JsonObject, b: JsonObject): boolean {
  const [metaA, metaB] = [objectOf(a.metadata), objectOf(b.metadata)];
  return (
    sameJson(metaA.labels, metaB.labels) &&
    sameJson(metaA.finalizers, metaB.finalizers) &&
    sameBut(objectOf(metaA.annotations), objectOf(metaB.annotations), OURS) &&
    sameBut(a, b, LOOKED_AT)
  );
}

const OURS: ReadonlySet<string> = new Set([LEADER_ANNOTATION, SEAL_ANNOTATION]);
const LOOKED_AT: ReadonlySet<string> = new Set(['metadata', 'spec']);

function sameBut(a: JsonObject, b: JsonObject, ignored: ReadonlySet<string>): boolean {
  for (const key of Object.keys(a)) if (!ignored.has(key) && !sameJson(a[key], b[key])) return false;
  for (const key of Object.keys(b)) if (!ignored.has(key) && a[key] === undefined && b[key] !== undefined) return false;
  return true;
}

/** For the transcript. */
export function foreignOf({ metadata, spec: _, ...rest }: JsonObject): string {
  const { annotations, labels = {}, finalizers } = objectOf(metadata);
  const { [LEADER_ANNOTATION]: __, [SEAL_ANNOTATION]: ___, ...others } = objectOf(annotations);
  return JSON.stringify([labels, others, finalizers, rest]);
}

/** Does a body that is sent give the lock up? */
export function isReleasing(body: JsonObject): boolean {
  if (body.spec !== undefined) return objectOf(body.spec).holderIdentity === '';
  return String(objectOf(objectOf(body.metadata).annotations)[LEADER_ANNOTATION]).includes('"holderIdentity":""');
}

export function sameRecordAndSeal(a: LockView, b: LockView): boolean {
  return a.written[1] === b.written[1] && sameJson(a.written[0], b.written[0]);
}

/** Was this record written, and is it held, by the process with this id and process id? */
export function isWrittenBy(view: LockView, id: string, processId: string): boolean {
  return (
    view.holder === id &&
    view.sealCounts &&
    isSeal(view.seal) &&
    view.seal.processId === processId &&
    !view.seal.released
  );
}

export function isSeal(seal: LockView['seal']): seal is SealView {
  return seal !== null && seal !== 'unreadable';
}

/** Orders versions as numbers of any length. */
export function isNewer(version: string, than: string): boolean {
  if (version.length !== than.length) return version.length > than.length;
  return version > than;
}

function readSeal(fields: JsonObject | null): SealView | 'unreadable' {
  const ok =
    fields !== null &&
    typeof fields.processId === 'string' &&
    typeof fields.attempt === 'number' &&
    typeof fields.renewTime === 'string' &&
    typeof fields.leaseDurationSeconds === 'number';
  return ok ? (fields as unknown as SealView) : 'unreadable';
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function parse(text: unknown): JsonObject | null {
  try {
    const value: unknown = JSON.parse(String(text));
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isTextOrNone(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

function isIntegerOrNone(value: unknown): boolean {
  return value === undefined || value === null || Number.isSafeInteger(value);
}
