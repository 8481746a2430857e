/**
 * A real elector for tests: the command as a process of its own, with its log, its HTTP answer, its signals and its
 * end. Whatever becomes of the test, the process does not outlive it. What it claims, and when, is read from its own
 * log: `mono_ns` is a clock that all processes of the machine share.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { type Claim, overlaps } from '../cluster/harness/peer-process.ts';
import { freePort } from '../cluster/harness/ports.ts';
import { until } from '../cluster/harness/wait.ts';

export type { Claim };
export { freePort, overlaps, until };

export interface ElectorStart {
  readonly id: string;
  /** Beside `-election demo`, `-id`, `-http` and `-log-format`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: a free one. */
  readonly port?: number;
  /** In-cluster configuration: this folder is mounted where kubelet mounts it, for this process alone. Linux only. */
  readonly serviceAccount?: { readonly dir: string; readonly env: Readonly<Record<string, string>> };
  /** Default: the sources. */
  readonly main?: string;
}

export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** What `GET /` says, but for the time. */
export interface Answer {
  readonly is_leader: boolean;
  readonly leader: string;
  readonly node: string;
}

export interface HttpAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ElectorProcess {
  readonly id: string;
  readonly port: number;
  readonly pid: number;
  /** All so far. */
  readonly lines: readonly LogLine[];
  /** What it wrote to stdout, which must stay empty. */
  stdout(): string;
  /** What it wrote to stderr and is no line of JSON: a crash shows here. */
  noise(): string;
  /** The log lines with this message. */
  said(message: string): readonly LogLine[];
  /** The first such line that it says, or has said already after `from` lines. */
  untilSaid(message: string, options?: { readonly withinMs?: number; readonly from?: number }): Promise<LogLine>;
  get(path: string): Promise<HttpAnswer>;
  answer(): Promise<Answer>;
  /** False also while nobody answers. */
  leads(): Promise<boolean>;
  untilLeads(withinMs?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** SIGSTOP, and SIGCONT: nobody is answered in between. */
  pause(): void;
  resume(): void;
  readonly exited: Promise<Exit>;
  /** Sends the signal; resolves when the process is gone. */
  end(signal?: NodeJS.Signals): Promise<Exit>;
  /** One for each term. A term that did not end lasts until the process ended, else until now. */
  claims(): readonly Claim[];
}

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'src', 'cli', 'main.ts');
/** A process of these tests lives for seconds: compiling the sources anew would be most of what it costs. */
const COMPILE_CACHE = join(ROOT, '.cache', 'compile');
const HTTP_WITHIN_MS = 5_000;
const LAPSE = 'the renew deadline passed without a proven renewal';

export async function startElector(t: TestContext, start: ElectorStart): Promise<ElectorProcess> {
  const port = start.port ?? (await freePort());
  const elector = run({ ...start, port });
  t.after(async () => {
    if (!t.passed) t.diagnostic(`${start.id} said:\n${transcript(elector)}`);
    await elector.end('SIGKILL');
  });
  return elector;
}

/** In which order, and whether at most one at a time: the ids of the claims in order, and the pairs that overlap. */
export function history(electors: readonly { claims(): readonly Claim[] }[]) {
  const all = electors.flatMap((elector) => elector.claims()).toSorted((one, other) => one.fromNs - other.fromNs);
  return { leaders: all.map(({ id }) => id), overlaps: overlaps(all) };
}

function run(start: ElectorStart & { readonly port: number }): ElectorProcess {
  const { id, port, args = [], env = {}, serviceAccount, main = MAIN } = start;
  const flags = ['-election=demo', `-id=${id}`, `-http=127.0.0.1:${port}`, '-log-format=json', ...args];
  const [command = '', ...words] = [
    ...tied(),
    ...(serviceAccount === undefined ? [] : mounted(serviceAccount.dir)),
    ...[process.execPath, main, ...flags],
  ];
  const child = spawn(command, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILE_CACHE, ...serviceAccount?.env, ...env },
  });
  alive.add(child);

  let stdout = '';
  let noise = '';
  const lines: LogLine[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    const parsed = logLine(line);
    if (parsed === null) noise += `${line}\n`;
    else lines.push(parsed);
  });
  let endedNs: number | null = null;
  child.once('exit', () => {
    endedNs = monoNs();
    alive.delete(child);
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

  const pausesNs: number[] = [];
  let isPaused = false;
  const get = (path: string) => httpGet(port, path);
  const answer = async (): Promise<Answer> => {
    const { is_leader, leader, node } = JSON.parse((await get('/')).body);
    return { is_leader, leader, node };
  };
  const leads = () =>
    answer().then(
      ({ is_leader }) => is_leader,
      () => false,
    );
  const gone = () => child.exitCode !== null || child.signalCode !== null;

  return {
    ...{ id, port, lines, exited, get, answer, leads },
    pid: child.pid ?? 0,
    stdout: () => stdout,
    noise: () => noise,
    said: (message) => lines.filter(({ msg }) => msg === message),
    async untilSaid(message, { withinMs, from = 0 } = {}) {
      const find = () => lines.slice(from).find(({ msg }) => msg === message);
      await until(`${id} says "${message}"`, () => find() !== undefined || gone(), withinMs);
      const found = find();
      if (found === undefined) throw new Error(`${id} ended and never said "${message}"`);
      return found;
    },
    untilLeads: (withinMs) => until(`${id} leads`, leads, withinMs),
    signal: (signal) => void child.kill(signal),
    pause() {
      child.kill('SIGSTOP');
      pausesNs.push(monoNs());
      isPaused = true;
    },
    resume() {
      isPaused = false;
      child.kill('SIGCONT');
    },
    end(signal = 'SIGTERM') {
      child.kill(signal);
      // A stopped process takes no other signal but SIGKILL.
      child.kill('SIGCONT');
      return exited;
    },
    claims() {
      const untilNs = endedNs ?? (isPaused ? pausesNs.at(-1) : undefined) ?? monoNs();
      return claimsIn(id, lines, untilNs, pausesNs);
    },
  };
}

/**
 * A term that lapsed over a pause ended with the pause: nobody was told anything during it, and the first word after it
 * was that the term is over.
 */
function claimsIn(id: string, lines: readonly LogLine[], untilNs: number, pausesNs: readonly number[]) {
  const marks = lines.filter(({ msg }) => msg === 'started leading' || msg === 'stepping down as leader');
  return marks.flatMap((mark, index): readonly Claim[] => {
    if (mark.msg !== 'started leading') return [];
    const fromNs = Number(mark.mono_ns);
    const end = marks[index + 1];
    const toNs = end === undefined ? untilNs : Number(end.mono_ns);
    const pausedNs = pausesNs.findLast((atNs) => atNs > fromNs && atNs < toNs);
    return [{ id, fromNs, toNs: pausedNs !== undefined && end?.reason === LAPSE ? pausedNs : toNs }];
  });
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Where it exists, setpriv lets the kernel kill the process when this one dies of SIGKILL; it becomes the process. */
let tie: readonly string[] | undefined;
function tied(): readonly string[] {
  const prefix = ['setpriv', '--pdeathsig', 'KILL'];
  tie ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? prefix : [];
  return tie;
}

/**
 * A mount namespace of its own, in which the folder stands where kubelet puts it. `/run` is hidden, so that nothing
 * has to be made on this machine. Each word becomes the next one, so the process id stays.
 */
function mounted(dir: string): readonly string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const script = [
    'set -e',
    'mount -t tmpfs none /var/run/',
    'mkdir -p /var/run/secrets/kubernetes.io/serviceaccount',
    'mount --bind "$1" /var/run/secrets/kubernetes.io/serviceaccount',
    'shift',
    'exec "$@"',
  ].join('\n');
  return ['unshare', ...asRoot, '--mount', 'sh', '-c', script, 'sh', dir];
}

function logLine(text: string): LogLine | null {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null && 'msg' in line ? (line as LogLine) : null;
  } catch {
    return null;
  }
}

function httpGet(port: number, path: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, timeout: HTTP_WITHIN_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ code: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer from port ${port} in ${HTTP_WITHIN_MS} ms`)));
    sent.on('error', reject);
    sent.end();
  });
}

function monoNs(): number {
  return Number(process.hrtime.bigint());
}

function transcript(elector: ElectorProcess): string {
  return [...elector.lines.map((line) => JSON.stringify(line)), elector.noise(), elector.stdout()].join('\n');
}
