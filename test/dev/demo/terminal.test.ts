/** What is written to a terminal, to one that only remembers. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, beforeEach, describe, it } from 'node:test';
import type { ReadStream, WriteStream } from 'node:tty';
import { openTerminal, type Terminal } from '../../../src/dev/demo/terminal.ts';

let written: string[] = [];
let terminal: Terminal;
let stdout: EventEmitter;

beforeEach(() => {
  terminal?.close();
  written = [];
  const nothing = () => {};
  const stdin = Object.assign(new EventEmitter(), {
    setRawMode: nothing,
    setEncoding: nothing,
    resume: nothing,
    pause: nothing,
  });
  stdout = Object.assign(new EventEmitter(), { columns: 5, rows: 2, write: (text: string) => written.push(text) });
  terminal = openTerminal(stdin as unknown as ReadStream, stdout as unknown as WriteStream);
  written = [];
});
after(() => terminal.close());

describe('a frame', () => {
  it('writes only lines that have changed', () => {
    terminal.draw(['alice', 'bob']);
    terminal.draw(['alice', 'bob']);
    assert.equal(written.length, 1);
    terminal.draw(['alice', 'carol']);
    assert.ok(!written[1]?.includes('alice'));
    assert.match(written[1] ?? '', /\[2;1H.*carol/);
  });

  it('clears a line before it writes it: after a full one the cursor is on its last character', () => {
    terminal.draw(['alice', 'bob']);
    assert.ok(written[0]?.includes('\x1b[2Kalice\x1b[2;1H'));
  });

  it('is written whole when the size has changed', () => {
    let resized = 0;
    terminal.onResize(() => {
      resized += 1;
    });
    terminal.draw(['alice', 'bob']);
    stdout.emit('resize');
    assert.equal(resized, 1);
    terminal.draw(['alice', 'bob']);
    assert.ok(written[1]?.includes('\x1b[2J') && written[1].includes('alice') && written[1].includes('bob'));
  });
});
