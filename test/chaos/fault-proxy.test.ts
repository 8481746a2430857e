/** The proxy does to requests what it is told to, and what was applied stays applied. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createAuthority } from '../kube/certificates.ts';
import { proxyCertificates } from './proxy/certificates.ts';
import { FaultProxy } from './proxy/fault-proxy.ts';

/** An API of which every request is noted and answered with 200; a path that begins with /watch is never finished. */
async function world(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'fault-proxy-'));
  const authority = createAuthority('api');
  const applied: string[] = [];
  const api = createServer(authority.server(), (incoming, outgoing) => {
    incoming.resume().on('end', () => {
      applied.push(`${incoming.method} ${incoming.url} ${incoming.headers.authorization}`);
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      if (incoming.url?.startsWith('/watch')) outgoing.write('{"type":"ADDED"}\n');
      else outgoing.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const certificates = await proxyCertificates(join(dir, 'certificates'));
  const proxy = await FaultProxy.open({
    apiUrl: `https://127.0.0.1:${(api.address() as AddressInfo).port}`,
    apiCaPem: authority.cert,
    certificate: certificates.good,
    socketPath: join(dir, 'proxy'),
  });
  const agent = new Agent({ keepAlive: true, ca: certificates.caPem });
  t.after(() => {
    agent.destroy();
    proxy.close();
    api.close();
    api.closeAllConnections();
    rmSync(dir, { recursive: true });
  });
  /** The status and the first bytes of the body, or the code of the error. */
  const ask = (method: string, path: string) =>
    new Promise<string>((resolve) => {
      const headers = { authorization: 'Bearer alice' };
      const sent = request(new URL(path, proxy.url), { method, agent, headers }, (answer) => {
        answer.setEncoding('utf8').once('data', (text) => {
          resolve(`${answer.statusCode} ${text}`);
          if (path.startsWith('/watch')) sent.destroy();
        });
        answer.on('error', () => {});
      });
      sent.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
      sent.end(method === 'GET' ? undefined : '{}');
    });
  return { proxy, certificates, ask, applied };
}

test('as it is, it forwards requests with their credentials, and a watch’s events as they come', async (t) => {
  const { ask, applied } = await world(t);
  assert.equal(await ask('PUT', '/lock'), '200 {}');
  assert.equal(await ask('GET', '/watch'), '200 {"type":"ADDED"}\n');
  assert.deepEqual(applied, ['PUT /lock Bearer alice', 'GET /watch Bearer alice']);
});

test('a refused request never reaches the API, and is told so in the API’s own words', async (t) => {
  const { proxy, ask, applied } = await world(t);
  proxy.judge = () => ({ type: 'refuse', status: 429, retryAfterSeconds: 1 });
  assert.match(await ask('PUT', '/lock'), /^429 .*"kind":"Status".*"reason":"TooManyRequests"/);
  assert.deepEqual(applied, []);
  proxy.heal();
  assert.equal(await ask('PUT', '/lock'), '200 {}');
});

test('a write that is cut after it was applied was applied', async (t) => {
  const { proxy, ask, applied } = await world(t);
  proxy.judge = (method) => (method === 'PUT' ? { type: 'apply', answer: 'cut' } : { type: 'forward' });
  assert.equal(await ask('PUT', '/lock'), 'ECONNRESET');
  assert.equal(await ask('GET', '/lock'), '200 {}');
  assert.deepEqual(applied, ['PUT /lock Bearer alice', 'GET /lock Bearer alice']);
});

test('so was one that is answered with a 500', async (t) => {
  const { proxy, ask, applied } = await world(t);
  proxy.judge = () => ({ type: 'apply', answer: 500 });
  assert.match(await ask('PUT', '/lock'), /^500 /);
  assert.deepEqual(applied, ['PUT /lock Bearer alice']);
});

test('an expired certificate is refused, on connections that stood too, until there is a good one', async (t) => {
  const { proxy, certificates, ask } = await world(t);
  assert.equal(await ask('GET', '/lock'), '200 {}');
  proxy.present(certificates.expired);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await ask('GET', '/lock'), 'CERT_HAS_EXPIRED');
  proxy.present(certificates.good);
  assert.equal(await ask('GET', '/lock'), '200 {}');
});
