/**
 * What strikes all elections at once: the API server or etcd dies, hangs or is restarted, or etcd comes back from a
 * copy that was taken some minutes before.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../../bench/world/mono.ts';
import type { Cluster } from '../../cluster/harness/cluster.ts';
import type { Random } from '../../simulation/random.ts';
import type { Election } from '../election.ts';
import { isOurs, type StrikeKind } from '../history.ts';
import type { FencedResource } from '../resource.ts';

export interface Stage {
  readonly cluster: Cluster;
  readonly elections: readonly Election[];
  readonly resource: FencedResource;
  readonly random: Random;
}

export interface Disaster {
  readonly kind: StrikeKind;
  readonly strike: (stage: Stage) => Promise<void>;
}

/** Longer than the renew deadline of any election: whoever led by the old tokens has ended. */
const NOBODY_LEADS_AFTER_MS = 3_500;

function onAll(elections: readonly Election[], kind: StrikeKind, about: string): () => void {
  const strikes = elections.map((election) => election.strike(kind, [], about));
  return () => {
    for (const strike of strikes) strike.end();
  };
}

function outage(
  kind: StrikeKind,
  down: (cluster: Cluster) => Promise<void> | void,
  up: (cluster: Cluster) => Promise<void> | void,
): Disaster {
  return {
    kind,
    async strike({ cluster, elections, random }) {
      const forMs = random.logBetween(200, 8_000);
      const end = onAll(elections, kind, `${Math.round(forMs)} ms`);
      await down(cluster);
      await sleep(forMs);
      await up(cluster);
      end();
    },
  };
}

const apiserverKilled = outage(
  'API server killed',
  ({ apiserver }) => apiserver.kill(),
  ({ apiserver }) => apiserver.start(),
);
const apiserverRestarted = outage(
  'API server restarted',
  ({ apiserver }) => apiserver.stop(),
  ({ apiserver }) => apiserver.start(),
);
const apiserverHung = outage(
  'API server hung',
  ({ apiserver }) => apiserver.pause(),
  ({ apiserver }) => apiserver.resume(),
);
const etcdHung = outage(
  'etcd hung',
  ({ etcd }) => etcd.pause(),
  ({ etcd }) => etcd.resume(),
);

/** While it is down its data is copied, for a restore that may come. */
const etcdKilled = outage(
  'etcd killed',
  async ({ etcd, dir }) => {
    await etcd.kill();
    rmSync(copyOf(dir), { recursive: true, force: true });
    cpSync(dataOf(dir), copyOf(dir), { recursive: true });
  },
  ({ etcd }) => etcd.start(),
);

const etcdRestored: Disaster = {
  kind: 'etcd restored',
  async strike({ cluster, elections, resource }) {
    const { dir, etcd, apiserver } = cluster;
    const end = onAll(elections, 'etcd restored', 'from the copy of the last time it was down');
    // As one does it: an API server remembers what etcd no longer knows.
    await apiserver.kill();
    await etcd.kill();
    rmSync(dataOf(dir), { recursive: true });
    cpSync(copyOf(dir), dataOf(dir), { recursive: true });
    await sleep(NOBODY_LEADS_AFTER_MS);
    resource.newEpoch();
    await etcd.start();
    await apiserver.start();
    await Promise.all(elections.flatMap(({ members }) => members.map(putRight)));
    end();
  },
};

/** Pods and tokens that were made since the copy are gone; as their controllers would, make them anew. */
async function putRight(member: Election['members'][number]): Promise<void> {
  if (await member.isKnown()) {
    if (isOurs(member.options.program)) await member.renewToken();
    return;
  }
  const process = member.current;
  process?.signal('SIGKILL');
  await process?.exited;
  await member.replacePod();
  if (process !== null) await member.start();
}

function dataOf(dir: string): string {
  return join(dir, 'etcd');
}

function copyOf(dir: string): string {
  return join(dir, 'etcd-copy');
}

/** All of them, in an order of chance; the copy is taken before it is needed, and a short run sees both. */
export function drawDisasters(random: Random): readonly Disaster[] {
  const others = [apiserverKilled, apiserverHung, apiserverRestarted, etcdHung];
  const [first, ...rest] = others
    .map((disaster) => ({ disaster, at: random.next() }))
    .sort((one, other) => one.at - other.at)
    .map(({ disaster }) => disaster);
  return [etcdKilled, ...(first === undefined ? [] : [first]), etcdRestored, ...rest];
}
