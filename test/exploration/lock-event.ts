/** A change of the lock, as a watch delivers it, and what an event shows of the lock. */
import type { Observed } from '../../src/election/record.ts';
import type { Event } from '../../src/election/state.ts';

export type LockEvent = Observed | Gone;

interface Gone {
  readonly goneVersion: number;
  readonly goneUid: number;
}

export function isGone(event: LockEvent): event is Gone {
  return 'goneVersion' in event;
}

export function observedIn(event: Event): Observed | null {
  switch (event.type) {
    case 'watched':
      return event.event.type === 'present' ? event.event.observed : null;
    case 'readAnswered':
      return event.outcome.type === 'found' ? event.outcome.observed : null;
    case 'writeAnswered':
      return event.outcome.type === 'done' ? event.outcome.observed : null;
    default:
      return null;
  }
}
