/**
 * Some 20 seconds of exploring, in the normal suite. Longer ones are commands: `node test/exploration/main.ts --help`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shipped } from './elections.ts';
import { explore } from './explore.ts';
import { begin, type Plan } from './plan.ts';

const NO_TIME_LIMIT = { states: 5_000_000, milliseconds: Number.POSITIVE_INFINITY };

const exhausted: readonly Plan[] = [
  {},
  { cut: 1 },
  { deaf: 1, delete: 1 },
  { pause: 2, crash: 1, restart: 1 },
  { giveUp: 2, slowWork: 1 },
  { deaf: 1, pause: 1, crash: 1, restart: 1, giveUp: 1, slowWork: 1, delete: 1, hand: 1, label: 1, total: 2 },
  { timings: 'long', deaf: 1, pause: 1, delete: 1, hand: 1, total: 2 },
  { timings: 'wide', drift: 1, suspend: 1, deaf: 1, total: 2 },
  { textTicks: 2, deaf: 1, pause: 1, giveUp: 1, total: 2 },
  { twins: true, deaf: 1, pause: 1, crash: 1, restart: 1, giveUp: 1, total: 2 },
  { members: 3, deaf: 1, delete: 1, giveUp: 1, total: 2 },
  { go: true, members: 1, deaf: 1, pause: 1, giveUp: 1, crash: 1, restart: 1, total: 2 },
];

const upToADepth: readonly { readonly depth: number; readonly plan: Plan }[] = [
  { depth: 10, plan: { cut: 1, deaf: 1, delete: 1, refuse: 1, total: 3 } },
  { depth: 9, plan: { cut: 2, late: 1, reset: 1, double: 1, total: 3 } },
  { depth: 8, plan: { go: true, deaf: 1, pause: 1, giveUp: 1, hand: 1, delete: 1, total: 3 } },
];

for (const plan of exhausted) {
  test(`no world that can be reached breaks an invariant: ${textOf(plan)}`, () => {
    const { setting, start } = begin(plan, shipped);
    const { finding, fixpoint } = explore(setting, start, { ...NO_TIME_LIMIT, depth: 1_000 }, () => 0);
    assert.deepEqual({ finding, fixpoint }, { finding: null, fixpoint: true });
  });
}

for (const { depth, plan } of upToADepth) {
  test(`no world within ${depth} actions breaks an invariant: ${textOf(plan)}`, () => {
    const { setting, start } = begin(plan, shipped);
    const result = explore(setting, start, { ...NO_TIME_LIMIT, depth }, () => 0);
    assert.deepEqual({ finding: result.finding, depth: result.depth }, { finding: null, depth });
  });
}

test('symmetric members are one: without folding there are twice as many worlds', () => {
  const { setting, start } = begin({ deaf: 1 }, shipped);
  const limits = { ...NO_TIME_LIMIT, depth: 1_000 };
  const folded = explore(setting, start, limits, () => 0);
  const each = explore({ ...setting, symmetric: false }, start, limits, () => 0);
  // The first world of all is its own mirror image.
  assert.equal(each.states, 2 * folded.states - 1);
});

function textOf(plan: Plan): string {
  const parts = Object.entries(plan).map(([name, value]) => `${name} ${value}`);
  return parts.length === 0 ? 'nothing goes wrong' : parts.join(', ');
}
