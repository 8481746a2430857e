/**
 * Two leaders at a time, found in three independent ways: by what processes answered when asked, by what they logged,
 * and by what their work did; and, by the record that was watched, a leader whose renewals had run out. Each way errs on the side of silence only where an instant cannot be known better.
 */
import { compareTokens, type ElectionHistory, intersects, isOurs, type Run, type Span, waited } from '../history.ts';
import { isDisaster } from './fitness.ts';
import { termsOf } from './terms.ts';

export interface Violation {
  readonly election: string;
  readonly atMs: number;
  /** One sentence. */
  readonly what: string;
  /** Where it is not promised that two never lead: after etcd was restored. */
  readonly exempt: string | null;
}

export function overlapsIn(history: ElectionHistory): readonly Violation[] {
  const found = [...byAnswers(history), ...byLogs(history), ...byWork(history), ...byRecord(history)];
  const restores = restoreSpans(history);
  return found.map(({ atMs, what }) => {
    const restored = restores.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs);
    return { election: history.name, atMs, what, exempt: restored ? 'etcd was restored' : null };
  });
}

interface Found {
  readonly atMs: number;
  readonly what: string;
}

/**
 * An unbroken row of answers "I lead" began before its first answer was received and ended after its last question was
 * sent. Two rows share an instant for certain when each one's last question was sent after the other's first answer.
 */
function byAnswers({ lives, sights }: ElectionHistory): readonly Found[] {
  const rows = lives.flatMap(({ process, program, runs }) => {
    return runs.map((run): Row => {
      return { ...run, process, isOurs: isOurs(program), fromMs: run.firstSentMs, toMs: run.lastReceivedMs };
    });
  });
  const wipes = wipesIn(sights, lives);
  return meeting(rows).flatMap(([one, other]) => {
    const together = one.lastSentMs > other.firstReceivedMs && other.lastSentMs > one.firstReceivedMs;
    const alone = one.process === other.process || (!one.isOurs && !other.isOurs);
    if (!together || alone) return [];
    const atMs = Math.max(one.firstReceivedMs, other.firstReceivedMs);
    if (isWiped(wipes, one, other, atMs)) return [];
    // One answer alone is an instant that lies somewhere between its two ends.
    const forMs = Math.max(0, Math.min(one.lastSentMs, other.lastSentMs) - atMs);
    return [
      { atMs, what: `${one.process} and ${other.process} both answered "I lead", for ${forMs.toFixed(1)} ms at least` },
    ];
  });
}

type Row = Run & Span & { readonly process: string; readonly isOurs: boolean };

function byLogs(history: ElectionHistory): readonly Found[] {
  const wipes = wipesIn(history.sights, history.lives);
  return meeting(termsOf(history)).flatMap(([one, other]) => {
    const atMs = Math.max(one.fromMs, other.fromMs);
    const forMs = Math.min(one.toMs, other.toMs) - atMs;
    const alone = one.process === other.process || (!one.isOurs && !other.isOurs);
    if (forMs <= 0 || alone || isWiped(wipes, one, other, atMs)) return [];
    return [{ atMs, what: `${one.process} and ${other.process} both led by their logs, for ${forMs.toFixed(1)} ms` }];
  });
}

/** Work made sure that it leads, by an older token, after the resource had already received a newer one. */
function byWork({ fenced }: ElectionHistory): readonly Found[] {
  return fenced.flatMap((older) => {
    const newer = fenced.find((it) => {
      const isNewer = it.epoch === older.epoch && compareTokens(it.token, older.token) > 0;
      return isNewer && it.accepted && it.firstReceivedMs < older.lastCheckedMs;
    });
    if (newer === undefined) return [];
    const lateByMs = (older.lastCheckedMs - newer.firstReceivedMs).toFixed(1);
    const what = `${older.process} found that it leads, to write, ${lateByMs} ms after a write by ${newer.process} arrived`;
    return [{ atMs: older.lastCheckedMs, what }];
  });
}

/** Renewals that the watch brings late only make this later. */
const WATCH_LATE_MS = 300;
const AFTER_DISASTER_MS = 5_000;

/**
 * Whoever of ours answered "I lead" had sent a renewal less than a renew deadline before; the watch saw it later than
 * that. While the API is away the watch is blind.
 */
function byRecord({ lives, sights, strikes, ttlMs, commonStalls }: ElectionHistory): readonly Found[] {
  const deadlineMs = (ttlMs * 2) / 3 / 0.99;
  const blind = strikes.filter(isDisaster).map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + AFTER_DISASTER_MS }));
  return lives.flatMap(({ process, member, program, runs }) => {
    const renewedAtMs = sights.filter(({ holder }) => holder === member).map(({ atMs }) => atMs);
    return (isOurs(program) ? runs : []).flatMap((run): readonly Found[] => {
      const before = renewedAtMs.findLast((atMs) => atMs <= run.firstReceivedMs + WATCH_LATE_MS) ?? run.firstReceivedMs;
      const marks = [before, ...renewedAtMs.filter((atMs) => atMs > before && atMs < run.lastSentMs), run.lastSentMs];
      return marks.slice(1).flatMap((untilMs, index): readonly Found[] => {
        const since = { fromMs: marks[index] ?? untilMs, toMs: untilMs };
        const overMs = since.toMs - since.fromMs - deadlineMs;
        if (overMs <= WATCH_LATE_MS || overMs <= WATCH_LATE_MS + waited(commonStalls, since)) return [];
        if (blind.some((span) => intersects(span, since))) return [];
        return [
          {
            atMs: untilMs,
            what: `${process} answered "I lead" ${overMs.toFixed(0)} ms after its last renewal had run out`,
          },
        ];
      });
    });
  });
}

/** All that share an instant by their spans, however wide; in the order in which they began. */
function meeting<T extends Span>(items: readonly T[]): readonly (readonly [T, T])[] {
  const inOrder = [...items].sort((one, other) => one.fromMs - other.fromMs);
  return inOrder.flatMap((item, index) => {
    const rest = inOrder.slice(index + 1);
    const end = rest.findIndex(({ fromMs }) => fromMs > item.toMs);
    return rest.slice(0, end < 0 ? rest.length : end).map((other) => [item, other] as const);
  });
}

/**
 * Kubernetes' package, since 0.34, empties a lock that it once held without looking who holds it now. Whoever of ours
 * held it learns that a moment later; a Go member may have taken the lock by then, and that is not promised.
 */
function wipesIn(sights: ElectionHistory['sights'], lives: ElectionHistory['lives']): readonly Wipe[] {
  const ours = new Set(lives.filter(({ program }) => isOurs(program)).map(({ member }) => member));
  return sights.flatMap((sight, index) => {
    const before = sights[index - 1]?.holder ?? '';
    const wiped = sight.type === 'changed' && sight.holder === '' && !sight.released && ours.has(before);
    return wiped ? [{ atMs: sight.atMs, member: before }] : [];
  });
}

interface Wipe {
  readonly atMs: number;
  readonly member: string;
}

/** One renewal later, at the most, ours knows; and only beside a Go member, for ours wait. */
const WIPE_NOTICED_WITHIN_MS = 2_000;

function isWiped(
  wipes: readonly Wipe[],
  one: { readonly process: string; readonly isOurs: boolean },
  other: { readonly process: string; readonly isOurs: boolean },
  atMs: number,
): boolean {
  if (one.isOurs && other.isOurs) return false;
  const ours = one.isOurs ? one : other;
  return wipes.some((wipe) => {
    return (
      ours.process.includes(`/${wipe.member}#`) && atMs >= wipe.atMs - 100 && atMs <= wipe.atMs + WIPE_NOTICED_WITHIN_MS
    );
  });
}

function restoreSpans({ strikes, ttlMs }: ElectionHistory): readonly Span[] {
  return strikes
    .filter(({ kind }) => kind === 'etcd restored')
    .map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + 2 * ttlMs }));
}
