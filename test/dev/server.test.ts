/** The embedded server: connections, streams, faults, rights and the log, seen by a real client. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import type { Fault } from '../../src/dev/faults.ts';
import { leases as leasesKind } from '../../src/dev/kinds.ts';
import type { User } from '../../src/dev/rights.ts';
import { type DevServer, type ServerOptions, startServer } from '../../src/dev/server.ts';
import { createStore, type Store } from '../../src/dev/store.ts';
import { httpClient } from '../contract/http-client.ts';
import { FakeClock } from './fake-clock.ts';

const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const open: DevServer[] = [];

async function start(options: Partial<ServerOptions> = {}): Promise<{ server: DevServer; store: Store }> {
  let uids = 0;
  const store = createStore({ newUid: () => `uid-${++uids}`, wallMs: () => 0 });
  const server = await startServer({ store, ...options });
  open.push(server);
  return { server, store };
}

/** A server with one lease, and a client that is called alice. */
async function withLease(options: Partial<ServerOptions> = {}) {
  const { server, store } = await start(options);
  const { request, api } = httpClient({
    url: server.url,
    headers: { 'x-client': 'alice', authorization: 'Bearer alice' },
  });
  await request('POST', leasesPath, { metadata: { name: 'demo' } });
  server.log.reset();
  const get = () => request('GET', `${leasesPath}/demo`);
  const label = () =>
    request(
      'PATCH',
      `${leasesPath}/demo`,
      { metadata: { labels: { a: 'b' } } },
      { 'content-type': 'application/merge-patch+json' },
    );
  const isLabelled = () => JSON.stringify(store.get(leasesKind, 'default', 'demo').body).includes('"labels"');
  return { server, store, request, api, get, label, isLabelled };
}

/** One raw connection that asks once; collects what comes. */
function rawConnection(
  server: DevServer,
  path: string,
): { socket: Socket; received: () => string; closed: Promise<void> } {
  const socket = connect(server.port, '127.0.0.1');
  let text = '';
  socket.on('data', (piece) => {
    text += piece;
  });
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nx-client: raw\r\n\r\n`);
  return { socket, received: () => text, closed: new Promise((resolve) => socket.on('close', () => resolve())) };
}

/** Polls: for what the network does in its own time. */
async function eventually(what: string, isTrue: () => boolean): Promise<void> {
  for (let round = 0; round < 400; round += 1) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`expected in time: ${what}`);
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 30));

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

describe('the embedded server', () => {
  it('listens on loopback only, on a port of its own', async () => {
    const { server } = await start();
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.notEqual(server.port, 0);
  });

  it('refuses a port that is taken', async () => {
    const { server } = await start();
    await assert.rejects(start({ port: server.port }), { code: 'EADDRINUSE' });
  });

  it('closes with open watches and idle connections', async () => {
    const { server, api } = await withLease();
    const ends: string[] = [];
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };
    api.watch(lease, 'default', 'demo', { from: '', timeoutSeconds: 60 }, (event) => ends.push(event.type));
    const idle = connect(server.port, '127.0.0.1');
    await eventually('one watch', () => server.openWatches() === 1);
    await server.close();
    await eventually('the watch has ended', () => ends.at(-1) === 'END');
    await assert.rejects(fetch(`${server.url}/healthz`));
    idle.destroy();
  });

  it('forgets a watch whose client has gone', async () => {
    const { server } = await withLease();
    const { socket } = rawConnection(server, `${leasesPath}?watch=1`);
    await eventually('one watch', () => server.openWatches() === 1);
    socket.destroy();
    await eventually('none', () => server.openWatches() === 0);
  });

  it('counts requests by verb and resource, the refused ones too', async () => {
    const { server, request, get, label } = await withLease();
    await get();
    await get();
    await label();
    await request('GET', `${leasesPath}/missing`);
    await request('GET', `${leasesPath}?fieldSelector=metadata.name%3Ddemo`);
    await request('GET', '/healthz');
    assert.equal(server.log.count(), 6);
    assert.equal(server.log.count({ verb: 'get', resource: 'leases' }), 3);
    assert.equal(server.log.count({ resource: 'leases' }), 5);
    const { verb, resource, namespace, name, path } = server.log.entries()[4] ?? assert.fail('no fifth entry');
    assert.deepEqual(
      { verb, resource, namespace, name, path },
      {
        verb: 'list',
        resource: 'leases',
        namespace: 'default',
        name: 'demo',
        path: `${leasesPath}?fieldSelector=metadata.name%3Ddemo`,
      },
    );
  });

  it('checks tokens as they are now: rotated, granted, revoked', async () => {
    const users = new Map<string, User>([['alice', { name: 'alice' }]]);
    const { get } = await withLease({ users });
    const codes: number[] = [];
    const ask = async () => codes.push((await get()).status);
    await ask();
    users.set('alice', { name: 'alice', rules: [] });
    await ask();
    users.delete('alice');
    await ask();
    users.set('alice', {
      name: 'alice',
      rules: [{ verbs: ['get'], group: 'coordination.k8s.io', resources: ['leases'] }],
    });
    await ask();
    assert.deepEqual(codes, [200, 403, 401, 200]);
  });

  it('speaks HTTPS with a certificate of its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dev-server-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', '-nodes', ...curve, ...files, ...names], { stdio: 'ignore' });
    const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    rmSync(folder, { recursive: true });
    const { server } = await start({ tls });
    const { request } = httpClient({ url: server.url, ca: tls.cert });
    assert.equal((await request('GET', '/readyz')).text, 'ok');
  });
});

describe('a watch of the embedded server', () => {
  const bookmarkOf = (version: string) =>
    `{"type":"BOOKMARK","object":{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"resourceVersion":"${version}"},"spec":{}}}`;

  it('is bookmarked every minute and two seconds before its end, and then ends in good order', async () => {
    const clock = new FakeClock();
    const { server, store } = await start({ clock });
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=100&resourceVersion=${store.version()}`;
    const { received } = rawConnection(server, `${leasesPath}?${query}`);
    await eventually('one watch', () => server.openWatches() === 1);
    clock.advance(59_000);
    store.create(leasesKind, 'default', '{"metadata":{"name":"demo"}}');
    await eventually('the event', () => received().includes('"ADDED"'));
    assert.ok(!received().includes('BOOKMARK'));
    clock.advance(1000);
    await eventually('a bookmark', () => received().includes(bookmarkOf(store.version())));
    clock.advance(38_000);
    await eventually('the last bookmark', () => received().split('BOOKMARK').length === 3);
    assert.equal(server.openWatches(), 1);
    clock.advance(2000);
    await eventually('the end of the stream', () => received().endsWith('0\r\n\r\n'));
    assert.equal(received().split('BOOKMARK').length, 3);
  });

  it('gets no bookmarks unless it asks for them', async () => {
    const clock = new FakeClock();
    const { server, store } = await start({ clock });
    const { received } = rawConnection(
      server,
      `${leasesPath}?watch=1&timeoutSeconds=100&resourceVersion=${store.version()}`,
    );
    await eventually('one watch', () => server.openWatches() === 1);
    clock.advance(100_000);
    await eventually('the end of the stream', () => received().endsWith('0\r\n\r\n'));
    assert.ok(!received().includes('BOOKMARK'));
  });
});

describe('faults of requests', () => {
  it('a delay before holds the request back, a delay after only its answer', async () => {
    for (const applied of [false, true]) {
      const clock = new FakeClock();
      const { server, label, isLabelled } = await withLease({ clock });
      server.faults.on({ fault: { type: 'delay', delayMs: 1000, applied } });
      let answered = false;
      const answer = label().then(() => {
        answered = true;
      });
      await eventually('the request has come', () => server.log.count() === 1 && clock.pending() > 0);
      assert.deepEqual([isLabelled(), answered], [applied, false]);
      clock.advance(1000);
      await answer;
      assert.ok(isLabelled());
    }
  });

  it('a delayed request arrives even when its client has given up', async () => {
    const clock = new FakeClock();
    const { server, store } = await start({ clock });
    server.faults.on({ fault: { type: 'delay', delayMs: 1000, applied: false } });
    const controller = new AbortController();
    const [body, headers] = ['{"metadata":{"name":"demo"}}', { 'content-type': 'application/json' }];
    const sent = fetch(`${server.url}${leasesPath}`, { method: 'POST', body, headers, signal: controller.signal });
    await eventually('the request has come', () => clock.pending() > 0);
    controller.abort();
    await assert.rejects(sent);
    clock.advance(1000);
    await eventually('it is applied', () => store.get(leasesKind, 'default', 'demo').code === 200);
  });

  it('a black hole never answers, applied or not', async () => {
    for (const applied of [false, true]) {
      const { server, label, isLabelled } = await withLease();
      server.faults.on({ fault: { type: 'black-hole', applied } });
      let settled = false;
      label().then(
        () => (settled = true),
        () => {},
      );
      await eventually('the request has come', () => server.log.count() === 1);
      await turn();
      assert.deepEqual([settled, isLabelled()], [false, applied]);
    }
  });

  it('a reset breaks the connection, applied or not', async () => {
    for (const applied of [false, true]) {
      const { server, label, isLabelled } = await withLease();
      server.faults.on({ fault: { type: 'reset', applied } });
      await assert.rejects(label(), { code: 'ECONNRESET' });
      assert.equal(isLabelled(), applied);
    }
  });

  it('a half-open connection does not answer, does not close, and silences open watches', async () => {
    const { server, store } = await withLease();
    const watch = rawConnection(server, `${leasesPath}?watch=1&resourceVersion=${store.version()}`);
    await eventually('one watch', () => server.openWatches() === 1);
    server.faults.on({ fault: { type: 'half-open' }, match: { client: 'raw' } });
    const second = rawConnection(server, `${leasesPath}/demo`);
    let closed = false;
    second.closed.then(() => {
      closed = true;
    });
    await eventually('the request has come', () => server.log.count() === 2);
    store.remove(leasesKind, 'default', 'demo');
    second.socket.write(`GET ${leasesPath} HTTP/1.1\r\nhost: x\r\n\r\n`);
    second.socket.end();
    await turn();
    assert.deepEqual([second.received(), closed, server.log.count()], ['', false, 2]);
    assert.ok(!watch.received().includes('DELETED'));
    for (const { socket } of [watch, second]) socket.destroy();
  });

  it('a slow drip sends byte by byte', async () => {
    const clock = new FakeClock();
    const { server } = await withLease({ clock });
    server.faults.on({ fault: { type: 'slow-drip', bytesPerSecond: 10 } });
    const { received, socket } = rawConnection(server, `${leasesPath}/demo`);
    const body = () => received().split('\r\n\r\n')[1] ?? '';
    for (const expected of ['{', '{"', '{"k']) {
      await eventually('the next byte is due', () => clock.pending() > 0);
      clock.advance(100);
      await eventually(`“${expected}”`, () => body() === expected);
    }
    socket.destroy();
  });

  it('a truncated body ends before its length, after the request took effect', async () => {
    const { server, label, isLabelled } = await withLease();
    server.faults.on({ fault: { type: 'truncated', keepBytes: 10 } });
    await assert.rejects(label(), { message: 'aborted' });
    assert.ok(isLabelled());
  });

  const answers: [fault: Fault, code: number, headers: object, text: RegExp][] = [
    [{ type: 'proxy-html', code: 502, applied: false }, 502, { 'content-type': 'text/html' }, /^<html>/],
    [
      { type: 'status', code: 429, applied: false, withStatus: true, retryAfterSeconds: 3 },
      429,
      { 'retry-after': '3' },
      /"reason":"TooManyRequests","details":\{"retryAfterSeconds":3\},"code":429\}/,
    ],
    [{ type: 'status', code: 500, applied: false, withStatus: true }, 500, {}, /"reason":"InternalError"/],
    [
      { type: 'status', code: 503, applied: true, withStatus: false, retryAfterSeconds: 1 },
      503,
      { 'retry-after': '1' },
      /^$/,
    ],
    [{ type: 'status', code: 504, applied: true, withStatus: true }, 504, {}, /"reason":"Timeout"/],
    [{ type: 'wrong-kind' }, 200, { 'content-type': 'application/json' }, /^\{"kind":"Secret"/],
  ];
  for (const [fault, code, headers, text] of answers) {
    it(`${JSON.stringify(fault)} is what the client sees`, async () => {
      const { server, label, isLabelled } = await withLease();
      server.faults.on({ fault, match: { verb: 'patch' }, times: 1 });
      const answer = await label();
      assert.equal(answer.status, code);
      assert.match(answer.text, text);
      assert.deepEqual({ ...answer.headers, ...headers }, answer.headers);
      assert.equal(isLabelled(), 'applied' in fault ? fault.applied : true);
      assert.equal((await label()).status, 200);
    });
  }

  it('a big body is as big as was asked for, and well formed', async () => {
    const { server, get } = await withLease();
    server.faults.on({ fault: { type: 'big-body', megabytes: 5 } });
    const { text } = await get();
    assert.ok(text.length > 5 * 1024 * 1024);
    assert.equal(JSON.parse(text).metadata.name, 'large');
  });

  it('a fault hits only the client that it names', async () => {
    const { server, get } = await withLease();
    server.faults.on({
      fault: { type: 'status', code: 500, applied: false, withStatus: true },
      match: { client: 'bob' },
    });
    assert.equal((await get()).status, 200);
    const bob = httpClient({ url: server.url, headers: { 'user-agent': 'bob' } });
    assert.equal((await bob.request('GET', leasesPath)).status, 500);
  });
});

describe('faults of watches', () => {
  /** A watch that is open before the fault is switched on; then one change. */
  async function struck(fault: Fault): Promise<{ lines: string[]; ended: () => boolean; raw: () => string }> {
    const { server, store } = await withLease();
    const { received, closed } = rawConnection(server, `${leasesPath}?watch=1&resourceVersion=${store.version()}`);
    let isClosed = false;
    closed.then(() => {
      isClosed = true;
    });
    await eventually('one watch', () => server.openWatches() === 1);
    store.patch(leasesKind, 'default', 'demo', '{"metadata":{"labels":{"a":"1"}}}');
    await eventually('the first event', () => received().includes('MODIFIED'));
    const before = received().length;
    server.faults.on({ fault });
    store.patch(leasesKind, 'default', 'demo', '{"metadata":{"labels":{"a":"2"}}}');
    await turn();
    const raw = () => received().slice(before);
    const lines = raw()
      .split('\r\n')
      .flatMap((chunk) => chunk.split('\n'))
      .filter((line) => /^[{<]/.test(line));
    return { lines, raw, ended: () => isClosed || received().endsWith('0\r\n\r\n') };
  }
  const labels = (lines: string[]) => lines.map((line) => JSON.parse(line).object.metadata.labels.a);

  it('closed: ends in good order at once', async () => {
    const { lines, raw } = await struck({ type: 'watch-closed' });
    assert.deepEqual([lines, raw()], [[], '0\r\n\r\n']);
  });

  it('silent: nothing comes, and it stays open', async () => {
    const { lines, ended } = await struck({ type: 'watch-silent' });
    assert.deepEqual([lines, ended()], [[], false]);
  });

  it('garbage: a line that is no JSON', async () => {
    const { lines } = await struck({ type: 'watch-garbage' });
    assert.deepEqual(lines, ['<html>this is not an event</html>']);
  });

  it('truncated: half a line, and a broken connection', async () => {
    const { lines, ended } = await struck({ type: 'watch-truncated' });
    assert.equal(lines.length, 1);
    assert.throws(() => JSON.parse(lines[0] ?? '{}'), SyntaxError);
    assert.ok(ended());
  });

  it('duplicated: the event comes twice', async () => {
    assert.deepEqual(labels((await struck({ type: 'watch-duplicated' })).lines), ['2', '2']);
  });

  it('replayed: the event before it comes again', async () => {
    assert.deepEqual(labels((await struck({ type: 'watch-replayed' })).lines), ['2', '1']);
  });

  it('expired: 410 as an event, then the end; as a status when a watch is opened', async () => {
    const { lines, ended } = await struck({ type: 'watch-expired', as: 'event' });
    assert.deepEqual(
      lines.map((line) => [JSON.parse(line).type, JSON.parse(line).object.code]),
      [['ERROR', 410]],
    );
    assert.ok(ended());
    const { server, request } = await withLease();
    server.faults.on({ fault: { type: 'watch-expired', as: 'status' } });
    assert.equal((await request('GET', `${leasesPath}?watch=1`)).status, 410);
  });
});
