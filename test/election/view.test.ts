/** What everyone may know of a member, from its first moment to its last (rules 3, 14, 17, 20). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { View } from '../../src/election/view.ts';
import { answerTo, lost, type Member, Scene } from './scene.ts';
import { begin, GO_TIME } from './stories.ts';

const NOT_LEADING: Omit<View, 'phase' | 'leader' | 'term' | 'transitions'> = {
  isLeading: false,
  validForMs: 0,
  token: null,
  former: null,
  trouble: null,
};

/** A view with its times in whole milliseconds. */
function viewOf(member: Member): View {
  const view = member.view();
  return { ...view, validForMs: Math.round(view.validForMs) };
}

describe('the view', () => {
  test('of a member from its start to its end', () => {
    const scene = new Scene();
    const alice = scene.member('alice');
    assert.deepEqual(viewOf(alice), { ...NOT_LEADING, phase: 'starting', leader: '', term: 0, transitions: 0 });

    alice.handle({ type: 'started' });
    scene.pass(1_000);
    const leading: View = {
      phase: 'leading',
      isLeading: true,
      validForMs: 5_667,
      leader: 'alice',
      term: 1,
      token: { uid: 'uid-1', version: '101' },
      transitions: 0,
      former: null,
      trouble: null,
    };
    assert.deepEqual(viewOf(alice), leading);

    alice.slowWork = true;
    alice.slowLabel = true;
    alice.line = 'held';
    alice.giveUp();
    const stopping = { ...NOT_LEADING, phase: 'stopping', leader: '', term: 1, transitions: 0 } as const;
    assert.deepEqual(viewOf(alice), stopping);
    alice.finishWork();
    assert.deepEqual([alice.state.role.type, viewOf(alice)], ['labelling', stopping]);
    alice.handle({ type: 'labelDone', term: 1 });
    assert.deepEqual([alice.state.role.type, viewOf(alice)], ['releasing', stopping]);
    alice.deliver();
    assert.deepEqual(viewOf(alice), { ...stopping, phase: 'ended' });
  });

  test('of a standby names the leader while its record lasts', () => {
    const scene = new Scene();
    scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 10, renewTime: GO_TIME, leaseTransitions: 4 });
    const bob = scene.start('bob');
    bob.cutOff();
    const standby = { ...NOT_LEADING, phase: 'standby', leader: 'kate', term: 0, transitions: 4 } as const;
    scene.pass(5_999);
    assert.deepEqual(viewOf(bob), standby);
    scene.pass(4_000);
    assert.equal(viewOf(bob).leader, 'kate');
    scene.pass(1);
    assert.equal(viewOf(bob).leader, '');
  });

  test('says who led before while leading, and not afterwards', () => {
    const scene = new Scene();
    scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 1, renewTime: GO_TIME });
    const bob = scene.start('bob');
    assert.equal(bob.view().former, null);
    scene.pass(1_000);
    assert.equal(bob.view().former?.podName, 'kate');
    bob.slowWork = true;
    bob.giveUp();
    assert.equal(bob.view().former, null);
  });

  test('says stopping, not leading, from the lapse on, before anything has told it so', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.cutOff();
    alice.pause();
    scene.pass(6_666);
    const { phase, isLeading, validForMs } = viewOf(alice);
    assert.deepEqual([phase, isLeading, validForMs], ['stopping', false, 0]);
  });

  test('counts to the last whole millisecond', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { ttlMs: 9_000 });
    alice.pause();
    scene.pass(5_999);
    assert.deepEqual([alice.isLeading(), alice.view().validForMs, alice.view().leader], [true, 1, 'alice']);
    scene.pass(0.5);
    assert.deepEqual([alice.isLeading(), alice.view().validForMs, alice.view().leader], [false, 0, '']);
    scene.pass(60_000);
    assert.deepEqual([alice.isLeading(), alice.view().validForMs, alice.view().leader], [false, 0, '']);
  });

  test('of a member that has seen the lock and knows nothing of it now says standby', () => {
    const scene = new Scene();
    const carol = scene.startHeld('carol');
    const create = carol.heldWrite();
    assert.ok(create !== undefined);
    assert.equal(viewOf(carol).phase, 'standby');
    carol.handle(answerTo(create, { type: 'conflict' }));
    assert.deepEqual([carol.state.sight.presence, viewOf(carol).phase], ['unknown', 'standby']);
  });
});

describe('that there is no leader', () => {
  const noLeader = (member: Member) => {
    const { trouble } = member.view();
    return trouble?.reason === 'no-leader' ? [trouble.message, trouble.forMs] : trouble;
  };

  test('is said by a candidate from when it learns that the lock is gone, with how long it waits', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.crash();
    scene.lock.delete();
    assert.deepEqual(noLeader(bob), ['no leader; waiting 10 s more for the last one to end', 0]);
    scene.pass(2_500);
    assert.deepEqual(noLeader(bob), ['no leader; waiting 8 s more for the last one to end', 2_500]);
    // It reads meanwhile, and finds no lock.
    scene.pass(7_000);
    assert.deepEqual(noLeader(bob), ['no leader; waiting 1 s more for the last one to end', 9_500]);
  });

  test('counts from when the lock was emptied, not from when its empty record would end', () => {
    const scene = new Scene();
    scene.start('alice', { ttlMs: 60_000 });
    const bob = scene.start('bob');
    scene.lock.foreign({ holderIdentity: '', leaseDurationSeconds: 1, renewTime: GO_TIME });
    scene.pass(30_000);
    assert.deepEqual(noLeader(bob), ['no leader; waiting 30 s more for the last one to end', 30_000]);
  });

  test('is said from when the record has expired, where nothing else is wrong', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene, { random: 0.9999 });
    alice.crash();
    const { changedAtMs } = bob.state.sight;
    bob.line = (request) => (request.type === 'write' ? null : bob.execute(request));
    scene.pass(changedAtMs + 9_999 - scene.nowMs);
    assert.equal(noLeader(bob), null);
    scene.pass(1);
    assert.deepEqual(noLeader(bob), ['no leader', 0]);
    scene.pass(10);
    assert.deepEqual(noLeader(bob), ['no leader', 10]);
  });

  test('is said from the release on, until another leads', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    bob.line = (request) => (request.type === 'write' ? null : bob.execute(request));
    alice.giveUp();
    scene.pass(100);
    assert.deepEqual(noLeader(bob), ['no leader', 100]);
    scene.lock.editLabels();
    scene.pass(900);
    bob.line = 'held';
    scene.pass(500);
    assert.deepEqual(noLeader(bob), ['no leader', 1_500]);
    scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME });
    assert.equal(noLeader(bob), null);
  });

  test('is not said by one that only observes, nor while its own lock is on the way', () => {
    const scene = new Scene();
    const carol = scene.start('carol', { candidacy: false });
    scene.pass(1_000);
    assert.equal(noLeader(carol), null);
  });
});

describe('a collision of identities', () => {
  test('is said with how long it has lasted, before all requests that fail, and is over with the namesake', () => {
    const scene = new Scene();
    const twin = scene.start('alice', { processId: 'another-process' });
    const alice = scene.start('alice');
    alice.line = (request) => (request.type === 'write' ? lost(request) : alice.execute(request));
    assert.equal(alice.view().trouble, null);
    scene.pass(2_000);
    assert.equal(alice.view().trouble, null);
    scene.pass(2_000);
    assert.deepEqual(alice.view().trouble, {
      reason: 'identity-collision',
      message: 'another process leads under the same identity alice; give each replica its own',
      forMs: 4_000,
    });
    assert.equal(alice.said('identity-collision'), 1);
    twin.giveUp();
    assert.notEqual(alice.view().trouble?.reason, 'identity-collision');
  });

  test('is none when a namesake is seen, and renews once', () => {
    const scene = new Scene();
    scene.lock.foreign({ holderIdentity: 'alice', leaseDurationSeconds: 10, renewTime: '1' });
    const alice = scene.start('alice');
    scene.pass(3_000);
    scene.lock.foreign({ renewTime: '2' });
    scene.lock.editLabels();
    scene.pass(3_000);
    assert.deepEqual([alice.view().trouble, alice.said('identity-collision')], [null, 0]);
    scene.lock.foreign({ renewTime: '3' });
    assert.equal(alice.view().trouble?.reason, 'identity-collision');
  });

  test('counts anew for another namesake, and after the lock was gone', () => {
    for (const between of [
      (scene: Scene) => scene.lock.foreign({ holderIdentity: 'kate', renewTime: '9' }),
      (scene: Scene) => scene.lock.delete(),
    ]) {
      const scene = new Scene();
      scene.lock.foreign({ holderIdentity: 'alice', leaseDurationSeconds: 10, renewTime: '1' });
      const alice = scene.start('alice', { candidacy: false });
      scene.lock.foreign({ renewTime: '2' });
      between(scene);
      scene.lock.foreign({ holderIdentity: 'alice', renewTime: '3' });
      scene.lock.foreign({ renewTime: '4' });
      assert.equal(alice.said('identity-collision'), 0);
      scene.lock.foreign({ renewTime: '5' });
      assert.equal(alice.said('identity-collision'), 1);
    }
  });
});
