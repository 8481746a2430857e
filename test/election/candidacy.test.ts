/** A member that may not lead for a while, because its application is ill; and one that only observes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Member, Scene } from './scene.ts';
import { begin } from './stories.ts';

const fallsIll = (member: Member) => member.handle({ type: 'candidacy', on: false, reason: 'not healthy' });
const isWell = (member: Member) => member.handle({ type: 'candidacy', on: true, reason: 'healthy' });

const writes = (member: Member) => member.sent.filter((it) => it.type === 'write').length;

describe('a leader that may not lead any more', () => {
  test('stops at once, hands over in good order, and is there still', () => {
    const scene = new Scene();
    const { alice } = begin(scene);
    alice.slowWork = true;
    fallsIll(alice);
    assert.deepEqual([alice.isLeading(), alice.terms, scene.lock.holder], [false, ['+1', '-1'], 'alice']);
    assert.deepEqual(alice.reports.at(-1), { type: 'stopped-leading', term: 1, reason: 'not healthy' });
    alice.finishWork();
    scene.pass(20);
    assert.deepEqual([scene.leaders(), alice.ended], [['bob'], null]);
  });

  test('does not lead again until it may, though nobody else is there', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    fallsIll(alice);
    scene.pass(60_000);
    assert.deepEqual([scene.lock.holder, alice.view().phase], ['', 'standby']);
    isWell(alice);
    scene.pass(20);
    assert.deepEqual(alice.terms, ['+1', '-1', '+2']);
  });
});

describe('a candidate that may not lead any more', () => {
  test('waits for no rest afterwards where it had nothing to give back', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.crash();
    scene.lock.foreign({ holderIdentity: '' }, { seal: null, recreate: true });
    scene.pass(8_000);
    fallsIll(bob);
    assert.equal(bob.view().phase, 'standby');
    scene.pass(1_000);
    isWell(bob);
    scene.pass(1_100);
    assert.equal(bob.isLeading(), true);
  });

  test('gives back what it has just taken, and is there still', () => {
    const scene = new Scene();
    const bob = scene.startHeld('bob');
    const takeover = bob.heldWrite();
    fallsIll(bob);
    bob.apply(takeover);
    bob.line = 'up';
    for (const request of [...bob.held]) bob.deliver(request);
    assert.deepEqual([scene.lock.holder, bob.ended, bob.terms, bob.view().phase], ['', null, [], 'standby']);
  });

  test('takes back a create that is on its way, though nothing may be created now', () => {
    const scene = new Scene();
    const bob = scene.startHeld('bob');
    const watch = bob.state.reading.watch?.watch ?? 0;
    bob.handle({ type: 'watched', watch, event: { type: 'gone', version: '150' } });
    const aborted: number[] = [];
    scene.onStep = (_who, _event, effects) => {
      for (const it of effects) if (it.type === 'abortWrite') aborted.push(it.attempt);
    };
    fallsIll(bob);
    assert.deepEqual(aborted, [1]);
  });
});

test('who is stopping anyway goes on as it was', () => {
  const scene = new Scene();
  const alice = scene.start('alice');
  alice.slowWork = true;
  alice.giveUp(false);
  fallsIll(alice);
  scene.pass(3_000);
  assert.deepEqual([alice.state.role.type, scene.lock.holder], ['draining', 'alice']);
  alice.finishWork();
  assert.equal(scene.lock.holder, '');
});

describe('a word that nothing has changed', () => {
  test('does not disturb a leader', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    isWell(alice);
    scene.pass(30_000);
    assert.deepEqual(alice.terms, ['+1']);
  });

  test('does not take back what a candidate has sent', () => {
    const scene = new Scene();
    const bob = scene.startHeld('bob');
    isWell(bob);
    bob.deliver();
    assert.deepEqual([scene.leaders(), writes(bob)], [['bob'], 1]);
  });
});

describe('a member that only observes', () => {
  test('follows who leads and writes nothing, whatever becomes of the lock', () => {
    const scene = new Scene();
    const carol = scene.start('carol', { candidacy: false });
    scene.pass(60_000);
    const { alice, bob } = begin(scene);
    assert.equal(carol.view().leader, 'alice');
    alice.giveUp();
    scene.pass(100);
    assert.equal(carol.view().leader, 'bob');
    bob.crash();
    scene.pass(60_000);
    scene.lock.delete();
    scene.pass(60_000);
    assert.deepEqual([carol.view().leader, carol.view().trouble, writes(carol)], ['', null, 0]);
  });

  test('ends at once when it is told to', () => {
    const scene = new Scene();
    const { bob } = begin(scene);
    const carol = scene.start('carol', { candidacy: false });
    fallsIll(carol);
    assert.equal(carol.view().phase, 'standby');
    carol.giveUp();
    assert.deepEqual([carol.ended, writes(carol), bob.ended], [{ stuck: false }, 0, null]);
  });
});
