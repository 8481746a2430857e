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
    const bob = scene.member('bob');
    bob.line = 'held';
    bob.handle({ type: 'started' });
    bob.deliver();
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
