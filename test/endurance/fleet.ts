/**
 * Days of an election on virtual time: alice, bob and carol with the parts of a node (participant, lock, label, feed)
 * over the store of the embedded API, with faults now and then. Sampled every so often for whatever might grow.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pods } from '../../src/dev/kinds.ts';
import { createStore } from '../../src/dev/store.ts';
import { storeApi } from '../../src/dev/store-api.ts';
import { deriveTimings } from '../../src/election/timings.ts';
import { ViewFeed } from '../../src/elector/feed.ts';
import { Participant } from '../../src/elector/participant.ts';
import { workFunction } from '../../src/elector/work-function.ts';
import { leaseCodec } from '../../src/lock/lease.ts';
import { ObjectLock } from '../../src/lock/object-lock.ts';
import { silentLogger } from '../../src/logger.ts';
import { PodLabel } from '../../src/outlets/pod-label.ts';
import { Random } from '../simulation/random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { type FaultyApi, faultyApi } from './faulty-api.ts';
import type { Sample } from './growth.ts';

export interface FleetOptions {
  readonly seed: number;
  readonly hours: number;
  readonly ttlMs: number;
  readonly sampleEveryMs: number;
  readonly onSample?: (sample: Sample) => void;
}

export interface Outcome {
  readonly samples: readonly Sample[];
  /** Terms of all members together. */
  readonly terms: number;
  readonly requests: number;
  /** Samples at which nobody led, and at which more than one did. */
  readonly leaderless: number;
  readonly doubled: number;
  /** After everybody stopped: all must be 0. */
  readonly leftBehind: { readonly timers: number; readonly watches: number; readonly leading: number };
}

interface Member {
  readonly participant: Participant;
  readonly label: PodLabel;
  readonly api: FaultyApi;
}

const HOUR_MS = 3_600_000;
const FAULTS = { chance: 0.004, watchMs: 20 * 60_000 };
/** Somebody steps down this often, so that terms begin and end. */
const STEP_DOWN_EVERY_MS = HOUR_MS;

export async function runFleet({ seed, hours, ttlMs, sampleEveryMs, onSample }: FleetOptions): Promise<Outcome> {
  const random = new Random(seed);
  const clock = new VirtualClock();
  const chance = random.fork('uids');
  const store = createStore({ newUid: () => chance.hex(12), wallMs: () => clock.now().wallMs });
  const members = ['alice', 'bob', 'carol'].map((id) => {
    store.create(
      pods,
      'default',
      JSON.stringify({ metadata: { name: id }, spec: { containers: [{ name: 'a', image: 'a' }] } }),
    );
    return createMember(
      id,
      faultyApi(storeApi(store), clock, random.fork(id), FAULTS),
      clock,
      random.fork(`${id}/lot`),
      ttlMs,
    );
  });
  for (const { participant, label } of members) {
    label.start();
    participant.start();
  }

  const leading = () => members.filter(({ participant }) => participant.view().isLeading);
  const samples: Sample[] = [];
  let leaderless = 0;
  let doubled = 0;
  for (let atMs = 0; atMs < hours * HOUR_MS; atMs += sampleEveryMs) {
    await clock.run(sampleEveryMs);
    const leaders = leading();
    if (leaders.length === 0) leaderless += 1;
    if (leaders.length > 1) doubled += 1;
    if (atMs % STEP_DOWN_EVERY_MS === 0) leaders[0]?.participant.giveUp('somebody else may', false);
    const sample = { atMs, values: { ...measure(clock), watches: sum(members, ({ api }) => api.openWatches()) } };
    samples.push(sample);
    onSample?.(sample);
  }

  const terms = sum(members, ({ participant }) => participant.view().term);
  for (const { participant } of members) participant.giveUp('the end', true);
  await clock.run(60_000);
  for (const { label } of members) label.stop();
  // A request whose client gave it up still arrives.
  await clock.run(60_000);
  return {
    ...{ samples, terms, leaderless, doubled, requests: sum(members, ({ api }) => api.requests()) },
    leftBehind: {
      timers: clock.pendingTimers,
      watches: sum(members, ({ api }) => api.openWatches()),
      leading: leading().length,
    },
  };
}

function createMember(id: string, api: FaultyApi, clock: VirtualClock, random: Random, ttlMs: number): Member {
  const feed = new ViewFeed(() => participant.view(), silentLogger);
  const label = new PodLabel({
    ...{ api, clock, logger: silentLogger, pod: { name: id, namespace: 'default', uid: '' } },
    isLeading: () => participant.view().isLeading,
  });
  feed.subscribe((view) => label.onView(view));
  const participant: Participant = new Participant({
    config: {
      ...{ id, processId: `process-of-${id}`, pod: { name: id, namespace: 'default', uid: '' } },
      ...{ timings: deriveTimings({ ttlMs }).timings, drainBudgetMs: 25_000, releaseDelayMs: 0, canKillWork: false },
    },
    ...{ lock: new ObjectLock(api, leaseCodec, 'default', 'reports'), clock, random: () => random.next() },
    work: workFunction(({ signal }) => untilAborted(signal), silentLogger),
    labelStandby: (timeoutMs) => label.standbyOnce(timeoutMs),
    onChange: () => feed.announce(),
  });
  return { participant, label, api };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

let collect: (() => void) | null = null;

function measure(clock: VirtualClock) {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  const listeners = process.eventNames().reduce((count, name) => count + process.listenerCount(name), 0);
  return { heapMb: process.memoryUsage().heapUsed / 2 ** 20, timers: clock.pendingTimers, listeners };
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
