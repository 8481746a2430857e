/** The peer electors elect: on every kind of lock that they have, alone and with each other. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { GoPeer } from './harness/build.ts';
import { startCluster } from './harness/cluster.ts';
import { claims, overlaps, type PeerProcess, startPeer } from './harness/peer-process.ts';
import { freePort } from './harness/ports.ts';
import { textAt } from './harness/requests.ts';
import { until } from './harness/wait.ts';

const cluster = await startCluster();
after(() => cluster.stop());

const TTL_SECONDS = 3;
const EXIT_ON_SIGTERM = { 'clientgo-v0.17': 255, 'clientgo-v0.37': 0 } as const;

const FLEETS: readonly { readonly lockType: string; readonly alice: GoPeer; readonly bob: GoPeer }[] = [
  { lockType: 'leases', alice: 'clientgo-v0.37', bob: 'clientgo-v0.37' },
  { lockType: 'leases', alice: 'clientgo-v0.17', bob: 'clientgo-v0.37' },
  { lockType: 'leases', alice: 'clientgo-v0.37', bob: 'clientgo-v0.17' },
  { lockType: 'configmaps', alice: 'clientgo-v0.17', bob: 'clientgo-v0.17' },
  { lockType: 'endpoints', alice: 'clientgo-v0.17', bob: 'clientgo-v0.17' },
  { lockType: 'configmapsleases', alice: 'clientgo-v0.17', bob: 'clientgo-v0.17' },
  { lockType: 'endpointsleases', alice: 'clientgo-v0.17', bob: 'clientgo-v0.17' },
];

async function candidate(peer: GoPeer, id: string, namespace: string, lockType: string, httpPort?: number) {
  return startPeer({
    peer,
    id,
    namespace,
    lockType,
    election: 'demo',
    ttlSeconds: TTL_SECONDS,
    kubeconfig: cluster.adminKubeconfig,
    ...(httpPort !== undefined && { httpPort }),
  });
}

async function untilLeading(peer: PeerProcess): Promise<void> {
  await until(`${peer.id} leads`, () => peer.leading() || peer.child.exitCode !== null).catch((error: unknown) => {
    throw new Error(`${peer.id} does not lead:\n${peer.log()}`, { cause: error });
  });
  assert.equal(peer.child.exitCode, null, peer.log());
}

describe('two candidates', { concurrency: 3 }, () => {
  for (const fleet of FLEETS) {
    test(`on ${fleet.lockType}: ${fleet.bob} follows ${fleet.alice} on SIGTERM, and never do both lead`, async () => {
      const namespace = await cluster.createNamespace();
      const alice = await candidate(fleet.alice, 'alice', namespace, fleet.lockType);
      await untilLeading(alice);
      const bob = await candidate(fleet.bob, 'bob', namespace, fleet.lockType);
      await until('bob sees that alice leads', () => bob.events.some(({ holder }) => holder === 'alice'));

      assert.equal(await alice.end(), EXIT_ON_SIGTERM[fleet.alice], alice.log());
      await untilLeading(bob);
      assert.equal(await bob.end(), EXIT_ON_SIGTERM[fleet.bob], bob.log());
      const terms = claims([alice, bob]);
      assert.deepEqual([terms.map(({ id }) => id), overlaps(terms)], [['alice', 'bob'], []]);
    });
  }
});

test('client-go 0.37 lets go of the Lease on SIGTERM, and stops claiming before', async () => {
  const namespace = await cluster.createNamespace();
  const alice = await candidate('clientgo-v0.37', 'alice', namespace, 'leases');
  await untilLeading(alice);
  await alice.end();
  const lease = await cluster.admin('GET', `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/demo`);
  assert.equal(textAt(lease.body, 'spec', 'holderIdentity'), '');
  assert.equal(alice.leading(), false);
});

test('client-go 0.17 leaves the Lease held on SIGTERM, as the original does', async () => {
  const namespace = await cluster.createNamespace();
  const alice = await candidate('clientgo-v0.17', 'alice', namespace, 'leases');
  await untilLeading(alice);
  await alice.end();
  const lease = await cluster.admin('GET', `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/demo`);
  assert.equal(textAt(lease.body, 'spec', 'holderIdentity'), 'alice');
});

test('a claim lapses by itself when its process cannot renew', async () => {
  const namespace = await cluster.createNamespace();
  const port = await freePort();
  const alice = await candidate('clientgo-v0.37', 'alice', namespace, 'leases', port);
  await untilLeading(alice);
  const answer = async () => {
    const { is_leader, leader, node } = (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as Record<
      string,
      unknown
    >;
    return { is_leader, leader, node };
  };
  assert.deepEqual(await answer(), { is_leader: true, leader: 'alice', node: 'alice' });
  cluster.apiserver.pause();
  await until('alice stops', () => !alice.leading(), TTL_SECONDS * 1000);
  assert.deepEqual(await answer(), { is_leader: false, leader: '', node: 'alice' });
  cluster.apiserver.resume();
  await untilLeading(alice);
  await alice.end();
});

test('overlapping claims are found', () => {
  const alice = { id: 'alice', fromNs: 0, toNs: 10 };
  assert.deepEqual(overlaps([alice, { id: 'bob', fromNs: 10, toNs: 20 }]), []);
  const early = { id: 'bob', fromNs: 9, toNs: 20 };
  assert.deepEqual(overlaps([alice, early]), [[alice, early]]);
});
