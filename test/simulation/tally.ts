/** What came of worlds, added up: plain data, so that threads and files can hand it on. */
import type { Outcome } from './world.ts';

export interface Failure {
  readonly seed: number;
  readonly invariant: string;
  readonly message: string;
}

export interface Tally {
  readonly worlds: number;
  readonly simulatedMs: number;
  readonly terms: number;
  /** Terms that another process began than the one before. */
  readonly failovers: number;
  readonly events: number;
  /** For how long the rules promised nothing, and how often for which reason. */
  readonly unpromisedMs: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

export const NO_WORLDS: Tally = {
  worlds: 0,
  simulatedMs: 0,
  terms: 0,
  failovers: 0,
  events: 0,
  unpromisedMs: 0,
  reasons: {},
  failures: [],
};

export function tallyOf(seed: number, outcome: Outcome): Tally {
  const { violation, exemptions, simulatedMs, terms, failovers, events, unpromisedMs } = outcome;
  return {
    worlds: 1,
    simulatedMs,
    terms,
    failovers,
    events,
    unpromisedMs,
    reasons: Object.fromEntries(exemptions),
    failures: violation === null ? [] : [{ seed, invariant: violation.invariant, message: violation.message }],
  };
}

export function add(a: Tally, b: Tally): Tally {
  const reasons = { ...a.reasons };
  for (const [reason, times] of Object.entries(b.reasons)) reasons[reason] = (reasons[reason] ?? 0) + times;
  return {
    worlds: a.worlds + b.worlds,
    simulatedMs: a.simulatedMs + b.simulatedMs,
    terms: a.terms + b.terms,
    failovers: a.failovers + b.failovers,
    events: a.events + b.events,
    unpromisedMs: a.unpromisedMs + b.unpromisedMs,
    reasons,
    failures: [...a.failures, ...b.failures],
  };
}

export function describeTally({ worlds, simulatedMs, terms, failovers, unpromisedMs, failures }: Tally): string {
  const count = (n: number) => n.toLocaleString('en');
  const hours = simulatedMs / 3_600_000;
  const unpromised = simulatedMs === 0 ? 0 : (100 * unpromisedMs) / simulatedMs;
  return (
    `${count(worlds)} worlds, ${count(Math.round(hours))} simulated hours, ${count(terms)} terms, ` +
    `${count(failovers)} fail-overs, not promised ${unpromised.toFixed(0)} % of the time, ${failures.length} failed`
  );
}
