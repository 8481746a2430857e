/**
 * From a TTL to every duration of an election, and the checks that keep them safe (rule 5). All in milliseconds of
 * local elapsed time; clocks of the members may drift by 1 % each way.
 *
 * Worked example, TTL 10 s: a leader stops at D = 6.667 s after the send of its last proven renewal. By a clock 1 %
 * slow that is 6.734 s; its work has the lapse budget, 3.135 s by its own clock, to end: 9.901 s at the latest. A
 * standby waits 10 s after its receipt, at the earliest the send, by a clock 1 % fast 9.901 s.
 */

export interface TimingInput {
  readonly ttlMs: number;
  /** Default ⅔ of the TTL. */
  readonly renewDeadlineMs?: number;
  /** Default ⅙ of the TTL. */
  readonly retryPeriodMs?: number;
}

export interface Timings {
  /** L, unrounded. */
  readonly leaseDurationMs: number;
  /** L as written into the record: rounded up, at least 1. */
  readonly leaseDurationSeconds: number;
  /** D: how long a proven renewal holds, measured from its send. */
  readonly renewDeadlineMs: number;
  /** R: from the send of one renewal to the next; a standby without a watch polls every R·(1..2.2). */
  readonly retryPeriodMs: number;
  /** The budget of every request of the lock: (D−R)/2, at most 10 s. */
  readonly requestBudgetMs: number;
  /** How long work may go on after a loss that nobody chose, measured from the loss, never past D + this. */
  readonly lapseBudgetMs: number;
}

export const MIN_TTL_MS = 1_000;
export const MAX_TTL_MS = 3_600_000;
/** Drift that the timings allow each clock, each way. */
export const MAX_DRIFT = 0.01;
const MAX_REQUEST_BUDGET_MS = 10_000;
const MIN_LAPSE_BUDGET_MS = 200;
/** Go electors see times in whole seconds. */
const GO_RESOLUTION_MS = 1_000;

/** Problems are whole sentences: expected, got. Empty when the timings hold. */
export function deriveTimings(input: TimingInput): { readonly timings: Timings; readonly problems: readonly string[] } {
  const ttlMs = input.ttlMs;
  const renewDeadlineMs = input.renewDeadlineMs ?? (ttlMs * 2) / 3;
  const retryPeriodMs = input.retryPeriodMs ?? ttlMs / 6;
  const lapseBudgetMs = (ttlMs / (1 + MAX_DRIFT)) * (1 - MAX_DRIFT) - renewDeadlineMs;
  const timings: Timings = {
    leaseDurationMs: ttlMs,
    leaseDurationSeconds: Math.max(1, Math.ceil(ttlMs / 1000)),
    renewDeadlineMs,
    retryPeriodMs,
    requestBudgetMs: Math.min((renewDeadlineMs - retryPeriodMs) / 2, MAX_REQUEST_BUDGET_MS),
    lapseBudgetMs,
  };
  return { timings, problems: problemsOf(timings) };
}

/** Is a Go elector beside these timings safe from overlaps (rule 5)? Said once at start when it is not. */
export function safeBesideGo(timings: Timings): boolean {
  const atLeastL = timings.leaseDurationMs / (1 + MAX_DRIFT);
  const atMostD = timings.renewDeadlineMs / (1 - MAX_DRIFT);
  return atLeastL - atMostD >= GO_RESOLUTION_MS + MIN_LAPSE_BUDGET_MS;
}

function problemsOf(timings: Timings): string[] {
  const { leaseDurationMs: l, renewDeadlineMs: d, retryPeriodMs: r, lapseBudgetMs } = timings;
  if (!Number.isFinite(l) || l < MIN_TTL_MS || l > MAX_TTL_MS) {
    return [`ttl: expected 1s to 1h, got ${seconds(l)}`];
  }
  const problems: string[] = [];
  if (!(r > 0)) problems.push(`retry period: expected more than 0s, got ${seconds(r)}`);
  if (!(1.2 * r < d)) {
    problems.push(`renew deadline: expected more than 1.2 times the retry period (${seconds(r)}), got ${seconds(d)}`);
  }
  const needMs = minLapseBudgetMs(l);
  if (lapseBudgetMs < needMs) {
    const mostMs = Math.floor((l / (1 + MAX_DRIFT)) * (1 - MAX_DRIFT) - needMs);
    problems.push(
      `renew deadline: expected at most ${seconds(mostMs)} with a ttl of ${seconds(l)}, ` +
        `so that work can end before another may lead, got ${seconds(d)}`,
    );
  }
  return problems;
}

function minLapseBudgetMs(leaseDurationMs: number): number {
  return Math.max(MIN_LAPSE_BUDGET_MS, leaseDurationMs / 10);
}

function seconds(ms: number): string {
  return `${Math.round(ms) / 1000}s`;
}
