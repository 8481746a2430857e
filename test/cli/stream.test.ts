import assert from 'node:assert/strict';
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { openStream } from '../../src/cli/stream.ts';
import { until } from '../cluster/harness/wait.ts';
import { openFullPipe } from '../support/full-pipe.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** A file descriptor that does what each next step says: takes so many bytes, or fails with that code. */
function descriptor(...steps: (number | string)[]) {
  let taken = '';
  const clock = new VirtualClock();
  const take = (bytes: Buffer) => {
    const step = steps.shift() ?? bytes.length;
    if (typeof step === 'string') throw Object.assign(new Error(step), { code: step });
    taken += bytes.toString('utf8', 0, step);
    return Math.min(step, bytes.length);
  };
  return { stream: openStream(2, take, clock), clock, taken: () => taken };
}

function full(): Error {
  return Object.assign(new Error('full'), { code: 'EAGAIN' });
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
  const take = (bytes: Buffer) => {
    tries++;
    longest = Math.max(longest, bytes.length);
    throw full();
  };
  const stream = openStream(2, take, new VirtualClock());
  const line = `${'x'.repeat(999)}\n`;
  for (let i = 0; i < 1000; i++) stream.write(line);
  assert.ok(tries <= 2000, `${tries} tries`);
  assert.ok(longest < 300_000, `${longest} bytes`);
});

/** A pipe without room, until `full` is false. */
function crowded() {
  const pipe = { full: true, taken: '' };
  const clock = new VirtualClock();
  const take = (bytes: Buffer) => {
    if (pipe.full) throw full();
    pipe.taken += bytes.toString();
    return bytes.length;
  };
  return { pipe, clock, stream: openStream(2, take, clock) };
}

test('says how many lines were lost once there is room', () => {
  const { pipe, stream } = crowded();
  const line = `${'x'.repeat(1023)}\n`;
  for (let i = 0; i < 300; i++) stream.write(line);
  pipe.full = false;
  stream.write('alice\n');
  assert.equal(pipe.taken.split(line).length - 1, 257);
  assert.ok(pipe.taken.endsWith('\n(43 lines lost: the reader was too slow)\nalice\n'));
});

test('what is kept, and how much was lost, gets out soon after there is room, though nothing more is written', () => {
  const { pipe, clock, stream } = crowded();
  for (let i = 0; i < 300; i++) stream.write(`${'x'.repeat(1023)}\n`);
  clock.advance(10_000);
  assert.equal(pipe.taken, '');
  pipe.full = false;
  clock.advance(100);
  assert.equal(pipe.taken.length, 257 * 1024 + '(43 lines lost: the reader was too slow)\n'.length);
  assert.ok(pipe.taken.endsWith('\n(43 lines lost: the reader was too slow)\n'));
  assert.equal(clock.pendingTimers, 0);
});

test('the last words wait for a reader that is slow, and no longer than they may for one that stands still', async () => {
  const { pipe, clock, stream } = crowded();
  stream.write('alice\n');
  const inVain = stream.drained(500);
  await clock.run(500);
  await inVain;
  assert.equal(pipe.taken, '');
  const soon = stream.drained(500);
  await clock.run(100);
  pipe.full = false;
  await clock.run(10);
  await soon;
  assert.equal(pipe.taken, 'alice\n');
});

for (const code of ['EPIPE', 'EBADF', 'EIO']) {
  test(`survives ${code} and goes on`, () => {
    const { stream, taken } = descriptor(code);
    stream.write('alice\n');
    stream.write('bob\n');
    assert.equal(taken(), 'bob\n');
  });
}

describe('a real descriptor whose reader stands still is not waited for', { timeout: 60_000 }, () => {
  const FIXTURE = join(import.meta.dirname, 'fixtures', 'talkative.ts');
  const LOST = /\n\((\d+) lines lost: the reader was too slow\)\n$/;

  function start(t: TestContext, stderr: number | 'pipe', prefix: readonly string[] = []): ChildProcess {
    const [command = '', ...args] = [...prefix, process.execPath, FIXTURE];
    const stdio: StdioOptions = ['ignore', 'ignore', stderr, 'ipc'];
    const child = spawn(command, args, { stdio });
    t.after(() => child.kill('SIGKILL'));
    return child;
  }

  async function untilThrough(child: ChildProcess): Promise<void> {
    let through = false;
    child.once('message', () => {
      through = true;
    });
    await until('the process has written it all', () => through);
  }

  /** Each line, or its being lost, is told. */
  async function untilAllIsTold(read: () => string): Promise<void> {
    let text = '';
    await until('it is said how much was lost', () => {
      text += read();
      return LOST.test(text);
    });
    const lines = text.split('\n').slice(0, -2);
    assert.deepEqual([...new Set(lines)], ['x'.repeat(999)]);
    assert.equal(lines.length + Number(LOST.exec(text)?.[1]), 2000);
  }

  /** Where the pipe cannot be opened once more. */
  const withoutProc = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];

  const mayUnshare = spawnSync('unshare', ['--mount', 'true']).status === 0;

  for (const [what, prefix, skip] of [
    ['a pipe', [], false],
    ['a pipe that cannot be opened again', withoutProc, !mayUnshare && 'needs the right to mount'],
  ] as const) {
    test(what, { skip }, async (t) => {
      const pipe = openFullPipe();
      t.after(() => pipe.close());
      const child = start(t, pipe.fd, prefix);
      await untilThrough(child);
      await untilAllIsTold(pipe.read);
    });
  }

  test('a socket', async (t) => {
    const child = start(t, 'pipe');
    await untilThrough(child);
    let text = '';
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    await untilAllIsTold(() => {
      const piece = text;
      text = '';
      return piece;
    });
  });
});
