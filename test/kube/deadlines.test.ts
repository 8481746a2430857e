import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Credentials } from '../../src/kube/connection.ts';
import { createClient, getReports, inShort, withToken } from './helpers.ts';
import { json, startServer, status, until } from './scripted-server.ts';

describe('a request that is not answered in time', () => {
  test('fails at its deadline, not before', async (t) => {
    const server = await startServer(t);
    const { client, clock } = createClient(t, server.url);
    let settled = false;
    const answer = getReports(client, { timeoutMs: 2_500 }).finally(() => {
      settled = true;
    });
    await until(() => server.requests.length === 1);
    await clock.run(2_499);
    assert.equal(settled, false);
    await clock.run(1);
    assert.deepEqual(await answer, {
      type: 'failed',
      reason: 'timeout',
      message: `no answer from ${server.url} (the test): 2500 ms passed before the answer was complete`,
    });
  });

  test('takes its connection with it, and the next request opens a fresh one', async (t) => {
    const server = await startServer(t);
    const { client, clock } = createClient(t, server.url);
    const stuck = getReports(client, { timeoutMs: 100 });
    await until(() => server.requests.length === 1);
    clock.advance(100);
    assert.equal(inShort(await stuck), 'failed timeout');
    await until(() => server.connections[0]?.destroyed === true);
    server.script(json({}));
    assert.equal(inShort(await getReports(client)), 'ok 200');
    assert.equal(server.connections.length, 2);
  });

  test('takes the idle connections with it too: they most likely went dead together', async (t) => {
    const server = await startServer(t);
    const { client, clock } = createClient(t, server.url);
    const pair = [getReports(client), getReports(client)];
    await until(() => server.requests.length === 2);
    for (const request of server.requests) json({})(request);
    await Promise.all(pair);
    const stuck = getReports(client, { timeoutMs: 100 });
    await until(() => server.requests.length === 3);
    clock.advance(100);
    await stuck;
    server.script(json({}));
    await getReports(client);
    assert.equal(server.connections.length, 3);
  });

  test('fails when the body drips in too slowly', async (t) => {
    const server = await startServer(t, ({ response }) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"kind":');
    });
    const { client, clock } = createClient(t, server.url);
    const answer = getReports(client, { timeoutMs: 1_000 });
    await until(() => server.requests.length === 1);
    for (let i = 0; i < 9; i++) {
      clock.advance(100);
      await new Promise<void>((resolve) => server.requests[0]?.response.write(' ', () => resolve()));
    }
    clock.advance(100);
    assert.equal(inShort(await answer), 'failed timeout');
    await until(() => server.connections[0]?.destroyed === true);
  });

  test('fails when the TLS handshake never ends', async (t) => {
    const server = await startServer(t);
    const { client, clock } = createClient(t, server.url.replace('http:', 'https:'));
    const answer = getReports(client, { timeoutMs: 1_000 });
    await until(() => server.connections.length === 1);
    clock.advance(1_000);
    assert.equal(inShort(await answer), 'failed timeout');
    await until(() => server.connections[0]?.destroyed === true);
  });

  test('fails while credentials are still being read, and is not sent when they come', async (t) => {
    const server = await startServer(t, json({}));
    let give: (credentials: Credentials) => void = () => {};
    const { client, clock } = createClient(t, server.url, {
      credentials: () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    });
    const answer = getReports(client, { timeoutMs: 1_000 });
    clock.advance(1_000);
    assert.equal(inShort(await answer), 'failed timeout');
    give(withToken('late'));
    await clock.run(0);
    assert.equal(server.connections.length, 0);
  });

  test('shares one deadline with its repetition under a new token', async (t) => {
    const server = await startServer(t, (request) => {
      if (server.requests.length === 1) json(status(401, 'Unauthorized', 'Unauthorized'), 401)(request);
    });
    const { client, clock } = createClient(t, server.url, {
      credentials: async ({ fresh }) => {
        if (fresh) clock.advance(600);
        return withToken('alice');
      },
    });
    const answer = getReports(client, { timeoutMs: 1_000 });
    await until(() => server.requests.length === 2);
    clock.advance(399);
    await clock.run(0);
    assert.equal(clock.pendingTimers, 1);
    clock.advance(1);
    assert.equal(inShort(await answer), 'failed timeout');
  });

  test('is a refusal when time ran out between the 401 and new credentials: nothing else was sent', async (t) => {
    const server = await startServer(t, json(status(401, 'Unauthorized', 'Unauthorized'), 401));
    let asked = 0;
    const { client, clock } = createClient(t, server.url, {
      credentials: async ({ fresh }) => {
        asked += 1;
        return fresh ? new Promise<never>(() => {}) : withToken('old');
      },
    });
    const answer = getReports(client, { timeoutMs: 1_000 });
    await until(() => asked === 2);
    clock.advance(1_000);
    assert.equal(inShort(await answer), 'error 401');
  });

  test('is never sent when no time is left', async (t) => {
    const server = await startServer(t, json({}));
    const { client } = createClient(t, server.url);
    assert.equal(inShort(await getReports(client, { timeoutMs: 0 })), 'failed timeout');
    assert.equal(inShort(await getReports(client, { timeoutMs: -5 })), 'failed timeout');
    assert.equal(server.connections.length, 0);
  });
});

describe('a request that is aborted', () => {
  test('fails at once and takes its connection with it', async (t) => {
    const server = await startServer(t);
    const { client } = createClient(t, server.url);
    const abort = new AbortController();
    const answer = getReports(client, { timeoutMs: 1_000, signal: abort.signal });
    await until(() => server.requests.length === 1);
    abort.abort();
    assert.equal(inShort(await answer), 'failed aborted');
    await until(() => server.connections[0]?.destroyed === true);
    server.script(json({}));
    await getReports(client);
    assert.equal(server.connections.length, 2);
  });

  test('is never sent when it was aborted before', async (t) => {
    const server = await startServer(t, json({}));
    const { client } = createClient(t, server.url);
    const answer = await getReports(client, { timeoutMs: 1_000, signal: AbortSignal.abort() });
    assert.equal(inShort(answer), 'failed aborted');
    assert.equal(server.connections.length, 0);
  });
});

test('an answered request leaves no timer behind', async (t) => {
  const server = await startServer(t, json({}));
  const { client, clock } = createClient(t, server.url);
  await getReports(client);
  assert.equal(clock.pendingTimers, 0);
});
