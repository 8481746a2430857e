/**
 * Mutation testing: changes `src/election/` and `src/lock/` in one place after another and looks whether a test fails.
 * `npm run mutate` changes everything; `npm run mutate -- src/election/seal.ts` that file alone. Fails when too few are
 * found out, and when one goes unnoticed that `explained.ts` does not explain.
 *
 * Not here: fleets and the explorer, which would take hours, and the tests that take a line out of the sources
 * themselves. What only those find out counts as unnoticed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { EXPLAINED } from './explained.ts';
import { type Mutant, mutantsOf } from './report.ts';

const ROOT = join(import.meta.dirname, '../..');
/** In per cent, the explained ones counted as unnoticed. */
const LEAST = { 'src/election': 95, 'src/lock': 90 };

const files = process.argv.slice(2);
const stryker = spawnSync(
  process.execPath,
  [
    join(ROOT, 'node_modules/@stryker-mutator/core/bin/stryker.js'),
    'run',
    'test/mutation/stryker.config.json',
    ...['--concurrency', process.env.MUTATE_CONCURRENCY ?? String(availableParallelism())],
    ...(files.length === 0 ? [] : ['--mutate', files.join()]),
  ],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      // It starts whatever is called `node`.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      NODE_COMPILE_CACHE: join(ROOT, '.cache/mutation/compiled'),
      // What lives through the other tests should not take long here.
      ELECTION_RUNS: '40',
    },
  },
);
if (stryker.status !== 0) process.exit(stryker.status ?? 1);

const mutants = mutantsOf(readFileSync(join(ROOT, '.cache/mutation/report.json'), 'utf8'));
let good = true;
for (const [folder, least] of Object.entries(LEAST)) {
  const here = mutants.filter(({ file }) => file.startsWith(`${folder}/`));
  if (here.length === 0) continue;
  const unnoticed = here.filter(({ survived }) => survived);
  const percent = (100 * (here.length - unnoticed.length)) / here.length;
  const unexplained = unnoticed.filter((mutant) => !isExplained(mutant));
  console.log(
    `${folder}: ${percent.toFixed(1)} % of ${here.length} found out; ${unnoticed.length} not, ` +
      `of which ${unnoticed.length - unexplained.length} are explained`,
  );
  for (const mutant of unexplained) console.log(tell(mutant));
  if (unexplained.length > 0 || percent < least) good = false;
}
for (const it of EXPLAINED) {
  // The same line may stand twice in a file.
  const same = mutants.filter((mutant) => matches(it, mutant));
  if (same.length > 0 && !same.some(({ survived }) => survived)) {
    console.log(`${it.file}: found out, and explained: take it off the list\n  ${it.on}\n    ${it.from} → ${it.to}`);
    good = false;
  }
}
process.exitCode = good ? 0 : 1;

function isExplained(mutant: Mutant): boolean {
  return EXPLAINED.some((it) => matches(it, mutant));
}

function matches(it: (typeof EXPLAINED)[number], { file, mutator, on, from, to }: Mutant): boolean {
  return it.file === file && it.mutator === mutator && it.on === on && it.from === from && it.to === to;
}

function tell({ file, line, mutator, on, from, to }: Mutant): string {
  return `${file}:${line}: ${mutator}\n  ${on}\n    ${from} → ${to}`;
}
