/**
 * What the codecs of the lock's kinds have in common: their interface, and reading fields whose types nobody
 * guarantees. A field is either as it should be or the whole record is unreadable; nothing here throws, because
 * whatever stands in the object may have been put there by hand.
 */
import type { LockRecord, Observed, RecordDraft, SealDraft } from '../election/record.ts';
import type { Resource } from './api.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { decodeSeal, encodeSeal, matchSeal, SEAL_ANNOTATION } from './seal-codec.ts';

/** What a write wants to say. */
export interface LockDraft {
  readonly record: RecordDraft;
  readonly seal: SealDraft;
}

/** The part of a sight that stands in the object's body, apart from who the object is. */
export type DecodedLock = Pick<Observed, 'record' | 'seal' | 'sealMatches'>;

/** Between one kind of object and the record. Knows nothing of names, versions and requests. */
export interface RecordCodec {
  readonly resource: Resource;
  /** Never throws. */
  decode(object: JsonObject): DecodedLock;
  /**
   * The body that bears the draft: what stood in `raw` and is not ours is kept, null starts afresh. Its metadata lacks
   * whatever identifies the object.
   */
  encode(raw: JsonObject | null, draft: LockDraft): JsonObject;
}

/** An object's annotations: none when missing or null, null when what stands there cannot be annotations. */
export function annotationsOf(object: JsonObject): JsonObject | null {
  const metadata = object.metadata ?? {};
  if (!isJsonObject(metadata)) return null;
  const annotations = metadata.annotations ?? {};
  return isJsonObject(annotations) ? annotations : null;
}

/**
 * A record from the fields of a spec or an annotation; only the name of the transitions differs between them. Go
 * leaves zero values and nulls behind, so everything may be missing; a wrong type makes the record unreadable. Times
 * are any text: they only show that the record changed.
 */
export function decodeRecord(fields: JsonObject, transitionsKey: string): LockRecord | 'unreadable' {
  const holderIdentity = fields.holderIdentity ?? '';
  const leaseDurationSeconds = fields.leaseDurationSeconds ?? null;
  const acquireTime = fields.acquireTime ?? null;
  const renewTime = fields.renewTime ?? null;
  const leaseTransitions = fields[transitionsKey] ?? 0;
  if (typeof holderIdentity !== 'string') return 'unreadable';
  if (leaseDurationSeconds !== null && !isInteger(leaseDurationSeconds)) return 'unreadable';
  if (acquireTime !== null && typeof acquireTime !== 'string') return 'unreadable';
  if (renewTime !== null && typeof renewTime !== 'string') return 'unreadable';
  if (!isInteger(leaseTransitions)) return 'unreadable';
  return { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions };
}

/** Adds the seal that stands beside a record. */
export function withSeal(object: JsonObject, record: LockRecord | 'unreadable'): DecodedLock {
  const annotations = annotationsOf(object);
  const seal = annotations === null ? 'unreadable' : decodeSeal(annotations[SEAL_ANNOTATION]);
  return { record, seal, sealMatches: matchSeal(seal, record) };
}

/**
 * The object with new annotations of ours. `managedFields` is left out: the server keeps its own, and it is often the
 * larger part of the body.
 */
export function withAnnotations(
  raw: JsonObject | null,
  resource: Resource,
  draft: LockDraft,
  renewTime: string,
  own: JsonObject = {},
): JsonObject {
  const metadata = raw !== null && isJsonObject(raw.metadata) ? raw.metadata : {};
  const { managedFields: _, ...kept } = metadata;
  const annotations = {
    ...(raw === null ? {} : annotationsOf(raw)),
    ...own,
    [SEAL_ANNOTATION]: encodeSeal(draft.seal, renewTime, wireTransitions(draft.record)),
  };
  return { ...raw, apiVersion: resource.apiVersion, kind: resource.kind, metadata: { ...kept, annotations } };
}

/** A Lease's numbers are Go's int32: one that a hand wrote at the end of the range must not stop every later write. */
const LAST_INT32 = 2 ** 31 - 1;

export function wireTransitions(record: RecordDraft): number {
  return Math.min(record.leaseTransitions, LAST_INT32);
}

/** Beyond the safe integers two different numbers would read as equal. */
function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
