/**
 * The script of the tour that runs by itself: what is done, when a step is over, and what must be true then. Data and
 * pure functions over the state; tour-run.ts does it.
 */
import type { Action } from './event.ts';
import { formatMs } from './format.ts';
import { describeHow, describeTime, type HandOver } from './hand-over.ts';
import { type DemoState, isAvailable, type MemberState, memberOf } from './state.ts';

export interface TourStep {
  readonly title: string;
  /** Null: only waits. */
  readonly action: Action | null;
  /** To whom it is done: who leads when the step begins, or the member of the step before. */
  readonly target: 'leader' | 'same';
  readonly withinMs: number;
  /** `subject` is the one it was done to. */
  isDone(state: DemoState, subject: string): boolean;
  /** Judged once it is done; empty when all is well. */
  problems(state: DemoState, subject: string): readonly string[];
  /** What came of it, for people. */
  result(state: DemoState, subject: string): string;
}

/** Far above what is measured: a machine that is busy with other things is no reason to fail. */
const SOON_MS = 10_000;

export const TOUR: readonly TourStep[] = [
  {
    title: 'Three electors start',
    action: null,
    target: 'leader',
    withinMs: SOON_MS,
    isDone: allAgree,
    problems: () => [],
    result: (state) => `${leaderOf(state)} leads, the others stand by, all three say so`,
  },
  loss('The leader is asked to stop (SIGTERM)', 'stop', 'stopped', (state, subject) => {
    const exitCode = memberOf(state, subject)?.exitCode ?? null;
    const handOver = handOverFrom(state, subject);
    return [
      ...(exitCode === 0 ? [] : [`${subject} ended with exit code ${exitCode}, expected 0`]),
      ...(handOver?.lock.type === 'released' ? [] : [`${subject} did not release the lock`]),
      ...(handOver?.lock.type === 'released' && handOver.lock.earlyMs <= 0 ? ['its lease had run out by then'] : []),
    ];
  }),
  comeBack('It is started again', 'start'),
  loss('The leader is killed (SIGKILL)', 'kill', 'killed', waitedForLease),
  comeBack('It is started again', 'start'),
  loss('The leader is paused (SIGSTOP)', 'pause', 'paused', waitedForLease),
  comeBack('It goes on (SIGCONT), and must not lead', 'resume'),
  {
    ...loss('The leader is cut off from the API', 'cut-off', 'cut off', waitedForLease),
    isDone: (state, subject) => isHandedOver(state, subject, 'cut off') && saysNo(memberOf(state, subject)),
  },
  comeBack('It reaches the API again', 'reconnect'),
];

/** After all were told to stop. */
export function endProblems({ members, lock }: DemoState): readonly string[] {
  return [
    ...members.flatMap(({ name, standing, exitCode }) =>
      standing === 'stopped' && exitCode === 0
        ? []
        : [`${name} did not stop in order: ${standing}, exit code ${exitCode}`],
    ),
    ...(lock?.holder === '' ? [] : [`the lock is not released: its holder is ${JSON.stringify(lock?.holder)}`]),
  ];
}

/** Never two leaders. */
export function safetyProblems({ overlaps, startedAtMs }: DemoState): readonly string[] {
  return overlaps.map(({ members: [one, other], fromMs, forMs }) => {
    return `${one} and ${other} led at the same time, from ${formatMs(fromMs - startedAtMs)} on, for ${formatMs(forMs)}`;
  });
}

/** Who leads, if the lock, the answers of all who can be asked, and all labels agree on it; else null. */
export function agreedLeader({ members, lock }: DemoState): string | null {
  const available = members.filter(isAvailable);
  const [leader, ...others] = available.filter(({ answer }) => answer?.type === 'answered' && answer.isLeader);
  if (leader === undefined || others.length > 0 || lock?.holder !== leader.name) return null;
  const answersAgree = available.every(({ answer }) => answer?.type === 'answered' && answer.leader === leader.name);
  const labelsAgree = members.every(({ name, label }) => label === (name === leader.name ? 'leader' : 'standby'));
  return answersAgree && labelsAgree ? leader.name : null;
}

function loss(
  title: string,
  action: Action,
  standing: MemberState['standing'],
  problems: TourStep['problems'],
): TourStep {
  return {
    title,
    action,
    target: 'leader',
    withinMs: SOON_MS,
    isDone: (state, subject) => isHandedOver(state, subject, standing),
    problems,
    result(state, subject) {
      const handOver = handOverFrom(state, subject);
      if (handOver === undefined) return '';
      return `${handOver.to} leads after ${describeTime(handOver)}: ${describeHow(handOver)}`;
    },
  };
}

function comeBack(title: string, action: Action): TourStep {
  return {
    title,
    action,
    target: 'same',
    withinMs: SOON_MS,
    isDone: allAgree,
    problems: (state, subject) => (leaderOf(state) === subject ? [`${subject} leads, expected it to stand by`] : []),
    result: (state, subject) => `${subject} stands by, ${leaderOf(state)} leads on`,
  };
}

function allAgree(state: DemoState): boolean {
  return state.members.every(isAvailable) && agreedLeader(state) !== null;
}

function isHandedOver(state: DemoState, subject: string, standing: MemberState['standing']): boolean {
  return memberOf(state, subject)?.standing === standing && agreedLeader(state) !== null;
}

/** Who did not release can be followed only once its lease has run out: sooner would be two leaders in the making. */
function waitedForLease(state: DemoState, subject: string): readonly string[] {
  const handOver = handOverFrom(state, subject);
  if (handOver?.lock.type === 'expired' && handOver.lock.lateMs >= 0) return [];
  return [`expected the lease of ${subject} to run out first: ${handOver === undefined ? '' : describeHow(handOver)}`];
}

function handOverFrom(state: DemoState, subject: string): HandOver | undefined {
  return state.handOvers.findLast(({ from }) => from === subject);
}

function leaderOf(state: DemoState): string {
  return agreedLeader(state) ?? 'nobody';
}

function saysNo(member: MemberState | undefined): boolean {
  return member?.answer?.type === 'answered' && !member.answer.isLeader;
}
