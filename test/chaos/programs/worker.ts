/**
 * An application that takes part in an election by the library and works only while it leads: it writes to the fenced
 * resource, again and again, with its fencing token. Before each write it makes sure that it leads, and says when it did.
 * After SIGTERM its work goes on for a moment, as work does that has something to finish; the lock must be held so long.
 *
 * `--clock-rate 0.2` makes it a member that must be found out: its clocks run five times too slowly.
 */
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import { createLogger } from '../../../src/cli/log.ts';
import { openStream } from '../../../src/cli/stream.ts';
import type { Clock } from '../../../src/clock.ts';
import { systemClock } from '../../../src/clock.ts';
import { ElectorNode, type ElectorOptions, type Leadership } from '../../../src/index.ts';

const WRITE_EVERY_MS = 20;
/** Longer than a hand-over, so that one that did not wait for it would show. */
const FINISH_MS = 120;
const GIVE_UP_WRITE_MS = 1_000;

const { values: flags } = parseArgs({
  options: {
    election: { type: 'string', default: '' },
    namespace: { type: 'string', default: '' },
    id: { type: 'string', default: '' },
    ttl: { type: 'string', default: '' },
    http: { type: 'string', default: '' },
    'lock-type': { type: 'string', default: 'leases' },
    resource: { type: 'string', default: '' },
    process: { type: 'string', default: '' },
    'clock-rate': { type: 'string', default: '1' },
  },
});
const agent = new Agent({ keepAlive: true });
const stopping = new AbortController();
let terminatedAtMs: number | null = null;
process.once('SIGTERM', () => {
  // Nothing may be finished after a lapse: whoever stood still until now may have lost the lock long ago.
  if (node.isLeader()) terminatedAtMs = monoMs();
  stopping.abort();
});

const rate = Number(flags['clock-rate']);
const node = new ElectorNode(
  {
    ...{ name: flags.election, namespace: flags.namespace, id: flags.id, ttl: flags.ttl },
    ...{ address: flags.http, lockType: flags['lock-type'] as ElectorOptions['lockType'] },
  },
  {
    logger: createLogger({ format: 'json', verbosity: 0, stream: openStream(2) }),
    ...(rate === 1 ? {} : { clock: slowClock(rate) }),
  },
);
await node.lead(work, { signal: stopping.signal });
agent.destroy();

async function work(leadership: Leadership): Promise<void> {
  for (;;) {
    const checkedAtMs = monoMs();
    const mayFinish = terminatedAtMs !== null && checkedAtMs < terminatedAtMs + FINISH_MS;
    if (!mayFinish && (leadership.signal.aborted || !node.isLeader())) return;
    await write(leadership, checkedAtMs).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, WRITE_EVERY_MS));
  }
}

/** Ends when it was answered, or when leadership is over and nothing more is to be finished. */
function write({ token, signal }: Leadership, checkedAtMs: number): Promise<void> {
  const body = JSON.stringify({ process: flags.process, token, checkedAtMs });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, agent, timeout: GIVE_UP_WRITE_MS };
    const sent = request(flags.resource, options, (response) => {
      response.resume();
      response.once('end', resolve);
      response.once('error', reject);
    });
    sent.once('timeout', () => sent.destroy());
    sent.once('error', reject);
    sent.end(body);
    signal.addEventListener('abort', () => terminatedAtMs === null && resolve(), { once: true });
  });
}

/** CLOCK_MONOTONIC as this process has it. */
function monoMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function slowClock(rate: number): Clock {
  const origin = systemClock.now();
  const slow = (nowMs: number, originMs: number) => originMs + (nowMs - originMs) * rate;
  return {
    now() {
      const { monoMs, bootMs, wallMs } = systemClock.now();
      return { monoMs: slow(monoMs, origin.monoMs), bootMs: slow(bootMs, origin.bootMs), wallMs };
    },
    setTimer: (delayMs, callback) => systemClock.setTimer(delayMs / rate, callback),
  };
}
