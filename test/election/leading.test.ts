/** Taking the lock and keeping it, to the millisecond: what is written when, and who led before (rules 2, 12, 13, 32). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Seal } from '../../src/election/record.ts';
import type { Event } from '../../src/election/state.ts';
import { answerTo, lost, type Member, type MemberOptions, Scene } from './scene.ts';
import { begin, GO_TIME, LONG_DEADLINE } from './stories.ts';

describe('a term', () => {
  test('says the same acquire time from its takeover on, however late that was answered', () => {
    const scene = new Scene();
    const alice = scene.startHeld('alice');
    const answer = alice.apply();
    const { acquireTime } = scene.lock.record;
    scene.pass(700);
    alice.handle(answer);
    alice.line = 'up';
    let renewedAtMs = 0;
    scene.onWrite = () => {
      renewedAtMs = scene.nowMs;
    };
    scene.pass(5_000);
    assert.equal(scene.lock.record.acquireTime, acquireTime);
    const { renewTime } = scene.lock.record;
    const sinceMs = Date.parse(renewTime ?? '') - Date.parse(acquireTime ?? '');
    // From when the takeover was sent, in the scene's first second.
    assert.equal(sinceMs, Math.floor(renewedAtMs - 1_000));
  });

  test('is renewed a retry period after its takeover was sent, then after each renewal was', () => {
    const scene = new Scene();
    const alice = scene.startHeld('alice', { ttlMs: 12_000 });
    const times: number[] = [];
    scene.onWrite = () => times.push(scene.nowMs);
    const answer = alice.apply();
    scene.pass(1_500);
    alice.handle(answer);
    alice.line = (request) => {
      const late = alice.execute(request);
      alice.line = 'up';
      scene.pass(0);
      return late;
    };
    scene.pass(5_000);
    assert.deepEqual(times, [1_000, 3_000, 5_000, 7_000]);
  });

  test('begins with a report, and with its work, which both have its token', () => {
    const scene = new Scene();
    const asked: unknown[] = [];
    const alice = scene.member('alice');
    scene.onStep = (_who, _event, effects) => asked.push(...effects.filter((it) => it.type === 'startWork'));
    alice.handle({ type: 'started' });
    const token = { uid: 'uid-1', version: '101' };
    assert.deepEqual(alice.reports[0], { type: 'started-leading', term: 1, token, transitions: 0 });
    assert.deepEqual(asked, [{ type: 'startWork', term: 1, token }]);
  });

  test('does not begin for one that may not lead any more', () => {
    const scene = new Scene();
    const alice = scene.startHeld('alice');
    const answer = alice.apply();
    alice.handle({ type: 'candidacy', on: false, reason: 'ill' });
    alice.handle(answer);
    alice.line = 'up';
    scene.pass(5_000);
    assert.deepEqual([alice.terms, scene.lock.holder], [[], '']);
  });

  describe('does not begin, not even for an instant, where its takeover was applied and', () => {
    /** alice has sent a create, or a takeover of a release; her watch hears all, and her answers wait. */
    function takesOver(released: boolean) {
      const scene = new Scene();
      if (released) scene.lock.foreign({ holderIdentity: '' });
      const alice = scene.startHeld('alice');
      return { scene, alice };
    }

    test('another has the lock by now', () => {
      const { scene, alice } = takesOver(true);
      const answer = alice.apply();
      scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME, leaseTransitions: 2 });
      alice.handle(answer);
      assert.deepEqual(alice.terms, []);
    });

    test("another's lock has come and gone before", () => {
      const { scene, alice } = takesOver(false);
      scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME });
      scene.lock.delete();
      alice.handle(alice.apply());
      assert.deepEqual([alice.terms, scene.lock.holder], [[], 'alice']);
    });

    test('a hand has made another lock of it since', () => {
      const { scene, alice } = takesOver(true);
      const answer = alice.apply();
      scene.lock.foreign(scene.lock.record, { seal: scene.lock.seal, recreate: true });
      alice.handle(answer);
      assert.deepEqual([alice.terms, scene.lock.history.length], [[], 3]);
    });
  });

  test('does not begin when less than a millisecond of it is left', () => {
    for (const [lateMs, terms] of [
      [5_999, ['+1']],
      [5_999.5, []],
    ] as const) {
      const scene = new Scene();
      const alice = scene.member('alice', { ttlMs: 9_000, retryPeriodMs: 10 });
      // The budget of a request would end it before.
      alice.line = 'held';
      alice.handle({ type: 'started' });
      alice.deliver();
      const answer = alice.apply();
      alice.pause();
      scene.pass(lateMs);
      alice.paused = false;
      alice.handle(answer);
      assert.deepEqual(alice.terms.slice(0, 1), terms);
    }
  });
});

describe('a renewal', () => {
  test('has no longer than what is left of the validity', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { ttlMs: 9_000 });
    const deadlines: number[] = [];
    scene.onStep = (_who, _event, effects) => {
      for (const it of effects) if (it.type === 'write') deadlines.push(it.deadlineAtMs - 1_000);
    };
    alice.line = () => null;
    scene.pass(5_999);
    assert.deepEqual(deadlines, [3_750, 6_000]);
  });

  test('that the API wants later is sent once more while there is time for an answer', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { ttlMs: 9_000 });
    const times: number[] = [];
    alice.line = (request) => {
      if (request.type === 'read') return lost(request);
      times.push(scene.nowMs - 1_000);
      return answerTo(request, { type: 'refused', code: 429, message: 'too many', retryAfterMs: 60_000 });
    };
    scene.pass(6_000);
    // At D less the budget of a request; then as often as the own backoff lets it.
    assert.deepEqual(times.slice(0, 2), [1_500, 3_750]);
    assert.deepEqual(alice.terms, ['+1', '-1']);
  });

  test('waits for the read-back of a lock that is in doubt', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.deaf = true;
    scene.lock.editLabels();
    alice.line = (request) => (request.type === 'read' ? null : alice.execute(request));
    const before = alice.sent.length;
    scene.pass(4_000);
    assert.deepEqual(
      alice.sent.slice(before).map((it) => it.type),
      ['write', 'read'],
    );
  });

  test("is not proven by an old read of another's record, though that bears the number of one of its own", () => {
    const scene = new Scene();
    const alice = scene.start('alice', LONG_DEADLINE);
    const bob = scene.start('bob', LONG_DEADLINE);
    scene.pass(250);
    alice.crash();
    assert.equal(scene.lock.seal?.attempt, 2);
    const expiresAtMs = bob.state.sight.changedAtMs + 10_000;
    let old: Event | null = null;
    let attempts = 0;
    bob.deaf = true;
    bob.line = (request) => {
      if (request.type === 'read') {
        if (scene.nowMs < expiresAtMs - 500) return lost(request);
        old ??= bob.execute(request);
        return null;
      }
      attempts += 1;
      return attempts === 1 ? bob.execute(request) : lost(request);
    };
    scene.pass(expiresAtMs + 250 - scene.nowMs);
    assert.ok(old !== null && bob.isLeading() && attempts >= 2);
    const { validForMs } = bob.view();
    bob.handle(old);
    assert.equal(bob.view().validForMs, validForMs);
  });

  test('of an earlier term proves nothing for this one', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    bob.crash();
    alice.line = 'held';
    scene.pass(2_000);
    const late = alice.apply(alice.heldWrite());
    alice.line = 'up';
    alice.giveUp(false);
    scene.pass(7_000);
    assert.deepEqual(alice.terms, ['+1', '-1', '+2']);
    const validForMs = alice.view().validForMs;
    alice.handle(late);
    assert.equal(alice.view().validForMs, validForMs);
  });
});

describe('the former leader', () => {
  const seal: Seal = {
    podName: 'alice-0',
    podNamespace: 'jobs',
    podUid: 'pod-a',
    processId: 'process-of-alice',
    attempt: 3,
    leaseDurationSeconds: 10,
    renewTime: '1',
    leaseTransitions: 2,
    released: false,
  };
  const record = { holderIdentity: 'alice', leaseDurationSeconds: 10, renewTime: '1', leaseTransitions: 2 };

  /** Who led before bob, who finds this. */
  function before(found: Partial<typeof record>, of: Seal | 'unreadable' | null, options: MemberOptions = {}) {
    const scene = new Scene();
    scene.lock.foreign({ ...record, ...found }, { seal: of });
    const bob: Member = scene.start('bob', options);
    scene.pass(31_000);
    assert.deepEqual(scene.leaders(), ['bob']);
    return bob.view().former;
  }
  const alicesPod = { podName: 'alice-0', podNamespace: 'jobs', podUid: 'pod-a' };
  const named = (podName: string) => ({ podName, podNamespace: '', podUid: '' });

  test('is the Pod of the seal', () => {
    assert.deepEqual(before({}, seal), alicesPod);
    assert.deepEqual(before({}, { ...seal, podUid: '' }), { ...alicesPod, podUid: '' });
  });

  test('is the Pod of the seal of a release', () => {
    assert.deepEqual(before({ holderIdentity: '' }, { ...seal, released: true }), alicesPod);
  });

  test('is the Pod of the seal where a Go elector took the lock after it and released it', () => {
    assert.deepEqual(before({ holderIdentity: '', leaseTransitions: 3, renewTime: '2' }, seal), alicesPod);
  });

  test('is the Pod named like the holder where the seal is none of its', () => {
    for (const none of [null, 'unreadable', { ...seal, renewTime: '0' }, { ...seal, podName: '' }] as const) {
      assert.deepEqual(before({}, none), named('alice'));
    }
  });

  test('is nobody where nobody is named', () => {
    assert.equal(before({ holderIdentity: '' }, null), null);
    assert.equal(before({ holderIdentity: '' }, 'unreadable'), null);
    assert.equal(before({ holderIdentity: '' }, { ...seal, podName: '', released: true }), null);
  });

  test('is never the own Pod', () => {
    assert.equal(before({ holderIdentity: 'bob' }, null), null);
    assert.equal(before({}, { ...seal, podUid: 'pod-b' }, { podUid: 'pod-b' }), null);
    assert.equal(before({}, { ...seal, podName: 'bob', podNamespace: 'default', podUid: '' }), null);
  });

  test('is another Pod of the same name: in another namespace, or under another uid', () => {
    const bobElsewhere = { ...seal, podName: 'bob', podUid: '' };
    assert.deepEqual(before({}, bobElsewhere), { podName: 'bob', podNamespace: 'jobs', podUid: '' });
    const recreated = { ...seal, podName: 'bob', podNamespace: 'default' };
    assert.deepEqual(before({}, recreated, { podUid: 'pod-b' }), {
      podName: 'bob',
      podNamespace: 'default',
      podUid: 'pod-a',
    });
  });

  test('is nobody who led a lock that is gone', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.crash();
    bob.line = (request) => (request.type === 'write' ? lost(request) : bob.execute(request));
    scene.pass(11_000);
    scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME, leaseTransitions: 1 });
    scene.lock.delete();
    bob.line = 'up';
    scene.pass(11_000);
    assert.deepEqual([scene.leaders(), bob.view().former], [['bob'], null]);
  });
});
