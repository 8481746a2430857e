/**
 * Runs simulated worlds: `node test/simulation/main.ts [--seed N] [--count N] [--minutes M] [--members N]
 * [--go-members N] [--without kind,kind] [--no-shrink] [--verbose]`. Stops at the first world that fails, cuts it
 * down, tells its last term, and prints how to see it again. Without `--seed` it begins with one drawn by chance.
 */
import { type Cut, drawPlan, FAULT_KINDS, type FaultKind } from './plan.ts';
import { product } from './product.ts';
import { shrink } from './shrink.ts';
import { replayCommand, tellStory } from './story.ts';
import { runWorld } from './world.ts';

const options = parse(process.argv.slice(2));
console.log(`seed ${options.seed}, worlds ${options.count}, ${describeCut(options.cut)}`);

const startedAtMs = performance.now();
const total = { worlds: 0, simulatedMs: 0, terms: 0, events: 0, unpromisedMs: 0 };
const reasons = new Map<string, number>();
for (let seed = options.seed; seed < options.seed + options.count; seed += 1) {
  const outcome = await runWorld(drawPlan(seed, options.cut), product);
  total.worlds += 1;
  total.simulatedMs += outcome.simulatedMs;
  total.terms += outcome.terms;
  total.events += outcome.events;
  total.unpromisedMs += outcome.unpromisedMs;
  for (const [reason, times] of outcome.exemptions) reasons.set(reason, (reasons.get(reason) ?? 0) + times);
  if (outcome.violation === null) continue;
  console.log(`world ${seed} fails: ${outcome.violation.invariant}: ${outcome.violation.message}`);
  const cut = options.shrink ? await shrink(seed, options.cut, product, outcome.violation.invariant) : options.cut;
  await tellStory(seed, cut, product, { whole: options.verbose });
  console.log(`replay: ${replayCommand(seed, cut)}`);
  process.exitCode = 1;
  if (!options.keepGoing) break;
}
const seconds = (performance.now() - startedAtMs) / 1000;
console.log(
  `${total.worlds} worlds, ${(total.simulatedMs / 3_600_000).toFixed(1)} simulated hours, ${total.terms} terms, ` +
    `${total.events} events, not promised ${((100 * total.unpromisedMs) / total.simulatedMs).toFixed(0)} % of the time, ` +
    `${seconds.toFixed(1)} s, ${(total.worlds / seconds).toFixed(1)} worlds/s`,
);

if (options.verbose) for (const [reason, times] of reasons) console.log(`  not promised ${times} times: ${reason}`);

function parse(words: readonly string[]) {
  const value = (name: string): string | undefined => {
    const at = words.indexOf(`--${name}`);
    return at === -1 ? undefined : words[at + 1];
  };
  const number = (name: string): number | undefined => {
    const text = value(name);
    if (text === undefined) return undefined;
    const read = Number(text);
    if (!(read >= 0)) throw new Error(`--${name}: expected a number, got ${text}`);
    return read;
  };
  const minutes = number('minutes');
  const members = number('members');
  const goMembers = number('go-members');
  const maxDrift = number('max-drift');
  const without = value('without')?.split(',').filter(isFaultKind);
  const cut: Cut = {
    ...(minutes === undefined ? {} : { minutes }),
    ...(members === undefined ? {} : { members }),
    ...(goMembers === undefined ? {} : { goMembers }),
    ...(maxDrift === undefined ? {} : { maxDrift }),
    ...(without === undefined ? {} : { without }),
  };
  const seed = number('seed');
  return {
    seed: seed ?? Math.floor(Math.random() * 1e9),
    count: number('count') ?? (seed === undefined ? 1000 : 1),
    cut,
    verbose: words.includes('--verbose'),
    shrink: !words.includes('--no-shrink') && seed === undefined ? true : words.includes('--shrink'),
    keepGoing: words.includes('--keep-going'),
  };
}

function isFaultKind(word: string): word is FaultKind {
  if ((FAULT_KINDS as readonly string[]).includes(word)) return true;
  throw new Error(`--without: expected some of ${FAULT_KINDS.join()}, got ${word}`);
}

function describeCut(cut: Cut): string {
  return `${cut.minutes ?? 5} minutes each${cut.without === undefined ? '' : `, without ${cut.without.join()}`}`;
}
