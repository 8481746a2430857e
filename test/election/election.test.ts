/** The election told simply: what happens when nothing special does, and what it says of itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerTo, lost, type Member, Scene, seeded } from './scene.ts';
import { begin, GO_TIME } from './stories.ts';

const writes = (member: Member) => member.sent.filter((it) => it.type === 'write').length;
const reads = (member: Member) => member.sent.filter((it) => it.type === 'read').length;

test('creates a missing lock at once and leads', () => {
  const scene = new Scene();
  const alice = scene.start('alice');
  assert.deepEqual(scene.leaders(), ['alice']);
  assert.deepEqual(scene.lock.record, {
    holderIdentity: 'alice',
    leaseDurationSeconds: 10,
    acquireTime: '2026-01-01T00:00:01.000000Z',
    renewTime: '2026-01-01T00:00:01.000000Z',
    leaseTransitions: 0,
  });
  assert.deepEqual(alice.view(), {
    phase: 'leading',
    isLeading: true,
    validForMs: 20_000 / 3,
    leader: 'alice',
    term: 1,
    token: { uid: 'uid-1', version: '101' },
    transitions: 0,
    former: null,
    trouble: null,
  });
});

test('keeps leading by one PUT every retry period and nothing else', () => {
  const scene = new Scene();
  const alice = scene.start('alice');
  scene.pass(60_000);
  assert.deepEqual(alice.terms, ['+1']);
  assert.equal(scene.lock.history.length, 1 + Math.floor(60_000 / (10_000 / 6)));
  assert.equal(reads(alice), 1);
  assert.equal(scene.lock.record.acquireTime, '2026-01-01T00:00:01.000000Z');
});

test('a standby with a watch sends nothing while the leader renews', () => {
  const scene = new Scene();
  const { bob } = begin(scene);
  const sentBefore = bob.sent.length;
  scene.pass(600_000);
  assert.equal(bob.sent.length, sentBefore);
});

test('a standby takes over at once when the lock is released, with one more transition', () => {
  const scene = new Scene();
  const { alice } = begin(scene);
  scene.pass(3_000);
  alice.giveUp();
  assert.deepEqual(scene.leaders(), ['bob']);
  assert.deepEqual(alice.ended, { stuck: false });
  assert.equal(scene.lock.record.leaseTransitions, 1);
  assert.deepEqual(scene.overlaps, []);
});

test('a released lock is taken within 20 ms whatever the lot, and all of a herd do not write at once', () => {
  const waitedMs = [0, 0.6, 0.8, 0.99].map((random) => {
    const scene = new Scene();
    const alice = scene.start('alice');
    const bob = scene.start('bob', { random });
    alice.giveUp();
    const sinceMs = scene.nowMs;
    scene.pass(bob.isLeading() ? 0 : bob.wakesAtMs - scene.nowMs);
    assert.deepEqual(scene.leaders(), ['bob']);
    return scene.nowMs - sinceMs;
  });
  assert.equal(new Set(waitedMs).size, 4);
  assert.ok(Math.max(...waitedMs) <= 20);
});

test('takes over one lease duration after the last observed change', () => {
  const scene = new Scene();
  const { alice, bob } = begin(scene);
  scene.pass(4_900);
  const seenAtMs = bob.state.sight.changedAtMs;
  alice.crash();
  scene.pass(seenAtMs + 10_000 - scene.nowMs - 1);
  assert.equal(bob.isLeading(), false);
  scene.pass(1);
  assert.deepEqual(scene.leaders(), ['bob']);
});

test('a restarted container of the same Pod takes its lock at once, as a new term with a new token', () => {
  const scene = new Scene();
  const before = scene.start('web-0', { podUid: 'pod-1', proof: true });
  const first = before.view().token;
  scene.pass(3_000);
  before.crash();
  const after = scene.start('web-0', { podUid: 'pod-1', proof: true, processId: 'another' });
  assert.equal(after.isLeading(), true);
  assert.notDeepEqual(after.view().token, first);
  assert.equal(scene.lock.record.leaseTransitions, 0);
});

test('an observer follows the lock and never writes it', () => {
  const scene = new Scene();
  const olga = scene.start('olga', { candidacy: false });
  scene.pass(60_000);
  const alice = scene.start('alice');
  scene.pass(60_000);
  assert.equal(olga.view().leader, 'alice');
  alice.crash();
  scene.pass(60_000);
  assert.equal(olga.view().leader, '');
  assert.equal(writes(olga), 0);
});

test('tokens grow over every takeover, also over delete and recreate', () => {
  const scene = new Scene();
  const versions: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    const member = scene.start(`member-${i}`);
    scene.pass(30_000);
    versions.push(Number(member.view().token?.version));
    if (i % 3 === 2) scene.lock.delete();
    member.giveUp();
    if (i % 3 === 1) member.crash();
  }
  assert.deepEqual(
    versions,
    versions.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(versions).size, versions.length);
});

describe('who led before', () => {
  const former = (member: Member) => member.view().former;

  test('is the Pod in the seal of the record that was taken over, released or expired', () => {
    for (const ends of ['gives up', 'crashes']) {
      const scene = new Scene();
      const alice = scene.start('alice', { podUid: 'pod-a', proof: true });
      const bob = scene.start('bob');
      scene.pass(100);
      if (ends === 'crashes') alice.crash();
      else alice.giveUp();
      scene.pass(12_000);
      assert.deepEqual(former(bob), { podName: 'alice', podNamespace: 'default', podUid: 'pod-a' });
    }
  });

  test('is the Pod named like the holder, after a Go elector', () => {
    const scene = new Scene();
    scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 10, renewTime: GO_TIME });
    const bob = scene.start('bob');
    scene.pass(12_000);
    assert.deepEqual(former(bob), { podName: 'kate', podNamespace: '', podUid: '' });
  });

  test('is nobody for the first leader, nor for one that follows itself', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    assert.equal(former(alice), null);
    alice.giveUp(false);
    scene.pass(12_000);
    assert.deepEqual([alice.view().term, former(alice)], [2, null]);
  });

  test('is still who was taken over when the answer to that was lost, or its term did not last', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    const alicesPod = { podName: 'alice', podNamespace: 'default', podUid: '' };
    alice.crash();
    bob.line = (request) => {
      if (request.type === 'read') return bob.execute(request);
      bob.line = 'up';
      bob.execute(request);
      return lost(request);
    };
    scene.pass(12_000);
    assert.deepEqual([bob.sent.filter((it) => it.type === 'write').length > 1, former(bob)], [true, alicesPod]);
    bob.pause();
    scene.pass(7_000);
    bob.line = (request) => (request.type === 'read' ? bob.execute(request) : lost(request));
    bob.resume();
    scene.pass(5_000);
    bob.line = 'up';
    scene.pass(12_000);
    assert.deepEqual([bob.view().term, former(bob)], [2, alicesPod]);
  });
});

describe('a release', () => {
  test('that is asked to come back later does, while there is time', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    let asked = 0;
    alice.line = (request) => {
      asked += 1;
      return asked > 1
        ? alice.execute(request)
        : answerTo(request, { type: 'refused', code: 429, message: 'too many', retryAfterMs: 1_000 });
    };
    alice.giveUp();
    scene.pass(999);
    assert.equal(asked, 1);
    scene.pass(1);
    assert.equal(scene.lock.holder, '');
    assert.deepEqual(alice.ended, { stuck: false });
  });

  test('that is asked to come back after its time tries once more before, and ends without', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    const sentBefore = alice.sent.length;
    alice.line = (request) =>
      answerTo(request, { type: 'refused', code: 429, message: 'too many', retryAfterMs: 60_000 });
    alice.giveUp();
    scene.pass(2_499);
    assert.deepEqual([alice.ended, alice.sent.length - sentBefore], [null, 1]);
    scene.pass(1);
    assert.equal(alice.sent.length - sentBefore, 2);
    scene.pass(1_500);
    assert.deepEqual(alice.ended, { stuck: false });
    assert.equal(alice.said('not-released'), 1);
  });

  test('that is asked to come back after its time is done when the API can take it by the end', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    let refusals = 0;
    alice.line = (request) =>
      request.type === 'write' && refusals++ === 0
        ? answerTo(request, { type: 'refused', code: 429, message: 'too many', retryAfterMs: 60_000 })
        : alice.execute(request);
    alice.giveUp();
    scene.pass(4_000);
    assert.deepEqual([alice.ended, scene.lock.holder], [{ stuck: false }, '']);
  });

  test('whose read-back is asked to come back after its time reads once more, and is done', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { rights: 'no-watch' });
    scene.lock.editLabels();
    let refusals = 0;
    alice.line = (request) =>
      request.type === 'read' && refusals++ === 0
        ? answerTo(request, { type: 'failed', message: 'too many', retryAfterMs: 5_000 })
        : alice.execute(request);
    alice.giveUp();
    scene.pass(4_000);
    assert.deepEqual([alice.ended, scene.lock.holder], [{ stuck: false }, '']);
  });

  test('without any budget for the work is done all the same, when the work stops at once', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { drainBudgetMs: 0 });
    alice.giveUp();
    scene.pass(4_000);
    assert.deepEqual([alice.ended, scene.lock.holder], [{ stuck: false }, '']);
  });

  test('whose read-back fails reads again with a pause, and ends in time', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { random: seeded(3) });
    alice.deaf = true;
    scene.lock.editLabels();
    alice.line = (request) => (request.type === 'write' ? alice.execute(request) : lost(request));
    alice.giveUp();
    scene.pass(3_999);
    assert.equal(alice.ended, null);
    assert.ok(reads(alice) > 3 && reads(alice) < 15, `${reads(alice)} reads`);
    scene.pass(1);
    assert.deepEqual(alice.ended, { stuck: false });
    assert.equal(alice.said('not-released'), 1);
  });

  test('that failed leaves the lock to run out, and its writer may retake it at once', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    bob.crash();
    alice.cutOff();
    scene.pass(12_000);
    alice.reconnect();
    scene.pass(3_000);
    assert.deepEqual(alice.terms, ['+1', '-1', '+2']);
    assert.deepEqual(scene.overlaps, []);
  });
});

describe('an attempt of unknown outcome', () => {
  test('that a read finds applied counts from its send, and from no later instant', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.deaf = true;
    let sentAtMs = 0;
    alice.line = (request) => {
      if (request.type === 'read') return alice.execute(request);
      if (sentAtMs > 0) return answerTo(request, { type: 'conflict' });
      sentAtMs = scene.nowMs;
      alice.execute(request);
      return lost(request);
    };
    scene.pass(6_000);
    const { renewDeadlineMs } = alice.config.timings;
    assert.ok(sentAtMs > 2_000);
    assert.equal(Math.round(alice.view().validForMs), Math.round(sentAtMs + renewDeadlineMs - scene.nowMs));
    scene.pass(sentAtMs + renewDeadlineMs - scene.nowMs - 2);
    assert.deepEqual(alice.terms, ['+1']);
    scene.pass(2);
    assert.deepEqual(alice.terms, ['+1', '-1']);
  });

  test('that a newer version has fenced is not waited for at the end', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.crash();
    bob.line = (request) => (request.type === 'read' ? bob.execute(request) : lost(request));
    scene.pass(10_100);
    assert.ok(bob.state.writing.unresolved.length > 0);
    scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME, leaseTransitions: 1 });
    bob.line = (request) => (request.type === 'read' ? bob.execute(request) : answerTo(request, { type: 'conflict' }));
    bob.deaf = true;
    scene.lock.editLabels();
    scene.pass(10_000);
    // What stands there now is not known, but nothing of bob's can be on its way there.
    assert.ok(bob.state.sight.doubtedReadAtMs !== null);
    bob.giveUp();
    assert.deepEqual(bob.ended, { stuck: false });
  });
});

describe('who leads', () => {
  test('is told once for each leader, not with each renewal, and told again when it comes back', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    scene.pass(30_000);
    alice.giveUp(false);
    scene.pass(20_000);
    bob.giveUp(false);
    scene.pass(20_000);
    const told = bob.reports.flatMap((it) => (it.type === 'new-leader' ? [it.leader] : []));
    assert.deepEqual(told, ['alice', 'bob', 'alice']);
  });
});

describe('a lock that was missing for a moment', () => {
  test('and is there again as it was, is waited out', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    const { observed } = scene.lock;
    assert.ok(observed !== null);
    alice.crash();
    bob.deaf = true;
    scene.lock.observed = null;
    scene.pass(6_100);
    assert.equal(bob.said('lock-gone'), 1);
    scene.lock.observed = observed;
    scene.pass(9_000);
    assert.deepEqual(scene.leaders(), []);
    scene.pass(14_000);
    assert.deepEqual(scene.leaders(), ['bob']);
  });
});
