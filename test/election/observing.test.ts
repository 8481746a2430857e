/** From when on a lock may be taken, whatever was seen of it, and what is told of that (rules 6, 14, 17, 25, 28). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LockRecord, Seal } from '../../src/election/record.ts';
import type { Report } from '../../src/election/state.ts';
import { lost, type Member, type MemberOptions, Scene, type WriteRequest } from './scene.ts';
import { begin } from './stories.ts';

const seal: Seal = {
  podName: 'kate',
  podNamespace: 'default',
  podUid: 'pod-k',
  processId: 'process-of-kate',
  attempt: 3,
  leaseDurationSeconds: 30,
  renewTime: '1',
  leaseTransitions: 2,
  released: false,
};
const record: LockRecord = {
  holderIdentity: 'kate',
  leaseDurationSeconds: 20,
  acquireTime: null,
  renewTime: '1',
  leaseTransitions: 2,
};

type Found = Partial<LockRecord> | 'unreadable';

/** How long bob waits, whose own TTL is 10 s, who starts and finds this. */
function waits(found: Found, beside: Seal | 'unreadable' | null, options: MemberOptions = {}): number {
  const scene = new Scene();
  scene.lock.foreign(found === 'unreadable' ? found : { ...record, ...found }, { seal: beside });
  const bob = scene.start('bob', options);
  return until(scene, bob);
}

function until(scene: Scene, member: Member): number {
  const fromMs = scene.nowMs;
  while (!member.isLeading()) {
    assert.ok(scene.nowMs - fromMs < 200_000, 'nobody leads');
    scene.pass(1);
  }
  return scene.nowMs - fromMs;
}

const reportsOf = (member: Member, ...types: readonly Report['type'][]) =>
  member.reports.filter((it) => types.includes(it.type));

describe('a member that starts waits for', () => {
  const emptied = { holderIdentity: '' };
  for (const [what, ms, found, beside, options] of [
    ["the record's duration", 20_000, {}, null, {}],
    ["the seal's, where that is longer and counts", 30_000, {}, seal, {}],
    ["the record's, where the seal's is shorter", 20_000, {}, { ...seal, leaseDurationSeconds: 5 }, {}],
    ["the record's, where the seal does not count", 20_000, {}, { ...seal, renewTime: '0' }, {}],
    ["the record's, where nobody can read the seal", 20_000, {}, 'unreadable', {}],
    ['the own TTL, where the record has no duration', 10_000, { leaseDurationSeconds: null }, null, {}],
    ['the own TTL, where the record has a duration of 0', 10_000, { leaseDurationSeconds: 0 }, null, {}],
    ['the own TTL, where the record has a duration below 0', 10_000, { leaseDurationSeconds: -5 }, null, {}],
    ['no less than the record says where that is less than the own TTL', 1_000, { leaseDurationSeconds: 1 }, null, {}],
    ['the own TTL, where nobody can read the record', 10_000, 'unreadable', null, {}],
    ["the seal's, where nobody can read the record", 30_000, 'unreadable', seal, {}],
    ['nothing after a release', 0, emptied, { ...seal, released: true }, {}],
    ['nothing where nobody ever held the lock', 0, { ...emptied, leaseDurationSeconds: null }, null, {}],
    ["the record's, where a hand emptied it", 30_000, emptied, seal, {}],
    ["the record's, where it was emptied and nobody can read the seal", 20_000, emptied, 'unreadable', {}],
    ['its place in the herd, after a release', 19, emptied, { ...seal, released: true }, { random: 0.9999 }],
    ['its place in the herd, after the record has ended', 20_019, {}, null, { random: 0.9999 }],
    [
      'nothing where its own Pod held it, and it has the proof',
      0,
      { holderIdentity: 'bob' },
      { ...seal, podUid: 'pod-b' },
      {
        podUid: 'pod-b',
        proof: true,
        random: 0.9999,
      },
    ],
    [
      'the whole duration where its own Pod held it, and it has no proof',
      30_000,
      { holderIdentity: 'bob' },
      {
        ...seal,
        podUid: 'pod-b',
      },
      { podUid: 'pod-b' },
    ],
  ] as const) {
    test(what, () => assert.equal(waits(found, beside, options), ms));
  }
});

describe('a lock that is gone is waited for by who has seen it', () => {
  for (const [what, ms, found, beside] of [
    ["as long as the record's duration, where that is longer than the own TTL", 20_000, {}, null],
    ["as long as the seal's, where that is longer", 30_000, {}, seal],
    ["as long as the seal's, though it does not count", 30_000, {}, { ...seal, renewTime: '0' }],
    ["as long as the seal's, after a release", 30_000, { holderIdentity: '' }, { ...seal, released: true }],
    ['as long as the own TTL, where that is longest', 10_000, { leaseDurationSeconds: 3 }, null],
    ['as long as the own TTL, where nobody can read it', 10_000, 'unreadable', 'unreadable'],
    ['as long as the record says that a hand emptied', 20_000, { holderIdentity: '' }, 'unreadable'],
  ] as const) {
    test(what, () => {
      const scene = new Scene();
      scene.lock.foreign(found === 'unreadable' ? found : { ...record, ...found }, { seal: beside });
      const bob = scene.start('bob', { candidacy: false });
      const carol = scene.start('carol', { candidacy: false });
      scene.lock.delete();
      assert.deepEqual(reportsOf(bob, 'lock-gone'), [{ type: 'lock-gone', waitMs: ms }]);
      bob.handle({ type: 'candidacy', on: true, reason: '' });
      assert.equal(until(scene, bob), ms);
      assert.equal(carol.view().leader, 'bob');
    });
  }

  test('from when it learns it, and anew from each further deletion', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.crash();
    scene.lock.delete();
    scene.pass(4_000);
    scene.lock.delete();
    assert.equal(until(scene, bob), 10_000);
    assert.equal(bob.said('lock-gone'), 2);
  });

  test('and not anew, because a watch tells of the same deletion again', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.crash();
    scene.lock.delete();
    scene.pass(4_000);
    const watch = bob.state.reading.watch?.watch ?? 0;
    bob.handle({ type: 'watched', watch, event: { type: 'gone', version: scene.lock.version } });
    assert.equal(until(scene, bob), 6_000);
  });

  test('as long as its last leader said, for itself: not as long as the one before', () => {
    const scene = new Scene();
    scene.lock.foreign(record);
    const bob = scene.start('bob');
    scene.pass(25_000);
    assert.equal(bob.isLeading(), true);
    scene.lock.delete();
    assert.deepEqual(reportsOf(bob, 'lock-gone'), [{ type: 'lock-gone', waitMs: 10_000 }]);
  });

  test('as long as the longest that it has seen, also when it was seen long ago', () => {
    const scene = new Scene();
    scene.lock.foreign(record);
    const bob = scene.start('bob', { candidacy: false });
    scene.lock.delete();
    scene.lock.foreign({ holderIdentity: 'karl', leaseDurationSeconds: 5, renewTime: '2' }, { recreate: true });
    scene.lock.delete();
    bob.handle({ type: 'candidacy', on: true, reason: '' });
    assert.equal(until(scene, bob), 20_000);
  });

  test('as long as the last holder said, where nobody has held it since', () => {
    const scene = new Scene();
    scene.lock.foreign(record);
    const bob = scene.start('bob', { candidacy: false });
    scene.lock.foreign({ holderIdentity: '', leaseDurationSeconds: 1 });
    scene.lock.delete();
    bob.handle({ type: 'candidacy', on: true, reason: '' });
    assert.equal(until(scene, bob), 20_000);
  });

  test('no longer than the last holder said, where that is less than the one before', () => {
    const scene = new Scene();
    scene.lock.foreign(record);
    const bob = scene.start('bob', { candidacy: false });
    scene.lock.foreign({ holderIdentity: 'karl', leaseDurationSeconds: 15, renewTime: '2' });
    scene.lock.delete();
    bob.handle({ type: 'candidacy', on: true, reason: '' });
    assert.equal(until(scene, bob), 15_000);
  });
});

describe('a lock that was replaced', () => {
  test('is waited out, and that is told, once', () => {
    const scene = new Scene();
    scene.lock.foreign(record);
    const bob = scene.start('bob', { candidacy: false });
    scene.lock.foreign({ holderIdentity: '' }, { recreate: true });
    bob.handle({ type: 'candidacy', on: true, reason: '' });
    scene.lock.editLabels();
    assert.deepEqual(reportsOf(bob, 'lock-replaced', 'lock-gone', 'lock-emptied'), [
      { type: 'lock-replaced', waitMs: 20_000 },
    ]);
    assert.equal(until(scene, bob), 20_000);
  });

  test('by one that another holds is waited out for both', () => {
    const scene = new Scene();
    scene.lock.foreign(record);
    const bob = scene.start('bob');
    scene.lock.foreign({ holderIdentity: 'karl', leaseDurationSeconds: 5, renewTime: '2' }, { recreate: true });
    assert.equal(until(scene, bob), 20_000);
  });
});

describe('a lock of which only its deletion was seen', () => {
  /** Only deletions reach bob, who has found no lock and has sent a create that is on its way. */
  function deletionSeen() {
    const scene = new Scene();
    const bob = scene.startHeld('bob');
    bob.deaf = true;
    scene.lock.foreign(record);
    scene.lock.delete();
    const watch = bob.state.reading.watch?.watch ?? 0;
    bob.handle({ type: 'watched', watch, event: { type: 'gone', version: scene.lock.version } });
    return { scene, bob };
  }

  test('keeps a create that is answered afterwards from beginning a term', () => {
    const { scene, bob } = deletionSeen();
    bob.deliver();
    assert.deepEqual([scene.lock.holder, bob.terms], ['bob', []]);
    bob.line = 'up';
    bob.deaf = false;
    assert.equal(until(scene, bob), 10_000);
  });

  test('keeps a second create from beginning a term, where the first was there for a while', () => {
    const scene = new Scene();
    const bob = scene.member('bob', { rights: 'no-watch', renewDeadlineMs: 6_600, retryPeriodMs: 500 });
    const readOnce = () => {
      while (bob.heldRead() === undefined) scene.pass(10);
      bob.deliver(bob.heldRead());
    };
    const create = () => {
      while (bob.heldWrite() === undefined) readOnce();
      return bob.heldWrite() as WriteRequest;
    };
    bob.line = 'held';
    bob.handle({ type: 'started' });
    const first = create();
    bob.drop(first);
    bob.handle(lost(first));
    const second = create();
    bob.execute(first);
    readOnce();
    assert.equal(bob.state.sight.presence, 'present');
    scene.lock.delete();
    while (bob.state.sight.presence === 'present') readOnce();
    bob.deliver(second);
    assert.deepEqual([scene.lock.holder, bob.terms], ['bob', []]);
  });

  test('keeps a create from beginning a term, where an older lock was back for a while', () => {
    const scene = new Scene();
    scene.lock.foreign(record, { seal });
    const old = scene.lock.observed;
    assert.ok(old !== null);
    scene.lock.foreign({ renewTime: '2' });
    const bob = scene.start('bob', { rights: 'no-watch' });
    scene.lock.delete();
    scene.pass(20_000);
    bob.line = (request) => (request.type === 'read' ? bob.execute(request) : null);
    let create = bob.heldWrite();
    scene.onStep = (_who, _event, effects) => {
      create ??= effects.find((it) => it.type === 'write');
    };
    while (create === undefined) scene.pass(100);
    scene.lock.rollBack(old);
    while (bob.said('rolled-back') === 0) scene.pass(100);
    scene.lock.delete();
    bob.handle(bob.execute(create));
    assert.deepEqual([scene.lock.holder, bob.terms], ['bob', []]);
  });

  test('makes one that comes later, and is free, be waited for from then on', () => {
    const { scene, bob } = deletionSeen();
    bob.drop();
    bob.line = 'up';
    bob.deaf = false;
    scene.pass(6_000);
    scene.lock.foreign({ holderIdentity: '' }, { seal: null, recreate: true });
    assert.equal(until(scene, bob), 10_000);
  });
});

test('a namesake that is read back after a create was refused has renewed nothing by that', () => {
  const scene = new Scene();
  const kate = scene.startHeld('kate');
  scene.lock.foreign(record, { seal });
  kate.deliver(kate.heldWrite());
  scene.pass(2_000);
  kate.deliver(kate.heldRead());
  scene.lock.foreign({ renewTime: '2' });
  assert.equal(kate.said('identity-collision'), 0);
  scene.lock.foreign({ renewTime: '3' });
  assert.equal(kate.said('identity-collision'), 1);
});

describe("a record of one's own", () => {
  test('under another uid ends a term, also while a renewal that it bears is not answered yet', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.deaf = true;
    alice.line = (request) => {
      alice.execute(request);
      return null;
    };
    scene.pass(1_700);
    alice.deaf = false;
    assert.equal(alice.state.writing.inFlight?.purpose, 'renew');
    scene.lock.foreign(scene.lock.record, { seal: scene.lock.seal, recreate: true });
    assert.equal(alice.isLeading(), false);
  });

  test('that a hand has put back is none of the create that is on its way', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    scene.pass(3_000);
    const { record: old, seal: oldSeal } = scene.lock;
    scene.lock.delete();
    scene.pass(9_900);
    alice.line = 'held';
    scene.pass(200);
    assert.equal(alice.state.writing.inFlight?.on, null);
    scene.lock.foreign(old, { seal: oldSeal, recreate: true });
    alice.handle(alice.apply(alice.heldWrite()));
    alice.line = 'up';
    scene.pass(3_000);
    assert.deepEqual(alice.terms, ['+1', '-1']);
    assert.equal(alice.said('lock-replaced'), 1);
  });

  test('by a create that seemed lost, and was there when the next one was refused, is waited out', () => {
    const scene = new Scene();
    const bob = scene.startHeld('bob');
    bob.deaf = true;
    const first = bob.heldWrite();
    assert.ok(first !== undefined);
    bob.drop(first);
    bob.handle(lost(first));
    bob.deliver(bob.heldRead());
    scene.pass(200);
    const second = bob.heldWrite();
    assert.ok(second !== undefined && second !== first);
    bob.execute(first);
    bob.deliver(second);
    bob.line = 'up';
    bob.deaf = false;
    for (const request of [...bob.held]) bob.deliver(request);
    assert.equal(until(scene, bob), 10_000);
  });
});

test('a takeover is one write, though the watch may tell of it before it is answered', () => {
  const scene = new Scene();
  const { alice, bob } = begin(scene);
  alice.giveUp();
  scene.pass(100);
  assert.deepEqual([bob.isLeading(), bob.sent.filter((it) => it.type === 'write').length], [true, 1]);
});

describe('a doubt', () => {
  test('is not settled by a watch that repeats what is in doubt', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.crash();
    scene.pass(8_000);
    bob.deaf = true;
    scene.lock.editLabels();
    const known = bob.state.sight.known;
    bob.line = (request) => (request.type === 'write' ? bob.execute(request) : null);
    scene.pass(2_100);
    assert.ok(known !== null && bob.state.sight.doubtedReadAtMs !== null);
    const writes = bob.sent.filter((it) => it.type === 'write').length;
    const watch = bob.state.reading.watch?.watch ?? 0;
    bob.handle({ type: 'watched', watch, event: { type: 'present', observed: known } });
    assert.ok(bob.state.sight.doubtedReadAtMs !== null);
    assert.equal(bob.sent.filter((it) => it.type === 'write').length, writes);
  });
});

describe('a lock that was emptied', () => {
  test('is waited out, and that is told, once for each time', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.crash();
    scene.lock.foreign({ holderIdentity: '' });
    scene.lock.editLabels();
    assert.deepEqual(reportsOf(bob, 'lock-emptied'), [{ type: 'lock-emptied', waitMs: 10_000 }]);
    scene.pass(3_000);
    scene.lock.foreign({ renewTime: 'by hand' });
    assert.equal(bob.said('lock-emptied'), 2);
    assert.equal(until(scene, bob), 10_000);
  });
});

test('an older version of the lock, read again, tells that etcd was restored, and how long that is waited for', () => {
  const scene = new Scene();
  const { alice, bob } = begin(scene);
  const { observed } = scene.lock;
  assert.ok(observed !== null);
  scene.pass(3_000);
  const to = observed.version;
  const from = scene.lock.version;
  alice.crash();
  scene.lock.rollBack(observed);
  scene.pass(6_000);
  assert.deepEqual(reportsOf(bob, 'rolled-back'), [{ type: 'rolled-back', from, to, waitMs: 10_000 }]);
  assert.equal(bob.view().phase, 'standby');
});
