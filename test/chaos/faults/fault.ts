/** What a fault is: something that can be done to one member or to the lock of an election, drawn by chance. */
import type { Random } from '../../simulation/random.ts';
import type { Election } from '../election.ts';
import { isOurs, type StrikeKind } from '../history.ts';
import type { Member } from '../member.ts';

export interface Blow {
  readonly election: Election;
  /** Of a fault of the lock: whoever leads; only looked at. */
  readonly target: Member;
  /** Of this blow alone. */
  readonly random: Random;
}

export interface Fault {
  readonly kind: StrikeKind;
  /** How often, beside the others. */
  readonly weight: number;
  /** The lock itself is struck: nothing else may be going on in the election. */
  readonly onLock?: boolean;
  readonly fits: (target: Member, election: Election) => boolean;
  /** Resolves when it is over and the target may recover. Draws before it waits for anything. */
  readonly strike: (blow: Blow) => Promise<void>;
}

/** How long a leader leads on without a renewal. */
export function renewDeadlineMs({ plan }: Election): number {
  return (plan.ttlMs * 2) / 3;
}

/** From what a leader hardly notices to what no lease survives. */
export function drawSpanMs({ election, random }: Blow): number {
  return random.logBetween(0.25 * renewDeadlineMs(election), 2.5 * election.plan.ttlMs);
}

export function anyProgram(): boolean {
  return true;
}

export function ours({ options }: Member): boolean {
  return isOurs(options.program);
}
