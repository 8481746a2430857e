/**
 * Some minute of exploring, in the normal suite: every kind of world with any two things that go wrong, some with a line
 * that is cut besides, and more than that up to a depth. Longer ones are a command: `node test/exploration/main.ts`.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { shipped } from './elections.ts';
import { explore } from './explore.ts';
import { KINDS, planOfRound } from './kinds.ts';
import { begin, type Plan, planText } from './plan.ts';

const NO_LIMITS = { depth: Infinity, states: 5_000_000, milliseconds: Infinity };

/** Too many worlds to go through all of them here. */
const VAST = 'three, TTLs 12 s and 24 s, one polls';
/** Of most kinds a line that is cut makes a hundred thousand worlds, which differ little from those of these. */
const CUT: readonly string[] = [
  'two members',
  'two, a renewal has two chances',
  'two, one polls',
  'two containers of one Pod',
  'one beside a Go member',
  'three members',
];

describe('in no world that can be reached an invariant is broken, and from none nobody comes to lead', () => {
  for (const kind of KINDS) {
    if (kind.name === VAST) continue;
    test(`${kind.name}; any two things go wrong, but for lines`, (t) =>
      exhaust(planOfRound(kind, { total: 2, cut: 0 }), t));
  }
  for (const kind of KINDS) {
    if (!CUT.includes(kind.name)) continue;
    test(`${kind.name}; any one thing goes wrong`, (t) => exhaust(planOfRound(kind, { total: 1, cut: 1 }), t));
  }
});

describe('in no world within so many actions an invariant is broken', () => {
  for (const kind of KINDS) {
    test(`6 actions; ${kind.name}; any three things go wrong`, (t) =>
      goTo(6, planOfRound(kind, { total: 3, cut: 2 }), t));
  }
  const deeper: readonly { readonly depth: number; readonly plan: Plan }[] = [
    { depth: 10, plan: { cut: 1, deaf: 1, delete: 1, refuse: 1, total: 3 } },
    { depth: 9, plan: { cut: 2, late: 1, reset: 1, double: 1, total: 3 } },
    { depth: 8, plan: { go: true, deaf: 1, pause: 1, giveUp: 1, hand: 1, delete: 1, total: 3 } },
  ];
  for (const { depth, plan } of deeper) test(`${depth} actions; ${planText(plan)}`, (t) => goTo(depth, plan, t));
});

function goTo(to: number, plan: Plan, t: TestContext): void {
  const { setting, start } = begin(plan, shipped);
  const { finding, depth, states } = explore(setting, start, { ...NO_LIMITS, depth: to }, () => 0);
  t.diagnostic(`${states} states`);
  assert.deepEqual({ finding, depth }, { finding: null, depth: to });
}

function exhaust(plan: Plan, t: TestContext): void {
  const { setting, start } = begin(plan, shipped);
  const { finding, fixpoint, states, transitions, depth } = explore(
    setting,
    start,
    { ...NO_LIMITS, restOneIn: 50 },
    () => 0,
  );
  t.diagnostic(`${states} states, ${transitions} transitions, depth ${depth}`);
  assert.deepEqual({ finding, fixpoint }, { finding: null, fixpoint: true });
}
