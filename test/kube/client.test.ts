import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { CONFIG_MAPS, createClient, getReports, IN_TIME, inShort, LEASES, withToken } from './helpers.ts';
import { json, startServer, status, until } from './scripted-server.ts';

describe('what is sent', () => {
  test('each verb goes to its place in the API', async (t) => {
    const server = await startServer(t, json({}));
    const { client } = createClient(t, server.url);
    await client.get(LEASES, 'default', 'reports', IN_TIME);
    await client.list(LEASES, 'default', 'reports', IN_TIME);
    await client.create(CONFIG_MAPS, 'team-a', { kind: 'ConfigMap' }, IN_TIME);
    await client.update(CONFIG_MAPS, 'team-a', 'reports', { kind: 'ConfigMap' }, IN_TIME);
    await client.patch(LEASES, 'default', 'reports', { metadata: null }, IN_TIME);
    assert.deepEqual(
      server.requests.map(({ method, url, headers, body }) => [method, url, headers['content-type'] ?? '', body]),
      [
        ['GET', '/apis/coordination.k8s.io/v1/namespaces/default/leases/reports', '', ''],
        ['GET', '/apis/coordination.k8s.io/v1/namespaces/default/leases?fieldSelector=metadata.name%3Dreports', '', ''],
        ['POST', '/api/v1/namespaces/team-a/configmaps', 'application/json', '{"kind":"ConfigMap"}'],
        ['PUT', '/api/v1/namespaces/team-a/configmaps/reports', 'application/json', '{"kind":"ConfigMap"}'],
        [
          'PATCH',
          '/apis/coordination.k8s.io/v1/namespaces/default/leases/reports',
          'application/merge-patch+json',
          '{"metadata":null}',
        ],
      ],
    );
  });

  test('every request says who asks, with what, and what it accepts', async (t) => {
    const server = await startServer(t, json({}));
    const { client } = createClient(t, server.url);
    await getReports(client);
    const { authorization, accept, 'user-agent': userAgent } = server.requests[0]?.headers ?? {};
    assert.deepEqual(
      { authorization, accept, userAgent },
      { authorization: 'Bearer alice', accept: 'application/json', userAgent: 'k8s-elector/1.2.3' },
    );
  });

  test("a path in the server's URL stands before the API's own", async (t) => {
    const server = await startServer(t, json({}));
    const { client } = createClient(t, `${server.url}/k8s/clusters/c-1/`);
    await getReports(client);
    assert.equal(
      server.requests[0]?.url,
      '/k8s/clusters/c-1/apis/coordination.k8s.io/v1/namespaces/default/leases/reports',
    );
  });

  test('a length counts bytes, not characters', async (t) => {
    const server = await startServer(t, json({}));
    const { client } = createClient(t, server.url);
    await client.create(LEASES, 'default', { note: 'grüße 🦆' }, IN_TIME);
    assert.equal(server.requests[0]?.body, '{"note":"grüße 🦆"}');
  });

  test('requests that follow each other share a connection', async (t) => {
    const server = await startServer(t, json({}));
    const { client } = createClient(t, server.url);
    for (let i = 0; i < 5; i++) await getReports(client);
    assert.equal(server.connections.length, 1);
  });

  test('requests that are sent at once keep their connections for those to come', async (t) => {
    const server = await startServer(t);
    const { client } = createClient(t, server.url);
    for (const round of [1, 2, 3]) {
      const pair = [getReports(client), getReports(client)];
      await until(() => server.requests.length === 2 * round);
      for (const request of server.requests.slice(-2)) json({})(request);
      await Promise.all(pair);
    }
    assert.equal(server.connections.length, 2);
  });

  test('an IPv6 host is reached', async (t) => {
    const server = await startServer(t, json({}), { host: '::1' });
    const { client } = createClient(t, server.url);
    assert.equal(inShort(await getReports(client)), 'ok 200');
    assert.equal(server.requests[0]?.headers.host, `[::1]:${server.port}`);
  });
});

describe('what comes back', () => {
  test('an object is handed on as it came, unknown fields and all', async (t) => {
    const object = { kind: 'Lease', spec: { holderIdentity: 'bob', strategy: ['new'] }, added: { later: null } };
    const server = await startServer(t, json(object, 201));
    const { client } = createClient(t, server.url);
    assert.deepEqual(await getReports(client), { type: 'ok', code: 201, body: object });
  });

  test("a refusal carries the API's own status", async (t) => {
    const details = { name: 'reports', group: 'coordination.k8s.io', kind: 'leases', uid: 'u' };
    const server = await startServer(t, json(status(404, 'NotFound', 'leases "reports" not found', details), 404));
    const { client } = createClient(t, server.url);
    assert.deepEqual(await getReports(client), {
      type: 'error',
      code: 404,
      message: 'leases "reports" not found',
      status: {
        reason: 'NotFound',
        message: 'leases "reports" not found',
        details: { name: 'reports', kind: 'leases', group: 'coordination.k8s.io' },
      },
    });
  });

  test('a refusal from a proxy has no status, and a short excerpt of its page', async (t) => {
    const server = await startServer(t, ({ response }) => {
      response.writeHead(502, { 'content-type': 'text/html' });
      response.end(`<html>\r\n\t<h1>Bad gateway</h1>${'x'.repeat(5_000)}`);
    });
    const { client } = createClient(t, server.url);
    const answer = await getReports(client);
    assert(answer.type === 'error');
    assert.deepEqual([answer.code, answer.status], [502, null]);
    assert.match(answer.message, /^<html> <h1>Bad gateway<\/h1>x+…$/);
    assert(answer.message.length <= 201);
  });

  test('a page of a proxy under 200 is no answer', async (t) => {
    const server = await startServer(t, ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html>Please log in</html>');
    });
    const { client } = createClient(t, server.url);
    assert.deepEqual(await getReports(client), {
      type: 'failed',
      reason: 'invalid-answer',
      message: '200 with text/html where a JSON object was expected: <html>Please log in</html>',
    });
  });

  for (const body of [
    '',
    'null',
    '[]',
    '"text"',
    '{"cut":',
    '{}{}',
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  ]) {
    test(`a body of ${JSON.stringify(body.toString('latin1'))} under 200 is no answer`, async (t) => {
      const server = await startServer(t, ({ response }) => response.end(body));
      const { client } = createClient(t, server.url);
      assert.equal(inShort(await getReports(client)), 'failed invalid-answer');
    });
  }

  test('a body that ends before its length is no answer', async (t) => {
    const server = await startServer(t, ({ response }) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"kind":"Lease"}', () => response.destroy());
    });
    const { client } = createClient(t, server.url);
    assert.deepEqual(await getReports(client), {
      type: 'failed',
      reason: 'invalid-answer',
      message: '200 with a body that was cut off after 16 bytes',
    });
  });

  test('a refusal whose body is cut off keeps its code and loses its status', async (t) => {
    const server = await startServer(t, ({ response }) => {
      response.writeHead(409, { 'content-length': '1000' });
      response.write(JSON.stringify(status(409, 'Conflict', 'again')), () => response.destroy());
    });
    const { client } = createClient(t, server.url);
    const answer = await getReports(client);
    assert(answer.type === 'error');
    assert.deepEqual([answer.code, answer.status], [409, null]);
  });

  test('a redirect is not followed', async (t) => {
    const server = await startServer(t, ({ response }) => {
      response.writeHead(302, { location: '/elsewhere' });
      response.end();
    });
    const { client } = createClient(t, server.url);
    const answer = await getReports(client);
    assert.deepEqual([inShort(answer), server.requests.length], ['error 302', 1]);
  });

  test('what is no HTTP is no answer', async (t) => {
    const url = await rawServer(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    const { client } = createClient(t, url);
    assert.equal(inShort(await getReports(client)), 'failed invalid-answer');
  });

  test('a refused connection says where it led and who named the place', async (t) => {
    const server = await startServer(t);
    const { client } = createClient(t, 'http://127.0.0.1:1');
    const answer = await getReports(client);
    assert.equal(inShort(answer), 'failed connection');
    assert(answer.type === 'failed');
    assert.equal(answer.message, 'no answer from http://127.0.0.1:1 (the test): connect ECONNREFUSED 127.0.0.1:1');
    assert.equal(server.requests.length, 0);
  });

  test('a kept-alive connection that the server closes under a write is reported, and the write is not sent again', async (t) => {
    let seen = 0;
    const url = await rawServer(t, (socket) => {
      socket.on('data', () => {
        seen += 1;
        if (seen === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
        else socket.resetAndDestroy();
      });
    });
    const { client } = createClient(t, url);
    assert.equal(inShort(await getReports(client)), 'ok 200');
    const write = await client.update(LEASES, 'default', 'reports', {}, IN_TIME);
    assert.deepEqual([inShort(write), seen], ['failed connection', 2]);
  });
});

describe('size', () => {
  for (const [how, headers] of [
    ['that announces its length', { 'content-length': String(50 * 1024 * 1024) }],
    ['without a length', {}],
  ] as const) {
    test(`an answer of 50 MB ${how} is not read, and its connection destroyed`, async (t) => {
      const server = await startServer(t, ({ response }) => {
        response.writeHead(200, headers);
        const chunk = Buffer.alloc(64 * 1024, 0x20);
        let left = 800;
        const pump = () => {
          while (left > 0 && !response.destroyed) {
            left -= 1;
            if (!response.write(chunk)) {
              response.once('drain', pump);
              return;
            }
          }
        };
        response.on('error', () => {});
        pump();
      });
      const { client } = createClient(t, server.url);
      assert.equal(inShort(await getReports(client)), 'failed too-large');
      await until(() => server.connections[0]?.destroyed === true);
      server.script(json({}));
      assert.equal(inShort(await getReports(client)), 'ok 200');
      assert.equal(server.connections.length, 2);
    });
  }
});

describe('retry-after', () => {
  const cases: readonly [string, Record<string, string>, object, number | undefined][] = [
    ['seconds', { 'retry-after': '3' }, {}, 3_000],
    [
      "a date, measured by the server's clock",
      { 'retry-after': 'Wed, 21 Oct 2015 07:28:07 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
      {},
      7_000,
    ],
    ['a date that is past', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, {}, 0],
    ['the seconds of the status, without a header', {}, { retryAfterSeconds: 2 }, 2_000],
    ['nothing that can be understood', { 'retry-after': '-5' }, {}, undefined],
    ['words', { 'retry-after': 'later' }, {}, undefined],
  ];
  for (const [what, headers, details, expected] of cases) {
    test(`is ${what}`, async (t) => {
      const server = await startServer(t, json(status(429, 'TooManyRequests', 'slow down', details), 429, headers));
      const { client } = createClient(t, server.url);
      const answer = await getReports(client);
      assert(answer.type === 'error');
      assert.equal(answer.retryAfterMs, expected);
    });
  }
});

describe('credentials', () => {
  test('a refused token is read again, and the request sent once more with the new one', async (t) => {
    const server = await startServer(t, (request) => {
      if (request.headers.authorization === 'Bearer new') json({})(request);
      else json(status(401, 'Unauthorized', 'Unauthorized'), 401)(request);
    });
    const asked: boolean[] = [];
    const { client } = createClient(t, server.url, {
      credentials: async ({ fresh }) => {
        asked.push(fresh);
        return withToken(fresh ? 'new' : 'old');
      },
    });
    assert.equal(inShort(await getReports(client)), 'ok 200');
    assert.deepEqual([asked, server.requests.length], [[false, true], 2]);
  });

  test('a token that is refused twice is a refusal', async (t) => {
    const server = await startServer(t, json(status(401, 'Unauthorized', 'Unauthorized'), 401));
    const { client } = createClient(t, server.url);
    assert.deepEqual([inShort(await getReports(client)), server.requests.length], ['error 401', 2]);
  });

  test('without new credentials the refusal stands, for nothing else was sent', async (t) => {
    const server = await startServer(t, json(status(401, 'Unauthorized', 'Unauthorized'), 401));
    const { client } = createClient(t, server.url, {
      credentials: async ({ fresh }) => {
        if (fresh) throw new Error('the plug-in is gone');
        return withToken('old');
      },
    });
    assert.deepEqual([inShort(await getReports(client)), server.requests.length], ['error 401', 1]);
  });

  test('credentials that cannot be had are said, with where they come from', async (t) => {
    const server = await startServer(t);
    const { client } = createClient(t, server.url, {
      credentials: async () => {
        throw new Error('the plug-in is gone');
      },
    });
    assert.deepEqual(await getReports(client), {
      type: 'failed',
      reason: 'credentials',
      message: 'no credentials from the test: the plug-in is gone',
    });
  });

  test('a token that no header can bear fails the request and not the process', async (t) => {
    const server = await startServer(t, json({}));
    const { client } = createClient(t, server.url, { credentials: async () => withToken('two\nlines') });
    assert.equal(inShort(await getReports(client)), 'failed credentials');
    assert.equal(server.requests.length, 0);
  });
});

test('close() ends what is under way', async (t) => {
  const server = await startServer(t);
  const { client } = createClient(t, server.url);
  const answer = getReports(client);
  await until(() => server.requests.length === 1);
  client.close();
  assert.equal(inShort(await answer), 'failed connection');
});

async function rawServer(
  t: import('node:test').TestContext,
  onConnection: (socket: import('node:net').Socket) => void,
): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
}
