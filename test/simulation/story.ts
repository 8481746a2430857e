/** A failing world, told: its plan first, then who did what in its last term, then what was violated. */
import { type Cut, drawPlan, type Plan } from './plan.ts';
import type { Product } from './product.ts';
import { runWorld } from './world.ts';

/** Lines before the last term's begin, and in all when that term is long. */
const LINES_BEFORE = 40;
const MOST_LINES = 220;

export async function tellStory(
  seed: number,
  cut: Cut,
  product: Product,
  { whole = false, print = console.log }: { whole?: boolean; print?: (line: string) => void } = {},
): Promise<void> {
  const plan = drawPlan(seed, cut);
  for (const line of describePlan(plan)) print(line);
  const lines: string[] = [];
  let lastTermAt = 0;
  const { violation } = await runWorld(plan, product, (atMs, who, text) => {
    if (text.includes('started-leading')) lastTermAt = lines.length;
    lines.push(`${(atMs / 1000).toFixed(3).padStart(9)} ${who.padEnd(10)} ${text}`);
  });
  const from = whole ? 0 : Math.max(0, Math.min(lastTermAt - LINES_BEFORE, lines.length - LINES_BEFORE));
  const shown = lines.slice(from);
  if (!whole && shown.length > MOST_LINES) {
    const head = shown.slice(0, MOST_LINES / 2);
    print([...head, `          ... ${shown.length - MOST_LINES} lines`, ...shown.slice(-MOST_LINES / 2)].join('\n'));
  } else {
    print(shown.join('\n'));
  }
  if (violation === null) print('nothing is violated');
  else print(`${(violation.atMs / 1000).toFixed(3)} VIOLATED ${violation.invariant}: ${violation.message}`);
}

export function replayCommand(seed: number, { profile, minutes, members, goMembers, without, maxDrift }: Cut): string {
  const words = ['node test/simulation/main.ts', `--seed ${seed}`];
  if (profile !== undefined) words.push(`--profile ${profile}`);
  if (minutes !== undefined) words.push(`--minutes ${minutes}`);
  if (members !== undefined) words.push(`--members ${members}`);
  if (goMembers !== undefined) words.push(`--go-members ${goMembers}`);
  if (maxDrift !== undefined) words.push(`--max-drift ${maxDrift}`);
  if (without !== undefined && without.length > 0) words.push(`--without ${without.join()}`);
  return words.join(' ');
}

function describePlan(plan: Plan): string[] {
  const seconds = (ms: number) => `${Math.round(ms) / 1000}s`;
  return [
    `seed ${plan.seed}: ${plan.minutes} minutes, ${plan.lockKind}, latency ${plan.latencyMs.toFixed(1)} ms`,
    ...plan.members.map(
      (it) =>
        `  ${it.name}: L ${seconds(it.ttlMs)} D ${seconds(it.renewDeadlineMs)} R ${seconds(it.retryPeriodMs)}, drain ` +
        `${seconds(it.drainBudgetMs)}, drift ${(it.drift * 100).toFixed(1)} %${it.canWatch ? '' : ', polls'}` +
        `${it.canKillWork ? ', kills' : ''}${it.hasPodUid ? '' : ', no Pod uid'}`,
    ),
    ...plan.goMembers.map(
      (it) =>
        `  ${it.name}: Go ${it.version} with the id ${it.id}, L ${seconds(it.leaseDurationMs)} D ${seconds(it.renewDeadlineMs)} R ` +
        `${seconds(it.retryPeriodMs)}${it.releaseOnCancel ? ', releases' : ''}`,
    ),
    `  faults: ${[...plan.faults].map(([kind, level]) => `${kind} ${level.toPrecision(2)}`).join(', ') || 'none'}`,
  ];
}
