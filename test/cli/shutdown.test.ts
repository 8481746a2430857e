import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { listenForShutdown } from '../../src/cli/shutdown.ts';

function listening() {
  const source = new EventEmitter();
  const exits: number[] = [];
  const shutdown = listenForShutdown(source, (code) => exits.push(code));
  return { shutdown, exits, source, send: (signal: string) => source.emit(signal, signal) };
}

for (const [first, second, code] of [
  ['SIGTERM', 'SIGTERM', 143],
  ['SIGTERM', 'SIGINT', 130],
  ['SIGINT', 'SIGINT', 130],
  ['SIGINT', 'SIGTERM', 143],
] as const) {
  test(`${first} asks for the end, ${second} after it exits at once with ${code}`, () => {
    const { shutdown, exits, send } = listening();
    assert.equal(shutdown.requested.aborted, false);
    send(first);
    assert.equal(shutdown.requested.reason, first);
    assert.deepEqual(exits, []);
    send(second);
    assert.deepEqual(exits, [code]);
  });
}

test('listens no more once disposed', () => {
  const { shutdown, source } = listening();
  shutdown.dispose();
  assert.deepEqual(source.eventNames(), []);
});
