/** What the demo makes of its events: hand-overs, their causes and their durations, and what it takes for old. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DemoEvent } from '../../../src/dev/demo/event.ts';
import { isAnswerOld, leaderAt, memberOf } from '../../../src/dev/demo/state.ts';
import {
  acted,
  after,
  aliceLeads,
  answers,
  bobTakesOver,
  exited,
  lockWritten,
  startsLeading,
  stepsDown,
  tellsLeading,
  tellsStandby,
} from './scene.ts';

describe('a hand-over', () => {
  it('takes its time from the SIGTERM, and knows that the lock was released', () => {
    const state = after(
      [
        acted('alice', 'stop', 1000),
        stepsDown('alice', 1001),
        lockWritten('', 1010),
        lockWritten('bob', 1015),
        exited('alice', 1018, 0),
        ...bobTakesOver(1020, ['carol']),
      ],
      aliceLeads,
    );
    assert.deepEqual(state.handOvers.at(-1), {
      from: 'alice',
      to: 'bob',
      cause: 'stopped',
      atMs: 1020,
      tookMs: 20,
      absence: null,
      lock: { type: 'released', earlyMs: 490 + 3000 - 1020 },
    });
    assert.equal(memberOf(state, 'alice')?.standing, 'stopped');
  });

  it('is measured from the end of the lease too, after a kill', () => {
    const killed = [acted('alice', 'kill', 1000), exited('alice', 1005, null)];
    const state = after([...killed, lockWritten('bob', 3495), ...bobTakesOver(3500, ['carol'])], aliceLeads);
    assert.deepEqual(state.handOvers.at(-1), {
      from: 'alice',
      to: 'bob',
      cause: 'killed',
      atMs: 3500,
      tookMs: 2500,
      absence: null,
      lock: { type: 'expired', lateMs: 10 },
    });
  });

  it('without a cause is a lapse, measured from the loss', () => {
    const state = after(
      [stepsDown('alice', 2400), lockWritten('bob', 3495), ...bobTakesOver(3500, ['carol'])],
      aliceLeads,
    );
    assert.equal(state.handOvers.at(-1)?.cause, 'lapsed');
    assert.equal(state.handOvers.at(-1)?.tookMs, 1100);
  });

  it('forgets a pause that the leader survived', () => {
    const survived = after([acted('alice', 'pause', 1000), acted('alice', 'resume', 1500)], aliceLeads);
    assert.equal(memberOf(survived, 'alice')?.cause, null);
    const lost = after([acted('alice', 'pause', 1000), acted('alice', 'resume', 3000)], aliceLeads);
    assert.equal(memberOf(lost, 'alice')?.cause?.cause, 'paused');
  });

  it('may lead back to the same member', () => {
    const again = [lockWritten('alice', 2990), startsLeading('alice', 3000, '8'), tellsLeading('alice', 3000)];
    const state = after([stepsDown('alice', 2600), ...again], aliceLeads);
    assert.deepEqual(state.handOvers.at(-1)?.lock, { type: 'own' });
    assert.deepEqual(state.term, { member: 'alice', term: 1, token: '8', sinceMs: 3000 });
  });
});

describe('the leader', () => {
  it('is nobody once its last proof has run out, even if it says nothing', () => {
    assert.equal(leaderAt(aliceLeads, 2400), 'alice');
    assert.equal(leaderAt(after([acted('alice', 'pause', 600)], aliceLeads), 2500), null);
  });

  it('counts as failed when its process ends and nobody asked for it', () => {
    assert.equal(memberOf(after([exited('alice', 1000, 1)], aliceLeads), 'alice')?.standing, 'failed');
  });
});

describe('a member that somebody else ends', () => {
  it('was killed by a signal, from that moment on', () => {
    const state = after(
      [exited('alice', 1000, null), lockWritten('bob', 3495), ...bobTakesOver(3500, ['carol'])],
      aliceLeads,
    );
    assert.equal(memberOf(state, 'alice')?.standing, 'killed');
    assert.equal(state.handOvers.at(-1)?.cause, 'killed');
    assert.equal(state.handOvers.at(-1)?.tookMs, 2500);
  });

  it('was stopped when it ends well, and its lock was released', () => {
    const ended = [stepsDown('alice', 1001), lockWritten('', 1010), exited('alice', 1018, 0)];
    const state = after([...ended, lockWritten('bob', 1015), ...bobTakesOver(1020, ['carol'])], aliceLeads);
    assert.equal(memberOf(state, 'alice')?.standing, 'stopped');
    assert.equal(state.handOvers.at(-1)?.cause, 'released');
    assert.equal(state.handOvers.at(-1)?.tookMs, 19);
  });
});

describe('an answer', () => {
  it('is old once its member told something else, until it is asked again', () => {
    const isOld = (...events: DemoEvent[]) => {
      const alice = memberOf(after(events, aliceLeads), 'alice');
      assert.ok(alice !== undefined);
      return isAnswerOld(alice);
    };
    assert.equal(isOld(), false);
    assert.equal(isOld(tellsLeading('alice', 1000)), false, 'a renewal changes no answer');
    assert.equal(isOld(tellsStandby('alice', 1000)), true);
    assert.equal(isOld(acted('alice', 'pause', 1000)), true);
    assert.equal(isOld(tellsStandby('alice', 1000), answers('alice', 1001.5, false)), false);
    assert.equal(isOld(tellsStandby('alice', 1000), answers('alice', 1000.5, true)), true, 'asked before');
  });
});
