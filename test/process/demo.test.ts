/** The demo as a real process: its tour, and that nothing which it started outlives it, however it ends. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const running: { readonly demo: ChildProcess; readonly output: () => string }[] = [];

function startDemo(...args: string[]) {
  const demo = spawn(process.execPath, [join(root, 'src/cli/main.ts'), 'demo', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  running.push({ demo, output: () => output });
  const listeners = new Set<() => void>();
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.on('data', (piece: Buffer) => {
      output += piece;
      for (const listener of [...listeners]) listener();
    });
  }
  const closed = once(demo, 'close');
  return {
    demo,
    output: () => output,
    /** The exit code, or the signal that ended it. */
    ended: async () => {
      await closed;
      return demo.exitCode ?? demo.signalCode;
    },
    /** Resolves once the output matches; the test's own time limit ends a vain wait. */
    says: (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!pattern.test(output)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
  };
}

function pidsOf(output: string): string[] {
  return [...output.matchAll(/starts as process (\d+)/g)].map(([, pid = '']) => pid);
}

/** The demo's members and keepers that are alive, as lines of `ps`. */
function leftOver(output: string): string[] {
  const pids = pidsOf(output);
  const lines = execFileSync('ps', ['-e', '-o', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => {
    const [pid = '', stat = '', ...args] = line.trim().split(/\s+/);
    // A zombie has ended; who reaps it is not the demo's matter. A keeper is told the pid of its member.
    const isOurs = /demo\/(?:member|keeper)/.test(line) && [pid, ...args].some((word) => pids.includes(word));
    return isOurs && !stat.startsWith('Z');
  });
}

async function nothingIsLeft(output: string): Promise<void> {
  assert.ok(pidsOf(output).length >= 3, output);
  for (let round = 0; round < 60 && leftOver(output).length > 0; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(leftOver(output), []);
}

/** Also what a test that failed has found. */
afterEach(() => {
  for (const { demo, output } of running.splice(0)) {
    demo.kill('SIGKILL');
    for (const line of leftOver(output())) process.kill(Number.parseInt(line, 10), 'SIGKILL');
  }
});

describe('the demo without a terminal', () => {
  it('goes through all hand-overs by itself, exits 0 and leaves nothing behind', { timeout: 40_000 }, async () => {
    const { ended, output } = startDemo();
    const code = await ended();
    const text = output();
    assert.equal(code, 0, text);
    assert.match(text, /→ \w+ +stopped +[\d.]+ m?s {2}released, /);
    for (const cause of ['killed', 'paused', 'cut off']) {
      assert.match(text, new RegExp(`→ \\w+ +${cause} +\\d\\.\\d\\d s {2}[\\d.]+ m?s after the lease ran out`));
    }
    for (const back of ['is started again', 'goes on', 'reaches the API again']) {
      assert.match(text, new RegExp(`It ${back}[^]*?✓ \\w+ stands by, \\w+ leads on`));
    }
    assert.match(text, /✓ never two leaders/);
    assert.ok(!text.includes('\x1b'), 'escape sequences without a terminal');
    await nothingIsLeft(text);
  });

  it('leaves nothing behind when it is killed while a member is paused', { timeout: 30_000 }, async () => {
    const { demo, ended, says, output } = startDemo('-auto');
    await says(/^ \S+ {2}\w+ is paused \(SIGSTOP\)$/m);
    assert.ok(leftOver(output()).length >= 4, 'three members and a keeper');
    demo.kill('SIGKILL');
    assert.equal(await ended(), 'SIGKILL');
    await nothingIsLeft(output());
  });

  it('ends its members in order on SIGINT, and says that it was interrupted', { timeout: 20_000 }, async () => {
    const { demo, ended, says, output } = startDemo('--no-tty');
    await says(/is labelled leader/);
    demo.kill('SIGINT');
    assert.equal(await ended(), 1);
    assert.match(output(), /✗ interrupted/);
    await nothingIsLeft(output());
  });

  it('refuses what it does not know', { timeout: 10_000 }, async () => {
    const { ended, output } = startDemo('-fast');
    assert.equal(await ended(), 2);
    assert.match(output(), /there is no -fast\n\nUsage: elector demo/);
  });
});
