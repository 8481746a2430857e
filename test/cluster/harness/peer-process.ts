/**
 * A running peer elector (`peers/`): its events, its HTTP answer, its end. It shows who claimed to lead and when, on a
 * clock that all processes of the machine share.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type GoPeer, goPeer } from './build.ts';

export interface PeerOptions {
  readonly peer: GoPeer;
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly election: string;
  readonly id: string;
  readonly ttlSeconds: number;
  /** Only `leases` on client-go 0.37. */
  readonly lockType?: string;
  readonly httpPort?: number;
}

export interface PeerEvent {
  readonly event: 'leading' | 'stopped' | 'new-leader';
  readonly id: string;
  /** CLOCK_MONOTONIC in ns, as `process.hrtime` reads it. */
  readonly monoNs: number;
  readonly holder: string;
}

export interface PeerProcess {
  readonly id: string;
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** All so far, in order. */
  readonly events: readonly PeerEvent[];
  leading(): boolean;
  /** Sends the signal; resolves to the exit code, null after a kill. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** What it wrote to stderr. */
  log(): string;
}

/** A time in which one process claimed to lead. */
export interface Claim {
  readonly id: string;
  readonly fromNs: number;
  readonly toNs: number;
}

const alive = new Set<PeerProcess['child']>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export async function startPeer(options: PeerOptions): Promise<PeerProcess> {
  const args = [`-kubeconfig=${options.kubeconfig}`, `-namespace=${options.namespace}`];
  args.push(`-election=${options.election}`, `-id=${options.id}`, `-ttl=${options.ttlSeconds}s`);
  if (options.lockType !== undefined) args.push(`-lock-type=${options.lockType}`);
  if (options.httpPort !== undefined) args.push(`-http=127.0.0.1:${options.httpPort}`);
  const child = spawn(await goPeer(options.peer), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  alive.add(child);
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      alive.delete(child);
      resolve(code);
    });
  });

  const events: PeerEvent[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => events.push(parsedEvent(line)));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-20_000);
  });
  return {
    id: options.id,
    child,
    events,
    leading: () => events.findLast(({ event }) => event !== 'new-leader')?.event === 'leading',
    end(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
    log: () => log,
  };
}

/** One for each term; a term that never ended lasts until now. */
export function claims(peers: readonly PeerProcess[]): readonly Claim[] {
  return peers.flatMap(({ id, events }) => {
    const ends = events.filter(({ event }) => event !== 'new-leader');
    return ends.flatMap(({ event, monoNs }, index) =>
      event === 'leading'
        ? [{ id, fromNs: monoNs, toNs: ends[index + 1]?.monoNs ?? Number(process.hrtime.bigint()) }]
        : [],
    );
  });
}

/** The pairs of claims that share an instant: in a right election there is none. */
export function overlaps(all: readonly Claim[]): readonly (readonly [Claim, Claim])[] {
  return all.flatMap((one, index) =>
    all
      .slice(index + 1)
      .flatMap((other) => (one.fromNs < other.toNs && other.fromNs < one.toNs ? [[one, other] as const] : [])),
  );
}

function parsedEvent(line: string): PeerEvent {
  const event: unknown = JSON.parse(line);
  if (isPeerEvent(event)) return event;
  throw new Error(`expected an event of a peer elector, got ${line}`);
}

function isPeerEvent(value: unknown): value is PeerEvent {
  return typeof value === 'object' && value !== null && 'event' in value && 'id' in value && 'monoNs' in value;
}
