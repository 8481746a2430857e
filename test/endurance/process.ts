/**
 * Real elector processes for as long as one likes: `node test/endurance/process.ts --minutes 20`. A leader and a
 * standby on the embedded API, with faults switched on and off, watches cut, tokens rotated, and pollers on `GET /`.
 * Samples memory, descriptors and sockets of both, and ends with 1 when one of them grows. Linux only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { Fault } from '../../src/dev/faults.ts';
import { pods } from '../../src/dev/kinds.ts';
import type { User } from '../../src/dev/rights.ts';
import { startServer } from '../../src/dev/server.ts';
import { createStore } from '../../src/dev/store.ts';
import { freePort } from '../cluster/harness/ports.ts';
import { growthOf, growthProblems, type Limit, type Sample } from './growth.ts';

const SAMPLE_EVERY_MS = 5_000;
const REPORT_EVERY_MS = 30_000;
/** Until code is compiled and the heap has found its size. */
const WARM_UP_SHARE = 0.3;
const QUIET_MS = 8_000;
const COLLECTED_AFTER_MS = 500;
const POLL_EVERY_MS = 25;
/** After a collection: what lives grows by nothing. */
const LIMITS: Readonly<Record<string, Limit>> = {
  ...{ heapMb: { most: 0.5 }, externalMb: { most: 0.5 } },
  ...{ resources: { most: 3 }, fds: { most: 3 }, sockets: { most: 3 } },
};
/** What the system gave for the heap comes in steps of megabytes, up and down; it must end about where it began. */
const MOST_ANONYMOUS_MB = 5;
/** A connection or two may wait in the pool for the next request. */
const MOST_FDS_LEFT = 2;

const FAULTS: readonly Fault[] = [
  { type: 'delay', delayMs: 300, applied: false },
  { type: 'black-hole', applied: true },
  { type: 'reset', applied: true },
  { type: 'half-open' },
  { type: 'slow-drip', bytesPerSecond: 500 },
  { type: 'truncated', keepBytes: 50 },
  { type: 'proxy-html', code: 502, applied: false },
  { type: 'status', code: 429, applied: false, withStatus: true, retryAfterSeconds: 1 },
  { type: 'status', code: 500, applied: true, withStatus: true },
  { type: 'big-body', megabytes: 1 },
  { type: 'wrong-kind' },
  { type: 'watch-closed' },
  { type: 'watch-garbage' },
  { type: 'watch-truncated' },
  { type: 'watch-expired', as: 'event' },
];

interface Elector {
  readonly id: string;
  readonly port: number;
  readonly child: ChildProcess;
  readonly samples: Sample[];
  /** What it said of itself at the last collection; see collect.ts. */
  left: Measured;
  /** Lines of its log by message. */
  readonly said: Map<string, number>;
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes takes a number');

/** Faults so far. */
let struck = 0;
const folder = mkdtempSync(join(tmpdir(), 'k8s-elector-endurance-'));
const users = new Map<string, User>();
const store = createStore({ newUid: randomUUID, wallMs: Date.now });
const api = await startServer({ store, users });
const electors = await Promise.all(['alice', 'bob'].map(startElector));
process.on('exit', () => {
  for (const { child } of electors) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));
process.exitCode = (await endure()) ? 0 : 1;

async function endure(): Promise<boolean> {
  await untilServed();
  await sleep(QUIET_MS);
  const before = await collected();
  const startedAtMs = performance.now();
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const polls = { answered: 0, failed: 0 };
  const timers = [
    setInterval(() => {
      for (const elector of electors) poll(elector, agent, polls);
    }, POLL_EVERY_MS),
    setInterval(() => strikeOnce(), 5_000),
    setInterval(() => store.closeWatches(), 17_000),
    setInterval(() => rotateTokens(), 23_000),
    setInterval(async () => {
      const values = await collected();
      const atMs = performance.now() - startedAtMs;
      for (const [index, { samples }] of electors.entries()) samples.push({ atMs, values: values[index] ?? {} });
    }, SAMPLE_EVERY_MS),
    setInterval(() => {
      for (const { id, samples } of electors)
        console.log(`${seconds(startedAtMs)} s ${id}: ${shown(samples.at(-1)?.values)}`);
    }, REPORT_EVERY_MS),
  ];
  await sleep(minutes * 60_000);
  for (const timer of timers) clearInterval(timer);
  api.faults.clear();
  agent.destroy();
  await sleep(QUIET_MS);

  const after = await collected();
  const problems = electors.flatMap((elector, index) => judge(elector, before[index] ?? {}, after[index] ?? {}));
  console.log(`polls: ${polls.answered} answered, ${polls.failed} failed; requests to the API: ${api.log.count()}`);
  for (const { child } of electors) child.kill('SIGTERM');
  const codes = await Promise.all(electors.map(({ child }) => exitOf(child)));
  await api.close();
  if (codes.some((code) => code !== 0)) problems.push(`exit codes ${codes.join(', ')}`);
  console.log(problems.length === 0 ? 'nothing grows' : problems.join('\n'));
  return problems.length === 0;
}

type Measured = Readonly<Record<string, number>>;

function judge(elector: Elector, before: Measured, after: Measured): string[] {
  const { id, samples, child, said } = elector;
  const terms = said.get('started leading') ?? 0;
  console.log(`${id}: ${terms} terms, log ${[...said].map(([message, count]) => `${message} ×${count}`).join(', ')}`);
  if (child.exitCode !== null || child.signalCode !== null)
    return [`${id} ended: ${child.exitCode ?? child.signalCode}`];
  console.log(`${id}: quiet before ${shown(before)}; quiet after ${shown(after)}`);
  const measured = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  for (const name of [...Object.keys(LIMITS), 'anonymousMb', 'residentMb']) {
    const { first, last, highest, growth, perHour } = growthOf(name, measured);
    const numbers = [first, last, highest, growth, perHour].map((value) => value.toFixed(2));
    console.log(
      `${id} ${name}: ${numbers[0]} to ${numbers[1]}, highest ${numbers[2]}, growth ${numbers[3]} (${numbers[4]} an hour)`,
    );
  }
  const left = (after.fds ?? 0) - (before.fds ?? 0);
  const moreMb = (after.anonymousMb ?? Number.NaN) - (before.anonymousMb ?? Number.NaN);
  return [
    ...growthProblems(measured, LIMITS).map((problem) => `${id}: ${problem}`),
    ...(moreMb <= MOST_ANONYMOUS_MB ? [] : [`${id}: ${moreMb.toFixed(1)} MB more than before`]),
    ...(left > MOST_FDS_LEFT ? [`${id}: ${left} descriptors more than before`] : []),
  ];
}

async function startElector(id: string): Promise<Elector> {
  const port = await freePort();
  const spec = { containers: [{ name: 'app', image: 'app' }] };
  store.create(pods, 'default', JSON.stringify({ kind: 'Pod', apiVersion: 'v1', metadata: { name: id }, spec }));
  giveToken(id);
  const config = join(folder, `${id}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
      clusters: [{ name: 'a', cluster: { server: api.url } }],
      users: [{ name: 'a', user: { tokenFile: tokenFile(id) } }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    }),
  );
  const collector = join(import.meta.dirname, 'collect.ts');
  const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
  const flags = [
    `-id=${id}`,
    `-http=127.0.0.1:${port}`,
    `-kubeconfig=${config}`,
    '-election=demo',
    '-ttl=3s',
    '-log-format=json',
  ];
  const child = spawn(process.execPath, ['--expose-gc', '--import', collector, main, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ELECTOR_POD_NAME: id },
  });
  const said = new Map<string, number>();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const [, message = ''] of text.matchAll(/"msg":"([^"]+)"/g)) said.set(message, (said.get(message) ?? 0) + 1);
  });
  const elector: Elector = { id, port, child, said, samples: [], left: {} };
  createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
    elector.left = JSON.parse(line);
  });
  return elector;
}

function tokenFile(id: string): string {
  return join(folder, `${id}.token`);
}

/** The former token is refused from now on, as after its hour. */
function giveToken(id: string): void {
  for (const [token, { name }] of users) if (name === id) users.delete(token);
  const token = randomUUID();
  users.set(token, { name: id });
  writeFileSync(tokenFile(id), token);
}

function rotateTokens(): void {
  for (const { id } of electors) giveToken(id);
}

/** One after the other, each for a while and some requests, on one of the two. */
function strikeOnce(): void {
  const fault = FAULTS[struck % FAULTS.length];
  const client = electors[Math.floor(struck / 2) % electors.length]?.id ?? '';
  struck += 1;
  if (fault === undefined) return;
  const rule = api.faults.on({ fault, match: { client }, times: 3 });
  setTimeout(() => rule.off(), 2_500).unref();
}

function poll({ port }: Elector, agent: Agent, polls: { answered: number; failed: number }): void {
  const sent = request({ host: '127.0.0.1', port, agent, timeout: 5_000 }, (response) => {
    response.resume().on('end', () => {
      polls.answered += 1;
    });
  });
  sent.on('timeout', () => sent.destroy());
  sent.on('error', () => {
    polls.failed += 1;
  });
  sent.end();
}

/** Both collect; then they are measured from outside. */
async function collected(): Promise<readonly Measured[]> {
  for (const { child } of electors) child.kill('SIGUSR2');
  await sleep(COLLECTED_AFTER_MS);
  return electors.map((elector) => ({ ...elector.left, ...measure(elector) }));
}

/** Until both answer, and one leads. */
async function untilServed(): Promise<void> {
  const answers = () =>
    Promise.all(electors.map(({ port }) => fetch(`http://127.0.0.1:${port}/`).then((it) => it.text())));
  for (let tries = 0; tries < 300; tries += 1) {
    const texts = await answers().catch(() => []);
    if (texts.some((text) => text.includes('"is_leader":true'))) return;
    await sleep(200);
  }
  throw new Error('nobody leads after a minute');
}

function measure({ child }: Elector): Measured {
  const pid = child.pid ?? 0;
  try {
    const memory = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const kilobytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(memory)?.[1] ?? Number.NaN);
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    return {
      anonymousMb: kilobytes('Anonymous') / 1024,
      residentMb: kilobytes('Rss') / 1024,
      fds: links.length,
      sockets: links.filter((link) => link.startsWith('socket:')).length,
    };
  } catch {
    return {};
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function shown(measured: Measured = {}): string {
  return Object.entries(measured)
    .map(([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(1)}`)
    .join(', ');
}

function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}

function seconds(sinceMs: number): number {
  return Math.round((performance.now() - sinceMs) / 1000);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
