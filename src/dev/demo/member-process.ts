/**
 * One member's process, from start to end: its lines, its signals, its exit. Starts no second one; pausing goes through
 * a keeper, so that no member stays asleep when the demo is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type MemberLine, parseMemberLine } from './member-line.ts';
import { MEMBER_SETTINGS_VARIABLE, type MemberSettings } from './member-settings.ts';
import { sharedNowMs } from './shared-clock.ts';

export interface MemberProcess {
  readonly pid: number;
  /** Resolves when it is gone and everything it said was heard. */
  readonly ended: Promise<void>;
  stop(): void;
  kill(): void;
  /** Resolves, to the instant from which it stands still, or to null when it cannot be paused. */
  pause(): Promise<number | null>;
  /** Does nothing when it is not paused. */
  resume(): void;
}

export interface MemberListener {
  onLine(line: MemberLine): void;
  /** After its last line; `atMs` is when it ended. */
  onEnd(end: { readonly atMs: number; readonly code: number | null; readonly signal: string | null }): void;
}

export function startMember(
  settings: MemberSettings,
  env: Readonly<Record<string, string | undefined>>,
  listener: MemberListener,
): MemberProcess {
  const child = spawnScript('member', settings.name, memberEnvironment(env, settings), ['pipe', 'ignore', 'pipe']);
  let keeper: ChildProcess | null = null;

  const resume = () => {
    keeper?.stdin?.end();
    keeper = null;
    child.kill('SIGCONT');
  };
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (text) => {
      const line = parseMemberLine(text);
      if (line !== null) listener.onLine(line);
    });
  }
  const ended = new Promise<void>((resolve) => {
    let atMs = 0;
    child.on('exit', () => {
      atMs = sharedNowMs();
      resume();
    });
    child.on('close', (code, signal) => {
      listener.onEnd({ atMs, code, signal });
      resolve();
    });
    child.on('error', () => {
      if (child.pid !== undefined) return;
      listener.onEnd({ atMs: sharedNowMs(), code: null, signal: null });
      resolve();
    });
  });

  return {
    pid: child.pid ?? 0,
    ended,
    stop: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
    pause: async () => {
      if (keeper !== null || child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
        return null;
      const mine = spawnScript('keeper', String(child.pid), env, ['pipe', 'pipe', 'ignore']);
      keeper = mine;
      // Without its keeper nobody would continue the member, should the demo be killed.
      mine.on('exit', () => {
        if (keeper === mine) resume();
      });
      return firstNumber(mine);
    },
    resume,
  };
}

/**
 * In a session of its own: a Ctrl-C is for the demo, which then ends its members in order. Each holds a pipe that ends
 * with the demo, however that ends.
 */
function spawnScript(
  script: 'member' | 'keeper',
  argument: string,
  env: Readonly<Record<string, string | undefined>>,
  stdio: ('pipe' | 'ignore')[],
): ChildProcess {
  // `.ts` here, `.js` when built.
  const path = fileURLToPath(new URL(`./${script}${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(process.execPath, [path, argument], { env, stdio, detached: true });
  // The pipe of a process that is gone; its exit says so.
  child.stdin?.on('error', () => {});
  return child;
}

/** The demo's own, without what would make a member another one. */
function memberEnvironment(env: Readonly<Record<string, string | undefined>>, settings: MemberSettings) {
  const { ELECTOR_POD_NAME: _, NODE_OPTIONS: __, ...rest } = env;
  return { ...rest, [MEMBER_SETTINGS_VARIABLE]: JSON.stringify(settings) };
}

/** What a process writes first, as a number; null when it ends without. */
function firstNumber(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.stdout?.once('data', (piece: Buffer) => resolve(Number(piece.toString())));
    child.once('close', () => resolve(null));
    child.once('error', () => resolve(null));
  });
}
