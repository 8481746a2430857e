/**
 * The election as a pure function: `step(state, event, now, random)` gives the next state and what is to be done.
 *
 * What it promises: among members that run it, on clocks that drift by at most 1 %, at most one is leading at any
 * instant, because a leader counts from before it asked and ends early, and a standby counts from after it saw and
 * waits to the end.
 *
 * What it does NOT promise (each is told in docs/internals/rules.md): that work which ignores its signal has stopped;
 * anything while two deletions of the lock follow each other within two lease durations, or a deletion meets a member
 * that has just started or a Go elector; anything across a restored etcd, under a forged seal, or when a hypervisor
 * stops every clock. Where that matters, the guarded resource checks the fencing token.
 *
 * Which clocks it trusts: only elapsed local time. A leader takes the greater of the monotonic and the boot-time clock,
 * a standby the monotonic. Times written in the lock are never compared with a clock.
 *
 *   observing.ts  what the lock says, and from when on it may be taken
 *   reading.ts    when to read and watch it
 *   writing.ts    one write in flight, and those of unknown outcome
 *   leading.ts    taking the lock and keeping it
 *   losing.ts     stopping work, label, release
 */
import {
  acquired,
  campaignAtMs,
  lapsesAtMs,
  planCampaign,
  planRenewal,
  renewalAtMs,
  renewed,
  settleByRead,
  shownLeader,
} from './leading.ts';
import {
  endLapsedTerm,
  endLostTerm,
  giveBack,
  giveUp,
  labelDone,
  losingWakesAtMs,
  planLosing,
  workStopped,
} from './losing.ts';
import { expiresAtMs, NO_SIGHT, see } from './observing.ts';
import { NO_READING, planReading, readAnswered, readingWakesAtMs, readSoon, watchEnded, watched } from './reading.ts';
import { type Config, type Effect, type Event, type Now, report, type State, type Turn } from './state.ts';
import { endAttempt, endOverdueAttempt, forgetFenced, forgetTrouble, NO_WRITING } from './writing.ts';

/** A member before its first event. Without `candidacy` it only observes. */
export function initialState(config: Config, candidacy = true): State {
  return {
    config,
    sight: NO_SIGHT,
    reading: NO_READING,
    writing: NO_WRITING,
    role: { type: 'candidate', restUntilMs: Number.NEGATIVE_INFINITY },
    candidacy,
    proofHeld: false,
    terms: 0,
    former: null,
    announcedLeader: '',
    wakeAtMs: Number.POSITIVE_INFINITY,
  };
}

/** `random` in [0, 1) is used at most for delays. `now` is when the event is handled, not when it happened. */
export function step(
  state: State,
  event: Event,
  now: Now,
  random: number,
): { readonly state: State; readonly effects: readonly Effect[] } {
  const turn: Turn = { ...state, now, random, effects: [] };
  endLapsedTerm(turn);
  if (turn.role.type !== 'ended') {
    handle(turn, event);
    endLostTerm(turn);
    forgetFenced(turn);
    forgetTrouble(turn);
    plan(turn);
  }
  return { state: stateOf(turn), effects: turn.effects };
}

function stateOf(turn: Turn): State {
  const { config, sight, reading, writing, role, candidacy, proofHeld, terms, former, announcedLeader, wakeAtMs } =
    turn;
  return { config, sight, reading, writing, role, candidacy, proofHeld, terms, former, announcedLeader, wakeAtMs };
}

function handle(turn: Turn, event: Event): void {
  switch (event.type) {
    case 'started':
      if (turn.config.pod.uid !== '') turn.effects.push({ type: 'claimProof' });
      readSoon(turn, turn.now.monoMs);
      return;
    case 'woke':
      turn.wakeAtMs = Number.POSITIVE_INFINITY;
      return;
    case 'readAnswered':
      if (!readAnswered(turn, event.read, event.outcome)) return;
      if (event.outcome.type === 'found') settleByRead(turn, event.outcome.observed);
      return;
    case 'writeAnswered':
      writeAnswered(turn, event);
      return;
    case 'watched':
      watched(turn, event.watch, event.event);
      return;
    case 'watchEnded':
      watchEnded(turn, event.watch, event.reason, event.message);
      return;
    case 'proof':
      turn.proofHeld = event.held;
      return;
    case 'workStopped':
      workStopped(turn, event.term);
      return;
    case 'labelDone':
      labelDone(turn, event.term);
      return;
    case 'giveUp':
      giveUp(turn, event.reason, event.exit);
      return;
    case 'candidacy':
      turn.candidacy = event.on;
      if (!event.on && turn.role.type === 'leader') giveUp(turn, event.reason, false);
      else if (!event.on) giveBack(turn);
      return;
  }
}

function writeAnswered(turn: Turn, event: Extract<Event, { type: 'writeAnswered' }>): void {
  const attempt = endAttempt(turn, event.attempt, event.outcome);
  if (attempt === null || event.outcome.type !== 'done') return;
  const { observed } = event.outcome;
  switch (attempt.purpose) {
    case 'acquire':
      acquired(turn, attempt, observed);
      return;
    case 'renew':
      renewed(turn, attempt, observed);
      return;
    case 'release':
      see(turn, observed, attempt);
      report(turn, { type: 'released' });
      return;
  }
}

/** Whatever is due now; then the wake-up for what is due next. */
function plan(turn: Turn): void {
  endOverdueAttempt(turn);
  planLosing(turn);
  if (turn.role.type === 'ended') return;
  planRenewal(turn);
  planCampaign(turn);
  planReading(turn);
  announceLeader(turn);
  const wakeAtMs = Math.min(
    turn.writing.inFlight?.deadlineAtMs ?? Number.POSITIVE_INFINITY,
    lapsesAtMs(turn),
    losingWakesAtMs(turn),
    renewalAtMs(turn),
    campaignAtMs(turn),
    readingWakesAtMs(turn),
    leaderEndsAtMs(turn),
  );
  if (wakeAtMs === turn.wakeAtMs) return;
  turn.wakeAtMs = wakeAtMs;
  turn.effects.push({ type: 'wake', atMs: wakeAtMs });
}

/** For one who only observes: a candidate acts by then, and everyone is told what it shows. */
function leaderEndsAtMs(turn: Turn): number {
  return turn.candidacy || shownLeader(turn) === '' ? Number.POSITIVE_INFINITY : expiresAtMs(turn);
}

function announceLeader(turn: Turn): void {
  const leader = shownLeader(turn);
  if (leader === '' || leader === turn.announcedLeader) return;
  turn.announcedLeader = leader;
  report(turn, { type: 'new-leader', leader });
}
