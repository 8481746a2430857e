/**
 * The short form of `npm run chaos` (test/chaos/): real electors, two kinds of Go electors among them, behind fault
 * proxies on a real API server that dies, hangs and forgets. And that it finds members that are not safe.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type ChaosPlan, conduct, type Outcome } from '../chaos/conductor.ts';
import { judge, type Verdict } from '../chaos/judge/verdict.ts';
import { ALL_ELECTIONS, withSlowClock } from '../chaos/plans.ts';
import { markdownTable, tablesOf } from '../chaos/report/page.ts';
import { REPORTS, writeHistory, writeReport } from '../chaos/report/write.ts';
import { controls } from '../simulation/controls.ts';

const DISASTER_EVERY_SECONDS = 35;
const SHORT = ['leases-1s', 'configmaps-1.5s', 'endpoints-2s', 'mixed-leases-4s'];

/** The seed is drawn anew each time and said; what goes wrong is kept as a report. */
async function run(t: TestContext, drawn: Omit<ChaosPlan, 'seed'>): Promise<readonly [ChaosPlan, Outcome, Verdict]> {
  const plan = { ...drawn, seed: Math.floor(Math.random() * 1e9) };
  t.diagnostic(`seed ${plan.seed}`);
  const outcome = await conduct(plan, { onProgress: (text) => t.diagnostic(text) });
  return [plan, outcome, judge(outcome)];
}

function keep(t: TestContext, { seed, minutes }: ChaosPlan, outcome: Outcome, verdict: Verdict): void {
  const replay = `node test/chaos/main.ts --seed ${seed} --minutes ${minutes} --elections ${SHORT.join()} --disasters ${DISASTER_EVERY_SECONDS}`;
  const facts = { seed, minutes, replay, machine: process.version };
  const dir = join(REPORTS, `short-${seed}`);
  writeHistory(dir, outcome);
  t.diagnostic(`report: ${writeReport(dir, verdict, facts)}`);
  t.diagnostic(`again: ${replay}`);
}

describe('chaos', () => {
  test('three minutes of faults: never do two lead, no old write is accepted, and nobody leads only where a fault explains it', async (t) => {
    const elections = ALL_ELECTIONS.filter(({ name }) => SHORT.includes(name));
    const drawn = { minutes: 3, elections, disasterEverySeconds: DISASTER_EVERY_SECONDS, only: null, defect: [] };
    const [plan, outcome, verdict] = await run(t, drawn);
    for (const line of markdownTable(tablesOf(verdict).elections).split('\n')) t.diagnostic(line);
    t.diagnostic(`${verdict.failOvers} fail-overs`);
    if (verdict.faults.length + verdict.exempt.length > 0) keep(t, plan, outcome, verdict);
    for (const { election, what } of verdict.exempt)
      t.diagnostic(`not promised, after a restored etcd: ${election}: ${what}`);
    assert.deepEqual(verdict.faults, []);
    assert.ok(verdict.failOvers >= 60, `${verdict.failOvers} fail-overs`);
  });

  /** Half a minute does it nearly always; faults are drawn by chance. */
  const found = async (t: TestContext, plan: Pick<ChaosPlan, 'elections' | 'only' | 'defect'>) => {
    for (let tries = 1; tries <= 5; tries += 1) {
      const [, , { faults }] = await run(t, { ...plan, minutes: 0.5, disasterEverySeconds: null });
      if (faults.some((fault) => /both answered "I lead"/.test(fault))) return;
      t.diagnostic(`not found in try ${tries}: ${faults.join('; ') || 'nothing was'}`);
    }
    assert.fail('not found');
  };
  const leases = ALL_ELECTIONS.filter(({ name }) => name === 'leases-1s' || name === 'leases-2s');

  test('a member whose clocks run five times too slowly is found out', (t) =>
    found(t, { elections: leases.map(withSlowClock), only: ['black hole', 'paused'], defect: [] }));

  test('electors that create a lock at once that somebody deleted are found out', (t) => {
    const control = controls.find(({ defect }) => defect === 'a member creates a lock that is gone at once');
    assert.ok(control);
    return found(t, { elections: leases, only: ['lock deleted'], defect: control.without });
  });
});
