/** Who leads, or why nobody does, and whether ever two did: the lines on top of the screen. */

import type { DemoState } from './demo-state.ts';
import { formatAge } from './format.ts';
import { leaseEndsAtMs } from './lock-state.ts';
import { type Line, type Piece, piece, widestThatFits } from './paint.ts';
import { guestAt, isAvailable, leaderAt, memberOf } from './succession.ts';

/** Members that were there when the lock was written know of it a moment later. */
const NOTEWORTHY_MS = 300;

export function drawLeader(state: DemoState, nowMs: number): Line {
  return [piece(' LEADER  ', 'bold'), ...describeLeader(state, nowMs)];
}

function describeLeader(state: DemoState, nowMs: number): readonly Piece[] {
  const { term, lock } = state;
  const leader = leaderAt(state, nowMs);
  if (leader !== null && term !== null && term.member === leader) {
    return [
      piece(leader, 'green'),
      piece(` for ${formatAge(nowMs - term.sinceMs)}   term ${term.term}   fencing token `),
      piece(term.token, 'bold'),
    ];
  }
  const guest = guestAt(state, nowMs);
  if (guest !== null && lock !== null) {
    return [piece(guest, 'cyan'), piece(`, a guest: renewed the lock ${formatAge(nowMs - lock.writtenAtMs)} ago`)];
  }
  return [piece('nobody', 'yellow'), piece(`: ${whyNobody(state, nowMs)}`)];
}

function whyNobody({ lock, members }: DemoState, nowMs: number): string {
  const there = members.filter(isAvailable);
  if (there.length === 0) {
    const isComing = members.some(({ standing }) => standing === 'starting');
    return isComing ? 'they are starting' : 'all are away, b brings them back';
  }
  if (lock === null) return 'there is no lock yet';
  if (lock.holder === '') return 'the lock is free';
  const endsAtMs = leaseEndsAtMs(lock);
  const { durationMs } = lock;
  // However long the lease has run out: who starts has not seen that, and waits as long as it may have been renewed.
  const takeableAtMs = Math.min(...there.map(({ upAtMs }) => Math.max(endsAtMs, (upAtMs ?? 0) + durationMs)));
  if (takeableAtMs > endsAtMs + NOTEWORTHY_MS && takeableAtMs > nowMs) {
    return `who starts waits a full ttl first, ${formatAge(takeableAtMs - nowMs)} left`;
  }
  return leaseText(lock.holder, endsAtMs - nowMs);
}

function leaseText(holder: string, leftMs: number): string {
  if (leftMs > 0) return `the lease of ${holder} runs out in ${formatAge(leftMs)}`;
  return `the lease of ${holder} ran out ${formatAge(-leftMs)} ago`;
}

/** What was checked says how far "never" reaches. */
export function drawCheck(state: DemoState, columns: number): Line {
  const { overlaps, polls } = state;
  const line = (how: string): Line => [
    piece(' CHECK   ', 'bold'),
    overlaps.length === 0 ? piece('never two leaders', 'green') : piece('TWO LED AT ONCE', 'red'),
    piece(how, 'dim'),
  ];
  return widestThatFits(columns, [line(`, ${evidenceOf(state)}`), line(` (${polls} answers, and logs)`), line('')]);
}

/** By what it is known that never two led. */
export function evidenceOf(state: DemoState): string {
  const hadGuest = state.handOvers.some(({ to }) => memberOf(state, to) === undefined);
  const of = hadGuest ? ` of these ${state.members.length}` : '';
  return `by ${state.polls} answers of GET / and by the logs${of}`;
}
