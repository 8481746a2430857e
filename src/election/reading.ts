/**
 * When to read and watch the lock (rules 27, 29, 30). The watch is a hint that makes hand-overs fast; it is never
 * proof, and its silence is never trusted for long. Without the right to list and watch, a standby polls.
 */

import { backoffMs } from './backoff.ts';
import { lapsesAtMs } from './leading.ts';
import { durationMs, see, seeDeleted, seeMissing, seeRollback } from './observing.ts';
import type { ReadOutcome } from './outcome.ts';
import { compareVersions, holderOf, type Observed, sameRecordAndSeal } from './record.ts';
import { type ReadInFlight, type Reading, report, type Turn, type WatchSight } from './state.ts';
import { type Failure, failing } from './trouble.ts';

export const NO_READING: Reading = {
  inFlight: null,
  lastRead: 0,
  mode: 'watching',
  watch: null,
  lastWatch: 0,
  dueAtMs: Number.POSITIVE_INFINITY,
  listAgainAtMs: Number.POSITIVE_INFINITY,
  failures: 0,
  watchFailures: 0,
  trouble: null,
};

/** One watch lasts 10 to 20 minutes, so that an idle member costs less than one request in five minutes. */
const WATCH_TIMEOUT_SECONDS = 600;
/** A watch that ended sooner has something wrong: list again, with backoff. */
const HEALTHY_WATCH_MS = 30_000;
/** Said from so many on; a watch may end young now and then. */
const TROUBLING_WATCH_FAILURES = 3;
/** While listing is refused: at the next poll first (a server that just started refuses for a moment), then rarer. */
const LONGEST_TO_LIST_AGAIN_MS = 300_000;

/** Asks for a read when one is due; gives up one that is past its deadline. */
export function planReading(turn: Turn): void {
  const { inFlight } = turn.reading;
  if (inFlight !== null) {
    if (turn.now.monoMs < inFlight.deadlineAtMs) return;
    turn.effects.push({ type: 'abortRead', read: inFlight.read });
    readAnswered(turn, inFlight.read, { type: 'failed', message: 'no answer in time' });
  }
  if (turn.now.monoMs < readingDueAtMs(turn)) return;
  endSilentWatch(turn);
  const { reading, now } = turn;
  const read = reading.lastRead + 1;
  const via = wantsList(turn) ? 'list' : 'get';
  const deadlineAtMs = now.monoMs + turn.config.timings.requestBudgetMs;
  const newestAtSend = turn.sight.newestVersion;
  turn.reading = {
    ...reading,
    lastRead: read,
    inFlight: { read, via, deadlineAtMs, newestAtSend, overtaken: false },
    dueAtMs: Number.POSITIVE_INFINITY,
  };
  turn.effects.push({ type: 'read', read, via, deadlineAtMs });
}

/** The next instant at which `planReading` has something to do. */
export function readingWakesAtMs(turn: Turn): number {
  return turn.reading.inFlight?.deadlineAtMs ?? readingDueAtMs(turn);
}

/** A read is due in any case; used at start and where the lock's state must be settled. */
export function readSoon(turn: Turn, atMs: number): void {
  turn.reading = { ...turn.reading, dueAtMs: Math.min(turn.reading.dueAtMs, atMs) };
}

/** False for the late answer of an abandoned read, which changes nothing. */
export function readAnswered(turn: Turn, read: number, outcome: ReadOutcome): boolean {
  const { inFlight } = turn.reading;
  if (inFlight === null || inFlight.read !== read) return false;
  turn.reading = { ...turn.reading, inFlight: null };
  switch (outcome.type) {
    case 'found':
      works(turn, `${inFlight.via} the lock`);
      if (isRolledBack(turn, outcome.observed, inFlight)) {
        seeRollback(turn, outcome.observed);
        stopWatch(turn);
      } else {
        // Once overtaken it is a hint like any other: it settles no doubt that came up since it was sent.
        see(turn, outcome.observed, inFlight.overtaken ? 'watch' : 'read');
      }
      break;
    case 'missing':
      works(turn, `${inFlight.via} the lock`);
      if (!isOutdated(turn, inFlight)) seeMissing(turn);
      break;
    case 'forbidden':
      forbidden(turn, inFlight.via, outcome.message);
      return true;
    case 'failed':
      failed(turn, inFlight.via, outcome.message, outcome.retryAfterMs);
      return true;
  }
  if (outcome.watchFrom !== undefined) openWatch(turn, outcome.watchFrom);
  else if (turn.reading.mode === 'polling') pollAgain(turn);
  return true;
}

export function watched(turn: Turn, watch: number, event: WatchSight): void {
  const current = turn.reading.watch;
  if (current === null || current.watch !== watch) return;
  if (turn.reading.mode === 'probing') watchWorks(turn);
  if (event.type === 'bookmark') {
    turn.reading = { ...turn.reading, watch: { ...current, resumeFrom: event.version } };
    return;
  }
  const version = event.type === 'present' ? event.observed.version : event.version;
  const progress = compareVersions(version, current.delivered) > 0;
  const upToDate = compareVersions(version, turn.sight.newestVersion) >= 0;
  if (progress) {
    const signAtMs = upToDate ? turn.now.monoMs : current.signAtMs;
    if (upToDate) watchWorks(turn);
    const resumeFrom = upToDate ? version : current.resumeFrom;
    const watch = { ...current, delivered: version, resumeFrom, signAtMs };
    turn.reading = { ...turn.reading, watch };
  }
  if (event.type === 'present') see(turn, event.observed, 'watch');
  else seeDeleted(turn, event.version);
}

export function watchEnded(
  turn: Turn,
  watch: number,
  reason: 'ended' | 'expired' | 'forbidden' | 'failed',
  message: string,
): void {
  const current = turn.reading.watch;
  if (current === null || current.watch !== watch) return;
  turn.reading = { ...turn.reading, watch: null };
  const livedMs = turn.now.monoMs - current.openedAtMs;
  if (reason === 'forbidden') {
    poll(turn, message);
  } else if (livedMs >= HEALTHY_WATCH_MS) {
    watchWorks(turn);
    if (reason === 'ended') openWatch(turn, current.resumeFrom, current.signAtMs);
    else readSoon(turn, turn.now.monoMs);
  } else {
    const watchFailures = turn.reading.watchFailures + 1;
    turn.reading = { ...turn.reading, watchFailures };
    if (watchFailures === TROUBLING_WATCH_FAILURES) {
      report(turn, { type: 'request-failing', action: 'watch the lock', message, forMs: 0 });
    }
    readSoon(turn, turn.now.monoMs + backoffMs(turn, watchFailures));
  }
}

function watchWorks(turn: Turn): void {
  const { watchFailures, mode } = turn.reading;
  if (mode === 'probing' || watchFailures >= TROUBLING_WATCH_FAILURES) report(turn, { type: 'watching' });
  turn.reading = { ...turn.reading, mode: 'watching', watchFailures: 0 };
}

export function stopWatch(turn: Turn): void {
  if (turn.reading.watch === null) return;
  turn.effects.push({ type: 'stopWatch', watch: turn.reading.watch.watch });
  turn.reading = { ...turn.reading, watch: null };
  readSoon(turn, turn.now.monoMs);
}

// --------------------------------------------------------------------------------------------------------- helpers

function readingDueAtMs(turn: Turn): number {
  const { reading, sight } = turn;
  return Math.min(reading.dueAtMs, sight.doubtedReadAtMs ?? Number.POSITIVE_INFINITY, silentAtMs(turn));
}

/** Silence of a watch for more than half of what the holder promised calls for a read (rule 29). */
function silentAtMs(turn: Turn): number {
  const { watch } = turn.reading;
  if (watch === null) return Number.POSITIVE_INFINITY;
  const { known } = turn.sight;
  const { leaseDurationMs, retryPeriodMs } = turn.config.timings;
  const promisedMs = known === null || holderOf(known) === '' ? leaseDurationMs : durationMs(turn, known);
  return watch.signAtMs + Math.max(0.6 * promisedMs, 2.2 * retryPeriodMs);
}

function endSilentWatch(turn: Turn): void {
  if (turn.now.monoMs >= silentAtMs(turn)) stopWatch(turn);
}

function wantsList(turn: Turn): boolean {
  const { mode, watch, listAgainAtMs } = turn.reading;
  return mode === 'polling' ? turn.now.monoMs >= listAgainAtMs : watch === null;
}

/** A list is a sign of life; that one watch follows another is none. */
function openWatch(turn: Turn, from: string, signAtMs = turn.now.monoMs): void {
  const { reading, now } = turn;
  const watch = reading.lastWatch + 1;
  turn.reading = {
    ...reading,
    mode: reading.mode === 'polling' ? 'probing' : reading.mode,
    lastWatch: watch,
    watch: { watch, resumeFrom: from, delivered: '', openedAtMs: now.monoMs, signAtMs },
    dueAtMs: Number.POSITIVE_INFINITY,
  };
  const timeoutSeconds = Math.round(WATCH_TIMEOUT_SECONDS * (1 + turn.random));
  turn.effects.push({ type: 'watch', watch, from, timeoutSeconds });
}

function poll(turn: Turn, message: string): void {
  if (turn.reading.mode === 'watching') report(turn, { type: 'polling', message });
  const { watchFailures } = turn.reading;
  const afterMs = turn.config.timings.retryPeriodMs * 2 ** Math.min(watchFailures, 20);
  const listAgainAtMs = turn.now.monoMs + Math.min(afterMs, LONGEST_TO_LIST_AGAIN_MS);
  turn.reading = { ...turn.reading, mode: 'polling', watch: null, listAgainAtMs, watchFailures: watchFailures + 1 };
  readSoon(turn, turn.now.monoMs);
}

/** A leader learns what it needs from its own writes; only a standby polls (rule 30). */
function pollAgain(turn: Turn): void {
  if (turn.role.type !== 'candidate') return;
  readSoon(turn, turn.now.monoMs + turn.config.timings.retryPeriodMs * (1 + 1.2 * turn.random));
}

/**
 * An absence counts only if nothing of the lock was learnt since the read was sent. A refused update tells nothing of
 * what is there instead: the lock as it was known has been gone since, and a leader must not lead on (rule 16).
 */
function isOutdated(turn: Turn, { overtaken, newestAtSend }: ReadInFlight): boolean {
  const { presence, newestVersion } = turn.sight;
  return overtaken && (presence === 'unknown' || newestAtSend !== newestVersion);
}

/**
 * A read shows less than was known when it was sent (rule 26), or under a version that is known something else: after a
 * restore versions are given out a second time.
 */
function isRolledBack(turn: Turn, observed: Observed, { newestAtSend }: ReadInFlight): boolean {
  const { known } = turn.sight;
  const order = compareVersions(observed.version, newestAtSend);
  if (order !== 0 || known === null || known.version !== observed.version) return order < 0;
  return known.uid !== observed.uid || !sameRecordAndSeal(known, observed);
}

/**
 * However long the API asks to wait: while a leader doubts the lock, and while it is released, one read remains, and the
 * time to act upon it. The own backoff holds even then (rule 13).
 */
function lastChanceAtMs(turn: Turn): number {
  const { role, sight, config } = turn;
  const endsAtMs = role.type === 'releasing' ? role.deadlineAtMs : lapsesAtMs(turn);
  const waitsForIt = sight.doubtedReadAtMs !== null;
  return waitsForIt ? endsAtMs - 2 * config.timings.requestBudgetMs : Number.POSITIVE_INFINITY;
}

function works(turn: Turn, action: string): void {
  const { trouble } = turn.reading;
  if (trouble !== null) {
    report(turn, { type: 'request-works-again', action, afterMs: turn.now.monoMs - trouble.sinceMs });
  }
  turn.reading = { ...turn.reading, failures: 0, trouble: null };
}

function forbidden(turn: Turn, via: 'get' | 'list', message: string): void {
  if (via === 'list') {
    poll(turn, message);
    return;
  }
  troubled(turn, { reason: 'forbidden', verb: 'get' }, message);
  retryLater(turn, 0);
}

function failed(turn: Turn, via: 'get' | 'list', message: string, retryAfterMs = 0): void {
  troubled(turn, { reason: 'unreachable', action: `${via} the lock` }, message);
  retryLater(turn, retryAfterMs);
}

function troubled(turn: Turn, failure: Failure, message: string): void {
  const trouble = failing(turn, turn.reading.trouble, failure, message);
  turn.reading = { ...turn.reading, failures: turn.reading.failures + 1, trouble };
}

function retryLater(turn: Turn, retryAfterMs: number): void {
  const { monoMs } = turn.now;
  const askedAtMs = Math.min(monoMs + retryAfterMs, lastChanceAtMs(turn));
  const atMs = Math.max(monoMs + backoffMs(turn, turn.reading.failures), askedAtMs);
  if (turn.sight.doubtedReadAtMs !== null) turn.sight = { ...turn.sight, doubtedReadAtMs: atMs };
  readSoon(turn, atMs);
}
