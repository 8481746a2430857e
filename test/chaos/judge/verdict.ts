/** Everything that was found in a run, in one place, and whether it is what it must be. */
import type { Outcome } from '../conductor.ts';
import type { ElectionHistory } from '../history.ts';
import { wrongExits } from './exits.ts';
import { type FailOver, failOversIn } from './fail-overs.ts';
import { type FencingReport, fencingIn } from './fencing.ts';
import { type Gap, gapsIn } from './gaps.ts';
import { overlapsIn, type Violation } from './overlaps.ts';
import { type Term, termsOf } from './terms.ts';

export interface ElectionVerdict {
  readonly history: ElectionHistory;
  readonly terms: readonly Term[];
  readonly overlaps: readonly Violation[];
  readonly fencing: FencingReport;
  readonly gaps: readonly Gap[];
  readonly failOvers: readonly FailOver[];
}

export interface Verdict {
  readonly elections: readonly ElectionVerdict[];
  readonly failOvers: number;
  /** Not promised to be absent; none was expected all the same. */
  readonly exempt: readonly Violation[];
  /** One sentence each; empty when all is well. */
  readonly faults: readonly string[];
}

export function judge({ elections, problems, unsettled }: Outcome, atLeastFailOvers = 0): Verdict {
  const judged = elections.map((history): ElectionVerdict => {
    const gaps = gapsIn(history);
    const terms = termsOf(history);
    const overlaps = overlapsIn(history);
    return { history, terms, overlaps, fencing: fencingIn(history), gaps, failOvers: failOversIn(gaps) };
  });
  const failOvers = judged.reduce((sum, it) => sum + it.failOvers.length, 0);
  const violations = judged.flatMap(({ overlaps, fencing }) => [...overlaps, ...fencing.violations]);
  const sayWhen = (election: string, atMs: number) => {
    const startedMs = elections.find(({ name }) => name === election)?.fromMs ?? 0;
    return `${election} at ${((atMs - startedMs) / 1000).toFixed(1)} s`;
  };
  const few = failOvers < atLeastFailOvers ? [`${failOvers} fail-overs, demanded ${atLeastFailOvers}`] : [];
  return {
    elections: judged,
    failOvers,
    exempt: violations.filter(({ exempt }) => exempt !== null),
    faults: [
      ...violations
        .filter(({ exempt }) => exempt === null)
        .map(({ election, atMs, what }) => `${sayWhen(election, atMs)}: ${what}`),
      ...judged.flatMap(({ gaps }) =>
        gaps
          .filter(({ unexplained }) => unexplained !== null)
          .map((gap) => `${sayWhen(gap.election, gap.fromMs)}: ${describeGap(gap)}`),
      ),
      ...elections.flatMap(wrongExits),
      ...unsettled.map((text) => `did not settle after the last fault: ${text}`),
      ...problems,
      ...few,
    ],
  };
}

function describeGap({ fromMs, toMs, former, unexplained }: Gap): string {
  return `nobody led for ${Math.round(toMs - fromMs)} ms after ${former.process} (${former.reason || former.end}), unexplained: ${unexplained}`;
}
