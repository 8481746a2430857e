/**
 * One orderly hand-over: the leader gets SIGTERM, and it is measured how long nobody leads. Two measures, taken of
 * every program alike: the first answer `"is_leader":true` of another, which is what an application sees and includes
 * the asking; and the instant that the winner writes into its log, which needs no asking and so suits large fleets.
 */
import type { Candidate } from './candidate.ts';
import type { Fleet } from './fleet.ts';
import type { Overlaps } from './overlaps.ts';

export interface HandOver {
  readonly byAnswerMs: number;
  readonly byLogMs: number;
  readonly former: Candidate;
  readonly exitCode: number | null;
}

/** The former leader's Pod is empty afterwards. */
export async function handOver(fleet: Fleet, overlaps: Overlaps, settleMs: number): Promise<HandOver> {
  const former = await fleet.settled(settleMs);
  fleet.forgetAnswers();
  const nextYes = fleet.nextYes(former);
  const nextTerm = fleet.nextTerm(former);
  const atMs = former.signal('SIGTERM');
  const [first, term] = await Promise.all([nextYes, nextTerm]);
  const exitCode = await former.exited();
  overlaps.checkAnswers(fleet, first);
  return { byAnswerMs: first.receivedAtMs - atMs, byLogMs: term.atMs - atMs, former, exitCode };
}
