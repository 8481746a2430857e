/**
 * What everyone outside the election may know of it, derived from state and clock at the moment of asking: no flag is
 * stored, no timer is trusted (rule 3).
 */
import { remainingMs, shownLeader } from './leading.ts';
import { COLLISION_RENEWALS, expiresAtMs } from './observing.ts';
import type { FencingToken, FormerLeader, Now, State } from './state.ts';
import { transitionsOf } from './writing.ts';

export type { FencingToken, FormerLeader } from './state.ts';

export type Phase =
  /** Nothing is known of the lock yet. */
  | 'starting'
  /** Watches or polls; takes the lock when it may. */
  | 'standby'
  | 'leading'
  /** Not leading any more; waits for the work to stop, sets the label, releases. */
  | 'stopping'
  /** Work outlived its budget (rule 20). */
  | 'stuck'
  /** Over for good. */
  | 'ended';

/** Why this member cannot do what it should, for health and for a person at 3 a.m. */
export interface Trouble {
  readonly reason: 'unreachable' | 'forbidden' | 'work-stuck' | 'identity-collision' | 'no-leader';
  readonly message: string;
  /** How long it has lasted. */
  readonly forMs: number;
}

export interface View {
  readonly phase: Phase;
  readonly isLeading: boolean;
  /** How long the present proof of leadership still holds; 0 when not leading. */
  readonly validForMs: number;
  /** Holder's identity; empty while none is known or it has expired; own id only while leading. */
  readonly leader: string;
  /** Counts the terms of this process, from 1; 0 before the first. */
  readonly term: number;
  /** Of the present term; null when not leading. */
  readonly token: FencingToken | null;
  /** The record's `leaseTransitions` as last seen; shown, and no fencing token. */
  readonly transitions: number;
  /** While leading: which other Pod led before, when known. */
  readonly former: FormerLeader | null;
  readonly trouble: Trouble | null;
}

/** Computed at every call: after a pause longer than the renew deadline the first call says false (rule 3). */
export function isLeading(state: State, now: Now): boolean {
  return state.role.type === 'leader' && remainingMs(state, state.role, now) > 0;
}

export function viewOf(state: State, now: Now): View {
  const { role, sight } = state;
  const leader = role.type === 'leader' && isLeading(state, now) ? role : null;
  return {
    phase: phaseOf(state, now),
    isLeading: leader !== null,
    validForMs: leader === null ? 0 : remainingMs(state, leader, now),
    leader: shownLeader(state, now),
    term: state.terms,
    token: leader === null ? null : leader.term.token,
    transitions: sight.known === null ? 0 : transitionsOf(sight.known),
    former: leader === null ? null : state.former,
    trouble: troubleOf(state, now),
  };
}

function phaseOf(state: State, now: Now): Phase {
  switch (state.role.type) {
    case 'candidate':
      return state.sight.presence === 'unknown' && !state.sight.everSeen ? 'starting' : 'standby';
    case 'leader':
      return isLeading(state, now) ? 'leading' : 'stopping';
    case 'draining':
    case 'labelling':
    case 'releasing':
      return 'stopping';
    case 'stuck':
      return 'stuck';
    case 'ended':
      return 'ended';
  }
}

/** The gravest first. */
function troubleOf(state: State, now: Now): Trouble | null {
  const { role, sight, reading, writing, candidacy } = state;
  const since = (sinceMs: number) => now.monoMs - sinceMs;
  if (role.type === 'stuck') {
    const message = 'the work of the last term still runs after its budget';
    return { reason: 'work-stuck', message, forMs: since(role.sinceMs) };
  }
  if (sight.namesakeRenewals >= COLLISION_RENEWALS && sight.namesakeSinceMs !== null) {
    const message = `another process leads under the same identity ${state.config.id}; give each replica its own`;
    return { reason: 'identity-collision', message, forMs: since(sight.namesakeSinceMs) };
  }
  // A leader that renews has all that it needs, though it cannot read.
  const failing = writing.trouble ?? (role.type === 'leader' ? null : reading.trouble);
  if (failing !== null) return { reason: failing.reason, message: failing.message, forMs: since(failing.sinceMs) };
  if (role.type === 'candidate' && candidacy) {
    const expiredAtMs = expiresAtMs(state);
    const held = sight.presence === 'present' && sight.leaderlessSinceMs === null;
    const sinceMs = held && now.monoMs >= expiredAtMs ? expiredAtMs : sight.leaderlessSinceMs;
    if (sinceMs !== null) {
      const waitMs = Math.max(0, sight.floorAtMs - now.monoMs);
      const message =
        waitMs > 0 ? `no leader; waiting ${Math.ceil(waitMs / 1000)} s more for the last one to end` : 'no leader';
      return { reason: 'no-leader', message, forMs: since(sinceMs) };
    }
  }
  return null;
}
