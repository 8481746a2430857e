/**
 * One server program of a test cluster: started, stopped, killed and started again on the same data and port. It never
 * outlives the test process, however that ends. What is ready, and when, is the caller's knowledge.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';

export interface ServerProcess {
  readonly logFile: string;
  /** Of the running program; undefined while it is stopped. */
  pid(): number | undefined;
  /** Resolves when the server answers. */
  start(): Promise<void>;
  /** SIGTERM, and SIGKILL if that did not do within some seconds. Resolves when the program is gone. */
  stop(): Promise<void>;
  /** SIGKILL. Resolves when the program is gone. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** SIGSTOP: the program hangs, its connections stay open. */
  pause(): void;
  resume(): void;
}

export interface ServerOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Asked again and again after a start, until it resolves to true. */
  readonly ready: () => Promise<boolean>;
}

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 50;
const STOP_WITHIN_MS = 5_000;
const LOG_TAIL_LINES = 40;

export function serverProcess(options: ServerOptions): ServerProcess {
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    if (child !== null) throw new Error(`cannot start ${options.name}: it is running`);
    const started = spawnTied(options);
    child = started;
    const forget = () => {
      if (child === started) child = null;
    };
    started.once('exit', forget);
    // It could not be started at all.
    started.once('error', forget);
    const endsAt = performance.now() + READY_WITHIN_MS;
    while (!(await options.ready())) {
      if (child !== started) throw new Error(`${options.name} ended while it started:\n${logTail(options.logFile)}`);
      if (performance.now() > endsAt) {
        throw new Error(`${options.name} was not ready within ${READY_WITHIN_MS} ms:\n${logTail(options.logFile)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const ending = child;
    if (ending === null) return;
    const gone = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
    ending.ref();
    ending.kill(signal);
    // A paused program takes no SIGTERM.
    ending.kill('SIGCONT');
    const timer = setTimeout(() => ending.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(timer);
  }

  return {
    logFile: options.logFile,
    pid: () => child?.pid,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGTERM');
      await start();
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
}

/** Removed when this process ends, in whatever way that can be noticed. */
export function removeAtExit(dir: string): void {
  tieToThisProcess();
  dirs.add(dir);
}

const running = new Set<ChildProcess>();
const dirs = new Set<string>();
let tied = false;

/** Unreferenced: a test file ends when its tests have, and takes the servers along. */
function spawnTied(options: ServerOptions): ChildProcess {
  tieToThisProcess();
  const log = openSync(options.logFile, 'a');
  // Where it exists, setpriv lets the kernel kill the server when this process dies of SIGKILL. It becomes the server,
  // so the process id is the server's.
  const prefix = hasSetpriv() ? ['setpriv', '--pdeathsig', 'KILL'] : [];
  const [command = options.command, ...args] = [...prefix, options.command, ...options.args];
  const child = spawn(command, args, { stdio: ['ignore', log, log], detached: false });
  closeSync(log);
  child.unref();
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

function tieToThisProcess(): void {
  if (tied) return;
  tied = true;
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
    if (process.env.K8S_ELECTOR_KEEP === '1') return;
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }
}

let setpriv: boolean | undefined;
function hasSetpriv(): boolean {
  setpriv ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
  return setpriv;
}

function logTail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
