/** Does the tour on a fleet, and says line by line what happens. Stops at the first step that goes wrong. */
import { type Clock, systemClock } from '../../clock.ts';
import type { Note } from './demo-state.ts';
import type { Fleet } from './fleet.ts';
import { formatMs, formatTime } from './format.ts';
import { type Piece, piece } from './paint.ts';
import type { DemoState } from './state.ts';
import { TOUR, type TourStep } from './tour.ts';

/** Writes one line. */
export type Print = (...pieces: readonly Piece[]) => void;

/** Resolves to what went wrong; empty when every step ended as expected. */
export async function runTour(
  fleet: Fleet,
  print: Print,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<readonly string[]> {
  let subject = '';
  for (const step of TOUR) {
    if (step.target === 'leader') subject = fleet.state().term?.member ?? '';
    print(piece(`\n${step.title}`, 'bold'), piece(step.action === null ? '' : `: ${subject}`, 'bold'));
    if (step.action !== null) await fleet.act(step.action, subject);
    const isDone = await waitFor(fleet, (state) => step.isDone(state, subject), step.withinMs, signal, clock);
    if (signal.aborted) return ['interrupted'];
    const problems = isDone ? step.problems(fleet.state(), subject) : [notInTime(step, fleet.state())];
    if (problems.length > 0) return problems.map((problem) => `${step.title}: ${problem}`);
    print(piece('        ✓ ', 'green'), piece(step.result(fleet.state(), subject)));
  }
  return [];
}

/** Prints each note of the fleet once, from the first one on, as they come. Returns what ends it. */
export function printNotes(fleet: Fleet, print: Print): () => void {
  let last: Note | undefined;
  const show = ({ startedAtMs, notes }: DemoState) => {
    for (const note of notes.slice(last === undefined ? 0 : notes.lastIndexOf(last) + 1)) {
      print(piece(` ${formatTime(note.atMs - startedAtMs)}  `, 'dim'), piece(note.text));
    }
    last = notes.at(-1);
  };
  show(fleet.state());
  return fleet.subscribe(show);
}

function notInTime({ withinMs }: TourStep, { members, lock }: DemoState): string {
  const seen = members.map(({ name, standing, answer, label }) => {
    const said = answer?.type === 'answered' ? `is_leader:${answer.isLeader} leader:"${answer.leader}"` : 'no answer';
    return `${name} ${standing}, ${said}, label ${label || 'none'}`;
  });
  return `not within ${formatMs(withinMs)}; ${seen.join('; ')}; holder of the lock "${lock?.holder ?? ''}"`;
}

/** Resolves to whether it came true in time; false too when the signal aborts. */
function waitFor(
  fleet: Fleet,
  isTrue: (state: DemoState) => boolean,
  withinMs: number,
  signal: AbortSignal,
  clock: Clock,
): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (outcome: boolean) => {
      unsubscribe();
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const onAbort = () => finish(false);
    const timer = clock.setTimer(withinMs, () => finish(false));
    const unsubscribe = fleet.subscribe((state) => {
      if (isTrue(state)) finish(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) finish(false);
    else if (isTrue(fleet.state())) finish(true);
  });
}
