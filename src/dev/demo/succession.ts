/** Who leads after whom: the terms, and what became of the leadership between two of them. Pure. */
import type { DemoState, MemberState } from './demo-state.ts';
import type { Absence, Cause, HandOver } from './hand-over.ts';
import { howFreed, leaseEndsAtMs } from './lock-state.ts';
import { leadingSpan } from './span.ts';

const KEPT_HAND_OVERS = 50;

export function memberOf(state: DemoState, name: string): MemberState | undefined {
  return state.members.find((member) => member.name === name);
}

/** Has it a process that can lead, undisturbed? */
export function isAvailable({ standing }: MemberState): boolean {
  return standing === 'running';
}

/** Which member leads at this instant, by its own log; null while none does. */
export function leaderAt(state: DemoState, nowMs: number): string | null {
  return leadingSpan(state.spans, nowMs)?.member ?? null;
}

/**
 * Who holds the lock without being a member: somebody who took the guest's account. It is not asked, so its hold is all
 * that is known of it.
 */
export function guestAt({ lock, members }: DemoState, nowMs: number): string | null {
  if (lock === null || lock.holder === '' || nowMs >= leaseEndsAtMs(lock)) return null;
  return members.some(({ name }) => name === lock.holder) ? null : lock.holder;
}

/** With the term of a guest that the last write of the lock began. */
export function withGuestsTerm(state: DemoState, heldBefore: string): DemoState {
  const { lock } = state;
  if (lock === null || lock.holder === heldBefore || guestAt(state, lock.writtenAtMs) === null) return state;
  return withTerm(state, lock.holder, { atMs: lock.writtenAtMs, term: null, token: lock.version });
}

export function withTerm(
  state: DemoState,
  member: string,
  { atMs, term, token }: { readonly atMs: number; readonly term: number | null; readonly token: string },
): DemoState {
  const handOvers = [...state.handOvers, handOverTo(state, member, atMs)].slice(-KEPT_HAND_OVERS);
  return { ...state, term: { member, term, token, sinceMs: atMs }, handOvers };
}

/** Begins when the last one that could lead is gone, and ends when one is there again. */
export function withAbsence(state: DemoState, atMs: number): DemoState {
  const { absence } = state;
  const isOpen = absence !== null && absence.toMs === null;
  if (state.members.some(isAvailable)) {
    return isOpen ? { ...state, absence: { ...absence, toMs: atMs } } : state;
  }
  return isOpen ? state : { ...state, absence: { fromMs: atMs, toMs: null } };
}

function handOverTo(state: DemoState, to: string, atMs: number): HandOver {
  const { term, startedAtMs } = state;
  if (term === null) {
    const tookMs = atMs - startedAtMs;
    return { from: '', to, cause: 'start', atMs, tookMs, absence: null, lock: { type: 'new' } };
  }
  const from = term.member;
  const lock = howFreed(state.lock, { from, to, sinceMs: term.sinceMs, atMs });
  const because = whyLost(state, from, lock, atMs);
  const absence = absenceSince(state, because.atMs, to, atMs);
  const tookMs = absence === null ? Math.max(0, atMs - because.atMs) : null;
  return { from, to, cause: because.cause, atMs, tookMs, absence, lock };
}

function whyLost(
  state: DemoState,
  from: string,
  lock: HandOver['lock'],
  atMs: number,
): { readonly cause: Cause; readonly atMs: number } {
  const member = memberOf(state, from);
  if (member?.cause) return member.cause;
  const cause = lock.type === 'released' ? 'released' : 'lapsed';
  if (member === undefined) return { cause, atMs: state.lock?.before?.lastWriteAtMs ?? atMs };
  const lost = state.spans.findLast((span) => span.member === from && span.source === 'log' && span.fromMs < atMs);
  return { cause, atMs: lost?.toMs ?? atMs };
}

/** A guest was there itself, whenever it came. */
function absenceSince({ absence, members }: DemoState, lostAtMs: number, to: string, atMs: number): Absence | null {
  const successor = members.find(({ name }) => name === to);
  if (absence === null || successor === undefined) return null;
  const toMs = absence.toMs ?? atMs;
  if (toMs <= lostAtMs) return null;
  const isFresh = successor.upAtMs !== null && successor.upAtMs > absence.fromMs;
  return { forMs: toMs - absence.fromMs, thenMs: atMs - toMs, isFresh };
}
