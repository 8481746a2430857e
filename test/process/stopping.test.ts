/** Electors that are told to stop: what they do before they are gone, and how soon the next one leads. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { at } from '../cluster/harness/requests.ts';
import { history, until } from '../support/elector-process.ts';
import { startFleet, startWorld } from './embedded-world.ts';

const LONG_TTL = '-ttl=30s';

describe('told to stop', { concurrency: 8, timeout: 120_000 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`original 1 and 2: ${signal} ends a leader in order, and the next one leads at once`, async (t) => {
      const world = await startWorld(t);
      const alice = await world.elector('alice', LONG_TTL);
      await alice.untilLeads();
      const bob = await world.elector('bob', LONG_TTL);
      await until('bob stands by', () => world.label('bob') === 'standby' && bob.said('new leader elected').length > 0);
      await until('alice is labelled', () => world.label('alice') === 'leader');
      world.api().log.reset();

      assert.deepEqual(await alice.end(signal), { code: 0, signal: null });
      assert.equal(alice.noise(), '');
      await bob.untilLeads();
      const writes = world
        .api()
        .log.entries()
        .filter(({ user, verb }) => user === 'alice' && /update|patch/.test(verb));
      assert.deepEqual(
        writes.map(({ verb, resource, body }) => [verb, resource, summary(body)]),
        [
          ['patch', 'pods', 'standby'],
          ['update', 'leases', { holder: '', seconds: 1, transitions: 0 }],
        ],
      );
      assert.deepEqual(history([alice, bob]), { leaders: ['alice', 'bob'], overlaps: [] });
      const [first, second] = [alice.claims()[0], bob.claims()[0]];
      assert.ok(first && second);
      const gapMs = (second.fromNs - first.toNs) / 1e6;
      assert.ok(gapMs < 1_000, `nobody led for ${gapMs} ms`);
      await until('the labels agree', () => world.label('bob') === 'leader' && world.label('alice') === 'standby');
    });
  }

  test('a standby ends without touching the lock', async (t) => {
    const world = await startWorld(t);
    const [alice, bob] = await startFleet(world, 'alice', 'bob');
    assert.ok(alice && bob);
    await until('bob is labelled', () => world.label('bob') === 'standby');
    world.api().log.reset();
    assert.deepEqual(await bob.end(), { code: 0, signal: null });
    const writes = world
      .api()
      .log.entries()
      .filter(({ user, verb }) => user === 'bob' && /create|update|patch/.test(verb));
    assert.deepEqual(writes, []);
    assert.equal(await alice.leads(), true);
  });

  test('with a release delay, is_leader is false that long before another leads, and the lock is renewed', async (t) => {
    const world = await startWorld(t);
    const alice = await world.elector('alice', '-release-delay=3500ms');
    await alice.untilLeads();
    const bob = await world.elector('bob');
    await until('bob sees alice', () => bob.said('new leader elected').length > 0);
    alice.signal('SIGTERM');
    await alice.untilSaid('stepping down as leader');
    const { is_leader } = await alice.answer();
    const heldFrom = version(world.lock());
    assert.deepEqual([is_leader, world.holder()], [false, 'alice']);
    assert.deepEqual(await alice.exited, { code: 0, signal: null });
    await bob.untilLeads();
    // Longer than the TTL: without renewals, bob would have taken it.
    const [first, second] = [alice.claims()[0], bob.claims()[0]];
    assert.ok(first && second);
    const gapMs = (second.fromNs - first.toNs) / 1e6;
    assert.ok(gapMs >= 3_490 && gapMs < 5_500, `nobody led for ${gapMs} ms`);
    assert.ok(Number(version(world.lock())) - Number(heldFrom) >= 5, 'the lock was not renewed meanwhile');
  });

  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    test(`original 13: a second ${signal} ends it at once with ${code}, whatever is still to be done`, async (t) => {
      const world = await startWorld(t);
      const [alice] = await startFleet(world, 'alice');
      assert.ok(alice);
      world.api().faults.on({ fault: { type: 'black-hole', applied: false } });
      alice.signal(signal);
      await alice.untilSaid('stepping down as leader');
      const fromMs = performance.now();
      assert.deepEqual(await alice.end(signal), { code, signal: null });
      assert.ok(performance.now() - fromMs < 2_000);
      assert.equal(alice.noise(), '');
    });
  }

  test('without an API it says that the lock is not released, and still exits 0 within some seconds', async (t) => {
    const world = await startWorld(t);
    const alice = await world.elector('alice', LONG_TTL);
    await alice.untilLeads();
    await world.stopApi();
    const fromMs = performance.now();
    assert.deepEqual(await alice.end(), { code: 0, signal: null });
    const tookMs = performance.now() - fromMs;
    assert.ok(tookMs < 6_000, `it took ${tookMs} ms`);
    assert.equal(alice.said('lock not released; others wait until it expires').length, 1);
  });

  test('before the API has answered for the first time, it ends at once', async (t) => {
    const world = await startWorld(t);
    world.api().faults.on({ fault: { type: 'black-hole', applied: false } });
    const alice = await world.elector('alice');
    await alice.untilSaid('campaigning');
    const fromMs = performance.now();
    assert.deepEqual(await alice.end(), { code: 0, signal: null });
    assert.ok(performance.now() - fromMs < 10_000);
  });

  test('a release whose answer was lost is found out, not sent twice', async (t) => {
    const world = await startWorld(t);
    const alice = await world.elector('alice', LONG_TTL);
    await alice.untilLeads();
    await until('alice is labelled', () => world.label('alice') === 'leader');
    world.api().faults.on({ fault: { type: 'reset', applied: true }, match: { verb: 'update' }, times: 1 });
    world.api().log.reset();
    assert.deepEqual(await alice.end(), { code: 0, signal: null });
    assert.deepEqual(world.record(), ['', 1, 0]);
    assert.ok(world.api().log.count({ verb: 'update', resource: 'leases' }) <= 2);
  });
});

function version(object: unknown): unknown {
  return at(object, 'metadata', 'resourceVersion');
}

function summary(body: string): unknown {
  const object: unknown = JSON.parse(body);
  const label = at(object, 'metadata', 'labels', 'k8s-elector/status');
  if (label !== undefined) return label;
  const spec = at(object, 'spec');
  return {
    holder: at(spec, 'holderIdentity'),
    seconds: at(spec, 'leaseDurationSeconds'),
    transitions: at(spec, 'leaseTransitions'),
  };
}
