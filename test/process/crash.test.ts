/** Leaders that end or stand still without a word, and candidates that are taken for one another. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { at } from '../cluster/harness/requests.ts';
import { type ElectorProcess, history, until } from '../support/elector-process.ts';
import { startFleet, startWorld, TTL_MS, type World } from './embedded-world.ts';

/** For another process to notice and to write, on a machine that has other things to do. */
const SOON_MS = 1_500;

/** How long after the last renewal by `former` the elector began to lead. */
function waitedMs(elector: ElectorProcess, lastRenewalMs: number): number {
  return Date.parse(elector.said('started leading')[0]?.time ?? '') - lastRenewalMs;
}

function renewTimeMs(world: World): number {
  return Date.parse(String(at(world.lock(), 'spec', 'renewTime')));
}

describe('a leader', { concurrency: 8, timeout: 120_000 }, () => {
  test('original 5: that is killed is followed when its lease has ended, not before, and its label is put right', async (t) => {
    const world = await startWorld(t);
    const [alice, bob] = await startFleet(world, 'alice', 'bob');
    assert.ok(alice && bob);
    await until('alice is labelled', () => world.label('alice') === 'leader');
    assert.deepEqual(await alice.end('SIGKILL'), { code: null, signal: 'SIGKILL' });
    const renewedMs = renewTimeMs(world);
    await bob.untilLeads();
    const afterMs = waitedMs(bob, renewedMs);
    assert.ok(afterMs >= TTL_MS && afterMs < TTL_MS + SOON_MS, `bob led ${afterMs} ms after the last renewal`);
    assert.deepEqual(history([alice, bob]), { leaders: ['alice', 'bob'], overlaps: [] });
    await until('the labels agree', () => world.label('alice') === 'standby' && world.label('bob') === 'leader');
    assert.deepEqual(world.record(), ['bob', TTL_MS / 1000, 1]);
  });

  test('that stood still for longer than its renew deadline never again says that it leads', async (t) => {
    const world = await startWorld(t);
    const [alice, bob] = await startFleet(world, 'alice', 'bob');
    assert.ok(alice && bob);
    alice.pause();
    await bob.untilLeads();
    // Asked while it stands still, answered when it wakes: before any timer of its own has run.
    const answers = Promise.all([1, 2, 3].map(() => alice.answer()));
    await until('the questions have arrived', () => new Promise((resolve) => setTimeout(() => resolve(true), 100)));
    alice.resume();
    assert.deepEqual(
      (await answers).map(({ is_leader }) => is_leader),
      [false, false, false],
    );
    await until('alice sees bob', async () => (await alice.answer()).leader === 'bob');
    assert.deepEqual(history([alice, bob]), { leaders: ['alice', 'bob'], overlaps: [] });
    assert.equal(
      alice.said('stepping down as leader')[0]?.reason,
      'the renew deadline passed without a proven renewal',
    );
    await until('the labels agree', () => world.label('alice') === 'standby' && world.label('bob') === 'leader');
    assert.deepEqual(
      alice.lines.filter(({ level }) => level === 'error'),
      [],
    );
  });

  test('that stood still for a moment leads on', async (t) => {
    const world = await startWorld(t);
    const alice = await world.elector('alice', '-ttl=6s');
    await alice.untilLeads();
    alice.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const before = renewTimeMs(world);
    alice.resume();
    assert.equal(await alice.leads(), true);
    await until('alice renews', () => renewTimeMs(world) > before);
    assert.deepEqual(alice.said('stepping down as leader'), []);
  });

  test('that is killed and comes back under its old name waits like anybody else', async (t) => {
    const world = await startWorld(t);
    const [alice] = await startFleet(world, 'alice');
    assert.ok(alice);
    await alice.end('SIGKILL');
    const renewedMs = renewTimeMs(world);
    const again = await world.elector('alice');
    await again.untilLeads();
    const afterMs = waitedMs(again, renewedMs);
    assert.ok(afterMs >= TTL_MS, `alice led ${afterMs} ms after the last renewal by the other alice`);
    assert.deepEqual(world.record(), ['alice', TTL_MS / 1000, 0]);
    assert.deepEqual(history([alice, again]), { leaders: ['alice', 'alice'], overlaps: [] });
  });

  test('original 6: of two processes with one identity at most one leads, and the other says what is wrong', async (t) => {
    const world = await startWorld(t);
    const [alice] = await startFleet(world, 'alice');
    assert.ok(alice);
    const twin = await world.elector('alice');
    await twin.untilSaid('identity collision: another process renews the lock under the same id');
    const { is_leader, leader } = await twin.answer();
    assert.deepEqual([is_leader, leader], [false, '']);
    await until('the twin is unhealthy', async () => (await twin.get('/healthz')).code === 503);
    assert.equal(JSON.parse((await twin.get('/healthz')).body).reason, 'identity-collision');
    await alice.end('SIGKILL');
    await twin.untilLeads();
    assert.deepEqual(history([alice, twin]).overlaps, []);
    assert.equal((await twin.get('/healthz')).code, 200);
  });
});
