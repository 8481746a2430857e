/** What an event means to a person, in one line each; most need no words. */

import type { DemoState, Note } from './demo-state.ts';
import type { Action, DemoEvent } from './event.ts';
import { formatTime } from './format.ts';
import { describeHow, describeTime } from './hand-over.ts';
import { leaseEndsAtMs } from './lock-state.ts';
import { openLogSpan } from './span.ts';
import { memberOf } from './succession.ts';

/** Who runs tells the end of its leadership within a few milliseconds. */
const LATE_MS = 50;
/** The words of a leader that could not give the lock back. They are for its own log, which knows of no other. */
const NOT_RELEASED = 'lock not released; others wait until it expires';

export function notesOf(event: DemoEvent, before: DemoState, after: DemoState): readonly Note[] {
  const text = textOf(event, before, after);
  return [...lapsesOf(before, after), ...(text === null ? [] : [{ atMs: event.atMs, text }])];
}

/** A member that is paused cannot say itself when its leadership ends. */
function lapsesOf(before: DemoState, after: DemoState): readonly Note[] {
  return before.members.flatMap(({ name, standing }): readonly Note[] => {
    const atMs = openLogSpan(before.spans, name)?.validUntilMs ?? Number.POSITIVE_INFINITY;
    if (standing !== 'paused' || atMs <= before.atMs || atMs > after.atMs) return [];
    return [{ atMs, text: `${name} leads no more: its time is over, and paused it could not renew` }];
  });
}

const ACTION_NOTES: Readonly<Record<Action, string | null>> = {
  // The process that it makes has a note of its own.
  start: null,
  stop: 'is asked to stop (SIGTERM)',
  kill: 'is killed (SIGKILL)',
  pause: 'is paused (SIGSTOP)',
  resume: 'goes on (SIGCONT)',
  'cut-off': 'is cut off from the API',
  reconnect: 'reaches the API again',
};

function textOf(event: DemoEvent, before: DemoState, after: DemoState): string | null {
  switch (event.type) {
    case 'acted': {
      const what = ACTION_NOTES[event.action];
      return what === null ? null : `${event.member} ${what}`;
    }
    case 'started':
      return `${event.member} starts as process ${event.pid}`;
    case 'exited': {
      // Who was killed by the demo has a note already.
      if (memberOf(before, event.member)?.standing === 'killed') return null;
      const how = event.signal === null ? `ended with exit code ${event.code}` : `was ended by ${event.signal}`;
      return `${event.member} ${how}`;
    }
    case 'said':
      return lineText(event, before, after);
    case 'labelled': {
      // Every new term writes the fencing token beside the label: an event, and no news.
      const isNews = before.members.every(({ name, label }) => name !== event.member || label !== event.label);
      return isNews ? `Pod ${event.member} is labelled ${event.label}` : null;
    }
    case 'lock-written':
      return guestText(before, after);
    case 'polled':
      return null;
  }
}

function lineText({ member, line }: DemoEvent & { type: 'said' }, before: DemoState, after: DemoState): string | null {
  switch (line.type) {
    case 'started-leading':
      return `${member} leads, term ${line.term}, fencing token ${line.token}${tookText(after)}`;
    case 'stepping-down': {
      const endedAtMs = openLogSpan(before.spans, member)?.validUntilMs ?? line.atMs;
      if (line.atMs - endedAtMs < LATE_MS) return `${member} stops leading: ${line.reason}`;
      const ended = formatTime(endedAtMs - after.startedAtMs);
      return `${member} notices that its leadership ended at ${ended}: ${line.reason}`;
    }
    case 'view':
      return null;
    case 'log': {
      if (line.message === NOT_RELEASED) return notReleasedText(member, after, line.atMs);
      // What the demo does on purpose (short TTL, plain HTTP) is no news.
      const isNews = line.level !== 'info' && line.message !== 'configuration warning';
      if (!isNews) return line.message === 'lock released' ? `${member} releases the lock` : null;
      return `${member}: ${line.message}${line.level === 'error' && line.detail !== '' ? `: ${line.detail}` : ''}`;
    }
  }
}

/** The demo sees the lock, the member does not. */
function notReleasedText(member: string, { lock, startedAtMs }: DemoState, atMs: number): string {
  const could = `${member} could not release the lock`;
  if (lock === null || lock.holder !== member) {
    const whose = lock === null || lock.holder === '' ? 'it is free already' : `it is ${lock.holder}'s by now`;
    return `${could}, and need not: ${whose}`;
  }
  const endsAtMs = leaseEndsAtMs(lock);
  const ends = formatTime(endsAtMs - startedAtMs);
  return atMs < endsAtMs ? `${could}: others wait until it runs out, at ${ends}` : `${could}: it ran out at ${ends}`;
}

/** A guest is known by what it writes. */
function guestText(before: DemoState, after: DemoState): string | null {
  const { term, lock } = after;
  if (term !== null && term !== before.term) {
    return `${term.member}, a guest, holds the lock, fencing token ${term.token}${tookText(after)}`;
  }
  const former = before.lock?.holder ?? '';
  const isReleased = former !== '' && lock?.holder === '' && memberOf(after, former) === undefined;
  return isReleased ? `${former}, a guest, releases the lock` : null;
}

function tookText({ handOvers }: DemoState): string {
  const handOver = handOvers.at(-1);
  if (handOver === undefined) return '';
  const after = handOver.tookMs === null ? '' : `, after ${describeTime(handOver)}`;
  return `${after}: ${describeHow(handOver)}`;
}
