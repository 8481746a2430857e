/**
 * Lets the explorer discover every negative control anew: `node test/exploration/discover.ts [RULE]`. Prints after how
 * many states each was found, and its shortest trace, to be pinned in `controls.ts`.
 */
import { performance } from 'node:perf_hooks';
import { CONTROLS } from './controls.ts';
import { electionWithout } from './elections.ts';
import { explore } from './explore.ts';
import { begin } from './plan.ts';

const only = process.argv[2];
for (const { rule, without, replacements, plan, invariant = '' } of CONTROLS) {
  if (only !== undefined && only !== rule) continue;
  const election = await electionWithout(replacements);
  const { setting, start } = begin(plan, election);
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  const { states, depth, fixpoint, finding } = explore(
    setting,
    start,
    { depth: 200, states: 20_000_000, milliseconds: 60_000, invariant },
    elapsedMs,
  );
  const seconds = (elapsedMs() / 1000).toFixed(1);
  const result = finding?.text ?? (fixpoint ? 'NOT FOUND (fixpoint)' : 'NOT FOUND');
  console.log(
    `${rule.padEnd(3)} ${String(states).padStart(9)} states ${seconds.padStart(5)} s  depth ${depth}  ${result}  (without: ${without})`,
  );
  if (finding !== null) console.log(`      ${finding.trace.join(', ')}`);
}
