/**
 * Lets the explorer discover every negative control anew, and prints what it found as a Markdown table:
 * `node test/exploration/discover.ts [--pin] [WORDS OF A DEFECT]`. With `--pin` the shortest traces are written down, to
 * be replayed by `controls.test.ts`.
 */
import { performance } from 'node:perf_hooks';
import { markdownTable, writePinsTo } from '../support/pins.ts';
import { CONTROLS, type Control } from './controls.ts';
import { electionWithout } from './elections.ts';
import { explore } from './explore.ts';
import { PINS_PATH, type Pin, readPins, tableOf } from './pins.ts';
import { begin } from './plan.ts';

/** Far above what any of them needs. */
const LIMITS = { depth: Number.POSITIVE_INFINITY, states: 20_000_000, milliseconds: 60_000 };

const words = process.argv.slice(2).filter((it) => it !== '--pin');
const wanted = CONTROLS.filter(({ defect }) => defect.includes(words.join(' ')));
const before = new Map(readPins().map((pin) => [pin.defect, pin]));
const found = new Map<string, Pin>();
for (const control of wanted) {
  const pin = await discover(control);
  if (pin === null) process.exitCode = 1;
  else found.set(control.defect, pin);
}
const pins = CONTROLS.flatMap(({ defect }) => found.get(defect) ?? before.get(defect) ?? []);
console.log(markdownTable(tableOf(pins)));
if (process.argv.includes('--pin')) writePinsTo(PINS_PATH, pins);

async function discover({ rule, defect, replacements, plan, invariant = '' }: Control): Promise<Pin | null> {
  const { setting, start } = begin(plan, await electionWithout(replacements));
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  const restOneIn = invariant.startsWith('L') ? 1 : Number.POSITIVE_INFINITY;
  const { states, finding, fixpoint } = explore(setting, start, { ...LIMITS, invariant, restOneIn }, elapsedMs);
  if (finding !== null) return { rule, defect, finding: finding.text, states, trace: finding.trace.join(', ') };
  console.error(`rule ${rule}, ${defect}: not found in ${fixpoint ? 'all' : 'the first'} ${states} states`);
  return null;
}
