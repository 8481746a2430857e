/** What fuzzing found, each told by itself. The targets would find it again, but not in every run. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseHostPort } from '../../src/config/address.ts';
import { objectNameProblem } from '../../src/config/names.ts';
import { ElectorError } from '../../src/errors.ts';
import { interpretAnswer } from '../../src/kube/answer.ts';
import { KubeClient } from '../../src/kube/client.ts';
import { readBody } from '../../src/kube/http-exchange.ts';
import { fromKubeconfig } from '../../src/kube/kubeconfig.ts';
import { LineSplitter } from '../../src/kube/line-splitter.ts';
import { parseWatchEvent } from '../../src/kube/watch-event.ts';
import { leaseCodec } from '../../src/lock/lease.ts';
import { ObjectLock } from '../../src/lock/object-lock.ts';
import { silentLogger } from '../../src/logger.ts';
import { PodLabel } from '../../src/outlets/pod-label.ts';
import { FakeApi } from '../support/fake-api.ts';
import { leadingView } from '../support/views.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { lockObject, NAME, NAMESPACE } from './lock-objects.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const MEGABYTE = 2 ** 20;

function heapMb(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MEGABYTE;
}

test('a long name is judged at once: no advice is sought for it', () => {
  const startedAtMs = performance.now();
  assert.notEqual(objectNameProblem(`a${'-'.repeat(130_000)}a`), null);
  assert.ok(performance.now() - startedAtMs < 1_000);
});

test('a long address is not repeated in the message', () => {
  const parsed = parseHostPort(`fe80::1%${'a'.repeat(70_000)}`);
  assert.ok(!parsed.ok && parsed.problem.length < 300);
});

test('an event that comes byte by byte takes the memory of its bytes', () => {
  const lines = new LineSplitter(4 * MEGABYTE);
  const before = heapMb();
  const bytes = Buffer.alloc(64 * 1024, 'a');
  for (let i = 0; i < 2 * MEGABYTE; i += 1) for (const _ of lines.push(bytes.subarray(i % 65_536, (i % 65_536) + 1)));
  assert.equal(lines.pendingBytes, 2 * MEGABYTE);
  assert.ok(heapMb() - before < 16);
});

test('an answer that comes byte by byte takes the memory of its bytes', async () => {
  const response = new IncomingMessage(new Socket());
  const body = readBody(response, 4 * MEGABYTE);
  const before = heapMb();
  for (let i = 0; i < 1 * MEGABYTE; i += 1) response.emit('data', Buffer.from('a'));
  assert.ok(heapMb() - before < 16);
  response.emit('end');
  assert.deepEqual([(await body).type, 'bytes' in (await body)], ['whole', true]);
});

test('an answer too deep to be written back is not believed', () => {
  const deep = `${'{"a":['.repeat(5_000)}1${']}'.repeat(5_000)}`;
  const valid = JSON.stringify(lockObject(leaseCodec, 'bob', 'process-of-bob'));
  const answer = (body: string) => interpretAnswer({ code: 200, headers: {}, body: Buffer.from(body), whole: true }, 0);
  assert.equal(answer(valid.replace(/}$/, `,"foreign":${deep}}`)).type, 'failed');
  assert.equal(answer(valid.replace(/}$/, `,"foreign":${JSON.stringify(`\\"${deep}`)}}`)).type, 'ok');
  assert.equal(parseWatchEvent(Buffer.from(`{"type":"ADDED","object":{"kind":${deep}}}`)).type, 'END');
});

for (const asked of ['9'.repeat(400), '86400', 'Fri, 31 Dec 9999 23:59:59 GMT']) {
  test(`Retry-After: ${asked.slice(0, 30)} is honoured for a minute`, () => {
    const headers = { 'retry-after': asked };
    const answer = interpretAnswer({ code: 503, headers, body: Buffer.alloc(0), whole: true }, Date.UTC(2026, 0, 1));
    assert.equal(answer.type === 'error' && answer.retryAfterMs, 60_000);
  });
}

test('a message of megabytes is cut before anybody logs it', async () => {
  const message = 'x'.repeat(3 * MEGABYTE);
  const status = Buffer.from(JSON.stringify({ kind: 'Status', apiVersion: 'v1', message }));
  const answer = interpretAnswer({ code: 500, headers: {}, body: status, whole: true }, 0);
  assert.ok(answer.type === 'error' && answer.message.length < 3_000 && (answer.status?.message.length ?? 0) < 3_000);
  const event = parseWatchEvent(Buffer.from(JSON.stringify({ type: 'ERROR', object: { message } })));
  assert.ok(event.type === 'END' && event.message.length < 3_000);
  const api = new FakeApi();
  api.intercept = () => ({ type: 'ok', code: 200, body: { kind: message } });
  const read = await new ObjectLock(api, leaseCodec, NAMESPACE, NAME).get({ timeoutMs: 1 });
  assert.ok(read.type === 'failed' && read.message.length < 3_000);
});

for (const [what, podNamespace, podName] of [
  ['half a character', 'default', 'bob\ud800'],
  ['a way out of its namespace', '..', 'bob'],
  ['another path', 'default', '..'],
] as const) {
  test(`a seal that names ${what} as the former Pod does not keep the new leader from its label`, async () => {
    const api = new FakeApi();
    api.addPod('alice');
    const asked: string[] = [];
    api.intercept = ({ path }) => {
      asked.push(encodeURIComponent(path));
      return undefined;
    };
    const pod = { name: 'alice', namespace: 'default', uid: '' };
    const label = new PodLabel({ api, clock: new VirtualClock(), logger: silentLogger, pod, isLeading: () => true });
    label.start();
    label.onView(leadingView('alice', '100', { podName, podNamespace, podUid: '' }));
    for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve));
    label.stop();
    assert.deepEqual(api.metadata('pods/default/alice').labels, { 'k8s-elector/status': 'leader' });
    assert.deepEqual([...new Set(asked)], [encodeURIComponent('pods/default/alice')]);
  });
}

test('no name makes a request throw', async (t) => {
  const server = new URL('http://127.0.0.1:1');
  const connection = { server, origin: 'the test', credentials: async () => ({ headers: {}, tls: {} }) };
  const client = new KubeClient({ connection, clock: new VirtualClock(), version: 'test' });
  t.after(() => client.close());
  const answer = await client.get(leaseCodec.resource, 'a\ud800', '\udfff', { timeoutMs: 1_000 });
  assert.equal(answer.type, 'failed');
});

test('a kubeconfig with a number, a list or a map where a text belongs is malformed, in one line', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'k8s-elector-fuzz-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'config');
  const valid = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'a', user: {} }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  };
  for (const wrong of [
    { apiVersion: ['v1'] },
    { clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': 7 } }] },
    { users: [{ name: 'a', user: { 'client-key-data': {} } }] },
    { contexts: [{ name: 'a', context: { cluster: { toString: 1 }, user: 'a' } }] },
  ]) {
    writeFileSync(path, JSON.stringify({ ...valid, ...wrong }));
    await assert.rejects(fromKubeconfig({ path, clock: new VirtualClock() }), (error) => {
      assert.ok(error instanceof ElectorError && error.code === 'CONNECTION_INVALID', String(error));
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
});

test('a server that switches to another protocol is no answer, at once', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = {
    server: new URL(`http://127.0.0.1:${port}`),
    origin: 'the test',
    credentials: async () => ({ headers: {}, tls: {} }),
  };
  const client = new KubeClient({ connection, clock: new VirtualClock(), version: 'test' });
  t.after(() => {
    client.close();
    server.close();
  });
  const answer = await client.get(leaseCodec.resource, NAMESPACE, NAME, { timeoutMs: 1_000 });
  assert.deepEqual([answer.type, answer.type === 'failed' && answer.reason], ['failed', 'connection']);
  const ended = Promise.withResolvers<number>();
  client.watch(leaseCodec.resource, NAMESPACE, NAME, { from: '1', timeoutSeconds: 60 }, (event) => {
    if (event.type === 'END') ended.resolve(event.code);
  });
  assert.equal(await ended.promise, 0);
});
