/** What an event means to a person, in one line; null for what needs no words. */

import type { DemoState, Note } from './demo-state.ts';
import type { Action, DemoEvent } from './event.ts';
import { describeLock, formatMs } from './hand-over.ts';

export function noteOf(event: DemoEvent, before: DemoState, after: DemoState): Note | null {
  const text = textOf(event, before, after);
  return text === null ? null : { atMs: event.atMs, text };
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
      const how = event.signal === null ? `ended with exit code ${event.code}` : `was ended by ${event.signal}`;
      return `${event.member} ${how}`;
    }
    case 'said':
      return lineText(event, after);
    case 'labelled': {
      // Every new term writes the fencing token beside the label: an event, and no news.
      const isNews = before.members.every(({ name, label }) => name !== event.member || label !== event.label);
      return isNews ? `Pod ${event.member} is labelled ${event.label}` : null;
    }
    case 'lock-written':
    case 'polled':
      return null;
  }
}

function lineText({ member, line }: DemoEvent & { type: 'said' }, state: DemoState): string | null {
  switch (line.type) {
    case 'started-leading': {
      const handOver = state.handOvers.at(-1);
      const took = handOver === undefined ? '' : `, after ${formatMs(handOver.tookMs)}: ${describeLock(handOver)}`;
      return `${member} leads, term ${line.term}, fencing token ${line.token}${took}`;
    }
    case 'stepping-down':
      return `${member} stops leading: ${line.reason}`;
    case 'view':
      return null;
    case 'log': {
      // What the demo does on purpose (short TTL, plain HTTP) is no news.
      const isNews = line.level !== 'info' && line.message !== 'configuration warning';
      if (!isNews) return line.message === 'lock released' ? `${member} releases the lock` : null;
      return `${member}: ${line.message}${line.level === 'error' && line.detail !== '' ? `: ${line.detail}` : ''}`;
    }
  }
}
