/**
 * Runs simulated worlds: `npm run simulate -- [--seed N] [--count N] [--minutes M] …`; the options stand in
 * docs/internals/simulation.md. A world that fails is cut down, its last term told, and how to see it again. Without
 * `--seed` it begins with one drawn by chance.
 */
import { parseArgs } from 'node:util';
import { runLong } from './long-run.ts';
import { type Cut, drawPlan, FAULT_KINDS, type FaultKind, PROFILES, type Profile } from './plan.ts';
import { inPieces, runRanges } from './pool.ts';
import { product } from './product.ts';
import { shrink } from './shrink.ts';
import { replayCommand, tellStory } from './story.ts';
import { add, describeTally, type Failure, NO_WORLDS } from './tally.ts';
import { runWorld } from './world.ts';

const WORLDS_A_PIECE = 25;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    minutes: { type: 'string' },
    profile: { type: 'string' },
    members: { type: 'string' },
    'go-members': { type: 'string' },
    'max-drift': { type: 'string' },
    without: { type: 'string' },
    threads: { type: 'string' },
    shrink: { type: 'boolean' },
    'no-shrink': { type: 'boolean' },
    'keep-going': { type: 'boolean' },
    verbose: { type: 'boolean' },
    terms: { type: 'string' },
    resume: { type: 'string' },
  },
});
const cut = readCut();
const threads = numberOf('threads');
if (values.resume !== undefined) {
  const tally = await runLong(values.resume, numberOf('terms') ?? 1e7, cut, threads);
  if (tally.failures.length > 0) process.exitCode = 1;
} else {
  await runMany();
}

async function runMany(): Promise<void> {
  const seed = numberOf('seed') ?? Math.floor(Math.random() * 1e9);
  const count = numberOf('count') ?? (values.seed === undefined ? 1000 : 1);
  console.log(`seed ${seed}, worlds ${count}, ${describeCut()}`);
  if (count === 1) {
    const { violation } = await runWorld(drawPlan(seed, cut), product);
    if (violation !== null) await tell({ seed, ...violation });
    else if (values.verbose) await tellStory(seed, cut, product, { whole: true });
    else console.log('nothing is violated');
    return;
  }
  const startedAtMs = performance.now();
  let tally = NO_WORLDS;
  const pieces = inPieces(seed, count, WORLDS_A_PIECE, cut);
  const next = () => (tally.failures.length > 0 && !values['keep-going'] ? null : pieces());
  await runRanges(next, (_, piece) => (tally = add(tally, piece)), threads);
  const failures = [...tally.failures].sort((a, b) => a.seed - b.seed);
  for (const failure of values['keep-going'] ? failures : failures.slice(0, 1)) await tell(failure);
  const seconds = (performance.now() - startedAtMs) / 1000;
  console.log(`${describeTally(tally)}, ${seconds.toFixed(1)} s, ${(tally.worlds / seconds).toFixed(1)} worlds/s`);
  if (!values.verbose) return;
  for (const [reason, times] of Object.entries(tally.reasons)) console.log(`  not promised ${times} times: ${reason}`);
}

async function tell({ seed, invariant, message }: Failure): Promise<void> {
  process.exitCode = 1;
  console.log(`world ${seed} fails: ${invariant}: ${message}`);
  // One world that was asked for by its seed is told as it is.
  const cutsDown = values.shrink ?? (values.seed === undefined && !values['no-shrink']);
  const smaller = cutsDown ? await shrink(seed, cut, product, invariant) : cut;
  await tellStory(seed, smaller, product, { whole: values.verbose ?? false });
  console.log(`replay: ${replayCommand(seed, smaller)}`);
}

function readCut(): Cut {
  const numbers = {
    minutes: numberOf('minutes'),
    members: numberOf('members'),
    goMembers: numberOf('go-members'),
    maxDrift: numberOf('max-drift'),
  };
  const given = Object.entries(numbers).filter(([, value]) => value !== undefined);
  return {
    ...(values.profile === undefined ? {} : { profile: profileOf(values.profile) }),
    ...(Object.fromEntries(given) as Cut),
    ...(values.without === undefined ? {} : { without: values.without.split(',').map(faultOf) }),
  };
}

function numberOf(name: keyof typeof values): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const read = Number(text);
  if (!(read >= 0)) throw new Error(`--${name}: expected a number, got ${text}`);
  return read;
}

function profileOf(word: string): Profile {
  const profile = PROFILES.find((it) => it === word);
  if (profile === undefined) throw new Error(`--profile: expected one of ${PROFILES.join()}, got ${word}`);
  return profile;
}

function faultOf(word: string): FaultKind {
  const kind = FAULT_KINDS.find((it) => it === word);
  if (kind === undefined) throw new Error(`--without: expected some of ${FAULT_KINDS.join()}, got ${word}`);
  return kind;
}

function describeCut(): string {
  const without = cut.without === undefined ? '' : `, without ${cut.without.join()}`;
  return `${cut.minutes ?? 5} minutes each, ${cut.profile ?? 'plain'}${without}`;
}
