/**
 * Every time without a leader, with the fault that explains it. A gap is explained when a fault on its leader, on the
 * lock or on the API brought it about, and when nobody was fit to end it for longer than the rules allow: a lease from
 * the last change of the record, or a moment after a release.
 */
import {
  type ElectionHistory,
  intersects,
  isOurs,
  type Sight,
  type Span,
  type Stall,
  type Strike,
  waited,
} from '../history.ts';
import { fitSpans, isDisaster, isHarmless } from './fitness.ts';
import { type Term, termsOf } from './terms.ts';

export interface Gap extends Span {
  readonly election: string;
  readonly former: Term;
  /** Null when the run ended first. */
  readonly next: Term | null;
  readonly cause: Strike | 'the machine stood still' | null;
  /** Why it is not explained; null when it is. */
  readonly unexplained: string | null;
}

/** From the end of a fault until its member counts as fit: the API client backs off, a watch is opened again. */
const RECOVERY_MS = 1_000;
/** After a disaster everything connects at once, and an API server that has just started refuses for a moment. */
const DISASTER_RECOVERY_MS = 4_000;
/** Beyond a lease: a write, an event, a log line, on a machine that does much else. */
const SLACK_MS = 1_000;
/** After a release: the same, without the lease. */
const HAND_OVER_MS = 1_000;
/** Whoever released it leaves it to others for some seconds (rule 21). */
const REST_MS = 5_000 + SLACK_MS;
/** A fault shows in its leader at the latest when the next renewal fails for good. */
const LATEST_EFFECT_LEASES = 2;
const NEIGHBOURHOOD_MS = 15_000;
/** Of its renew deadline, that a leader and what it depends on had to wait for a processor. */
const STOOD_STILL_SHARE = 0.25;

export function gapsIn(history: ElectionHistory): readonly Gap[] {
  return leaderless(termsOf(history), history).map((gap) => {
    const around = neighbourhood(history, gap);
    const cause = causeOf(gap, around);
    const unexplained = cause === null ? 'nothing was done to it' : tooLong(gap, around);
    return { ...gap, election: history.name, cause, unexplained };
  });
}

/** What may have to do with it: a run of an hour has tens of thousands of sights and stalls. */
function neighbourhood(history: ElectionHistory, gap: Span): ElectionHistory {
  const wide = { fromMs: gap.fromMs - NEIGHBOURHOOD_MS, toMs: gap.toMs + 1_000 };
  const near = (spans: readonly Stall[]) => spans.filter((span) => intersects(span, wide));
  const first = history.sights.findLastIndex(({ atMs }) => atMs < wide.fromMs);
  return {
    ...history,
    lives: history.lives
      .filter(({ fromMs, toMs }) => intersects({ fromMs, toMs: toMs ?? history.toMs }, wide))
      .map((life) => ({ ...life, stalls: near(life.stalls) })),
    sights: history.sights.slice(Math.max(0, first)).filter(({ atMs }) => atMs <= wide.toMs),
    strikes: history.strikes.filter((strike) => intersects({ ...strike, toMs: strike.toMs + NEIGHBOURHOOD_MS }, wide)),
    commonStalls: near(history.commonStalls),
  };
}

/** What brought the gap about: the latest fault before it. If the API was away meanwhile, that goes before all others. */
function causeOf(gap: OpenGap, history: ElectionHistory): Gap['cause'] {
  const { former, fromMs, toMs } = gap;
  const reachMs = LATEST_EFFECT_LEASES * history.ttlMs;
  const touching = history.strikes.filter((strike) => {
    const touches = isDisaster(strike) || strike.members.length === 0 || strike.members.includes(former.member);
    const lasting = { fromMs: strike.fromMs, toMs: strike.toMs + reachMs };
    return touches && !isHarmless(strike) && strike.fromMs <= fromMs + 100 && intersects(lasting, { fromMs, toMs });
  });
  const cause = touching.toSorted((one, other) => one.fromMs - other.fromMs).at(-1);
  const outage = history.strikes.findLast((strike) => isDisaster(strike) && intersects(strike, gap));
  if (cause !== undefined) return outage ?? cause;
  const deadlineMs = (history.ttlMs * 2) / 3;
  const before = { fromMs: fromMs - deadlineMs, toMs: fromMs };
  const waitedMs = waited([...stallsOf(history, former.process), ...history.commonStalls], before);
  return waitedMs >= STOOD_STILL_SHARE * deadlineMs ? 'the machine stood still' : null;
}

type OpenGap = Span & { readonly former: Term; readonly next: Term | null };

function leaderless(terms: readonly Term[], { toMs }: ElectionHistory): readonly OpenGap[] {
  const gaps: OpenGap[] = [];
  let last: Term | undefined;
  for (const term of terms) {
    if (last !== undefined && term.fromMs > last.toMs) {
      gaps.push({ fromMs: last.toMs, toMs: term.fromMs, former: last, next: term });
    }
    if (last === undefined || term.toMs > last.toMs) last = term;
  }
  if (last !== undefined && last.toMs < toMs) gaps.push({ fromMs: last.toMs, toMs, former: last, next: null });
  return gaps;
}

/** Null when nobody was fit for too long; else who was, and for how long. */
function tooLong(gap: OpenGap, history: ElectionHistory): string | null {
  const inside = history.sights.filter(({ atMs }) => atMs > gap.fromMs - 20 && atMs < gap.toMs);
  // Each change of the record starts the wait anew (rule 6), and so does a hand that reaches into the lock (rule 17).
  const anchors = [gap.fromMs, ...inside.map(({ atMs }) => atMs)];
  const longestSeconds = Math.max(...durationsAround(gap, history.sights), Math.ceil(history.ttlMs / 1000));
  const recovered = history.strikes.some((it) => isDisaster(it) && intersects({ ...it, toMs: it.toMs + 10_000 }, gap));
  const recoveryMs = recovered ? DISASTER_RECOVERY_MS : RECOVERY_MS;
  for (const [index, fromMs] of anchors.entries()) {
    const wait = { fromMs, toMs: anchors[index + 1] ?? gap.toMs };
    const change = inside[index - 1];
    const released = change?.released === true && !isNew(history.sights, change, longestSeconds * 1000);
    for (const { name, program } of history.members) {
      if (!isOurs(program)) continue;
      const releasedMs = name === gap.former.member ? REST_MS : HAND_OVER_MS;
      const allowedMs = released ? releasedMs : longestSeconds * 1000 + SLACK_MS;
      const fit = fitSpans(history, name, recoveryMs).filter((span) => intersects(span, wait));
      for (const span of fit.map((it) => cut(it, wait))) {
        const waitedMs = waited([...stallsOf(history, name), ...history.commonStalls], span);
        const forMs = span.toMs - span.fromMs;
        if (forMs <= allowedMs + waitedMs) continue;
        return `${name} was fit for ${Math.round(forMs)} ms, ${Math.round(allowedMs)} ms ${released ? 'after a release ' : ''}are due`;
      }
    }
  }
  return null;
}

/** A lock that has come anew is waited for a lease by whoever knew the one before, also when it is released (rule 17). */
function isNew(sights: readonly Sight[], change: Sight, longestMs: number): boolean {
  const deletion = sights.findLastIndex(({ atMs, type }) => type === 'deleted' && atMs < change.atMs);
  const creation = sights[deletion + 1];
  return deletion >= 0 && creation !== undefined && change.atMs - creation.atMs < longestMs;
}

function durationsAround({ fromMs, toMs }: Span, sights: readonly Sight[]): readonly number[] {
  const last = sights.findLast(({ atMs }) => atMs < fromMs);
  const inside = sights.filter(({ atMs }) => atMs >= fromMs - 10_000 && atMs <= toMs);
  return [...(last === undefined ? [] : [last]), ...inside].map(({ durationSeconds }) => durationSeconds);
}

function cut(span: Span, to: Span): Span {
  return { fromMs: Math.max(span.fromMs, to.fromMs), toMs: Math.min(span.toMs, to.toMs) };
}

function stallsOf({ lives }: ElectionHistory, of: string): readonly Stall[] {
  return lives.filter(({ process, member }) => process === of || member === of).flatMap(({ stalls }) => stalls);
}
