/** The simulator finds what it should: each put-in defect makes a world fail that is well with the product. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TABLE_HEAD } from '../support/pins.ts';
import { rowsOf } from '../tidy/markdown.ts';
import { read } from '../tidy/tree.ts';
import { controls } from './controls.ts';
import { readPins, tableOf } from './pins.ts';
import { drawPlan } from './plan.ts';
import { mutate } from './product.ts';
import { runWorld } from './world.ts';

/** Small changes of the product move the draws a little; a defect that shows often still shows soon. */
const MORE_SEEDS = 12;

const PINS = new Map(readPins().map((pin) => [pin.defect, pin]));

for (const { rule, defect, without, cut } of controls) {
  test(`without rule ${rule} it is found that ${defect}`, async (t) => {
    const pin = PINS.get(defect);
    assert.ok(pin !== undefined, 'not pinned: node test/simulation/discover.ts --pin');
    const mutant = await mutate(without);
    for (let seed = pin.seed; seed < pin.seed + MORE_SEEDS; seed += 1) {
      const { violation } = await runWorld(drawPlan(seed, cut), mutant);
      if (violation === null) continue;
      if (seed !== pin.seed) t.diagnostic(`found in world ${seed} instead of ${pin.seed}: run discover.ts to pin it`);
      t.diagnostic(`${violation.invariant}: ${violation.message}`);
      return;
    }
    assert.fail(`not found in the worlds from ${pin.seed} on; look for another with: node test/simulation/discover.ts`);
  });
}

test('the table of docs/internals/simulation.md is what was found', () => {
  assert.deepEqual(rowsOf(read('docs/internals/simulation.md'), TABLE_HEAD[0]), tableOf(readPins()));
});
