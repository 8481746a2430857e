/** What the demo makes of its events: hand-overs, their causes and their durations. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leaderAt, memberOf } from '../../../src/dev/demo/state.ts';
import {
  acted,
  after,
  aliceLeads,
  bobTakesOver,
  exited,
  lockWritten,
  startsLeading,
  stepsDown,
  tellsLeading,
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
