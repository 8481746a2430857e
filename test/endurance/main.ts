/**
 * A simulated month: `node test/endurance/main.ts [--days 30] [--ttl 10000] [--seed S]`. Prints the seed first, a line
 * per simulated day, and a verdict; ends with 1 when something grew.
 */
import { parseArgs } from 'node:util';
import { runFleet } from './fleet.ts';
import { growthOf, growthProblems } from './growth.ts';
import { LIMITS, settled } from './limits.ts';

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '30' },
    ttl: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const [days, ttlMs, seed] = [Number(values.days), Number(values.ttl), Number(values.seed)];
console.log(`seed ${seed}, ${days} days, ttl ${ttlMs} ms`);

const DAY_MS = 86_400_000;
const { samples, leftBehind, ...counts } = await runFleet({
  ...{ seed, hours: days * 24, ttlMs, sampleEveryMs: DAY_MS / 48 },
  onSample: ({ atMs, values: { heapMb = 0, timers, watches } }) => {
    if (atMs % DAY_MS !== 0) return;
    console.log(`day ${atMs / DAY_MS}: heap ${heapMb.toFixed(2)} MB, timers ${timers}, watches ${watches}`);
  },
});
for (const name of Object.keys(LIMITS)) {
  const { first, last, highest, growth } = growthOf(name, settled(samples));
  console.log(
    `${name}: ${first.toFixed(2)} to ${last.toFixed(2)}, highest ${highest.toFixed(2)}, growth ${growth.toFixed(3)}`,
  );
}
console.log(JSON.stringify({ ...counts, leftBehind }));

const problems = [
  ...growthProblems(settled(samples), LIMITS),
  ...Object.entries(leftBehind).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what} left behind`])),
  ...(counts.doubled === 0 ? [] : [`two led at ${counts.doubled} samples`]),
];
console.log(problems.length === 0 ? 'nothing grows' : problems.join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;
