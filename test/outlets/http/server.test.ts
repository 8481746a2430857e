import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, type TestContext, test } from 'node:test';
import type { View } from '../../../src/election/view.ts';
import { ElectorError } from '../../../src/errors.ts';
import { silentLogger } from '../../../src/logger.ts';
import { type HttpServerOptions, startHttpServer } from '../../../src/outlets/http/server.ts';
import { leadingView } from '../../support/views.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const BODY = '{"is_leader":true,"leader":"alice","node":"alice","timestamp":"2026-01-01T00:00:00Z"}';
const ipv6Only = { skip: hasIpv6() ? false : 'this machine has no ::1' };

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((infos) => infos?.some(({ address }) => address === '::1'));
}

/** An endpoint that ends with the test. */
async function world(context: TestContext, overrides: Partial<HttpServerOptions> = {}) {
  const clock = new VirtualClock();
  const logs: string[] = [];
  const log = (message: string, fields: object = {}) => logs.push(`${message} ${JSON.stringify(fields)}`);
  const endpoint = await startHttpServer({
    address: LOOPBACK,
    view: () => leadingView('alice'),
    nodeId: 'alice',
    ttlMs: 10_000,
    clock,
    logger: { ...silentLogger, info: log, warn: log, error: log },
    ...overrides,
  });
  context.after(async () => {
    const closed = endpoint.close();
    clock.advance(1000);
    await closed;
  });
  return { ...endpoint, clock, logs };
}

async function fetchText(port: number, path = '/', { method = 'GET', host = '127.0.0.1', agent = new Agent() } = {}) {
  const outgoing = request({ host, port, path, method, agent });
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { code: response.statusCode, headers: response.headers, body };
}

/** Sends bytes as they are and returns all that comes back until the server closes. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  let received = '';
  socket.on('data', (chunk) => {
    received += String(chunk);
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return received;
}

describe('the endpoint', () => {
  test('answers GET / with the original headers and body', async (context) => {
    const { port } = await world(context);
    const { code, headers, body } = await fetchText(port);
    assert.deepEqual([code, body], [200, BODY]);
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['content-length'], String(BODY.length));
  });

  test('answers HEAD like GET, without the body', async (context) => {
    const { port } = await world(context);
    const { code, headers, body } = await fetchText(port, '/', { method: 'HEAD' });
    assert.deepEqual([code, body], [200, '']);
    assert.equal(headers['content-length'], String(BODY.length));
  });

  test('says which methods are allowed', async (context) => {
    const { port } = await world(context);
    const { code, headers } = await fetchText(port, '/', { method: 'POST' });
    assert.deepEqual([code, headers.allow], [405, 'GET, HEAD']);
  });

  test('says a path that does not exist once, and sixteen of them at most', async (context) => {
    const { port, logs } = await world(context);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 20; i++) assert.equal((await fetchText(port, `/p${i}?token=secret`)).code, 404);
    }
    assert.equal(logs.length, 16);
    assert.match(logs[0] ?? '', /"path":"\/p0"/);
    assert.ok(!logs.join().includes('secret'));
  });

  test('makes no noise about what it serves', async (context) => {
    const { port, logs } = await world(context);
    for (const path of ['/', '/healthz', '/']) await fetchText(port, path);
    await fetchText(port, '/', { method: 'DELETE' });
    assert.deepEqual(logs, []);
  });

  test('survives a view that throws', async (context) => {
    let broken = true;
    const view = (): View => {
      if (broken) throw new Error('broken');
      return leadingView('alice');
    };
    const { port, logs } = await world(context, { view });
    for (let i = 0; i < 2; i++) await assert.rejects(fetchText(port), { code: 'ECONNRESET' });
    assert.equal(logs.length, 1);
    broken = false;
    assert.equal((await fetchText(port)).code, 200);
  });
});

describe('a connection', () => {
  test('stays open for at least two minutes between requests', async (context) => {
    const { port } = await world(context);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await fetchText(port, '/', { agent });
    assert.equal(first.headers.connection, 'keep-alive');
    assert.ok(Number(/timeout=(\d+)/.exec(String(first.headers['keep-alive']))?.[1]) >= 120);
    assert.equal((await fetchText(port, '/', { agent })).code, 200);
    agent.destroy();
  });

  test('that is silent for longer than its limit is closed', async (context) => {
    const { port } = await world(context, {
      limits: { idleMs: 20, requestMs: 5000, headerBytes: 8192, connections: 9 },
    });
    assert.match(await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /"is_leader":true/);
  });

  test('whose request does not come to an end is cut off', async (context) => {
    const limits = { idleMs: 60_000, requestMs: 40, headerBytes: 8192, connections: 9 };
    const { port } = await world(context, { limits });
    assert.match(await exchange(port, 'GET / HTTP/1.1\r\nHost:'), /^HTTP\/1\.1 408 /);
    assert.match(await exchange(port, ''), /^(HTTP\/1\.1 408 |$)/);
    const unfinished = 'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc';
    assert.match(await exchange(port, unfinished), /^HTTP\/1\.1 404 /);
  });

  test('beyond the limit of their number is refused, and the others go on', async (context) => {
    const limits = { idleMs: 60_000, requestMs: 60_000, headerBytes: 8192, connections: 1 };
    const { port } = await world(context, { limits });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    assert.equal((await fetchText(port, '/', { agent })).code, 200);
    assert.equal(await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'), '');
    assert.equal((await fetchText(port, '/', { agent })).code, 200);
    agent.destroy();
  });

  test('that brings a bad request is answered and closed, and nothing crashes', async (context) => {
    const { port, logs } = await world(context);
    for (const [bytes, status] of [
      ['nonsense\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\n\r\n', 400],
      ['GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
      ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
      ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
      [`GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
      [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(9000)}\r\n\r\n`, 431],
    ] as const) {
      assert.match(await exchange(port, bytes), new RegExp(`^HTTP/1.1 ${status} `), JSON.stringify(bytes.slice(0, 60)));
    }
    assert.equal(await exchange(port, 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'), '');
    assert.equal((await fetchText(port)).code, 200);
    assert.deepEqual(logs, []);
  });
});

describe('listening', () => {
  test('on all interfaces reaches both families, however it is written', ipv6Only, async (context) => {
    for (const host of ['', '0.0.0.0', '::']) {
      const { port } = await world(context, { address: { host, port: 0 } });
      for (const client of ['127.0.0.1', '::1']) {
        assert.equal((await fetchText(port, '/', { host: client })).code, 200, `${host} from ${client}`);
      }
    }
  });

  test('on localhost reaches 127.0.0.1, and ::1 where that exists', async (context) => {
    const { port } = await world(context, { address: { host: 'localhost', port: 0 } });
    assert.equal((await fetchText(port)).code, 200);
    if (hasIpv6()) assert.equal((await fetchText(port, '/', { host: '::1' })).code, 200);
  });

  test('on localhost goes on when somebody else has the port on ::1, and says so', ipv6Only, async (context) => {
    const other = createServer().listen(0, '::1');
    await once(other, 'listening');
    context.after(() => other.close());
    const { port } = other.address() as { port: number };
    const endpoint = await world(context, { address: { host: 'localhost', port } });
    assert.equal((await fetchText(endpoint.port)).code, 200);
    assert.match(endpoint.logs.join(), /HTTP endpoint not on ::1.*EADDRINUSE/);
  });

  test('on an address reaches that one alone', async (context) => {
    const { port } = await world(context);
    await assert.rejects(fetchText(port, '/', { host: '127.0.0.2' }), { code: 'ECONNREFUSED' });
  });

  test('on what is taken, not ours, or unknown fails with the address and what to do', async (context) => {
    const { port } = await world(context);
    for (const [address, reason, words] of [
      [{ host: '127.0.0.1', port }, 'EADDRINUSE', `cannot listen on 127.0.0.1:${port}`],
      [{ host: '', port }, 'EADDRINUSE', 'choose another one with -http'],
      [{ host: '192.0.2.1', port: 0 }, 'EADDRNOTAVAIL', 'use -http=:PORT'],
      [{ host: '2001:db8::1', port: 1 }, 'EADDRNOTAVAIL', 'cannot listen on [2001:db8::1]:1'],
    ] as const) {
      await assert.rejects(world(context, { address }), (error: unknown) => {
        assert.ok(error instanceof ElectorError);
        assert.equal(error.code, 'HTTP_LISTEN_FAILED');
        if (error.reason !== 'EAFNOSUPPORT') assert.equal(error.reason, reason);
        assert.ok(error.message.includes(words), error.message);
        return true;
      });
    }
  });
});

describe('a port for privileged users', () => {
  const first = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  const anyUser = { skip: first < 2 && 'every user may bind every port here' };

  test('fails for others with what to do', anyUser, async (context) => {
    const asNobody = process.geteuid?.() === 0;
    if (asNobody) process.seteuid?.('nobody');
    try {
      await assert.rejects(world(context, { address: { host: '127.0.0.1', port: first - 1 } }), {
        code: 'HTTP_LISTEN_FAILED',
        reason: 'EACCES',
        message: /^cannot listen on 127\.0\.0\.1:\d+: .*EACCES.*choose one from 1024 on with -http$/,
      });
    } finally {
      if (asNobody) process.seteuid?.(0);
    }
  });
});

describe('closing', () => {
  test('ends idle connections at once and accepts no new ones', async (context) => {
    const { port, close, clock } = await world(context);
    const agent = new Agent({ keepAlive: true });
    await fetchText(port, '/', { agent });
    await close();
    assert.equal(clock.pendingTimers, 0);
    await assert.rejects(fetchText(port), { code: 'ECONNREFUSED' });
    agent.destroy();
  });

  test('gives a request under way half a second', async (context) => {
    const { port, close, clock } = await world(context);
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\n');
    // A second client's answer shows that the first one's bytes have been read.
    await once(socket, 'connect');
    await fetchText(port);
    let closed = false;
    const closing = close().then(() => {
      closed = true;
    });
    clock.advance(499);
    await new Promise(setImmediate);
    assert.equal(closed, false);
    clock.advance(1);
    await closing;
  });

  test('answers a request that ends in time', async (context) => {
    const { port, close } = await world(context);
    const socket = connect({ host: '127.0.0.1', port });
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n');
    await once(socket, 'connect');
    await fetchText(port);
    const closing = close();
    socket.write('\r\n');
    const [data] = await once(socket, 'data');
    assert.match(String(data), /^HTTP\/1\.1 200 OK/);
    await closing;
  });

  test('twice is the same as once', async (context) => {
    const { close } = await world(context);
    await Promise.all([close(), close()]);
  });

  test('does not wait for the answer to be fetched by nobody', async (context) => {
    const { port, close } = await world(context);
    const outgoing = get({ host: '127.0.0.1', port, agent: new Agent() });
    outgoing.on('error', () => {});
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    await close();
  });
});
