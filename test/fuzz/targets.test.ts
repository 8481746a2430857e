/** Each target for a moment, from a seed drawn by chance; a failure names the command that shows it again. */
import { test } from 'node:test';
import { runTarget } from './target.ts';
import { TARGETS } from './targets.ts';

/** Whatever the machine is busy with, the suite goes on. */
const WITHIN_MS = 1_000;

for (const target of TARGETS) {
  test(`${target.name} bears whatever comes`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { failure } = await runTarget(target, { cases: target.cases, seed, withinMs: WITHIN_MS });
    if (failure !== null) throw new Error(failure);
  });
}
