/** When a step of the tour is over, and what it finds wrong. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Action, DemoEvent } from '../../../src/dev/demo/event.ts';
import { agreedLeader, endProblems, safetyProblems, TOUR, type TourStep } from '../../../src/dev/demo/tour.ts';
import {
  acted,
  after,
  aliceLeads,
  answers,
  bobTakesOver,
  exited,
  fresh,
  labelled,
  lockWritten,
  startsLeading,
  tellsLeading,
} from './scene.ts';

function stepOf(action: Action | null): TourStep {
  const step = TOUR.find((each) => each.action === action);
  assert.ok(step !== undefined);
  return step;
}

/** Bob takes over at 3500, after alice's lease has run out. */
function lossOf(action: Action, others: readonly string[], ...between: DemoEvent[]) {
  const taken = [lockWritten('bob', 3495), ...bobTakesOver(3500, others)];
  return after([acted('alice', action, 1000), ...between, ...taken], aliceLeads);
}

describe('the tour', () => {
  it('goes through every way to lose the leadership, and back', () => {
    assert.deepEqual(
      TOUR.map(({ action }) => action),
      [null, 'stop', 'start', 'kill', 'start', 'pause', 'resume', 'cut-off', 'reconnect'],
    );
  });

  it('has started once lock, answers and labels agree, not before', () => {
    assert.equal(stepOf(null).isDone(aliceLeads, ''), true);
    assert.equal(stepOf(null).isDone(fresh, ''), false);
    const disagreeing: readonly DemoEvent[] = [
      answers('bob', 700, true),
      answers('bob', 700, false, 'carol'),
      labelled('bob', 'leader', 700),
      labelled('alice', 'standby', 700),
      lockWritten('', 700),
    ];
    for (const event of disagreeing)
      assert.equal(agreedLeader(after([event], aliceLeads)), null, JSON.stringify(event));
  });

  it('wants a release, and exit code 0, after SIGTERM', () => {
    const { isDone, problems } = stepOf('stop');
    const events = [acted('alice', 'stop', 1000), exited('alice', 1018, 0)];
    const released = after(
      [...events, lockWritten('', 1010), lockWritten('bob', 1015), ...bobTakesOver(1020, ['carol'])],
      aliceLeads,
    );
    assert.equal(isDone(released, 'alice'), true);
    assert.deepEqual(problems(released, 'alice'), []);

    const left = lossOf('stop', ['carol'], exited('alice', 1018, 1));
    assert.equal(isDone(left, 'alice'), true);
    assert.deepEqual(problems(left, 'alice'), [
      'alice ended with exit code 1, expected 0',
      'alice did not release the lock',
    ]);
  });

  it('wants the lease to have run out after a kill', () => {
    const { isDone, problems } = stepOf('kill');
    const inTime = lossOf('kill', ['carol'], exited('alice', 1001, null));
    assert.equal(isDone(inTime, 'alice'), true);
    assert.deepEqual(problems(inTime, 'alice'), []);
    const tooSoon = after(
      [acted('alice', 'kill', 1000), lockWritten('bob', 1995), ...bobTakesOver(2000, ['carol'])],
      aliceLeads,
    );
    assert.deepEqual(problems(tooSoon, 'alice'), [
      'expected the lease of alice to run out first: -1.49 s after the lease ran out',
    ]);
  });

  it('waits until one that is cut off says itself that it does not lead', () => {
    const { isDone } = stepOf('cut-off');
    const state = lossOf('cut-off', ['carol']);
    assert.equal(isDone(state, 'alice'), false);
    assert.equal(isDone(after([answers('alice', 3700, false)], state), 'alice'), true);
  });

  it('wants the one that comes back to stand by', () => {
    const { isDone, problems } = stepOf('resume');
    const paused = lossOf('pause', ['carol']);
    assert.equal(isDone(paused, 'alice'), false);
    const back = after([acted('alice', 'resume', 4000), answers('alice', 4010, false, 'bob')], paused);
    assert.equal(isDone(back, 'alice'), true);
    assert.deepEqual(problems(back, 'alice'), []);
    assert.deepEqual(problems(aliceLeads, 'alice'), ['alice leads, expected it to stand by']);
  });

  it('wants all to end with exit code 0, and the lock released', () => {
    const asked = ['alice', 'bob', 'carol'].map((name) => acted(name, 'stop', 5000));
    const ended = [exited('alice', 5010, 0), exited('bob', 5010, 0)];
    const well = after([...asked, ...ended, exited('carol', 5010, 0), lockWritten('', 5005)], aliceLeads);
    assert.deepEqual(endProblems(well), []);
    assert.deepEqual(endProblems(after([...asked, ...ended, exited('carol', 5010, null)], aliceLeads)), [
      'carol did not stop in order: stopped, exit code null',
      'the lock is not released: its holder is "alice"',
    ]);
  });

  it('names two that led at the same time', () => {
    assert.deepEqual(safetyProblems(aliceLeads), []);
    const two = after([startsLeading('bob', 700), tellsLeading('bob', 900), tellsLeading('alice', 900)], aliceLeads);
    assert.deepEqual(safetyProblems(two), ['alice and bob led at the same time, from 700 ms on, for 200 ms']);
  });
});
