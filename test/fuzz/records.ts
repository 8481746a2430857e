/** What stands in a lock object, whoever put it there: record, seal and annotations; and times that are written. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LockRecord, Observed } from '../../src/election/record.ts';
import { countingSeal, isMine, isOfMyPod, isRelease } from '../../src/election/seal.ts';
import { RECORD_ANNOTATION } from '../../src/lock/annotation.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../src/lock/json.ts';
import type { RecordCodec } from '../../src/lock/record-codec.ts';
import { decodeSeal, SEAL_ANNOTATION } from '../../src/lock/seal-codec.ts';
import { microTime, secondTime } from '../../src/lock/wire-time.ts';
import { asJson, CODECS, draft, lockObject } from './lock-objects.ts';
import { mutated, mutatedBytes, oddJson, oddText, wireText } from './mutate.ts';
import { pure } from './target.ts';

const ME = { id: 'alice', processId: 'process-of-alice', lastAttempt: 5 };
const OTHER_PROCESS = 'process-of-bob';

const codec = fc.constantFrom(...CODECS);
const writer = fc.constantFrom(ME.processId, OTHER_PROCESS);

interface Case {
  readonly codec: RecordCodec;
  readonly writtenBy: string;
  readonly object: JsonObject;
}

/** The whole object edited, or the JSON inside an annotation, as a document or as text. */
const anyObject: fc.Arbitrary<Case> = fc
  .tuple(codec, writer, fc.constantFrom('alice', 'bob', ''))
  .chain(([codec, writtenBy, holder]) => {
    const valid = lockObject(codec, holder, writtenBy);
    const annotations = annotationsIn(valid);
    const inAnnotation = (key: string) => {
      const text = String(annotations[key] ?? '{}');
      return fc.oneof(
        mutated(fc.constant(parseJson(text))).map((edited) => wireText(edited)),
        mutatedBytes(fc.constant(Buffer.from(text))).map((bytes) => bytes.toString()),
        oddJson,
      );
    };
    const object = fc.oneof(
      mutated(fc.constant(valid)),
      inAnnotation(SEAL_ANNOTATION).map((seal) => withAnnotation(valid, SEAL_ANNOTATION, seal)),
      inAnnotation(RECORD_ANNOTATION).map((record) => withAnnotation(valid, RECORD_ANNOTATION, record)),
    );
    return object.map((edited) => ({ codec, writtenBy, object: isJsonObject(edited) ? edited : { edited } }));
  });

export const records = pure('records', 1_200, anyObject, ({ codec, writtenBy, object }) => {
  const observed = sight(codec, object);
  if (observed.record !== 'unreadable') judgeRecord(observed.record);
  // Whoever writes the seal text itself can claim anything; that is the one thing that is not promised.
  const seal = countingSeal(observed);
  if (writtenBy === OTHER_PROCESS) assert.equal(isMine(observed, ME), false);
  if (isMine(observed, ME)) {
    assert.ok(observed.record !== 'unreadable' && seal !== null);
    assert.equal(observed.record.holderIdentity, ME.id);
    assert.equal(seal.renewTime, observed.record.renewTime);
    assert.equal(seal.leaseTransitions, observed.record.leaseTransitions);
    assert.equal(isRelease(observed, true), false);
  }
  isOfMyPod(observed, ME.id, 'uid-of-alice');

  const next = draft('alice', ME.processId, 4);
  const written = asJson(codec.encode(object, next));
  const again = sight(codec, written);
  assert.ok(isMine(again, ME), 'what this process writes over anything is its own');
  assert.deepEqual(foreignOf(codec, written), foreignOf(codec, object));
});

export const seals = pure(
  'seals',
  1_000,
  fc.oneof(
    mutated(
      fc.constant(
        parseJson(String(annotationsIn(lockObject(CODECS[0] as RecordCodec, 'bob', OTHER_PROCESS))[SEAL_ANNOTATION])),
      ),
    ).map((edited) => wireText(edited)),
    oddJson,
  ),
  (annotation) => {
    const seal = decodeSeal(annotation);
    if (seal === null) assert.ok(annotation === null || annotation === undefined);
    else if (seal !== 'unreadable') {
      assert.ok(Number.isSafeInteger(seal.attempt) && seal.attempt >= 1);
      assert.ok(Number.isSafeInteger(seal.leaseDurationSeconds) && seal.leaseDurationSeconds >= 1);
      assert.ok(Number.isSafeInteger(seal.leaseTransitions));
      assert.ok(
        [seal.podName, seal.podNamespace, seal.podUid, seal.renewTime].every((text) => typeof text === 'string'),
      );
    }
  },
);

export const times = pure(
  'times',
  500,
  fc.oneof(
    fc.double(),
    fc.maxSafeInteger(),
    fc.constantFrom(-1, 0, 0.5, Number.NaN, 8.64e15, 253402300799999, 253402300800000),
  ),
  (unixMs) => {
    assert.match(microTime(unixMs), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.match(secondTime(unixMs), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(Date.parse(secondTime(unixMs)), Math.floor(Date.parse(microTime(unixMs)) / 1000) * 1000);
  },
);

export const annotationTexts = pure(
  'annotation-texts',
  300,
  fc.tuple(codec, oddText, oddText),
  ([codec, key, text]) => {
    const object = withAnnotation(lockObject(codec, 'alice', ME.processId), key, text);
    const observed = sight(codec, object);
    if (key !== SEAL_ANNOTATION && key !== RECORD_ANNOTATION)
      assert.ok(isMine(observed, ME), 'a foreign annotation changes nothing');
  },
);

function judgeRecord(record: LockRecord): void {
  assert.equal(typeof record.holderIdentity, 'string');
  for (const time of [record.acquireTime, record.renewTime]) assert.ok(time === null || typeof time === 'string');
  assert.ok(record.leaseDurationSeconds === null || Number.isSafeInteger(record.leaseDurationSeconds));
  assert.ok(Number.isSafeInteger(record.leaseTransitions));
}

function sight(codec: RecordCodec, object: JsonObject): Observed {
  return { uid: 'uid-1', version: '41', ...codec.decode(object), raw: object };
}

/** Everything but what a write of the lock may replace. */
function foreignOf({ resource }: RecordCodec, object: JsonObject): unknown {
  const { apiVersion: _, kind: __, spec, metadata, ...rest } = asJson(object);
  const { managedFields: ___, annotations, ...kept } = isJsonObject(metadata) ? metadata : {};
  const own = [SEAL_ANNOTATION, ...(resource.kind === 'Lease' ? [] : [RECORD_ANNOTATION])];
  const record = ['holderIdentity', 'leaseDurationSeconds', 'acquireTime', 'renewTime', 'leaseTransitions'];
  return {
    ...{ rest, kept, annotations: without(annotations, own) },
    spec: resource.kind === 'Lease' ? without(spec, record) : spec,
  };
}

function without(value: unknown, keys: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(isJsonObject(value) ? value : {}).filter(([key]) => !keys.includes(key)));
}

function annotationsIn(object: JsonObject): JsonObject {
  const metadata = object.metadata;
  return isJsonObject(metadata) && isJsonObject(metadata.annotations) ? metadata.annotations : {};
}

function withAnnotation(object: JsonObject, key: string, value: unknown): JsonObject {
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  const annotations = Object.fromEntries([...Object.entries(annotationsIn(object)), [key, value]]);
  return { ...object, metadata: { ...metadata, annotations } };
}
