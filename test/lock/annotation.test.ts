import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { configMapCodec, endpointsCodec, RECORD_ANNOTATION } from '../../src/lock/annotation.ts';
import { aliceRecord, aliceSeal, drafts } from './drafts.ts';

/** In the bytes that a Go member writes: with its old package, and with a newer one that has two more fields. */
const GO_TEXT =
  '{"holderIdentity":"a","leaseDurationSeconds":10,"acquireTime":"2018-07-12T09:34:59Z","renewTime":"2018-07-12T10:13:39Z","leaderTransitions":0}';
const NEWER_GO_TEXT = GO_TEXT.replace('}', ',"strategy":"OldestEmulationVersion","preferredHolder":"b"}');
/** What the old package leaves behind when it releases. */
const GO_RELEASED_TEXT =
  '{"holderIdentity":"","leaseDurationSeconds":0,"acquireTime":null,"renewTime":null,"leaderTransitions":0}';
/** Go's encoding of a name with everything in it that its encoder treats in a way of its own. */
const GO_NAME = 'a<b>&c\u2028d\u2029"\\\n\t\u0001\u007fé😀\b\f';
const GO_NAME_TEXT = '"a\\u003cb\\u003e\\u0026c\\u2028d\\u2029\\"\\\\\\n\\t\\u0001\u007fé😀\\b\\f"';

function annotations(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return (object.metadata as { annotations: Record<string, unknown> }).annotations;
}

function decodeText(text: unknown) {
  return configMapCodec.decode({ metadata: { annotations: { [RECORD_ANNOTATION]: text } } }).record;
}

describe('writing a record into an annotation', () => {
  test('it has the bytes that Go writes', () => {
    const record = { ...aliceRecord, holderIdentity: 'a', leaseTransitions: 0 };
    const body = configMapCodec.encode(null, { record, seal: aliceSeal });
    assert.equal(annotations(body)['control-plane.alpha.kubernetes.io/leader'], GO_TEXT);
  });

  test('it escapes a name as Go does', () => {
    const body = configMapCodec.encode(null, { record: { ...aliceRecord, holderIdentity: GO_NAME }, seal: aliceSeal });
    assert.ok(String(annotations(body)[RECORD_ANNOTATION]).startsWith(`{"holderIdentity":${GO_NAME_TEXT},`));
  });

  test('the seal copies its time in whole seconds', () => {
    const body = configMapCodec.encode(null, { record: aliceRecord, seal: aliceSeal });
    assert.equal(JSON.parse(String(annotations(body)['k8s-elector/seal'])).renewTime, '2018-07-12T10:13:39Z');
    assert.deepEqual(configMapCodec.decode(body).sealMatches, { renewTime: true, transitions: true });
  });

  test('a new object is of its kind and bears nothing else', () => {
    const { metadata, ...rest } = endpointsCodec.encode(null, { record: aliceRecord, seal: aliceSeal });
    assert.deepEqual(rest, { apiVersion: 'v1', kind: 'Endpoints' });
    assert.deepEqual(Object.keys(metadata as object), ['annotations']);
  });

  test('an object that holds data keeps it', () => {
    const raw = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { labels: { a: 'b' }, annotations: { note: 'x' }, finalizers: ['f'] },
      data: { key: 'value' },
      binaryData: { k: 'AA==' },
      immutable: true,
    };
    const body = configMapCodec.encode(raw, { record: aliceRecord, seal: aliceSeal });
    assert.deepEqual(
      { ...body, metadata: { ...(body.metadata as object), annotations: { note: annotations(body).note } } },
      raw,
    );
    const subsets = [{ addresses: [{ ip: '127.0.0.1' }] }];
    assert.deepEqual(endpointsCodec.encode({ subsets }, { record: aliceRecord, seal: aliceSeal }).subsets, subsets);
  });

  test('a record that cannot be read is replaced, all else kept', () => {
    const raw = { metadata: { annotations: { note: 'x', [RECORD_ANNOTATION]: '{"holder' } }, data: { key: 'value' } };
    assert.equal(configMapCodec.decode(raw).record, 'unreadable');
    const body = configMapCodec.encode(raw, { record: aliceRecord, seal: aliceSeal });
    const { record } = configMapCodec.decode(body);
    assert.equal(record !== 'unreadable' && record.holderIdentity, 'alice');
    assert.deepEqual([annotations(body).note, body.data], ['x', { key: 'value' }]);
  });
});

describe('reading a record from an annotation', () => {
  test('of a Go member, old or new', () => {
    const record = {
      holderIdentity: 'a',
      leaseDurationSeconds: 10,
      acquireTime: '2018-07-12T09:34:59Z',
      renewTime: '2018-07-12T10:13:39Z',
      leaseTransitions: 0,
    };
    assert.deepEqual(decodeText(GO_TEXT), record);
    assert.deepEqual(decodeText(NEWER_GO_TEXT), record);
  });

  test('of which a Go member kept the seal: the seal no longer matches', () => {
    const ours = configMapCodec.encode(null, { record: aliceRecord, seal: aliceSeal });
    const theirs = {
      metadata: { annotations: { ...annotations(ours), [RECORD_ANNOTATION]: GO_TEXT.replace('39Z', '41Z') } },
    };
    const { seal, sealMatches } = configMapCodec.decode(theirs);
    assert.equal(seal !== null && seal !== 'unreadable' && seal.processId, 'p1');
    assert.deepEqual(sealMatches, { renewTime: false, transitions: false });
  });

  test('that a Go member released', () => {
    assert.deepEqual(decodeText(GO_RELEASED_TEXT), {
      holderIdentity: '',
      leaseDurationSeconds: 0,
      acquireTime: null,
      renewTime: null,
      leaseTransitions: 0,
    });
  });

  test('without the annotation it is a vacant record', () => {
    const vacant = {
      holderIdentity: '',
      leaseDurationSeconds: null,
      acquireTime: null,
      renewTime: null,
      leaseTransitions: 0,
    };
    const without = { metadata: { annotations: { [RECORD_ANNOTATION]: null } } };
    for (const object of [{}, { metadata: null }, { metadata: {} }, { metadata: { annotations: null } }, without]) {
      assert.deepEqual(configMapCodec.decode(object).record, vacant);
    }
  });

  test('text that is no record is unreadable, and so is what is no text', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '1',
      '"a"',
      '{',
      '{"holderIdentity":1}',
      '{"leaderTransitions":"1"}',
      5,
      {},
      ['{}'],
    ]) {
      assert.equal(decodeText(text), 'unreadable', JSON.stringify(text));
    }
    for (const object of [{ metadata: { annotations: [] } }, { metadata: 'x' }]) {
      const { record, seal } = configMapCodec.decode(object);
      assert.deepEqual([record, seal], ['unreadable', 'unreadable']);
    }
  });
});

test('what is written is read, and its seal matches', () => {
  fc.assert(
    fc.property(drafts, (draft) => {
      const wire = JSON.parse(JSON.stringify(endpointsCodec.encode(null, draft)));
      const { record, seal, sealMatches } = endpointsCodec.decode(wire);
      assert.deepEqual(sealMatches, { renewTime: true, transitions: true });
      assert.ok(record !== 'unreadable' && seal !== null && seal !== 'unreadable');
      assert.equal(record.holderIdentity, draft.record.holderIdentity);
      assert.equal(record.leaseTransitions, draft.record.leaseTransitions);
      assert.equal(Date.parse(record.renewTime ?? ''), Math.floor(draft.record.renewTimeMs / 1000) * 1000);
      assert.doesNotMatch(String(annotations(wire)[RECORD_ANNOTATION]), /[\n<>&\u2028\u2029]/);
    }),
  );
});

test('no object makes reading throw, nor writing over it', () => {
  const text = fc.oneof(fc.string(), fc.json(), fc.anything());
  const metadata = fc.oneof(
    fc.anything(),
    text.map((value) => ({ annotations: { [RECORD_ANNOTATION]: value, 'k8s-elector/seal': value } })),
  );
  fc.assert(
    fc.property(metadata, drafts, (value, draft) => {
      const object = { metadata: value };
      configMapCodec.decode(object);
      const written = configMapCodec.decode(configMapCodec.encode(object, draft));
      assert.deepEqual(written.sealMatches, { renewTime: true, transitions: true });
    }),
  );
});
