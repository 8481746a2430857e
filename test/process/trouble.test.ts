/** Electors whose API is away, slow, forbidding, or answers with anything but what it was asked for. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Fault, RequestFault } from '../../src/dev/faults.ts';
import { type ElectorProcess, history, until } from '../support/elector-process.ts';
import { startFleet, startWorld, TTL_MS } from './embedded-world.ts';

const DEADLINE_MS = (TTL_MS * 2) / 3;
/** Where nothing is to be lost, a busy machine must not lose it. */
const UNHURRIED = '-ttl=4500ms';
const UNHURRIED_DEADLINE_MS = 3_000;
const FAILING = 'Kubernetes API request failing, trying again';
const WORKS = 'Kubernetes API request works again';
const NEVER: RequestFault = { type: 'black-hole', applied: false };

async function health(elector: ElectorProcess): Promise<{ code: number; reason?: string; for_ms?: number }> {
  const { code, body } = await elector.get('/healthz');
  return { code, ...JSON.parse(body) };
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const NONSENSE: readonly Fault[] = [
  { type: 'truncated', keepBytes: 100 },
  { type: 'proxy-html', code: 200, applied: false },
  { type: 'proxy-html', code: 200, applied: true },
  { type: 'proxy-html', code: 404, applied: false },
  { type: 'proxy-html', code: 403, applied: true },
  { type: 'status', code: 200, applied: true, withStatus: false },
  { type: 'status', code: 200, applied: false, withStatus: true },
  { type: 'status', code: 404, applied: true, withStatus: true },
  { type: 'big-body', megabytes: 50 },
  { type: 'wrong-kind' },
  { type: 'slow-drip', bytesPerSecond: 100 },
  { type: 'reset', applied: true },
  { type: 'watch-garbage' },
  { type: 'watch-truncated' },
  { type: 'watch-expired', as: 'event' },
  { type: 'watch-replayed' },
];
/** Longer than the renew deadline: leaders are lost, and candidates get their answers from the fault. */
const FAULT_LASTS_MS = 800;
const RECOVERY_MS = 300;
const MOST_MEMORY_MB = 250;

describe('an API', { concurrency: 8, timeout: 120_000 }, () => {
  test('whatever an API answers, nobody crashes, no two lead, and all is well afterwards', async (t) => {
    const halves = [NONSENSE.filter((_, index) => index % 2 === 0), NONSENSE.filter((_, index) => index % 2 === 1)];
    await Promise.all(
      halves.map(async (faults) => {
        const world = await startWorld(t);
        const electors = await Promise.all(['alice', 'bob', 'carol'].map((id) => world.elector(id, '-ttl=1s')));
        for (const elector of electors) await elector.untilSaid('new leader elected');
        for (const fault of faults) {
          const spoilt = world.api().faults.on({ fault });
          await pass(FAULT_LASTS_MS);
          spoilt.off();
          await pass(RECOVERY_MS);
        }
        await until('one leads, and all know it', async () => {
          const answers = await Promise.all(electors.map((elector) => elector.answer()));
          return new Set(answers.map(({ leader }) => leader)).size === 1 && answers.some(({ is_leader }) => is_leader);
        });
        await until(
          'health is restored',
          async () => {
            const codes = await Promise.all(electors.map(async (elector) => (await health(elector)).code));
            return codes.every((code) => code === 200);
          },
          5_000,
        );
        assert.deepEqual(history(electors).overlaps, []);
        for (const elector of electors) {
          assert.ok(mostMemoryMb(elector) < MOST_MEMORY_MB, `${elector.id} used ${mostMemoryMb(elector)} MB`);
          assert.deepEqual([await elector.end(), elector.noise()], [{ code: 0, signal: null }, '']);
        }
      }),
    );
  });

  test('that is away at the start is tried until it is there; `/` answers, and health fails after a TTL', async (t) => {
    const world = await startWorld(t, { up: false });
    const alice = await world.elector('alice');
    const { error } = await alice.untilSaid(FAILING);
    assert.match(
      String(error),
      /^no answer from http:\/\/127\.0\.0\.1:\d+ \(kubeconfig .*alice, context test\): .*ECONNREFUSED/,
    );
    assert.deepEqual(await alice.answer(), { is_leader: false, leader: '', node: 'alice' });
    assert.equal((await health(alice)).code, 200);
    await until('alice is unhealthy', async () => (await health(alice)).code === 503);
    const { reason, for_ms: forMs } = await health(alice);
    assert.deepEqual([reason, Number(forMs) >= TTL_MS], ['unreachable', true]);
    await world.startApi();
    await alice.untilLeads();
    assert.equal((await health(alice)).code, 200);
    const again = alice.said(WORKS);
    assert.deepEqual([alice.said(FAILING).length, again.length, Number(again[0]?.after_ms) >= TTL_MS], [1, 1, true]);
  });

  test('original 3: that a leader cannot reach makes it say false from its renew deadline on, before another leads', async (t) => {
    const world = await startWorld(t);
    const [alice, bob] = await startFleet(world, 'alice', 'bob');
    assert.ok(alice && bob);
    const faults = [NEVER, { type: 'watch-silent' } as const].map((fault) =>
      world.api().faults.on({ fault, match: { client: 'alice' } }),
    );
    const cutMs = performance.now();
    await until('alice stops leading', async () => !(await alice.leads()));
    const afterMs = performance.now() - cutMs;
    assert.ok(afterMs < DEADLINE_MS + 100, `alice led on for ${afterMs} ms`);
    assert.equal(await bob.leads(), false);
    await bob.untilLeads();
    assert.equal(await alice.leads(), false);
    await until('alice is unhealthy', async () => (await health(alice)).code === 503);
    for (const fault of faults) fault.off();
    await until('alice knows who leads', async () => (await alice.answer()).leader === 'bob');
    assert.equal((await health(alice)).code, 200);
    assert.deepEqual(history([alice, bob]), { leaders: ['alice', 'bob'], overlaps: [] });
    await until('the labels agree', () => world.label('alice') === 'standby' && world.label('bob') === 'leader');
  });

  test('original 14: that was away for longer than the renew deadline is led again at once when it is back', async (t) => {
    const world = await startWorld(t);
    const alice = await world.elector('alice', '-ttl=6s');
    await alice.untilLeads();
    const cut = world.api().faults.on({ fault: NEVER });
    await alice.untilSaid('stepping down as leader');
    cut.off();
    const backMs = Date.now();
    const from = alice.lines.length;
    const again = await alice.untilSaid('started leading', { from });
    const tookMs = Date.parse(again.time) - backMs;
    assert.ok(tookMs < 3_500, `it took ${tookMs} ms`);
    assert.equal(again.term, 2);
  });

  test('original 9: that lets one renewal hang costs no leadership', async (t) => {
    const world = await startWorld(t);
    const alice = await world.elector('alice', UNHURRIED);
    await alice.untilLeads();
    for (const applied of [false, true]) {
      const fault: RequestFault = { type: 'black-hole', applied };
      const hanging = world.api().faults.on({ fault, match: { verb: 'update' }, times: 1 });
      await until('a renewal hangs', () => hanging.hits() === 1);
      await pass(UNHURRIED_DEADLINE_MS);
    }
    assert.equal(await alice.leads(), true);
    assert.deepEqual(alice.said('stepping down as leader'), []);
  });

  test('original 7: whose connection is half-open is asked over a fresh one in time', async (t) => {
    const world = await startWorld(t);
    const alice = await world.elector('alice', UNHURRIED);
    await alice.untilLeads();
    const fault = world.api().faults.on({ fault: { type: 'half-open' }, match: { client: 'alice' }, times: 1 });
    await until('a connection is half-open', () => fault.hits() === 1);
    await pass(UNHURRIED_DEADLINE_MS);
    assert.equal(await alice.leads(), true);
    assert.deepEqual(alice.said('stepping down as leader'), []);
  });

  test('original 4: on configmaps, renewals that failed and a stop after them crash nothing', async (t) => {
    const world = await startWorld(t);
    const alice = await world.elector('alice', '-lock-type=configmaps');
    await alice.untilLeads();
    const fault: Fault = { type: 'status', code: 500, applied: false, withStatus: true };
    const failing = world.api().faults.on({ fault, match: { resource: 'configmaps' } });
    await alice.untilSaid('stepping down as leader');
    await pass(TTL_MS / 2);
    assert.deepEqual(await alice.end(), { code: 0, signal: null });
    failing.off();
    const bob = await world.elector('bob', '-lock-type=configmaps');
    await bob.untilLeads();
    assert.deepEqual([alice.noise(), history([alice, bob])], ['', { leaders: ['alice', 'bob'], overlaps: [] }]);
  });

  test('that refuses every connection is not hammered while the lease runs out', async (t) => {
    const world = await startWorld(t);
    const [alice] = await startFleet(world, 'alice');
    assert.ok(alice);
    const reset = world.api().faults.on({ fault: { type: 'reset', applied: false }, match: { verb: 'update' } });
    await alice.untilSaid('stepping down as leader');
    // One at once and one for each backoff, which begins at a twentieth of a second and doubles.
    assert.ok(reset.hits() <= 20, `${reset.hits()} renewals were sent in ${DEADLINE_MS} ms`);
  });

  test('original 15: that forbids is named once with the right that is missing, shown by health, and tried again', async (t) => {
    const world = await startWorld(t);
    const group = 'coordination.k8s.io';
    const rules = [
      { verbs: ['get', 'list', 'watch'], group, resources: ['leases'] },
      { verbs: ['patch', 'get'], group: '', resources: ['pods'] },
    ];
    world.grant('alice', rules);
    const alice = await world.elector('alice');
    const said = await alice.untilSaid('missing right on the lock; grant get, list, watch, create and update');
    assert.deepEqual([said.level, said.missing], ['error', 'create leases']);
    assert.match(String(said.error), /User "alice" cannot create resource "leases" in API group "coordination.k8s.io"/);
    await until('alice is unhealthy', async () => (await health(alice)).code === 503);
    assert.equal((await health(alice)).reason, 'forbidden');
    world.grant('alice', [...rules, { verbs: ['create', 'update'], group, resources: ['leases'] }]);
    await alice.untilLeads();
    assert.equal((await health(alice)).code, 200);
    assert.deepEqual(alice.lines.filter(({ level }) => level === 'error').length, 1);
  });

  // An API server that has just started refuses what it has not loaded the roles for.
  test('that forbids for a moment is watched again soon', async (t) => {
    const world = await startWorld(t);
    world.grant('alice', [{ verbs: ['get', 'create', 'update'], group: '*', resources: ['leases'] }]);
    const alice = await world.elector('alice');
    await alice.untilSaid('cannot list and watch the lock, polling instead: hand-overs take seconds');
    world.grant('alice', [{ verbs: ['*'], group: '*', resources: ['*'] }]);
    await alice.untilSaid('watching the lock', { withinMs: 15_000 });
  });

  test('that forbids for a moment has the Pod labelled soon', async (t) => {
    const world = await startWorld(t);
    world.grant('alice', [{ verbs: ['*'], group: '*', resources: ['leases'] }]);
    const alice = await world.elector('alice', '-ttl=30s');
    await until('the label is refused', () => alice.lines.some(({ missing }) => missing === 'patch pods'));
    await alice.untilLeads();
    await until('both roles are refused', () => world.api().log.count({ verb: 'patch', resource: 'pods' }) >= 2);
    world.grant('alice', [{ verbs: ['*'], group: '*', resources: ['*'] }]);
    await until('alice is labelled', () => world.label('alice') === 'leader', 15_000);
  });
});

/** The most that the process ever had in memory; 0 where the system does not say. */
function mostMemoryMb({ pid }: ElectorProcess): number {
  if (process.platform !== 'linux') return 0;
  const [, kilobytes = '0'] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
