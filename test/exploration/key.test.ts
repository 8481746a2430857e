/**
 * Only one of the worlds with one key is explored, so everything rests upon this: worlds with one key have one future,
 * and worlds that differ in names alone have one key.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { act, actionsOf } from './actions.ts';
import { shipped } from './elections.ts';
import { explore } from './explore.ts';
import { keyText } from './key.ts';
import { KINDS, planOfRound } from './kinds.ts';
import { begin, type Plan, planText } from './plan.ts';
import type { Setting } from './setting.ts';
import type { World } from './world.ts';

const NO_LIMITS = { depth: Infinity, states: Infinity, milliseconds: Infinity };

describe('what can happen next is the same in every world with one key', () => {
  for (const kind of KINDS) {
    test(kind.name, () => {
      // Two writes of one instant are told apart by their clocks, which a suspension stops.
      const plan = { ...planOfRound(kind, { total: 2, cut: 1 }), suspend: 0 };
      const { setting, start } = begin(plan, shipped);
      // Which of two members comes first is a matter of names.
      const { pairs, differing } = compareAlike({ ...setting, symmetric: false }, start, 3_000);
      assert.ok(pairs > 1_000);
      assert.deepEqual(differing, []);
    });
  }
});

describe('worlds that differ in names alone are one', () => {
  const figures: readonly { readonly plan: Plan; readonly atLeast: number; readonly atMost: number }[] = [
    { plan: { deaf: 1, delete: 1 }, atLeast: 1.98, atMost: 2 },
    { plan: { members: 3, pause: 1, crash: 1 }, atLeast: 5.7, atMost: 6 },
  ];
  for (const { plan, atLeast, atMost } of figures) {
    test(`${planText(plan)}: there are ${atLeast} to ${atMost} times as many without folding`, () => {
      const { setting, start } = begin(plan, shipped);
      const folded = explore(setting, start, NO_LIMITS, () => 0);
      const each = explore({ ...setting, symmetric: false }, start, NO_LIMITS, () => 0);
      const factor = each.states / folded.states;
      assert.ok(folded.fixpoint && each.fixpoint);
      assert.ok(factor >= atLeast && factor <= atMost, `${each.states} / ${folded.states} = ${factor}`);
    });
  }

  test('members that differ in more are not folded', () => {
    const { setting, start } = begin({ otherTimings: 'slow', deaf: 1 }, shipped);
    const folded = explore(setting, start, NO_LIMITS, () => 0);
    const each = explore({ ...setting, symmetric: false }, start, NO_LIMITS, () => 0);
    assert.equal(folded.states, each.states);
  });
});

test('a world that is made again from its path is the same', () => {
  const { setting, start } = begin({ deaf: 1, pause: 1 }, shipped);
  const all = explore(setting, start, NO_LIMITS, () => 0);
  for (const mostKept of [1, 7, 100]) {
    const made = explore(setting, start, { ...NO_LIMITS, mostKept }, () => 0);
    assert.deepEqual(made, all);
  }
});

/** Whenever a world is met again, by its key, both are asked for what follows from them. */
function compareAlike(setting: Setting, start: World, most: number) {
  const known = new Map([[keyText(setting, start), start]]);
  const differing: string[] = [];
  let pairs = 0;
  for (const world of known.values()) {
    if (known.size > most) break;
    for (const action of actionsOf(setting, world)) {
      const after = act(setting, world, action);
      if (after.finding !== null || after.exempted !== null) continue;
      const key = keyText(setting, after.world);
      const alike = known.get(key);
      if (alike === undefined) {
        known.set(key, after.world);
      } else {
        pairs += 1;
        if (futureOf(setting, alike) !== futureOf(setting, after.world)) differing.push(key);
      }
    }
  }
  return { pairs, differing };
}

function futureOf(setting: Setting, world: World): string {
  const ways = actionsOf(setting, world).map((action) => {
    const { finding, exempted, world: next } = act(setting, world, action);
    return `${action.verb}: ${finding ?? exempted ?? keyText(setting, next)}`;
  });
  return ways.sort().join('\n');
}
