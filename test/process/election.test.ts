/** Elections of real processes while nothing fails: who leads, what they answer, what they write, what they refuse. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readVersion } from '../../src/version.ts';
import { at } from '../cluster/harness/requests.ts';
import { history, until } from '../support/elector-process.ts';
import { configMaps, endpoints, startFleet, startWorld, TTL_MS } from './embedded-world.ts';

describe('an election', { concurrency: 8, timeout: 120_000 }, () => {
  test('has one leader, and every member says who it is, byte for byte as the original', async (t) => {
    const world = await startWorld(t);
    const [alice, bob] = await startFleet(world, 'alice', 'bob');
    assert.ok(alice && bob);
    for (const [elector, isLeader, node] of [
      [alice, true, 'alice'],
      [bob, false, 'bob'],
    ] as const) {
      const { code, headers, body } = await elector.get('/?ignored=yes');
      const pattern = `^{"is_leader":${isLeader},"leader":"alice","node":"${node}","timestamp":"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ"}$`;
      assert.match(body, new RegExp(pattern));
      const { 'content-type': type, 'content-length': length } = headers;
      assert.deepEqual([code, type, length], [200, 'application/json', String(Buffer.byteLength(body))]);
      assert.deepEqual((await elector.get('/healthz')).body, '{"status":"ok"}');
    }
    await bob.end();
    assert.equal(await alice.leads(), true);
  });

  test('original 11: labels Pods that had no labels at all', async (t) => {
    const world = await startWorld(t);
    await startFleet(world, 'alice', 'bob');
    await until('the labels are set', () => world.label('bob') !== undefined && world.label('alice') === 'leader');
    assert.deepEqual(
      [world.label('alice'), world.label('bob'), world.label('carol')],
      ['leader', 'standby', undefined],
    );
  });

  test('writes its log to stderr, the version first, and nothing to stdout', async (t) => {
    const world = await startWorld(t);
    const [alice] = await startFleet(world, 'alice');
    assert.ok(alice);
    await alice.end();
    const [first] = alice.lines;
    assert.deepEqual([first?.msg, first?.version], ['starting k8s-elector', readVersion()]);
    assert.deepEqual([alice.stdout(), alice.noise()], ['', '']);
    const messages = alice.lines.map(({ msg }) => msg);
    for (const message of ['started leading', 'new leader elected', 'stepping down as leader', 'lock released']) {
      assert.equal(messages.filter((msg) => msg === message).length, 1, message);
    }
  });

  test('warns in the words of the command: whoever set a flag hears of that flag', async (t) => {
    const world = await startWorld(t);
    const alice = await world.elector('alice', '-http=', '-release-delay=2s', '-stop-timeout=40s');
    await alice.untilSaid('started leading');
    const warnings = alice.said('configuration warning').map(({ warning }) => String(warning));
    assert.deepEqual(
      warnings.map((warning) => warning.split(':')[0]),
      ['-ttl', '-release-delay', '-stop-timeout'],
    );
    assert.match(warnings[1] ?? '', /but -http is off$/);
  });

  test('original 12: other paths are 404 and said once, other methods 405, and requests are not logged', async (t) => {
    const world = await startWorld(t);
    const [alice] = await startFleet(world, 'alice');
    assert.ok(alice);
    await until('alice is labelled', () => alice.said('Pod label set').length === 2);
    const before = alice.lines.length;
    for (let times = 0; times < 3; times += 1) assert.equal((await alice.get('/metrics')).code, 404);
    for (let times = 0; times < 3; times += 1) await alice.get('/');
    const posted = await fetch(`http://127.0.0.1:${alice.port}/`, { method: 'POST', body: 'step down' });
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD']);
    assert.deepEqual(
      alice.lines.slice(before).map(({ msg, path, paths }) => [msg, path, paths]),
      [['no such HTTP path', '/metrics', '/ /healthz /health /livez /readyz']],
    );
    assert.equal(await alice.leads(), true);
  });

  test('original 12: a port that is taken ends it with exit code 1 before it has asked the API for anything', async (t) => {
    const world = await startWorld(t);
    const [alice] = await startFleet(world, 'alice');
    assert.ok(alice);
    const bob = await world.start({
      id: 'bob',
      port: alice.port,
      args: [`-kubeconfig=${world.kubeconfig('bob')}`],
      env: { ELECTOR_POD_NAME: 'bob' },
    });
    assert.deepEqual(await bob.exited, { code: 1, signal: null });
    const last = bob.lines.at(-1);
    assert.deepEqual([last?.level, last?.code, last?.reason], ['error', 'HTTP_LISTEN_FAILED', 'EADDRINUSE']);
    assert.match(
      String(last?.error),
      /^cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*choose another one with -http/,
    );
    const asked = world.api().log.entries();
    assert.deepEqual([asked.some(({ user }) => user === 'bob'), world.label('bob')], [false, undefined]);
    assert.deepEqual((await alice.answer()).leader, 'alice');
  });

  test('original 8: a TTL of 2.5 s is written as 3', async (t) => {
    const world = await startWorld(t);
    const alice = await world.elector('alice', '-ttl=2.5s');
    await alice.untilLeads();
    assert.deepEqual(world.record(), ['alice', 3, 0]);
  });

  for (const [ttl, why] of [
    ['500ms', 'leases are written in whole seconds, and there are none shorter'],
    ['0', 'a lease must last for some time'],
    ['-3s', 'a lease must last for some time'],
  ] as const) {
    test(`original 8: a TTL of ${ttl} is refused with what is wrong and what is allowed`, async (t) => {
      const world = await startWorld(t);
      const alice = await world.elector('alice', `-ttl=${ttl}`);
      assert.deepEqual(await alice.exited, { code: 2, signal: null });
      const [first] = alice.noise().split('\n');
      assert.match(String(first), /^-ttl: expected 1s to 1h, got /);
      assert.equal(first?.endsWith(why), true, String(first));
      assert.equal(world.api().log.count(), 0);
    });
  }
});

describe('on every kind of lock', { concurrency: 8, timeout: 120_000 }, () => {
  for (const lockType of ['leases', 'configmaps', 'endpoints']) {
    test(`${lockType}: the next one leads when the leader is told to stop`, async (t) => {
      const world = await startWorld(t);
      const alice = await world.elector('alice', `-lock-type=${lockType}`);
      await alice.untilLeads();
      const bob = await world.elector('bob', `-lock-type=${lockType}`);
      await until('bob sees alice', async () => (await bob.answer().catch(() => null))?.leader === 'alice');
      assert.deepEqual(await alice.end(), { code: 0, signal: null });
      await bob.untilLeads();
      assert.deepEqual(history([alice, bob]), { leaders: ['alice', 'bob'], overlaps: [] });
      assert.equal(bob.said('started leading')[0]?.transitions, 1);
    });
  }

  const LEADER = 'control-plane.alpha.kubernetes.io/leader';
  const FOREIGN = {
    labels: { app: 'reports' },
    annotations: { note: 'keep me' },
  };

  test('a ConfigMap that belongs to something else keeps its data, labels and annotations', async (t) => {
    const world = await startWorld(t);
    const data = { 'settings.yaml': 'colour: blue\n' };
    const made = {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'demo', ...FOREIGN },
      data,
      immutable: false,
    };
    world.store.create(configMaps, 'default', JSON.stringify(made));
    const alice = await world.elector('alice', '-lock-type=configmaps');
    await alice.untilLeads();
    await alice.end();
    const object = world.lock(configMaps);
    assert.deepEqual(
      [at(object, 'data'), at(object, 'metadata', 'labels'), at(object, 'metadata', 'annotations', 'note')],
      [data, FOREIGN.labels, 'keep me'],
    );
    assert.match(String(at(object, 'metadata', 'annotations', LEADER)), /^{"holderIdentity":"",/);
  });

  test('an Endpoints object of a Service keeps its addresses', async (t) => {
    const world = await startWorld(t);
    const subsets = [{ addresses: [{ ip: '10.0.0.7' }], ports: [{ port: 80, protocol: 'TCP' }] }];
    const made = { kind: 'Endpoints', apiVersion: 'v1', metadata: { name: 'demo', ...FOREIGN }, subsets };
    world.store.create(endpoints, 'default', JSON.stringify(made));
    const alice = await world.elector('alice', '-lock-type=endpoints');
    await alice.untilLeads();
    await alice.end();
    assert.deepEqual(at(world.lock(endpoints), 'subsets'), subsets);
  });

  test('nonsense where the record should be is waited out for one TTL, then replaced', async (t) => {
    const world = await startWorld(t);
    const record = '{"holderIdentity":["alice"],"leaseDurationSeconds":"long"';
    const made = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'demo', annotations: { [LEADER]: record } } };
    world.store.create(configMaps, 'default', JSON.stringify(made));
    const alice = await world.elector('alice', '-lock-type=configmaps');
    const emptied = await alice.untilSaid('the lock was emptied without a release; waiting for its last holder to end');
    const leading = await alice.untilSaid('started leading');
    const waitedMs = Date.parse(leading.time) - Date.parse(emptied.time);
    assert.ok(waitedMs > TTL_MS - 200 && waitedMs < TTL_MS + 2_000, `waited ${waitedMs} ms`);
    const text = String(at(world.lock(configMaps), 'metadata', 'annotations', LEADER));
    assert.match(
      text,
      /^{"holderIdentity":"alice","leaseDurationSeconds":3,"acquireTime":"[^"]+Z","renewTime":"[^"]+Z","leaderTransitions":1}$/,
    );
  });

  test('original 16: a release is not reported as the election of nobody', async (t) => {
    const world = await startWorld(t);
    const [alice, bob, carol] = await startFleet(world, 'alice', 'bob', 'carol');
    assert.ok(alice && bob && carol);
    await alice.end();
    await until('another one leads', async () => (await bob.leads()) || (await carol.leads()));
    await until('both know', async () => (await bob.answer()).leader === (await carol.answer()).leader);
    for (const elector of [bob, carol]) {
      const leaders = elector.said('new leader elected').map(({ leader }) => leader);
      assert.deepEqual(leaders, ['alice', world.holder()]);
    }
  });
});
