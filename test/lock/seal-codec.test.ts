import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { LockRecord } from '../../src/election/record.ts';
import { decodeSeal, encodeSeal, matchSeal, SEAL_ANNOTATION } from '../../src/lock/seal-codec.ts';
import { aliceSeal, drafts } from './drafts.ts';

const TEXT =
  '{"podName":"alice-0","podNamespace":"default","podUid":"4f2c","processId":"p1","attempt":7,' +
  '"leaseDurationSeconds":10,"renewTime":"2018-07-12T10:13:39.987000Z","leaseTransitions":3,"released":false}';
const RENEW_TIME = '2018-07-12T10:13:39.987000Z';
const SEAL = { ...aliceSeal, renewTime: RENEW_TIME, leaseTransitions: 3 };

test('the seal is one line of JSON with its keys in a fixed order', () => {
  assert.equal(SEAL_ANNOTATION, 'k8s-elector/seal');
  const shuffled = Object.fromEntries(Object.entries(aliceSeal).reverse()) as unknown as typeof aliceSeal;
  assert.equal(encodeSeal(shuffled, RENEW_TIME, 3), TEXT);
});

test('what is written is read', () => {
  assert.deepEqual(decodeSeal(TEXT), SEAL);
  fc.assert(
    fc.property(drafts, fc.string(), ({ record, seal }, renewTime) => {
      const read = decodeSeal(encodeSeal(seal, renewTime, record.leaseTransitions));
      assert.deepEqual(read, { ...seal, renewTime, leaseTransitions: record.leaseTransitions });
    }),
  );
});

describe('reading a seal', () => {
  test('there is none without the annotation', () => {
    assert.equal(decodeSeal(undefined), null);
    assert.equal(decodeSeal(null), null);
  });

  test('it is text, and nothing that only turns into text', () => {
    assert.equal(decodeSeal([TEXT]), 'unreadable');
  });

  test('a field that a later version adds is passed over', () => {
    assert.deepEqual(decodeSeal(TEXT.replace('{', '{"later":{"a":1},')), SEAL);
  });

  test('every field is needed, with its own type', () => {
    const fields: Record<string, unknown> = { ...SEAL };
    for (const key of Object.keys(fields)) {
      for (const wrong of [undefined, null, [], {}, typeof fields[key] === 'string' ? 1 : 'x']) {
        assert.equal(decodeSeal(JSON.stringify({ ...fields, [key]: wrong })), 'unreadable', `${key}: ${wrong}`);
      }
    }
  });

  test('numbers are whole, attempts and durations start at 1, a process has a name', () => {
    for (const wrong of [{ attempt: 0 }, { attempt: 1.5 }, { attempt: 2 ** 53 }, { leaseDurationSeconds: 0 }]) {
      assert.equal(decodeSeal(JSON.stringify({ ...SEAL, ...wrong })), 'unreadable', JSON.stringify(wrong));
    }
    assert.equal(decodeSeal(JSON.stringify({ ...SEAL, processId: '' })), 'unreadable');
  });

  test('no text and no value makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.anything()), (annotation) => {
        const seal = decodeSeal(annotation);
        assert.ok(seal === null || seal === 'unreadable');
      }),
    );
  });
});

describe('the seal matches the record', () => {
  const record: LockRecord = {
    holderIdentity: 'alice',
    leaseDurationSeconds: 10,
    acquireTime: null,
    renewTime: RENEW_TIME,
    leaseTransitions: 3,
  };

  test('while both copies equal its text', () => {
    assert.deepEqual(matchSeal(SEAL, record), { renewTime: true, transitions: true });
  });

  test('not in a renewal time that a Go member wrote, even for the same instant', () => {
    const sameInstant = { ...record, renewTime: '2018-07-12T10:13:39.987Z' };
    assert.deepEqual(matchSeal(SEAL, sameInstant), { renewTime: false, transitions: true });
    assert.deepEqual(matchSeal(SEAL, { ...record, renewTime: null }), { renewTime: false, transitions: true });
  });

  test('not in transitions that somebody counted on', () => {
    assert.deepEqual(matchSeal(SEAL, { ...record, leaseTransitions: 4 }), { renewTime: true, transitions: false });
  });

  test('never without a readable seal and a readable record', () => {
    const nothing = { renewTime: false, transitions: false };
    assert.deepEqual(matchSeal(null, record), nothing);
    assert.deepEqual(matchSeal('unreadable', record), nothing);
    assert.deepEqual(matchSeal(SEAL, 'unreadable'), nothing);
  });
});
