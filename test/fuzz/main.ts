/**
 * Fuzzes for as long as one likes: `node test/fuzz/main.ts --minutes N [--seed S] [--only NAME] [--path P]`. Prints the
 * seed first, a line per round, and after a failure the command that shows it again; then it ends with 1.
 */
import { parseArgs } from 'node:util';
import { replayCommand, runTarget, type Target, watched } from './target.ts';
import { TARGETS } from './targets.ts';
import { startWatchdog } from './watchdog.ts';

const ROUND_MS = 5_000;
const REPORT_EVERY_MS = 30_000;
/** Far above what any case may take: only a loop that does not end gets here. */
const STUCK_AFTER_MS = 30_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    only: { type: 'string' },
    path: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const chosen = TARGETS.filter(({ name }) => values.only === undefined || name === values.only);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error('--minutes and --seed take numbers');
if (chosen.length === 0) throw new Error(`--only takes one of ${TARGETS.map(({ name }) => name).join(', ')}`);

console.log(`seed ${seed}, ${values.path === undefined ? `${minutes} minutes` : 'one case'}, targets ${chosen.length}`);
process.exitCode = (await fuzz(chosen)) ? 0 : 1;

/** True when everything held. */
async function fuzz(targets: readonly Target[]): Promise<boolean> {
  const watchdog = startWatchdog(STUCK_AFTER_MS);
  watched.caseBegan = watchdog.alive;
  const endsAtMs = performance.now() + minutes * 60_000;
  const counts = new Map(targets.map(({ name }) => [name, 0]));
  let reportAtMs = performance.now() + REPORT_EVERY_MS;
  try {
    for (let round = 0; round === 0 || performance.now() < endsAtMs; round += 1) {
      for (const target of targets) {
        const roundSeed = (seed + round * 1_000_003) | 0;
        watchdog.doing(replayCommand(target.name, roundSeed, null));
        const one = values.path === undefined ? {} : { path: values.path };
        const { cases, failure } = await runTarget(target, {
          ...{ cases: Number.MAX_SAFE_INTEGER, seed: roundSeed, withinMs: ROUND_MS },
          ...one,
        });
        counts.set(target.name, (counts.get(target.name) ?? 0) + cases);
        if (failure !== null) {
          console.log(failure);
          return false;
        }
        if (performance.now() < reportAtMs) continue;
        reportAtMs += REPORT_EVERY_MS;
        console.log(progress(counts));
      }
      if (values.path !== undefined) break;
    }
    console.log(`${progress(counts)}; everything held`);
    return true;
  } finally {
    watchdog.end();
  }
}

function progress(counts: ReadonlyMap<string, number>): string {
  const residentMb = Math.round(process.memoryUsage.rss() / 2 ** 20);
  const cases = [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  return `${Math.round(performance.now() / 1000)} s, ${residentMb} MB: ${cases}`;
}
