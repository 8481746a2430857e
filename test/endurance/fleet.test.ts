/** A simulated day in the suite; `node test/endurance/main.ts` runs a month. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFleet } from './fleet.ts';
import { growthOf, growthProblems, type Sample } from './growth.ts';
import { LIMITS, settled } from './limits.ts';

const MINUTE_MS = 60_000;

test('nothing grows in a day of renewals, step-downs, lost requests and watches that end', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  t.diagnostic(`node test/endurance/main.ts --days 1 --ttl 30000 --seed ${seed}`);
  const outcome = await runFleet({ seed, hours: 24, ttlMs: 30_000, sampleEveryMs: 30 * MINUTE_MS });
  assert.deepEqual(growthProblems(settled(outcome.samples), LIMITS), []);
  assert.deepEqual(outcome.leftBehind, { timers: 0, watches: 0, leading: 0 });
  assert.equal(outcome.doubled, 0);
  assert.ok(outcome.terms >= 20, `${outcome.terms} terms`);
  assert.ok(outcome.leaderless <= 3, `nobody led at ${outcome.leaderless} of ${outcome.samples.length} samples`);
});

test('what grows slowly under a saw-tooth is found, and the saw-tooth alone is not', () => {
  const saw = (growPerSample: number): readonly Sample[] =>
    Array.from({ length: 200 }, (_, index) => ({
      atMs: index * 1_000,
      values: { mb: 20 + (index % 7) + index * growPerSample },
    }));
  assert.deepEqual(growthProblems(saw(0), { mb: { most: 1 } }), []);
  assert.equal(growthProblems(saw(0.01), { mb: { most: 1 } }).length, 1);
  assert.ok(Math.abs(growthOf('mb', saw(0.01)).growth - 2) < 0.3);
});
