/**
 * Lets the simulator discover every negative control anew, and prints what it found as a Markdown table:
 * `node test/simulation/discover.ts [--pin] [WORDS OF A DEFECT]`. With `--pin` the worlds are written down, to be run
 * again by `controls.test.ts`. A world counts only when the product is well in it.
 */
import { markdownTable, writePinsTo } from '../support/pins.ts';
import { type Control, controls } from './controls.ts';
import { PINS_PATH, type Pin, readPins, tableOf } from './pins.ts';
import { type Cut, drawPlan } from './plan.ts';
import { mutate, product } from './product.ts';
import { runWorld } from './world.ts';

const MOST_WORLDS = 3000;
/** Every suite runs the world again: one in which the mutant asks without end is left for another. */
const MOST_EVENTS = 500_000;

const words = process.argv.slice(2).filter((it) => it !== '--pin');
const found = new Map(readPins().map((pin) => [pin.defect, pin]));
for (const control of controls) {
  if (!control.defect.includes(words.join(' '))) continue;
  const pin = await discover(control);
  console.error(`rule ${control.rule}, ${control.defect}: ${pin === null ? 'NOT FOUND' : describe(pin)}`);
  if (pin === null) process.exitCode = 1;
  else found.set(control.defect, pin);
}
const pins = controls.flatMap(({ defect }) => found.get(defect) ?? []);
console.log(markdownTable(tableOf(pins)));
if (process.argv.includes('--pin')) writePinsTo(PINS_PATH, pins);

async function discover({ rule, defect, without, cut = {} }: Control): Promise<Pin | null> {
  const mutant = await mutate(without);
  // Where the cut is the defect, the product is tried without it.
  const honest: Cut = without.length > 0 ? cut : {};
  for (let seed = 1; seed <= MOST_WORLDS; seed += 1) {
    const { violation, events } = await runWorld(drawPlan(seed, cut), mutant);
    if (violation === null || events > MOST_EVENTS) continue;
    if ((await runWorld(drawPlan(seed, honest), product)).violation !== null) continue;
    return { rule, defect, seed, invariant: violation.invariant, message: violation.message };
  }
  return null;
}

function describe({ seed, invariant, message }: Pin): string {
  return `world ${seed}, ${invariant}: ${message}`;
}
