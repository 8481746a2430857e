/**
 * Explores every world that can be reached and prints how many there were, or the shortest way to a violation and the
 * command that tells it again: `node test/exploration/main.ts --help`.
 */
import { parseArgs } from 'node:util';
import { shipped } from './elections.ts';
import { type Exploration, explore, type Progress } from './explore.ts';
import { KINDS, planOfRound, ROUNDS, type Round } from './kinds.ts';
import { begin, flagsOf, PLAN_HELP, PLAN_OPTIONS, type Plan, planOf } from './plan.ts';
import { replay } from './replay.ts';

const HELP = `Usage: node test/exploration/main.ts [options]

Without options that describe a world it goes through all kinds of them, in rounds: one thing goes wrong on each path,
then two, and so on until the time is over. In a round each kind has an equal share of the time that is left then.

${PLAN_HELP}

  --minutes T         at most so long, of one processor (2)
  --skip N            without the first N rows of the table, which a run that was ended has gone through
  --depth N           at most so many actions
  --states N          at most so many worlds (200000000, which take some 5 GB)
  --rest-one-in N     of one world in so many it is tried whether somebody leads once all is well again (50)
  --replay LIST       go one path, its actions separated by commas, and tell it
`;

const { values } = parseArgs({
  options: {
    ...PLAN_OPTIONS,
    minutes: { type: 'string', default: '2' },
    skip: { type: 'string', default: '0' },
    depth: { type: 'string', default: 'Infinity' },
    states: { type: 'string', default: '200000000' },
    'rest-one-in': { type: 'string', default: '50' },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const PROGRESS_EVERY_MS = 10_000;
const SHORTEST_SHARE_MS = 1_000;
/** Of its own work, whatever else the machine has to do: so figures can be compared. */
const nowMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
const endsAtMs = nowMs() + Number(values.minutes) * 60_000;
const plan = planOf(values);

if (values.help) console.log(HELP);
else if (values.replay !== undefined) tell(plan ?? {}, values.replay.split(','));
else if (plan !== null) go(plan, endsAtMs);
else goRounds();

/** Where a kind was not exhausted in one round, it would not be in a larger one. */
function goRounds(): void {
  tellRow(['World', 'Go wrong', 'Lines cut', 'States', 'Transitions', 'Depth', 'Visited', 'Seconds']);
  tellRow(Array<string>(8).fill('---'));
  const tooLarge = new Map<string, Round[]>();
  let toSkip = Number(values.skip);
  for (const round of ROUNDS) {
    const isTooLarge = (it: Round) => it.total <= round.total && it.cut <= round.cut;
    const kinds = KINDS.filter(({ name }) => !tooLarge.get(name)?.some(isTooLarge));
    // What one kind leaves of its share is for the next rounds: one that is vast must not take the time of all others.
    const toGo = kinds.slice(toSkip);
    toSkip = Math.max(0, toSkip - kinds.length);
    const shareMs = (endsAtMs - nowMs()) / toGo.length;
    if (shareMs < SHORTEST_SHARE_MS) break;
    for (const kind of toGo) {
      if (process.exitCode === 1) return;
      const startedAtMs = nowMs();
      console.log(`\n${kind.name}: ${round.total} go wrong, at most ${round.cut} of them a line that is cut`);
      const { states, transitions, depth, fixpoint } = go(planOfRound(kind, round), startedAtMs + shareMs);
      if (!fixpoint) tooLarge.set(kind.name, [...(tooLarge.get(kind.name) ?? []), round]);
      const seconds = (nowMs() - startedAtMs) / 1000;
      const figures = [round.total, round.cut, states, transitions, depth].map((it) => it.toLocaleString('en'));
      tellRow([kind.name, ...figures, fixpoint ? 'all' : 'to this depth', seconds.toFixed(0)]);
    }
  }
}

/** Of the table of docs/internals/exploration.md. */
function tellRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function go(chosen: Plan, untilMs: number): Exploration {
  const { setting, start } = begin(chosen, shipped);
  const startedAtMs = nowMs();
  console.log(`node test/exploration/main.ts ${flagsOf(chosen)}`);
  let toldAtMs = startedAtMs;
  const told = (it: Progress) => {
    if (nowMs() < toldAtMs + PROGRESS_EVERY_MS) return;
    toldAtMs = nowMs();
    console.log(`  ${progressText(it, nowMs() - startedAtMs)}`);
  };
  const limits = {
    depth: Number(values.depth),
    states: Number(values.states),
    milliseconds: untilMs - startedAtMs,
    restOneIn: Number(values['rest-one-in']),
  };
  const result = explore(setting, start, limits, () => nowMs() - startedAtMs, told);
  const { exemptions, fixpoint, finding } = result;
  const reached = fixpoint ? 'fixpoint: every reachable world was visited' : 'not exhausted';
  console.log(`${progressText(result, nowMs() - startedAtMs)}, ${reached}`);
  for (const [why, count] of exemptions) console.log(`  nothing is promised: ${why} (${count})`);
  if (finding !== null) {
    console.log(`\n${replay(setting, start, finding.trace).story.join('\n')}\n`);
    console.log(`node test/exploration/main.ts ${flagsOf(chosen)} --replay '${finding.trace.join(', ')}'`);
    process.exitCode = 1;
  }
  return result;
}

function progressText({ states, transitions, depth, frontier }: Progress, elapsedMs: number): string {
  const perSecond = Math.round((1000 * transitions) / elapsedMs);
  const mb = Math.round(process.memoryUsage().rss / 1e6);
  const seconds = Math.round(elapsedMs / 1000);
  return `${seconds} s: ${states} states, ${transitions} transitions (${perSecond}/s), depth ${depth}, frontier ${frontier}, ${mb} MB`;
}

function tell(chosen: Plan, trace: readonly string[]): void {
  const { setting, start } = begin(chosen, shipped);
  const { story, strandedAt } = replay(
    setting,
    start,
    trace.map((it) => it.trim()),
  );
  console.log(story.join('\n'));
  if (strandedAt !== null) console.log(`not possible here: ${strandedAt}`);
}
