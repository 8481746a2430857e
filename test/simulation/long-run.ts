/**
 * A run of days: ranges of seeds, each with its tally on a line of a file, so that it can be ended and taken up again
 * at any time, and its sum read from the file.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cut } from './plan.ts';
import { type Range, runRanges } from './pool.ts';
import { replayCommand } from './story.ts';
import { add, describeTally, NO_WORLDS, type Tally } from './tally.ts';

const ROOT = join(import.meta.dirname, '../..');
const WORLDS_A_LINE = 50;
const FIRST_SEED = 1_000_000;
const TOLD_EVERY_MS = 60_000;

interface Line {
  readonly from: number;
  readonly count: number;
  readonly cut: Cut;
  /** The commit, and what the sources were in truth. */
  readonly product: string;
  readonly tally: Tally;
}

/** Goes on until the file tells of so many terms. Only lines with the same cut count, and only those without failures. */
export async function runLong(path: string, terms: number, cut: Cut, threads: number | undefined): Promise<Tally> {
  const product = describeProduct();
  const lines = newestLines(path).filter((line) => JSON.stringify(line.cut) === JSON.stringify(cut));
  const known = new Set(lines.map((line) => line.from));
  const before = lines.reduce((sum, line) => add(sum, line.tally), NO_WORLDS);
  let sum = before;
  for (const [other, ofIt] of Map.groupBy(lines, (line) => line.product)) {
    console.log(`${other}: ${describeTally(ofIt.reduce((it, line) => add(it, line.tally), NO_WORLDS))}`);
  }
  console.log(`product ${product}; so far ${describeTally(sum)}`);

  let at = FIRST_SEED;
  const next = (): Range | null => {
    if (sum.terms >= terms) return null;
    while (known.has(at)) at += WORLDS_A_LINE;
    known.add(at);
    return { from: at, count: WORLDS_A_LINE, cut };
  };
  const startedAtMs = performance.now();
  let toldAtMs = startedAtMs;
  const done = ({ from, count }: Range, tally: Tally) => {
    const line: Line = { from, count, cut, product, tally };
    appendFileSync(path, `${JSON.stringify(line)}\n`);
    sum = add(sum, tally);
    for (const { seed, invariant, message } of tally.failures) {
      console.log(`world ${seed} fails: ${invariant}: ${message}\n  replay: ${replayCommand(seed, cut)}`);
    }
    const nowMs = performance.now();
    if (nowMs - toldAtMs < TOLD_EVERY_MS && sum.terms < terms) return;
    toldAtMs = nowMs;
    const perHour = ((sum.terms - before.terms) / (nowMs - startedAtMs)) * 3_600_000;
    const hoursLeft = Math.max(0, (terms - sum.terms) / perHour);
    console.log(
      `${describeTally(sum)}; ${Math.round(perHour).toLocaleString('en')} terms/h, ${hoursLeft.toFixed(1)} h left`,
    );
  };
  await runRanges(next, done, threads);
  return sum;
}

/** Without those in which a world failed: product or check is another one now, or it fails again. */
function newestLines(path: string): readonly Line[] {
  const newest = new Map(readLines(path).map((line) => [line.from, line]));
  return [...newest.values()].filter((line) => line.tally.failures.length === 0);
}

function readLines(path: string): readonly Line[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  // The last one may have been cut off when the run was ended.
  return lines.flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}

/** Of the sources as they are loaded: a long run tells which code it is about. */
function describeProduct(): string {
  const hash = createHash('sha256');
  for (const file of globSync('src/{clock,errors,logger}.ts', { cwd: ROOT }).sort()) hash.update(read(file));
  for (const file of globSync('src/{election,lock,elector,outlets,config}/**/*.ts', { cwd: ROOT }).sort()) {
    hash.update(read(file));
  }
  return `${commit()} sources ${hash.digest('hex').slice(0, 12)}`;
}

function read(file: string): string {
  return `${file}\n${readFileSync(join(ROOT, file), 'utf8')}`;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    return 'no commit';
  }
}
