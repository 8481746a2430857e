/** What the lines for people say: nothing that is false for one who sees all members and the lock. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DemoEvent } from '../../../src/dev/demo/event.ts';
import { logLine, parseMemberLine } from '../../../src/dev/demo/member-line.ts';
import { logReport } from '../../../src/elector/report-log.ts';
import {
  acted,
  after,
  aliceLeads,
  bobTakesOver,
  exited,
  lockWritten,
  staysSilent,
  stepsDown,
  tellsLeading,
} from './scene.ts';

function notesAfter(...events: DemoEvent[]): readonly string[] {
  const { notes } = after(events, aliceLeads);
  return notes.slice(aliceLeads.notes.length).map(({ atMs, text }) => `${atMs} ${text}`);
}

describe('a pause', () => {
  const pausedFor = (resumedAtMs: number) => [
    acted('alice', 'pause', 1000),
    staysSilent('alice', 2400),
    staysSilent('alice', 2800),
    lockWritten('bob', 3495),
    ...bobTakesOver(3500, ['carol']).slice(0, 2),
    acted('alice', 'resume', resumedAtMs),
    stepsDown('alice', resumedAtMs + 20),
  ];

  it('ends the leadership when its time is over, which is said as of then, once', () => {
    assert.deepEqual(notesAfter(...pausedFor(5000)), [
      '1000 alice is paused (SIGSTOP)',
      '2500 alice leads no more: its time is over, and paused it could not renew',
      '3500 bob leads, term 1, fencing token 9, after 2.50 s: 10 ms after the lease ran out',
      '5000 alice goes on (SIGCONT)',
      '5020 alice notices that its leadership ended at 0:02.50: SIGTERM',
    ]);
  });

  it('that is short costs nothing', () => {
    const events = [acted('alice', 'pause', 1000), acted('alice', 'resume', 2000), tellsLeading('alice', 2001)];
    assert.deepEqual(notesAfter(...events, staysSilent('bob', 2600)), [
      '1000 alice is paused (SIGSTOP)',
      '2000 alice goes on (SIGCONT)',
    ]);
  });
});

describe('a leader that stops in time', () => {
  it('stops leading at that time', () => {
    assert.deepEqual(notesAfter(stepsDown('alice', 2510)), ['2510 alice stops leading: SIGTERM']);
  });
});

describe('a lock that could not be released', () => {
  function notReleased(atMs: number): DemoEvent {
    let text = '';
    const log = (message: string, fields: object = {}) => {
      text = logLine('warn', message, fields, atMs);
    };
    const logger = { debug: log, info: log, warn: log, error: log };
    logReport(logger, { id: 'alice', lock: 'leases/default/demo' }, { type: 'not-released', message: 'no answer' });
    const line = parseMemberLine(text);
    assert.ok(line !== null);
    return { type: 'said', atMs, member: 'alice', line };
  }

  it('is waited for only while it holds', () => {
    assert.deepEqual(notesAfter(notReleased(3000)), [
      '3000 alice could not release the lock: others wait until it runs out, at 0:03.49',
    ]);
    assert.deepEqual(notesAfter(notReleased(3600)), ['3600 alice could not release the lock: it ran out at 0:03.49']);
  });

  it("is another's when it was taken meanwhile", () => {
    assert.deepEqual(notesAfter(lockWritten('bob', 3500), notReleased(4000)), [
      "4000 alice could not release the lock, and need not: it is bob's by now",
    ]);
  });
});

describe('a kill', () => {
  it('is said once, whoever did it', () => {
    assert.deepEqual(notesAfter(acted('alice', 'kill', 1000), exited('alice', 1001, null)), [
      '1000 alice is killed (SIGKILL)',
    ]);
    assert.deepEqual(notesAfter(exited('alice', 1001, null)), ['1001 alice was ended by SIGKILL']);
  });
});

describe('a guest', () => {
  it('is seen by what it writes', () => {
    const events = [exited('alice', 1000, null), lockWritten('dave', 3500), lockWritten('dave', 4000)];
    assert.deepEqual(notesAfter(...events, lockWritten('', 4200)).slice(1), [
      '3500 dave, a guest, holds the lock, fencing token 7, after 2.50 s: 10 ms after the lease ran out',
      '4200 dave, a guest, releases the lock',
    ]);
  });
});
