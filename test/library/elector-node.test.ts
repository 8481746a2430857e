/** The library's face, over real connections to the embedded API. Time stands still unless a test moves it. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { leases, pods } from '../../src/dev/kinds.ts';
import { type DevServer, startServer } from '../../src/dev/server.ts';
import { createStore, type Store } from '../../src/dev/store.ts';
import { ElectorNode, type ElectorOptions, observe, type View } from '../../src/index.ts';
import type { Logger } from '../../src/logger.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const servers: DevServer[] = [];
const nodes: ElectorNode[] = [];

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function startApi() {
  const store = createStore({ newUid: () => crypto.randomUUID(), wallMs: () => Date.UTC(2026, 0, 1) });
  const server = await startServer({ store });
  servers.push(server);
  return { store, server };
}

function member(server: DevServer, id: string, options: Partial<ElectorOptions> = {}) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const say = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const logger: Logger = { debug: say, info: say, warn: say, error: say };
  const config = { name: 'reports', id, podName: id, podLabel: false, ...options };
  const node = new ElectorNode(config, { connection: { server: server.url }, clock, logger });
  nodes.push(node);
  return { node, clock, lines };
}

/** The first view that satisfies, as soon as there is one. */
async function viewWhen(node: ElectorNode, satisfies: (view: View) => boolean): Promise<View> {
  for await (const view of node.changes()) if (satisfies(view)) return view;
  throw new Error('the node stopped before');
}

const holderOf = (store: Store) => {
  const { spec } = store.get(leases, 'default', 'reports').body as { spec: { holderIdentity: string } };
  return spec.holderIdentity;
};

test('lead() runs the work while leading, and releases the lock only after the work has settled', async () => {
  const { store, server } = await startApi();
  const { node } = member(server, 'alice');
  const stop = new AbortController();
  const story: string[] = [];
  const working = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const leading = node.lead(
    async ({ signal, token, term }) => {
      story.push(`term ${term}, token is a version: ${/^\d+$/.test(token)}`);
      working.resolve();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      story.push(`told to stop, leading: ${node.isLeader()}, holder: ${holderOf(store)}`);
      await finish.promise;
      story.push(`stopped, holder: ${holderOf(store)}`);
    },
    { signal: stop.signal },
  );
  await working.promise;
  assert.equal(node.isLeader(), true);
  stop.abort();
  finish.resolve();
  await leading;
  assert.deepEqual(story, [
    'term 1, token is a version: true',
    'told to stop, leading: false, holder: alice',
    'stopped, holder: alice',
  ]);
  assert.equal(holderOf(store), '');
});

test('work that returns by itself gives the leadership to another, and lead() goes on', async () => {
  const { store, server } = await startApi();
  const alice = member(server, 'alice');
  let runs = 0;
  const returned = Promise.withResolvers<void>();
  const leading = alice.node.lead(() => {
    runs += 1;
    returned.resolve();
  });
  await returned.promise;
  const bob = member(server, 'bob');
  void bob.node.run();
  for await (const view of bob.node.changes()) {
    if (view.isLeading) break;
    // bob's place in the herd, at most 20 ms from when he sees the release.
    bob.clock.advance(20);
  }
  assert.equal(holderOf(store), 'bob');
  assert.equal(runs, 1);
  await alice.node.stop();
  await leading;
});

test('work that fails is reported and gives the leadership up', async () => {
  const { server } = await startApi();
  const { node, lines } = member(server, 'alice');
  const leading = node.lead(() => {
    throw new Error('no reports today');
  });
  await viewWhen(node, (view) => view.phase === 'stopping' || (view.term === 1 && view.phase === 'standby'));
  await node.stop();
  await leading;
  assert.ok(
    lines.some((line) => line.startsWith('the work of the leader failed') && line.includes('no reports today')),
  );
});

test('isLeader() says false at the first call after a pause longer than the renew deadline', async () => {
  const { server } = await startApi();
  const { node, clock } = member(server, 'alice');
  void node.run();
  await viewWhen(node, (view) => view.isLeading);
  clock.pause(6_700);
  assert.equal(node.isLeader(), false);
});

test('a suspended machine counts: the boot-time clock ends the leadership too', async () => {
  const { server } = await startApi();
  const { node, clock } = member(server, 'alice');
  void node.run();
  await viewWhen(node, (view) => view.isLeading);
  clock.suspend(6_700);
  assert.equal(node.isLeader(), false);
});

test('work is told soon after a suspension longer than the renew deadline, long before the next renewal', async () => {
  const { server } = await startApi();
  const { node, clock } = member(server, 'alice', { ttl: '60s' });
  const working = Promise.withResolvers<AbortSignal>();
  void node.lead(({ signal }) => {
    working.resolve(signal);
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  });
  const signal = await working.promise;
  clock.suspend(40_100);
  assert.equal(signal.aborted, false);
  clock.advance(1_000);
  assert.equal(signal.aborted, true);
});

test('changes() gives the latest view and ends when the node has stopped', async () => {
  const { server } = await startApi();
  const { node } = member(server, 'alice');
  const phases: string[] = [];
  const reading = (async () => {
    for await (const view of node.changes()) phases.push(view.phase);
  })();
  void node.run();
  await viewWhen(node, (view) => view.isLeading);
  await node.stop();
  await reading;
  assert.equal(phases[0], 'starting');
  assert.ok(phases.includes('leading'));
  assert.equal(phases.at(-1), 'ended');
});

test('observe() follows the leader and writes nothing', async () => {
  const { server } = await startApi();
  const alice = member(server, 'alice');
  void alice.node.run();
  await viewWhen(alice.node, (view) => view.isLeading);
  const writes = server.log.count({ verb: 'update' }) + server.log.count({ verb: 'create' });
  const leaders: string[] = [];
  const parts = { connection: { server: server.url }, clock: new VirtualClock() };
  for await (const view of observe({ name: 'reports' }, parts)) {
    if (view.leader !== '') leaders.push(view.leader);
    if (view.leader === 'alice') break;
  }
  assert.deepEqual(leaders, ['alice']);
  assert.equal(server.log.count({ verb: 'update' }) + server.log.count({ verb: 'create' }), writes);
});

test('observe() rejects with what is wrong', async () => {
  const views = observe({ name: 'Not A Name' }, { connection: { server: 'http://127.0.0.1:1' } });
  await assert.rejects(
    async () => {
      for await (const _ of views);
    },
    { code: 'CONFIG_INVALID' },
  );
});

test('the Pod is labelled leader, and standby before the lock is released', async () => {
  const { store, server } = await startApi();
  const pod = { metadata: { name: 'alice' }, spec: { containers: [{ name: 'a', image: 'a' }] } };
  assert.equal(store.create(pods, 'default', JSON.stringify(pod)).code, 201);
  const { node } = member(server, 'alice', { podLabel: true });
  void node.run();
  await viewWhen(node, (view) => view.isLeading);
  const label = () => JSON.stringify(store.get(pods, 'default', 'alice').body);
  await until(() => label().includes('"k8s-elector/status":"leader"'));
  await node.stop();
  assert.ok(label().includes('"k8s-elector/status":"standby"'));
  assert.equal(holderOf(store), '');
});

test('every problem of the configuration is told at once', async () => {
  // As from a program whose types nobody checked.
  const node = new ElectorNode({ name: '', ttl: '0s', lockType: 'files' as 'leases' });
  await assert.rejects(node.run(), (error: unknown) => {
    assert.ok(error instanceof Error && 'problems' in error && Array.isArray(error.problems));
    assert.equal(error.problems.length, 3);
    return true;
  });
});

test('a logger that throws does not disturb the election', async () => {
  const { store, server } = await startApi();
  const fail = () => {
    throw new Error('the disk is full');
  };
  const logger: Logger = { debug: fail, info: fail, warn: fail, error: fail };
  const connection = { server: server.url };
  const node = new ElectorNode({ name: 'reports', id: 'alice', podLabel: false }, { connection, logger });
  nodes.push(node);
  void node.run();
  await viewWhen(node, (view) => view.isLeading);
  await node.stop();
  assert.equal(holderOf(store), '');
});

test('a node runs once', async () => {
  const { server } = await startApi();
  const { node } = member(server, 'alice');
  void node.run();
  await assert.rejects(node.run(), { code: 'STATE_INVALID' });
});

test('a node that was stopped before it ran touches nothing', async () => {
  const { server } = await startApi();
  const { node } = member(server, 'alice');
  await node.stop();
  await node.run();
  assert.equal(node.view().phase, 'ended');
  assert.equal(server.log.count({}), 0);
});

test('work that outlives its budget rejects lead() with WORK_STUCK, and the lock is not released', async () => {
  const { store, server } = await startApi();
  const { node, clock } = member(server, 'alice', { stopTimeout: '5s' });
  const stop = new AbortController();
  const working = Promise.withResolvers<void>();
  const leading = node.lead(
    () => {
      working.resolve();
      return new Promise(() => {});
    },
    { signal: stop.signal },
  );
  await working.promise;
  stop.abort();
  clock.advance(5_000);
  await assert.rejects(leading, { code: 'WORK_STUCK' });
  assert.equal(holderOf(store), 'alice');
});

test('a port that is taken fails before the election begins', async () => {
  const { server } = await startApi();
  const { node } = member(server, 'alice', { address: `127.0.0.1:${server.port}` });
  await assert.rejects(node.run(), { code: 'HTTP_LISTEN_FAILED' });
  assert.equal(server.log.count({}), 0);
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

for (const options of [undefined, null, 'reports']) {
  test(`options that are ${JSON.stringify(options)} are refused as a wrong configuration`, async () => {
    const node = new ElectorNode(options as unknown as ElectorOptions);
    await assert.rejects(node.run(), { name: 'ElectorError', code: 'CONFIG_INVALID' });
    // What went wrong is run()'s to say.
    await node.stop();
  });
}
