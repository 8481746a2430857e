/**
 * Explores every world that can be reached: `node test/exploration/main.ts --members 2 --alphabet cut=1,delete=1`.
 * Prints how many there were, or the shortest way to a violation and the command that replays it.
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { shipped } from './elections.ts';
import { explore } from './explore.ts';
import { begin, type Plan, parseAlphabet } from './plan.ts';
import { replay } from './replay.ts';
import { NUISANCES, TIMINGS } from './world.ts';

const HELP = `Usage: node test/exploration/main.ts [options]

  --members N         1 to 4 members (2)
  --alphabet LIST     what may go wrong, and how often on one path: ${NUISANCES.join(', ')};
                      total=N bounds their sum (cut=1,deaf=1,pause=1,delete=1,total=2)
  --depth N           at most so many actions (200)
  --minutes T         at most so long (2)
  --states N          at most so many worlds (20000000)
  --timings NAME      ${Object.keys(TIMINGS).join(', ')} (short)
  --text-ticks N      so many ticks share one text of a time (1)
  --twins             two containers of one Pod, under one id
  --go                one more member on Kubernetes' Go package
  --replay LIST       go one path, its actions separated by commas, and tell it
`;

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '2' },
    alphabet: { type: 'string', default: 'cut=1,deaf=1,pause=1,delete=1,total=2' },
    depth: { type: 'string', default: '200' },
    minutes: { type: 'string', default: '2' },
    states: { type: 'string', default: '20000000' },
    timings: { type: 'string', default: 'short' },
    'text-ticks': { type: 'string', default: '1' },
    twins: { type: 'boolean', default: false },
    go: { type: 'boolean', default: false },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else run();

function run(): void {
  const plan: Plan = {
    ...parseAlphabet(values.alphabet),
    members: Number(values.members),
    timings: timingsNamed(values.timings),
    textTicks: Number(values['text-ticks']),
    twins: values.twins,
    go: values.go,
  };
  const { setting, start } = begin(plan, shipped);
  if (values.replay !== undefined) {
    const { story, strandedAt } = replay(
      setting,
      start,
      values.replay.split(',').map((it) => it.trim()),
    );
    console.log(story.join('\n'));
    if (strandedAt !== null) console.log(`not possible here: ${strandedAt}`);
    return;
  }
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  const limits = {
    depth: Number(values.depth),
    states: Number(values.states),
    milliseconds: Number(values.minutes) * 60_000,
  };
  console.log('depth    states  frontier  seconds');
  const result = explore(setting, start, limits, elapsedMs, (depth, states, frontier) => {
    const seconds = (elapsedMs() / 1000).toFixed(1);
    console.log(
      `${String(depth).padStart(5)} ${String(states).padStart(9)} ${String(frontier).padStart(9)} ${seconds.padStart(8)}`,
    );
  });
  const { states, transitions, exempted, depth, fixpoint, finding } = result;
  const perSecond = Math.round((1000 * transitions) / elapsedMs());
  const reached = fixpoint ? 'fixpoint: every reachable world was visited' : 'not exhausted';
  console.log(
    `${states} states, ${transitions} transitions (${perSecond}/s), ${exempted} exempted, depth ${depth}, ${reached}`,
  );
  if (finding === null) return;
  console.log(`\n${replay(setting, start, finding.trace).story.join('\n')}\n`);
  console.log(`node test/exploration/main.ts ${commandLine()} --replay '${finding.trace.join(', ')}'`);
  process.exitCode = 1;
}

function commandLine(): string {
  const flags = [
    `--members ${values.members}`,
    `--alphabet ${values.alphabet}`,
    `--timings ${values.timings}`,
    `--text-ticks ${values['text-ticks']}`,
  ];
  if (values.twins) flags.push('--twins');
  if (values.go) flags.push('--go');
  return flags.join(' ');
}

function timingsNamed(name: string): keyof typeof TIMINGS {
  for (const it of ['short', 'long', 'wide'] as const) if (it === name) return it;
  throw new Error(`timings: expected one of ${Object.keys(TIMINGS).join(', ')}; got ${name}`);
}
