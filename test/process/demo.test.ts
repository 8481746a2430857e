/** The demo as a real process: its tour, and that nothing which it started outlives it, however it ends. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { type Fleet, LOCK_NAME, startFleet } from '../../src/dev/demo/fleet.ts';
import { createGuest, writeGuestFile } from '../../src/dev/demo/guest.ts';
import type { DemoState } from '../../src/dev/demo/state.ts';
import { ElectorNode } from '../../src/elector-node.ts';

const root = join(import.meta.dirname, '..', '..');
const running: { readonly demo: ChildProcess; readonly output: () => string }[] = [];

const COMMAND = [process.execPath, join(root, 'src/cli/main.ts'), 'demo'];
/** Gives a process a terminal of 80 by 24, which `stdin` types on. */
const TERMINAL = '/usr/bin/script';

function startDemo(...args: string[]) {
  return follow(spawn(process.execPath, [...COMMAND.slice(1), ...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
}

function follow(demo: ChildProcess) {
  let output = '';
  running.push({ demo, output: () => output });
  const listeners = new Set<() => void>();
  for (const stream of [demo.stdout, demo.stderr]) {
    stream?.on('data', (piece: Buffer) => {
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

const noTerminal = !existsSync(TERMINAL) && `there is no ${TERMINAL}`;

describe('the demo on a terminal', { skip: noTerminal }, () => {
  it('shows a command for a guest, whose file goes with the demo', { timeout: 30_000 }, async () => {
    const env = { ...process.env, TERM: 'xterm' };
    const stdio = ['pipe', 'pipe', 'inherit'] as const;
    const demo = spawn(TERMINAL, ['-qec', COMMAND.join(' '), '/dev/null'], { env, stdio: [...stdio] });
    const { ended, says, output } = follow(demo);
    await says(/never two leaders/);
    demo.stdin.write('h');
    await says(/-kubeconfig=\S+guest/);
    const [, path = ''] = /-kubeconfig=([\w/.-]+)/.exec(output()) ?? [];
    assert.match(readFileSync(path, 'utf8'), /current-context: demo/);
    demo.stdin.write('q');
    assert.equal(await ended(), 0, output());
    assert.equal(existsSync(path), false);
    await nothingIsLeft(output());
  });
});

describe('the fleet of the demo', () => {
  /** Also what a test that failed has left. */
  const cleanUps: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function startFleetWithGuest() {
    const guest = createGuest();
    const fleet = await startFleet(process.env, guest);
    cleanUps.push(() => fleet.close());
    const file = writeGuestFile(fleet.url, guest.token);
    cleanUps.push(() => file.remove());
    return { fleet, file };
  }

  function until(fleet: Fleet, isTrue: (state: DemoState) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const unsubscribe = fleet.subscribe((state) => {
        if (!isTrue(state)) return;
        unsubscribe();
        resolve();
      });
    });
  }

  it('hears of renewals: a leader has led on beyond its first proof', { timeout: 30_000 }, async () => {
    const { fleet } = await startFleetWithGuest();
    await until(fleet, ({ spans, ttlMs }) => {
      return spans.some(({ source, fromMs, validUntilMs }) => {
        return source === 'log' && Number.isFinite(validUntilMs) && validUntilMs > fromMs + ttlMs;
      });
    });
  });

  it('hands over to a guest with the file that was written for it', { timeout: 30_000 }, async () => {
    const { fleet, file } = await startFleetWithGuest();
    await until(fleet, ({ term }) => term !== null);
    const options = { name: LOCK_NAME, id: 'dave', ttl: '3s', podLabel: false, kubeConfig: file.path };
    const node = new ElectorNode(options);
    cleanUps.push(() => node.stop());
    const isOver = node.run();
    await Promise.all(fleet.state().members.map(({ name }) => fleet.act('stop', name)));
    for await (const { isLeading } of node.changes()) if (isLeading) break;
    assert.equal(fleet.state().term?.member, 'dave');
    await node.stop();
    await isOver;
    assert.equal(fleet.state().lock?.holder, '');
    assert.deepEqual(fleet.state().overlaps, []);
  });
});
