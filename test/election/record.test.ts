/** Versions, and what counts as a change of the lock (rules 6, 26). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareVersions, holderOf, type Observed, type Seal, sameRecordAndSeal } from '../../src/election/record.ts';

const sign = (a: string, b: string) => Math.sign(compareVersions(a, b));

test('versions are ordered as the numbers that they are, however long', () => {
  const ordered = ['', '0', '9', '10', '99', '100', '9007199254740992', '9007199254740993', '18446744073709551616'];
  ordered.forEach((a, i) => {
    ordered.forEach((b, j) => {
      assert.equal(sign(a, b), Math.sign(i - j), `${a} and ${b}`);
    });
  });
});

const seal: Seal = {
  podName: 'alice-0',
  podNamespace: 'default',
  podUid: '',
  processId: 'process-a',
  attempt: 1,
  leaseDurationSeconds: 10,
  renewTime: '1',
  leaseTransitions: 0,
  released: false,
};

const sight: Observed = {
  uid: 'uid-1',
  version: '100',
  record: { holderIdentity: 'alice', leaseDurationSeconds: 10, acquireTime: '1', renewTime: '1', leaseTransitions: 0 },
  seal,
  sealMatches: { renewTime: true, transitions: true },
  raw: null,
};
const changed = (change: Partial<Observed>): Observed => ({ ...sight, version: '101', raw: {}, ...change });

describe('the lock has changed', () => {
  test('not by another version, nor by anything else in the object', () => {
    assert.equal(sameRecordAndSeal(sight, changed({})), true);
    const bare = changed({ seal: null });
    assert.equal(sameRecordAndSeal(bare, { ...bare, version: '102' }), true);
  });

  const { record } = sight;
  assert.ok(record !== 'unreadable');
  for (const [what, other] of [
    ['with its renew time', changed({ record: { ...record, renewTime: '2' } })],
    ['with its holder', changed({ record: { ...record, holderIdentity: '' } })],
    ['with its seal', changed({ seal: { ...seal, attempt: 2 } })],
    ['when the seal is wiped', changed({ seal: null })],
    ['when nobody can read the seal any more', changed({ seal: 'unreadable' })],
    ['when nobody can read the record any more', changed({ record: 'unreadable' })],
  ] as const) {
    test(`${what}, and so in the other direction`, () => {
      assert.equal(sameRecordAndSeal(sight, other), false);
      assert.equal(sameRecordAndSeal(other, sight), false);
    });
  }

  test('perhaps with each version, where nobody can read the record', () => {
    const one = changed({ record: 'unreadable' });
    assert.equal(sameRecordAndSeal(one, { ...one }), true);
    assert.equal(sameRecordAndSeal(one, { ...one, version: '102' }), false);
  });
});

test('nobody holds a lock whose record nobody can read', () => {
  assert.equal(holderOf(sight), 'alice');
  assert.equal(holderOf(changed({ record: 'unreadable' })), '');
});
