/** The record as a Lease bears it: in `spec`, with times of six fraction digits. */
import type { Resource } from './api.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import {
  decodeRecord,
  type LockDraft,
  type RecordCodec,
  wireTransitions,
  withAnnotations,
  withSeal,
} from './record-codec.ts';
import { microTime } from './wire-time.ts';

const resource: Resource = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };

export const leaseCodec: RecordCodec = {
  resource,

  decode(object) {
    const spec = object.spec ?? {};
    return withSeal(object, isJsonObject(spec) ? decodeRecord(spec, 'leaseTransitions') : 'unreadable');
  },

  encode(raw, draft) {
    const renewTime = microTime(draft.record.renewTimeMs);
    return { ...withAnnotations(raw, resource, draft, renewTime), spec: encodeSpec(raw, draft, renewTime) };
  },
};

/** All five fields always, the holder never null; `strategy`, `preferredHolder` and what is yet to come are kept. */
function encodeSpec(raw: JsonObject | null, { record }: LockDraft, renewTime: string): JsonObject {
  return {
    ...(raw !== null && isJsonObject(raw.spec) ? raw.spec : {}),
    holderIdentity: record.holderIdentity,
    leaseDurationSeconds: record.leaseDurationSeconds,
    acquireTime: microTime(record.acquireTimeMs),
    renewTime,
    leaseTransitions: wireTransitions(record),
  };
}
