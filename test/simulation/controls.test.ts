/** The simulator finds what it should: each put-in defect makes a world fail that is well with the product. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controls } from './controls.ts';
import { drawPlan } from './plan.ts';
import { mutate } from './product.ts';
import { runWorld } from './world.ts';

/** Small changes of the product move the draws a little; a defect that shows often still shows soon. */
const MORE_SEEDS = 12;

for (const { rule, defect, without, seed, cut } of controls) {
  test(`without rule ${rule} it is found that ${defect}`, async (t) => {
    const mutant = await mutate(without);
    for (let tried = seed; tried < seed + MORE_SEEDS; tried += 1) {
      const { violation } = await runWorld(drawPlan(tried, cut), mutant);
      if (violation === null) continue;
      if (tried !== seed) t.diagnostic(`found in world ${tried} instead of ${seed}: run discover.ts to pin it`);
      t.diagnostic(`${violation.invariant}: ${violation.message}`);
      return;
    }
    assert.fail(`not found in the worlds from ${seed} on; look for another with: node test/simulation/discover.ts`);
  });
}
