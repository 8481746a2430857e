import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { leaseCodec } from '../../src/lock/lease.ts';
import { aliceRecord, aliceSeal, drafts } from './drafts.ts';

const SEAL_TEXT =
  '{"podName":"alice-0","podNamespace":"default","podUid":"4f2c","processId":"p1","attempt":7,' +
  '"leaseDurationSeconds":10,"renewTime":"2018-07-12T10:13:39.987000Z","leaseTransitions":3,"released":false}';

describe('writing a Lease', () => {
  test('a new one has all five fields, in the bytes that Go writes, and our seal', () => {
    const body = leaseCodec.encode(null, { record: aliceRecord, seal: aliceSeal });
    assert.equal(
      JSON.stringify(body.spec),
      '{"holderIdentity":"alice","leaseDurationSeconds":10,"acquireTime":"2018-07-12T09:34:59.123000Z",' +
        '"renewTime":"2018-07-12T10:13:39.987000Z","leaseTransitions":3}',
    );
    assert.deepEqual(
      { ...body, spec: null },
      {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { annotations: { 'k8s-elector/seal': SEAL_TEXT } },
        spec: null,
      },
    );
  });

  test('a released one has an empty holder, never null, and all five fields', () => {
    const record = { ...aliceRecord, holderIdentity: '', leaseDurationSeconds: 1 };
    const body = leaseCodec.encode(null, { record, seal: { ...aliceSeal, released: true } });
    assert.equal(
      JSON.stringify(body.spec),
      '{"holderIdentity":"","leaseDurationSeconds":1,"acquireTime":"2018-07-12T09:34:59.123000Z",' +
        '"renewTime":"2018-07-12T10:13:39.987000Z","leaseTransitions":3}',
    );
  });

  test('keeps what is not ours, apart from managedFields', () => {
    const raw = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: 'reports',
        labels: { team: 'b' },
        annotations: { note: 'x', 'k8s-elector/seal': 'old' },
        finalizers: ['example.com/keep'],
        ownerReferences: [{ uid: 'o' }],
        managedFields: [{ manager: 'kubectl' }],
        creationTimestamp: '2018-01-01T00:00:00Z',
      },
      spec: { holderIdentity: 'bob', strategy: 'OldestEmulationVersion', preferredHolder: 'carol', later: { a: 1 } },
      later: true,
    };
    const before = structuredClone(raw);
    const { managedFields: _, ...metadata } = raw.metadata;
    assert.deepEqual(leaseCodec.encode(raw, { record: aliceRecord, seal: aliceSeal }), {
      ...raw,
      metadata: { ...metadata, annotations: { note: 'x', 'k8s-elector/seal': SEAL_TEXT } },
      spec: {
        ...raw.spec,
        holderIdentity: 'alice',
        leaseDurationSeconds: 10,
        acquireTime: '2018-07-12T09:34:59.123000Z',
        renewTime: '2018-07-12T10:13:39.987000Z',
        leaseTransitions: 3,
      },
    });
    assert.deepEqual(raw, before, 'the sight itself is not touched');
  });

  test('replaces a spec that cannot be read', () => {
    const body = leaseCodec.encode(
      { metadata: { labels: { a: 'b' } }, spec: 'x' },
      { record: aliceRecord, seal: aliceSeal },
    );
    assert.deepEqual(Object.keys(body.spec as object).length, 5);
    assert.deepEqual((body.metadata as Record<string, unknown>).labels, { a: 'b' });
  });

  test('transitions stop at the end of their range instead of making every write invalid', () => {
    const body = leaseCodec.encode(null, { record: { ...aliceRecord, leaseTransitions: 2 ** 31 }, seal: aliceSeal });
    const { record, sealMatches } = leaseCodec.decode(body);
    assert.equal(record !== 'unreadable' && record.leaseTransitions, 2 ** 31 - 1);
    assert.deepEqual(sealMatches, { renewTime: true, transitions: true });
  });
});

describe('reading a Lease', () => {
  test('of a Go member: its record, and no seal', () => {
    const text =
      '{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"reports","namespace":"default","uid":"u1",' +
      '"resourceVersion":"7"},"spec":{"holderIdentity":"a","leaseDurationSeconds":10,"acquireTime":"2018-07-12T09:34:59.123456Z",' +
      '"renewTime":"2018-07-12T10:13:39.987654Z","leaseTransitions":3}}';
    assert.deepEqual(leaseCodec.decode(JSON.parse(text)), {
      record: {
        holderIdentity: 'a',
        leaseDurationSeconds: 10,
        acquireTime: '2018-07-12T09:34:59.123456Z',
        renewTime: '2018-07-12T10:13:39.987654Z',
        leaseTransitions: 3,
      },
      seal: null,
      sealMatches: { renewTime: false, transitions: false },
    });
  });

  test('of which a Go member kept the seal: the seal no longer matches', () => {
    const ours = leaseCodec.encode(null, { record: aliceRecord, seal: aliceSeal });
    const theirs = {
      ...ours,
      spec: {
        ...(ours.spec as object),
        holderIdentity: 'bob',
        renewTime: '2018-07-12T10:13:50.000001Z',
        leaseTransitions: 4,
      },
    };
    assert.deepEqual(leaseCodec.decode(ours).sealMatches, { renewTime: true, transitions: true });
    assert.deepEqual(leaseCodec.decode(theirs).sealMatches, { renewTime: false, transitions: false });
  });

  test('without a spec, with an empty one, or with nulls is a vacant record', () => {
    const vacant = {
      holderIdentity: '',
      leaseDurationSeconds: null,
      acquireTime: null,
      renewTime: null,
      leaseTransitions: 0,
    };
    const nulls = {
      holderIdentity: null,
      leaseDurationSeconds: null,
      acquireTime: null,
      renewTime: null,
      leaseTransitions: null,
    };
    for (const object of [{}, { spec: null }, { spec: {} }, { spec: nulls }]) {
      assert.deepEqual(leaseCodec.decode(object).record, vacant, JSON.stringify(object));
    }
  });

  test('a duration of zero or less is read as it stands', () => {
    for (const leaseDurationSeconds of [0, -5]) {
      const { record } = leaseCodec.decode({ spec: { holderIdentity: 'bob', leaseDurationSeconds } });
      assert.equal(record !== 'unreadable' && record.leaseDurationSeconds, leaseDurationSeconds);
    }
  });

  test('a field of a wrong type makes the whole record unreadable', () => {
    const wrong = [
      { holderIdentity: 1 },
      { leaseDurationSeconds: '10' },
      { leaseDurationSeconds: 1.5 },
      { leaseDurationSeconds: Number.POSITIVE_INFINITY },
      { acquireTime: 0 },
      { renewTime: {} },
      { leaseTransitions: true },
      { leaseTransitions: 2 ** 53 },
    ];
    for (const spec of wrong) assert.equal(leaseCodec.decode({ spec }).record, 'unreadable', JSON.stringify(spec));
    for (const spec of ['x', 1, [], true]) assert.equal(leaseCodec.decode({ spec }).record, 'unreadable');
  });
});

test('what is written is read, and its seal matches', () => {
  fc.assert(
    fc.property(drafts, (draft) => {
      const { record, seal, sealMatches } = leaseCodec.decode(
        JSON.parse(JSON.stringify(leaseCodec.encode(null, draft))),
      );
      assert.deepEqual(sealMatches, { renewTime: true, transitions: true });
      assert.ok(record !== 'unreadable' && seal !== null && seal !== 'unreadable');
      assert.equal(record.holderIdentity, draft.record.holderIdentity);
      assert.equal(record.leaseDurationSeconds, draft.record.leaseDurationSeconds);
      assert.equal(record.leaseTransitions, draft.record.leaseTransitions);
      assert.equal(Date.parse(record.renewTime ?? ''), draft.record.renewTimeMs);
      assert.equal(Date.parse(record.acquireTime ?? ''), draft.record.acquireTimeMs);
      assert.deepEqual(
        { ...seal, renewTime: '', leaseTransitions: 0 },
        { ...draft.seal, renewTime: '', leaseTransitions: 0 },
      );
    }),
  );
});

test('no object makes reading throw, nor writing over it', () => {
  const garbage = fc.dictionary(
    fc.constantFrom('metadata', 'spec', 'kind', 'x'),
    fc.oneof(fc.anything(), fc.jsonValue()),
  );
  fc.assert(
    fc.property(garbage, drafts, (object, draft) => {
      leaseCodec.decode(object);
      const written = leaseCodec.decode(leaseCodec.encode(object, draft));
      assert.deepEqual(written.sealMatches, { renewTime: true, transitions: true });
    }),
  );
});
