/**
 * `npm run bench`: the product beside a Go elector of today and beside the floor of this machine, all in one run, on a
 * real Kubernetes API. Prints a table, writes every value to bench/results/, and exits 1 when a figure was missed.
 *
 *   --only NAME   one figure: start, hand-over, herd, crash, quiet, http
 *   --quick       a few of everything, to see that it works; too few to judge
 *
 * It takes root, or a kernel that lets users make mount namespaces: each process gets the files of a Pod. Figures are of
 * one machine, so only ratios carry over to another; whatever else the machine does meanwhile shows in the absolute
 * ones.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startCluster } from '../test/cluster/harness/cluster.ts';
import { crashFigure } from './figures/crash.ts';
import type { Bench, Figure, Row } from './figures/figure.ts';
import { handOverFigure, herdFigure } from './figures/hand-over.ts';
import { httpFigure } from './figures/http.ts';
import { quietFigure } from './figures/quiet.ts';
import { startFigure } from './figures/start.ts';
import { table } from './table.ts';
import { Overlaps } from './world/overlaps.ts';
import { preparePrograms } from './world/programs.ts';

const FIGURES: readonly Figure[] = [startFigure, handOverFigure, herdFigure, crashFigure, quietFigure, httpFigure];

const { values: flags } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
const chosen = FIGURES.filter(({ name }) => flags.only === undefined || flags.only === name);
if (chosen.length === 0) {
  console.error(`--only: expected one of ${FIGURES.map(({ name }) => name).join(', ')}, got ${flags.only}`);
  process.exit(2);
}

const startedAt = new Date();
const cluster = await startCluster();
const bench: Bench = {
  cluster,
  commands: await preparePrograms(cluster.dir),
  overlaps: new Overlaps(),
  quick: flags.quick,
  say: (text) =>
    process.stderr.write(`${((Date.now() - startedAt.getTime()) / 1000).toFixed(0).padStart(4)} s  ${text}\n`),
};
const loads = [loadavg()];
const rows: Row[] = [];
const raw: Record<string, unknown> = {};
for (const figure of chosen) {
  const measured = await figure.measure(bench);
  rows.push(...measured.rows);
  raw[figure.name] = measured.raw;
  loads.push(loadavg());
}
await cluster.stop();
const { found, handOvers, terms } = bench.overlaps;
rows.push({
  figure: 'overlap in all of the above',
  demanded: 'none: by the answers, and by the logs on the shared clock',
  measured: `${found.length === 0 ? 'none' : found.join('; ')} in ${handOvers} hand-overs and ${terms} terms`,
  floor: '',
  peer: '',
  holds: found.length === 0,
});

const machine = { cpus: cpus().map(({ model }) => model), node: process.version, loads };
const results = join(import.meta.dirname, 'results');
mkdirSync(results, { recursive: true });
const file = join(results, `${startedAt.toISOString().replaceAll(':', '-').slice(0, 19)}.json`);
writeFileSync(file, JSON.stringify({ startedAt, quick: flags.quick, machine, rows, raw }, null, 2));
console.log(`\n${table(rows)}\n\n${flags.quick ? 'Quick: too few to judge. ' : ''}Every value: ${file}`);
process.exit(rows.every(({ holds }) => holds) ? 0 : 1);
