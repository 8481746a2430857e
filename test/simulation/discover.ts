/**
 * Finds, for each control, the first world that shows its defect: `node test/simulation/discover.ts [--from SEED]
 * [--most N] [--pin] [words of a defect]`. A seed counts only when the product is well in that world. With `--pin` it
 * is written into controls.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Control, controls } from './controls.ts';
import { type Cut, drawPlan } from './plan.ts';
import { mutate, product } from './product.ts';
import { runWorld } from './world.ts';

const words = process.argv.slice(2);
const numberOf = (name: string, otherwise: number) =>
  Number(words[words.indexOf(name) + 1 || words.length] ?? otherwise);
const from = numberOf('--from', 1);
const most = numberOf('--most', 1500);
const pinning = words.includes('--pin');
const wanted = words.filter((word, i) => !word.startsWith('--') && !isValue(words[i - 1])).join(' ');

for (const control of controls) {
  if (!control.defect.includes(wanted)) continue;
  console.log(`rule ${control.rule}, ${control.defect}: ${await discover(control).catch(String)}`);
}

async function discover(control: Control): Promise<string> {
  const { without, cut = {} } = control;
  const mutant = await mutate(without);
  const startedAtMs = performance.now();
  for (let seed = from; seed < from + most; seed += 1) {
    const { violation } = await runWorld(drawPlan(seed, cut), mutant);
    if (violation === null) continue;
    // Where the cut is the defect, the product is tried without it.
    const honest: Cut = without.length > 0 ? cut : {};
    if ((await runWorld(drawPlan(seed, honest), product)).violation !== null) continue;
    if (pinning) pin(control, seed);
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    const when = (violation.atMs / 1000).toFixed(0);
    return `seed: ${seed}, after ${seconds} s; ${violation.invariant} at ${when} s: ${violation.message}`;
  }
  return `not found in ${most} worlds`;
}

function pin({ defect }: Control, seed: number): void {
  const path = join(import.meta.dirname, 'controls.ts');
  const text = readFileSync(path, 'utf8');
  const at = Math.max(text.indexOf(`'${defect}'`), text.indexOf(`"${defect}"`));
  const rest = text.slice(at);
  writeFileSync(path, text.slice(0, at) + rest.replace(/seed: \d+,/, `seed: ${seed},`));
}

function isValue(option: string | undefined): boolean {
  return option === '--from' || option === '--most';
}
