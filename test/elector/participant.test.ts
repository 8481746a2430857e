/** What a participant tells of its view while nobody answers it: time alone changes it, too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { ReadOutcome } from '../../src/election/outcome.ts';
import type { Observed } from '../../src/election/record.ts';
import type { View } from '../../src/election/view.ts';
import { Participant } from '../../src/elector/participant.ts';
import { noWork } from '../../src/elector/work.ts';
import type { Lock } from '../../src/lock/lock.ts';
import { configOf } from '../support/config.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const HELD_BY_BOB: Observed = {
  uid: 'uid',
  version: '5',
  record: {
    holderIdentity: 'bob',
    leaseDurationSeconds: 10,
    acquireTime: 'long ago',
    renewTime: 'now',
    leaseTransitions: 0,
  },
  seal: null,
  sealMatches: { renewTime: false, transitions: false },
  raw: {},
};

/** A lock whose watches are silent, and whose reads say what the test says. */
function lockThatSays(answer: () => ReadOutcome): Lock {
  return {
    path: 'leases/default/demo',
    list: async () => answer(),
    get: async () => answer(),
    write: async () => ({ type: 'unknown', message: 'cut off' }),
    watch: () => ({ stop() {} }),
  };
}

function participant(answer: () => ReadOutcome, { candidacy }: { readonly candidacy: boolean }) {
  const clock = new VirtualClock();
  const told: View[] = [];
  const alice: Participant = new Participant({
    config: configOf('alice'),
    lock: lockThatSays(answer),
    clock,
    random: () => 0,
    work: noWork(),
    candidacy,
    onChange: () => told.push(alice.view()),
  });
  const pass = async (seconds: number) => {
    for (let half = 0; half < 2 * seconds; half++) {
      await setImmediate();
      clock.advance(500);
    }
    await setImmediate();
  };
  return { alice, told, pass };
}

const DOWN: ReadOutcome = { type: 'failed', message: 'down' };

test('trouble that comes and goes is told', async () => {
  let answer: ReadOutcome = DOWN;
  const { alice, told, pass } = participant(() => answer, { candidacy: true });
  assert.equal(alice.view().trouble, null);
  alice.start();
  await pass(10);
  assert.equal(told.at(-1)?.trouble?.reason, 'unreachable');
  answer = { type: 'found', observed: HELD_BY_BOB, watchFrom: '5' };
  await pass(5);
  assert.equal(told.at(-1)?.trouble, null);
});

for (const [who, candidacy] of [
  ['a candidate', true],
  ['an observer', false],
] as const) {
  test(`${who} that is cut off is told when the leader that it shows has expired`, async () => {
    let answer: ReadOutcome = { type: 'found', observed: HELD_BY_BOB, watchFrom: '5' };
    const { alice, told, pass } = participant(() => answer, { candidacy });
    alice.start();
    await pass(1);
    assert.equal(told.at(-1)?.leader, 'bob');
    answer = DOWN;
    await pass(8);
    assert.equal(told.at(-1)?.leader, 'bob');
    await pass(2);
    assert.equal(told.at(-1)?.leader, '');
  });
}
