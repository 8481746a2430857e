/**
 * `npm run chaos`: real electors, as processes, on a real kube-apiserver and etcd, each behind a fault proxy of its own,
 * struck by faults that are drawn from one seed. Writes a report with a picture, and exits 1 when anything was wrong.
 *
 *   --seed N          the faults to draw; by chance without it
 *   --minutes M       40 without it
 *   --elections A,B   only these; --list names all
 *   --only KIND       only this kind of faults, and others that are given so; --list names all
 *   --disasters S     seconds between two faults of the API as a whole, 0 for none; 150 without it
 *   --at-least N      fail-overs that are demanded; 25 a minute without it, 0 with --only or --elections
 *   --defect TEXT     a control: our electors have a defect (--list names them), which should be found
 *   --control         another: a member of each election gets clocks that run five times too slowly
 *   --out DIR         without it .cache/chaos/
 *
 * It takes Linux, and root or a kernel that lets users make namespaces: each process gets the files of a Pod, and some
 * of them clocks of their own.
 */
import { cpus, loadavg } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { controls } from '../simulation/controls.ts';
import { type ChaosPlan, conduct } from './conductor.ts';
import { STRIKES } from './history.ts';
import { judge } from './judge/verdict.ts';
import { ALL_ELECTIONS, withSlowClock } from './plans.ts';
import { markdownTable, tablesOf } from './report/page.ts';
import { REPORTS, writeHistory, writeReport } from './report/write.ts';

const FAIL_OVERS_A_MINUTE = 25;
/** Those that are nothing but other lines in the sources. */
const DEFECTS = controls.filter(({ without }) => without.length > 0);

const { values: flags } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '40' },
    elections: { type: 'string' },
    only: { type: 'string', multiple: true },
    disasters: { type: 'string', default: '150' },
    'at-least': { type: 'string' },
    defect: { type: 'string' },
    control: { type: 'boolean', default: false },
    out: { type: 'string', default: REPORTS },
    list: { type: 'boolean', default: false },
  },
});
if (flags.list) {
  console.log(
    `elections: ${ALL_ELECTIONS.map(({ name }) => name).join(', ')}\nfaults: ${STRIKES.join(', ')}\ndefects:`,
  );
  for (const { rule, defect } of DEFECTS) console.log(`  ${defect} (without rule ${rule})`);
  process.exit(0);
}

const seed = flags.seed === undefined ? Math.floor(Math.random() * 1e9) : number('seed', flags.seed);
const minutes = number('minutes', flags.minutes);
const disasterEverySeconds = number('disasters', flags.disasters);
const only = flags.only?.map((kind) => oneOf('only', kind, STRIKES)) ?? null;
const names = ALL_ELECTIONS.map(({ name }) => name);
const chosen = flags.elections?.split(',').map((name) => oneOf('elections', name, names)) ?? names;
const demanded = only === null && chosen.length === names.length ? Math.round(FAIL_OVERS_A_MINUTE * minutes) : 0;
const atLeast = flags['at-least'] === undefined ? demanded : number('at-least', flags['at-least']);
const elections = ALL_ELECTIONS.filter(({ name }) => chosen.includes(name));
const defects = DEFECTS.filter(({ defect }) => flags.defect !== undefined && defect.includes(flags.defect));
if (flags.defect !== undefined && defects.length !== 1) {
  console.error(`--defect: expected words of one of those that --list names, got ${flags.defect}`);
  process.exit(2);
}
const plan: ChaosPlan = {
  ...{ seed, minutes, only },
  defect: defects.flatMap(({ without }) => without),
  elections: flags.control ? elections.map(withSlowClock) : elections,
  disasterEverySeconds: disasterEverySeconds === 0 ? null : disasterEverySeconds,
};

const words = process.argv.slice(2).filter((word, at, all) => !/^--seed(=|$)/.test(word) && all[at - 1] !== '--seed');
const replay = [
  'node test/chaos/main.ts --seed',
  seed,
  ...words.map((word) => (/^[\w./=,-]+$/.test(word) ? word : `'${word}'`)),
].join(' ');
const startedAt = new Date();
const say = (text: string) => {
  const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000);
  console.log(`${String(seconds).padStart(5)} s  ${text}`);
};
console.log(
  `seed ${seed}, ${minutes} minutes, ${elections.map(({ name }) => name).join(', ')}${flags.control ? ', as a control' : ''}`,
);
const loads = [loadavg()[0] ?? 0];
const sampler = setInterval(() => loads.push(loadavg()[0] ?? 0), 60_000);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.prependOnceListener(signal, () => say(`ended by ${signal}: nothing is judged`));
}
const outcome = await conduct(plan, { onProgress: say });
clearInterval(sampler);
const dir = join(flags.out, `${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}-seed-${seed}`);
writeHistory(dir, outcome);
const verdict = judge(outcome, atLeast);
const tables = tablesOf(verdict);
const machine = `${cpus().length} processors, load ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}, Node ${process.version}`;
const report = writeReport(dir, verdict, { seed, minutes, replay, machine });

console.log(`\n${markdownTable(tables.elections)}\n\n${markdownTable(tables.faults)}\n`);
for (const { election, what } of verdict.exempt)
  console.log(`not promised, after a restored etcd: ${election}: ${what}`);
for (const fault of verdict.faults) console.log(`WRONG: ${fault}`);
console.log(
  `${verdict.failOvers} fail-overs; ${verdict.faults.length === 0 ? 'nothing is wrong' : `${verdict.faults.length} findings`}; ${machine}`,
);
console.log(`report: ${relative(process.cwd(), report)}`);
console.log(`again: ${replay}`);
process.exit(verdict.faults.length === 0 ? 0 : 1);

function number(name: string, text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0) return value;
  console.error(`--${name}: expected a number that is not negative, got ${text}`);
  process.exit(2);
}

function oneOf(name: string, text: string, known: readonly string[]): string {
  if (known.includes(text)) return text;
  console.error(`--${name}: expected some of ${known.join(', ')}, got ${text}`);
  process.exit(2);
}
