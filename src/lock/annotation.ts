/**
 * The record as a ConfigMap or Endpoints bears it: one annotation with one line of JSON, in the bytes that Go writes,
 * times in whole seconds. The object's data is not ours and is kept.
 */
import type { RecordDraft } from '../election/record.ts';
import type { Resource } from './api.ts';
import { goJson, isJsonObject, type JsonObject, parseJson } from './json.ts';
import {
  annotationsOf,
  decodeRecord,
  type RecordCodec,
  wireTransitions,
  withAnnotations,
  withSeal,
} from './record-codec.ts';
import { secondTime } from './wire-time.ts';

export const RECORD_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

export const configMapCodec = annotationCodec({ apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' });
export const endpointsCodec = annotationCodec({ apiVersion: 'v1', kind: 'Endpoints', plural: 'endpoints' });

function annotationCodec(resource: Resource): RecordCodec {
  return {
    resource,
    decode(object) {
      return withSeal(object, decodeAnnotation(object));
    },
    encode(raw, draft) {
      const renewTime = secondTime(draft.record.renewTimeMs);
      const text = encodeAnnotation(draft.record, renewTime);
      return withAnnotations(raw, resource, draft, renewTime, { [RECORD_ANNOTATION]: text });
    },
  };
}

/** Without the annotation nobody has ever held the lock: an empty record. */
function decodeAnnotation(object: JsonObject) {
  const annotations = annotationsOf(object);
  if (annotations === null) return 'unreadable';
  const text = annotations[RECORD_ANNOTATION] ?? '{}';
  const fields = typeof text === 'string' ? parseJson(text) : undefined;
  return isJsonObject(fields) ? decodeRecord(fields, 'leaderTransitions') : 'unreadable';
}

/** Exactly the five fields, in Go's order: members of Go write the whole text anew as well. */
function encodeAnnotation(record: RecordDraft, renewTime: string): string {
  return goJson({
    holderIdentity: record.holderIdentity,
    leaseDurationSeconds: record.leaseDurationSeconds,
    acquireTime: secondTime(record.acquireTimeMs),
    renewTime,
    leaderTransitions: wireTransitions(record),
  });
}
