/** Hand-overs that are no measure of an elector, and those of guests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DemoEvent } from '../../../src/dev/demo/event.ts';
import { describeHow } from '../../../src/dev/demo/hand-over.ts';
import type { DemoState } from '../../../src/dev/demo/state.ts';
import { guestAt, leaderAt } from '../../../src/dev/demo/succession.ts';
import { safetyProblems } from '../../../src/dev/demo/tour.ts';
import {
  acted,
  after,
  aliceLeads,
  bobTakesOver,
  exited,
  lockWritten,
  started,
  startsLeading,
  tellsLeading,
  tellsStandby,
} from './scene.ts';

function kill(member: string, atMs: number): DemoEvent[] {
  return [acted(member, 'kill', atMs), exited(member, atMs, null)];
}

function lastOf({ handOvers }: DemoState) {
  const last = handOvers.at(-1);
  assert.ok(last !== undefined);
  return last;
}

describe('a hand-over in whose time nobody was there', () => {
  const allKilled = [...kill('bob', 900), ...kill('carol', 900), ...kill('alice', 1000)];
  const bobIsBack = [started('bob', 91_000), tellsStandby('bob', 91_400, 'alice')];

  it('is not timed, and says for how long nobody was', () => {
    const taken = [lockWritten('bob', 94_410), ...bobTakesOver(94_420, [])];
    const handOver = lastOf(after([...allKilled, ...bobIsBack, ...taken], aliceLeads));
    assert.equal(handOver.cause, 'killed');
    assert.equal(handOver.tookMs, null);
    assert.deepEqual(handOver.absence, { forMs: 90_400, thenMs: 3020, isFresh: true });
    assert.equal(describeHow(handOver), 'nobody there for 90.40 s, then a ttl: who starts waits one first (3.02 s)');
  });

  it('keeps its cause when the former leader itself is started again', () => {
    const isBack = [started('alice', 91_000), tellsStandby('alice', 91_400, 'alice')];
    const again = [lockWritten('alice', 94_410), startsLeading('alice', 94_420), tellsLeading('alice', 94_420)];
    const handOver = lastOf(after([...allKilled, ...isBack, ...again], aliceLeads));
    assert.equal(handOver.cause, 'killed');
    assert.equal(handOver.lock.type, 'expired');
    assert.equal(handOver.tookMs, null);
  });

  it('speaks of no waiting where the lock had been released', () => {
    const stopped = [acted('alice', 'stop', 1000), lockWritten('', 1010), exited('alice', 1020, 0)];
    const taken = [lockWritten('bob', 91_410), ...bobTakesOver(91_420, [])];
    const others = [...kill('bob', 900), ...kill('carol', 900)];
    const handOver = lastOf(after([...others, ...stopped, ...bobIsBack, ...taken], aliceLeads));
    assert.equal(describeHow(handOver), 'nobody there for 90.40 s, then 20 ms');
  });

  it('is one in which all others were paused, too', () => {
    const paused = [acted('bob', 'pause', 900), acted('carol', 'pause', 900), ...kill('alice', 1000)];
    const taken = [acted('bob', 'resume', 9000), lockWritten('bob', 9010), ...bobTakesOver(9020, [])];
    const handOver = lastOf(after([...paused, ...taken], aliceLeads));
    assert.deepEqual(handOver.absence, { forMs: 8000, thenMs: 20, isFresh: false });
  });

  it('is timed when that was over before the leader was lost', () => {
    const survived = [...kill('bob', 900), ...kill('carol', 900), acted('alice', 'pause', 1000)];
    const back = [
      acted('alice', 'resume', 1500),
      ...bobIsBack.map((event) => ({ ...event, atMs: event.atMs - 89_000 })),
    ];
    const lost = [tellsLeading('alice', 4000), ...kill('alice', 4000), lockWritten('bob', 6490)];
    const handOver = lastOf(after([...survived, ...back, ...lost, ...bobTakesOver(6500, [])], aliceLeads));
    assert.equal(handOver.tookMs, 2500);
  });
});

describe('a guest', () => {
  const takesOver = [...kill('alice', 1000), lockWritten('dave', 3500, { version: '41' })];

  it('leads from its first write of the lock on, for as long as it renews', () => {
    const state = after([...takesOver, lockWritten('dave', 4000)], aliceLeads);
    assert.deepEqual(state.term, { member: 'dave', term: null, token: '41', sinceMs: 3500 });
    assert.equal(state.handOvers.length, 2);
    assert.equal(lastOf(state).tookMs, 2500);
    assert.equal(guestAt(state, 6999), 'dave');
    assert.equal(guestAt(state, 7000), null);
    assert.equal(leaderAt(state, 4000), null);
    assert.equal(guestAt(aliceLeads, 600), null);
  });

  it('is followed by a member, timed from its release', () => {
    const state = after(
      [...takesOver, lockWritten('', 4000), lockWritten('bob', 4010), ...bobTakesOver(4020, [])],
      aliceLeads,
    );
    const { from, cause, tookMs, lock } = lastOf(state);
    assert.deepEqual(
      { from, cause, tookMs, lock: lock.type },
      { from: 'dave', cause: 'released', tookMs: 20, lock: 'released' },
    );
  });

  it('is followed by a member, timed from its last renewal when it fell silent', () => {
    const state = after(
      [...takesOver, lockWritten('dave', 4000), lockWritten('bob', 7010), ...bobTakesOver(7020, [])],
      aliceLeads,
    );
    const { cause, tookMs, lock } = lastOf(state);
    assert.deepEqual({ cause, tookMs, lock }, { cause: 'lapsed', tookMs: 3020, lock: { type: 'expired', lateMs: 20 } });
  });

  it('is nobody that the demo judges', () => {
    assert.deepEqual(safetyProblems(after(takesOver, aliceLeads)), []);
  });
});
