/** Elections of real processes on a real API server: who leads, hand-over, crash, restart and pause. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import {
  clusterWorld,
  DEADLINE_MS,
  fullRights,
  type LockType,
  leaderFor,
  rightsOfTheOriginal,
  TTL_MS,
} from '../support/cluster-world.ts';
import { type Claim, type ElectorProcess, history, until } from '../support/elector-process.ts';
import { startCluster } from './harness/cluster.ts';
import { at } from './harness/requests.ts';

const cluster = await startCluster();
after(() => cluster.stop());

const KINDS: readonly LockType[] = ['leases', 'configmaps', 'endpoints'];
/** Beyond what the rules say, for processes that share two cores with an API server and each other. */
const SLACK_MS = 2_000;

function firstClaim(elector: ElectorProcess): Claim {
  const [claim] = elector.claims();
  assert.ok(claim, `${elector.id} never led`);
  return claim;
}

/** From the end of one's first claim to the beginning of the other's. */
function gapMs(before: ElectorProcess, next: ElectorProcess): number {
  return (firstClaim(next).fromNs - firstClaim(before).toNs) / 1e6;
}

describe('on a real API', { concurrency: 5, timeout: 240_000 }, () => {
  for (const kind of KINDS) {
    test(`original 1, 2 and 5: ${kind}: SIGTERM labels, releases, exits 0, and the next one leads at once`, async (t) => {
      const world = await clusterWorld(t, cluster, fullRights(kind));
      const [alice, bob] = await world.fleet(['alice', 'bob'], `-lock-type=${kind}`, '-ttl=30s');
      assert.ok(alice && bob);
      await until(
        'both are labelled',
        async () => (await world.label('alice')) === 'leader' && (await world.label('bob')) === 'standby',
      );
      assert.deepEqual(await alice.end(), { code: 0, signal: null });
      await bob.untilLeads();
      assert.deepEqual(history([alice, bob]), { leaders: ['alice', 'bob'], overlaps: [] });
      assert.ok(gapMs(alice, bob) < 1_500, `nobody led for ${gapMs(alice, bob)} ms`);
      assert.equal(await world.holder(kind), 'bob');
      await until('bob is labelled', async () => (await world.label('bob')) === 'leader');
      assert.equal(await world.label('alice'), 'standby');
      const problems = [alice, bob].flatMap(({ lines }) =>
        lines.filter(({ level, msg }) => level !== 'info' && msg !== 'configuration warning'),
      );
      assert.deepEqual([problems, alice.noise()], [[], '']);
    });

    test(`${kind}: a leader that crashed is followed when its lease has ended, not before`, async (t) => {
      const world = await clusterWorld(t, cluster, fullRights(kind));
      const [alice, bob] = await world.fleet(['alice', 'bob'], `-lock-type=${kind}`);
      assert.ok(alice && bob);
      await until('alice is labelled', async () => (await world.label('alice')) === 'leader');
      await alice.end('SIGKILL');
      await bob.untilLeads();
      // The last renewal was sent at most a retry period before the crash, or was under way.
      const gap = gapMs(alice, bob);
      assert.ok(gap >= TTL_MS - TTL_MS / 6 - 500 && gap < TTL_MS + SLACK_MS, `nobody led for ${gap} ms`);
      assert.deepEqual(history([alice, bob]).overlaps, []);
      await until(
        'the labels agree',
        async () => (await world.label('alice')) === 'standby' && (await world.label('bob')) === 'leader',
      );
    });
  }

  test('three candidates keep the label and the election apart from a neighbour’s', async (t) => {
    const world = await clusterWorld(t, cluster);
    const electors = await world.fleet(['alice', 'bob', 'carol']);
    const leaders = await Promise.all(electors.map(leaderFor));
    assert.deepEqual(leaders, ['alice', 'alice', 'alice']);
    const spec = at((await world.lock()).body, 'spec');
    assert.deepEqual([at(spec, 'leaseDurationSeconds'), at(spec, 'leaseTransitions')], [TTL_MS / 1000, 0]);
    assert.match(String(at(spec, 'renewTime')), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  test('the first candidate leads as soon as it has started', async (t) => {
    const world = await clusterWorld(t, cluster);
    const pod = await world.pod('alice');
    const fromNs = Number(process.hrtime.bigint());
    const alice = await world.start(pod);
    await alice.untilLeads();
    const ms = (firstClaim(alice).fromNs - fromNs) / 1e6;
    t.diagnostic(`${Math.round(ms)} ms from the start of the process`);
    assert.ok(ms < 3_000, `it took ${ms} ms`);
  });

  test('rule 25: a container that is restarted in its Pod leads again at once', async (t) => {
    const world = await clusterWorld(t, cluster);
    const pod = await world.pod('alice');
    const first = await world.start(pod, '-ttl=60s');
    await first.untilLeads();
    const bob = await world.elector('bob', '-ttl=60s');
    await until('bob sees alice', async () => (await leaderFor(bob)) === 'alice');
    await first.end('SIGKILL');
    const again = await world.start(pod, '-ttl=60s');
    await again.untilLeads();
    assert.ok(gapMs(first, again) < 5_000, `nobody led for ${gapMs(first, again)} ms`);
    assert.deepEqual(history([first, again, bob]), { leaders: ['alice', 'alice'], overlaps: [] });
    const [before, after] = [first, again].map((elector) => Number(elector.said('started leading')[0]?.token));
    assert.ok(before && after && after > before, 'the fencing token did not grow');
  });

  test('rule 25: beside a process of its Pod that still exists, even standing still, it waits', async (t) => {
    const world = await clusterWorld(t, cluster);
    const pod = await world.pod('alice');
    const first = await world.start(pod);
    await first.untilLeads();
    first.pause();
    const second = await world.start(pod);
    await second.untilLeads();
    assert.ok(gapMs(first, second) > DEADLINE_MS, `taken over ${gapMs(first, second)} ms after the pause`);
    const question = first.answer();
    first.resume();
    assert.equal((await question).is_leader, false);
    assert.deepEqual(history([first, second]).overlaps, []);
  });

  test('rule 25: a new Pod of the same name waits like anybody else', async (t) => {
    const world = await clusterWorld(t, cluster);
    const first = await world.elector('alice');
    await first.untilLeads();
    await first.end('SIGKILL');
    await world.kubectl('delete', 'pod', 'alice', '--force', '--grace-period=0');
    const second = await world.elector('alice');
    await second.untilLeads();
    assert.ok(gapMs(first, second) > DEADLINE_MS, `taken over after ${gapMs(first, second)} ms`);
  });

  test('a leader that stood still hands over, and its first word after that is no', async (t) => {
    const world = await clusterWorld(t, cluster);
    const [alice, bob] = await world.fleet(['alice', 'bob']);
    assert.ok(alice && bob);
    alice.pause();
    await bob.untilLeads();
    const question = alice.answer();
    alice.resume();
    assert.equal((await question).is_leader, false);
    await until('alice sees bob', async () => (await leaderFor(alice)) === 'bob');
    assert.deepEqual(history([alice, bob]), { leaders: ['alice', 'bob'], overlaps: [] });
    await until(
      'the labels agree',
      async () => (await world.label('alice')) === 'standby' && (await world.label('bob')) === 'leader',
    );
  });

  test('original 10: the label is kept in the Pod’s own namespace, wherever the election is', async (t) => {
    const world = await clusterWorld(t, cluster);
    const elsewhere = await cluster.createNamespace();
    const account = `system:serviceaccount:${world.namespace}:elector`;
    const role = ['--verb=get,list,watch,create,update', '--resource=leases.coordination.k8s.io'];
    await cluster.kubectl(['-n', elsewhere, 'create', 'role', 'elector', ...role]);
    await cluster.kubectl(['-n', elsewhere, 'create', 'rolebinding', 'elector', '--role=elector', `--user=${account}`]);
    const alice = await world.elector('alice', `-namespace=${elsewhere}`);
    await alice.untilLeads();
    await until('alice is labelled', async () => (await world.label('alice')) === 'leader');
    assert.deepEqual(await alice.end(), { code: 0, signal: null });
    assert.equal(await world.label('alice'), 'standby');
  });

  for (const kind of KINDS) {
    test(`${kind}: with the original’s Role it polls, names the missing rights once, and hands over`, async (t) => {
      const world = await clusterWorld(t, cluster, rightsOfTheOriginal(kind));
      const [alice, bob] = await world.fleet(['alice', 'bob'], `-lock-type=${kind}`);
      assert.ok(alice && bob);
      await alice.end();
      await bob.untilLeads();
      // One poll of a standby, at most 2.2 retry periods.
      assert.ok(gapMs(alice, bob) < 2.2 * (TTL_MS / 6) + SLACK_MS, `nobody led for ${gapMs(alice, bob)} ms`);
      assert.deepEqual(history([alice, bob]), { leaders: ['alice', 'bob'], overlaps: [] });
      for (const elector of [alice, bob]) {
        const said = elector.lines.filter(({ level, msg }) => level !== 'info' && msg !== 'configuration warning');
        assert.deepEqual(
          said.map(({ msg, missing }) => [msg, missing]),
          [['cannot list and watch the lock, polling instead: hand-overs take seconds', `list, watch ${kind}`]],
        );
      }
    });
  }

  test('original 15: without rights it says what is missing, and leads as soon as they are granted', async (t) => {
    const world = await clusterWorld(t, cluster, []);
    const alice = await world.elector('alice');
    const said = await alice.untilSaid('missing right on the lock; grant get, list, watch, create and update');
    assert.equal(said.missing, 'get leases');
    assert.match(String(said.error), /cannot get resource "leases" in API group "coordination\.k8s\.io"/);
    await until('alice is unhealthy', async () => (await alice.get('/healthz')).code === 503);
    const { reason, message } = JSON.parse((await alice.get('/healthz')).body);
    assert.deepEqual([reason, message], ['forbidden', said.error]);
    await cluster.bindRole(world.namespace, 'elector', fullRights('leases'));
    await alice.untilLeads();
    assert.equal((await alice.get('/healthz')).code, 200);
    const errors = alice.lines.filter(({ level }) => level === 'error');
    assert.deepEqual(
      errors.map(({ missing }) => missing),
      ['get leases'],
    );
  });
});
