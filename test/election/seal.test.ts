/** Whose a record is, and whether its holder gave it up: what a seal says of that, case by case (rules 24, 25, 28). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LockRecord, Observed, Seal } from '../../src/election/record.ts';
import { countingSeal, isMine, isOfMyPod, isRelease } from '../../src/election/seal.ts';

const record: LockRecord = {
  holderIdentity: 'alice',
  leaseDurationSeconds: 10,
  acquireTime: '2026-01-01T00:00:00.000000Z',
  renewTime: '2026-01-01T00:00:42.000000Z',
  leaseTransitions: 3,
};

const seal: Seal = {
  podName: 'alice-0',
  podNamespace: 'default',
  podUid: 'pod-a',
  processId: 'process-a',
  attempt: 7,
  leaseDurationSeconds: 10,
  renewTime: '2026-01-01T00:00:42.000000Z',
  leaseTransitions: 3,
  released: false,
};

const ALL_MATCHES = { renewTime: true, transitions: true };

/** A lock that alice holds by her seventh write, but for what is changed. */
function sight(changes: Partial<Omit<Observed, 'record' | 'seal'>> & Changes = {}): Observed {
  const changed = <T extends object, Other>(whole: T, change: Partial<T> | Other): T | Other =>
    typeof change === 'object' && change !== null ? { ...whole, ...change } : (change as Other);
  return {
    uid: 'uid-1',
    version: '100',
    sealMatches: ALL_MATCHES,
    raw: null,
    ...changes,
    record: changed<LockRecord, 'unreadable'>(record, changes.record ?? {}),
    seal: changed<Seal, 'unreadable' | null>(seal, changes.seal === undefined ? {} : changes.seal),
  };
}

interface Changes {
  readonly record?: Partial<LockRecord> | 'unreadable';
  readonly seal?: Partial<Seal> | 'unreadable' | null;
}

describe('a seal counts', () => {
  test('while its copies equal the record', () => {
    assert.deepEqual(countingSeal(sight()), seal);
  });

  test('not where either differs', () => {
    for (const differs of ['renewTime', 'transitions']) {
      assert.equal(countingSeal(sight({ sealMatches: { ...ALL_MATCHES, [differs]: false } })), null);
    }
  });

  test('not where it is missing, or cannot be read', () => {
    for (const none of [null, 'unreadable'] as const) assert.equal(countingSeal(sight({ seal: none })), null);
  });
});

describe('a record is mine', () => {
  const alice = { id: 'alice', processId: 'process-a', lastAttempt: 7 };

  test('with my id, under a counting seal of my process, by a write that I made', () => {
    assert.equal(isMine(sight(), alice), true);
    assert.equal(isMine(sight(), { ...alice, lastAttempt: 8 }), true);
  });

  for (const [why, theirs, self] of [
    ['another id', sight(), { ...alice, id: 'bob' }],
    ['another process', sight(), { ...alice, processId: 'process-b' }],
    ['an attempt that I never made', sight(), { ...alice, lastAttempt: 6 }],
    ['a release', sight({ seal: { released: true } }), alice],
    ['no seal', sight({ seal: null }), alice],
    ['a seal that does not count', sight({ sealMatches: { renewTime: false, transitions: true } }), alice],
    ['a record that nobody can read', sight({ record: 'unreadable' }), alice],
    ['no holder, and I without an id', sight({ record: { holderIdentity: '' } }), { ...alice, id: '' }],
  ] as const) {
    test(`not with ${why}`, () => assert.equal(isMine(theirs, self), false));
  }
});

describe('a record is by a former process of my Pod', () => {
  test('with my id, under a counting seal of my Pod', () => {
    assert.equal(isOfMyPod(sight(), 'alice', 'pod-a'), true);
  });

  for (const [why, theirs, id, podUid] of [
    ['another id', sight(), 'bob', 'pod-a'],
    ['another Pod', sight(), 'alice', 'pod-b'],
    ['Pods whose uid nobody knows', sight({ seal: { podUid: '' } }), 'alice', ''],
    ['a release', sight({ seal: { released: true } }), 'alice', 'pod-a'],
    ['no seal', sight({ seal: null }), 'alice', 'pod-a'],
    ['a seal that does not count', sight({ sealMatches: { renewTime: true, transitions: false } }), 'alice', 'pod-a'],
    ['a record that nobody can read', sight({ record: 'unreadable' }), 'alice', 'pod-a'],
  ] as const) {
    test(`not with ${why}`, () => assert.equal(isOfMyPod(theirs, id, podUid), false));
  }
});

describe('a record without a holder is a release', () => {
  const emptied = (changes: Changes = {}) => sight({ ...changes, record: { holderIdentity: '' } });

  for (const [why, vacant, sealKnown, expected] of [
    ['that the seal says', emptied({ seal: { released: true } }), true, true],
    ['that the seal does not say', emptied(), true, false],
    ['by a Go elector that took it after the seal', emptied({ seal: { leaseTransitions: 2 } }), true, true],
    ['where the seal is of a later term', emptied({ seal: { leaseTransitions: 4 } }), true, false],
    [
      'where the seal of a later term is a release',
      emptied({ seal: { leaseTransitions: 4, released: true } }),
      true,
      false,
    ],
    ['where no seal was ever known', emptied({ seal: null }), false, true],
    ['where the seal was wiped', emptied({ seal: null }), true, false],
    ['where the seal cannot be read', emptied({ seal: 'unreadable' }), false, false],
    ['where the record cannot be read', sight({ record: 'unreadable', seal: null }), false, false],
  ] as const) {
    test(`${expected ? '' : 'not '}${why}`, () => assert.equal(isRelease(vacant, sealKnown), expected));
  }
});
