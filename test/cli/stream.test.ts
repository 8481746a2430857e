import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStream } from '../../src/cli/stream.ts';

/** A file descriptor that does what each next step says: takes so many bytes, or fails with that code. */
function descriptor(...steps: (number | string)[]) {
  let taken = '';
  const stream = openStream(2, (_fd, bytes) => {
    const step = steps.shift() ?? bytes.length;
    if (typeof step === 'string') throw Object.assign(new Error(step), { code: step });
    taken += bytes.toString('utf8', 0, step);
    return Math.min(step, bytes.length);
  });
  return { stream, taken: () => taken };
}

test('writes everything, also when it is taken in pieces', () => {
  const { stream, taken } = descriptor(2, 1);
  stream.write('alice\n');
  assert.equal(taken(), 'alice\n');
});

test('keeps what a full pipe does not take for the next write', () => {
  const { stream, taken } = descriptor(3, 'EAGAIN');
  stream.write('alice\n');
  assert.equal(taken(), 'ali');
  stream.write('bob\n');
  assert.equal(taken(), 'alice\nbob\n');
});

test('never waits for a full pipe and never keeps without bound', () => {
  let tries = 0;
  let longest = 0;
  const stream = openStream(2, (_fd, bytes) => {
    tries++;
    longest = Math.max(longest, bytes.length);
    throw Object.assign(new Error('full'), { code: 'EAGAIN' });
  });
  const line = `${'x'.repeat(999)}\n`;
  for (let i = 0; i < 1000; i++) stream.write(line);
  assert.ok(tries <= 2000, `${tries} tries`);
  assert.ok(longest < 300_000, `${longest} bytes`);
});

test('says how many lines were lost once there is room', () => {
  let full = true;
  let taken = '';
  const stream = openStream(2, (_fd, bytes) => {
    if (full) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    taken += bytes.toString();
    return bytes.length;
  });
  const line = `${'x'.repeat(1023)}\n`;
  for (let i = 0; i < 300; i++) stream.write(line);
  full = false;
  stream.write('alice\n');
  assert.equal(taken.split(line).length - 1, 257);
  assert.ok(taken.endsWith('\n(43 lines lost: the reader was too slow)\nalice\n'));
});

for (const code of ['EPIPE', 'EBADF', 'EIO']) {
  test(`survives ${code} and goes on`, () => {
    const { stream, taken } = descriptor(code);
    stream.write('alice\n');
    stream.write('bob\n');
    assert.equal(taken(), 'bob\n');
  });
}
