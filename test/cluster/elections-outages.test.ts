/** The API server or its etcd goes away and comes back under real elections; tokens are rotated and revoked. */
import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import {
  ACCOUNT,
  type ClusterWorld,
  clusterWorld,
  DEADLINE_MS,
  fullRights,
  leaderFor,
  TTL_MS,
} from '../support/cluster-world.ts';
import { type ElectorProcess, history, until } from '../support/elector-process.ts';
import { startCluster } from './harness/cluster.ts';
import { succeeded, textAt } from './harness/requests.ts';

const cluster = await startCluster();
after(() => cluster.stop());

const STEPPED_DOWN = 'stepping down as leader';
/** After the API is ready again: a watch or a poll must notice, and whoever may lead must write. */
const RECOVERED_WITHIN_MS = 5_000;

interface Fleet {
  readonly world: ClusterWorld;
  readonly electors: readonly ElectorProcess[];
}

/** Two candidates on each kind of lock, all led. */
function startFleets(t: TestContext, ...args: string[]): Promise<readonly Fleet[]> {
  const kinds = ['leases', 'configmaps', 'endpoints'] as const;
  return Promise.all(
    kinds.map(async (kind) => {
      const world = await clusterWorld(t, cluster, fullRights(kind));
      return { world, electors: await world.fleet(['alice', 'bob'], `-lock-type=${kind}`, ...args) };
    }),
  );
}

/** Each fleet has exactly one leader, everybody names it, and all are healthy. */
async function untilWell(fleets: readonly Fleet[], withinMs = TTL_MS + RECOVERED_WITHIN_MS): Promise<void> {
  const isWell = async ({ electors }: Fleet) => {
    const named = await Promise.all(electors.map(leaderFor));
    const leading = await Promise.all(electors.map((elector) => elector.leads()));
    const healthy = await Promise.all(electors.map(async (elector) => (await elector.get('/healthz')).code === 200));
    return (
      named[0] !== '' && new Set(named).size === 1 && leading.filter(Boolean).length === 1 && healthy.every(Boolean)
    );
  };
  await until(
    'every fleet has one leader',
    async () => (await Promise.all(fleets.map(isWell))).every(Boolean),
    withinMs,
  );
}

function assertSafe(fleets: readonly Fleet[]): void {
  for (const { electors } of fleets) {
    assert.deepEqual(history(electors).overlaps, []);
    assert.deepEqual(
      electors.map((elector) => elector.noise()),
      electors.map(() => ''),
    );
  }
}

/** Asked again and again; when the last of all leaders was seen leading. */
async function untilNobodyLeads(fleets: readonly Fleet[]): Promise<number> {
  const fromMs = performance.now();
  const all = fleets.flatMap(({ electors }) => electors);
  await until(
    'nobody leads',
    async () => !(await Promise.all(all.map((elector) => elector.leads()))).some(Boolean),
    DEADLINE_MS + 5_000,
  );
  return performance.now() - fromMs;
}

describe('an outage', { timeout: 240_000 }, () => {
  test('original 3: of the API server ends every term at its renew deadline; afterwards each election has a leader', async (t) => {
    const fleets = await startFleets(t);
    await cluster.apiserver.kill();
    const ms = await untilNobodyLeads(fleets);
    assert.ok(ms < DEADLINE_MS + 300, `somebody led ${ms} ms after the API was gone`);
    await until('all are unhealthy', async () => {
      const answers = await Promise.all(
        fleets.flatMap(({ electors }) => electors.map((elector) => elector.get('/healthz'))),
      );
      return answers.every(({ code }) => code === 503);
    });
    await cluster.apiserver.start();
    await untilWell(fleets);
    assertSafe(fleets);
  });

  test('original 7: an API server that hangs with all its connections open is one that is gone', async (t) => {
    const fleets = await startFleets(t);
    cluster.apiserver.pause();
    const ms = await untilNobodyLeads(fleets);
    assert.ok(ms < DEADLINE_MS + 300, `somebody led ${ms} ms after the API stood still`);
    cluster.apiserver.resume();
    await untilWell(fleets);
    assertSafe(fleets);
  });

  test('of etcd is no different', async (t) => {
    const fleets = await startFleets(t);
    await cluster.etcd.kill();
    const ms = await untilNobodyLeads(fleets);
    assert.ok(ms < DEADLINE_MS + 300, `somebody led ${ms} ms after etcd was gone`);
    await cluster.etcd.start();
    await untilWell(fleets, 30_000);
    assertSafe(fleets);
  });

  test('that is shorter than the renew deadline costs nobody the leadership, and a 410 no sight of the lock', async (t) => {
    const fleets = await startFleets(t, '-ttl=30s');
    await cluster.compact();
    await cluster.apiserver.restart();
    await untilWell(fleets);
    for (const { electors } of fleets) assert.deepEqual(history(electors), { leaders: ['alice'], overlaps: [] });
    await Promise.all(fleets.map(({ electors }) => electors[0]?.end()));
    // An API server that has just started may refuse a list for a moment; then the lock is polled for a while.
    const others = fleets.flatMap(({ electors }) => electors.slice(1));
    await until(
      'the others lead',
      async () => (await Promise.all(others.map((elector) => elector.leads()))).every(Boolean),
      15_000,
    );
    assertSafe(fleets);
  });
});

describe('a token', { concurrency: 2, timeout: 240_000 }, () => {
  /** Not bound to a Pod but to a Secret, with which it can be revoked. */
  async function revocableToken({ namespace }: ClusterWorld) {
    const secrets = `/api/v1/namespaces/${namespace}/secrets`;
    const secret = succeeded('make a secret', await cluster.admin('POST', secrets, { metadata: { name: 'token' } }));
    const ref = { apiVersion: 'v1', kind: 'Secret', name: 'token', uid: textAt(secret, 'metadata', 'uid') };
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${ACCOUNT}/token`;
    const asked = await cluster.admin('POST', path, { spec: { expirationSeconds: 600, boundObjectRef: ref } });
    const token = textAt(succeeded('ask for a token', asked), 'status', 'token');
    const isGood = async () => {
      const { status } = await cluster.as({ token })('GET', `/api/v1/namespaces/${namespace}/pods/alice`);
      return status === 200;
    };
    return {
      token,
      async revoke() {
        await cluster.admin('DELETE', `${secrets}/token`);
        await until('the token is refused', async () => !(await isGood()), 30_000);
      },
    };
  }

  test('that was replaced in its file and then revoked goes unnoticed', async (t) => {
    const world = await clusterWorld(t, cluster);
    const old = await revocableToken(world);
    const pod = await world.pod('alice');
    pod.files.rotate({ token: old.token });
    const alice = await world.start(pod);
    await alice.untilLeads();
    pod.files.rotate({ token: await cluster.tokenFor(world.namespace, ACCOUNT, { pod }) });
    await old.revoke();
    await new Promise((resolve) => setTimeout(resolve, TTL_MS));
    assert.equal(await alice.leads(), true);
    assert.deepEqual(history([alice]).leaders, ['alice']);
    const troubles = alice.lines.filter(({ level, msg }) => level !== 'info' && msg !== 'configuration warning');
    assert.deepEqual(troubles, []);
  });

  test('that is revoked before there is another one ends the term at the deadline; with a new one it leads again', async (t) => {
    const world = await clusterWorld(t, cluster);
    const old = await revocableToken(world);
    const pod = await world.pod('alice');
    pod.files.rotate({ token: old.token });
    const alice = await world.start(pod);
    await alice.untilLeads();
    await old.revoke();
    await alice.untilSaid(STEPPED_DOWN);
    assert.equal(
      alice.lines.some(({ error }) => /Unauthorized/.test(String(error))),
      true,
    );
    pod.files.rotate({ token: await cluster.tokenFor(world.namespace, ACCOUNT, { pod }) });
    const from = alice.lines.length;
    await alice.untilSaid('started leading', { from, withinMs: RECOVERED_WITHIN_MS });
    assert.equal((await alice.get('/healthz')).code, 200);
    assert.deepEqual(await alice.end(), { code: 0, signal: null });
  });

  test('file that is empty or gone for a moment loses nothing', async (t) => {
    const world = await clusterWorld(t, cluster);
    const pod = await world.pod('alice');
    const alice = await world.start(pod);
    await alice.untilLeads();
    const token = await cluster.tokenFor(world.namespace, ACCOUNT, { pod });
    pod.files.rotate({ token: '', caPem: '' });
    await new Promise((resolve) => setTimeout(resolve, TTL_MS));
    pod.files.rotate({ token, caPem: cluster.caPem });
    assert.deepEqual([await alice.leads(), history([alice]).leaders], [true, ['alice']]);
    await alice.end();
  });
});
