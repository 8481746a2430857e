import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import type { Connection } from '../../src/kube/connection.ts';
import { ConnectionPool } from '../../src/kube/connection-pool.ts';
import { authorityProblem, clientCertificateProblem, type TlsMaterial } from '../../src/kube/tls-material.ts';
import { type Authority, createAuthority, type KeyPair } from './certificates.ts';
import { createClient, getReports, inShort } from './helpers.ts';
import { json, startServer, until } from './scripted-server.ts';

let authority: Authority;
let stranger: Authority;
let serverPair: KeyPair;
before(() => {
  authority = createAuthority('the authority');
  stranger = createAuthority('a stranger');
  serverPair = authority.server();
});

describe('the server', () => {
  test('is trusted when the authority vouches for it', async (t) => {
    const { client } = createClient(t, (await secureServer(t)).url, trusting({ ca: authority.cert }));
    assert.equal(inShort(await getReports(client)), 'ok 200');
  });

  for (const [who, tls] of [
    ['an authority that does not vouch for it', () => ({ ca: stranger.cert })],
    ["the system's roots alone", () => ({})],
    ['a name that is not its own', () => ({ ca: authority.cert, servername: 'elsewhere' })],
  ] as const) {
    test(`is not asked under ${who}`, async (t) => {
      const server = await secureServer(t);
      const { client } = createClient(t, server.url, trusting(tls()));
      assert.equal(inShort(await getReports(client)), 'failed connection');
      assert.equal(server.requests.length, 0);
    });
  }

  test('is asked by IPv6 address', async (t) => {
    const server = await startServer(t, json({}), { tls: serverPair, host: '::1' });
    const { client } = createClient(t, server.url, trusting({ ca: authority.cert }));
    assert.equal(inShort(await getReports(client)), 'ok 200');
  });

  test('may be known by another name than its address', async (t) => {
    const pair = authority.server('DNS:kubernetes.example');
    const server = await startServer(t, json({}), { tls: pair });
    const { client } = createClient(t, server.url, trusting({ ca: authority.cert, servername: 'kubernetes.example' }));
    assert.equal(inShort(await getReports(client)), 'ok 200');
  });

  test('is not verified when that was asked for', async (t) => {
    const { client } = createClient(t, (await secureServer(t)).url, trusting({ rejectUnauthorized: false }));
    assert.equal(inShort(await getReports(client)), 'ok 200');
  });

  test('is verified whatever the environment says', async (t) => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    t.after(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
    const { client } = createClient(t, (await secureServer(t)).url, trusting({ ca: stranger.cert }));
    assert.equal(inShort(await getReports(client)), 'failed connection');
  });
});

describe('the connection', () => {
  test('speaks HTTP/1.1, and resumes its TLS session when it is made anew', async (t) => {
    const server = await secureServer(t);
    const { client, clock } = createClient(t, server.url, trusting({ ca: authority.cert }));
    const seen: (readonly [unknown, boolean])[] = [];
    server.script((request) => {
      const { socket } = request.response;
      assert(socket instanceof TLSSocket);
      seen.push([socket.alpnProtocol, socket.isSessionReused()]);
      if (seen.length !== 2) json({})(request);
    });
    await getReports(client);
    const stuck = getReports(client, { timeoutMs: 100 });
    await until(() => seen.length === 2);
    clock.advance(100);
    await stuck;
    await getReports(client);
    assert.deepEqual(seen, [
      ['http/1.1', false],
      ['http/1.1', false],
      ['http/1.1', true],
    ]);
  });

  test('shows the client certificate', async (t) => {
    const alice = authority.client('alice');
    const tls = { ...serverPair, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    const server = await startServer(
      t,
      (request) => {
        const { socket } = request.response;
        assert(socket instanceof TLSSocket);
        json({ name: socket.getPeerCertificate().subject.CN })(request);
      },
      { tls },
    );
    const { client } = createClient(t, server.url, trusting({ ca: authority.cert, ...alice }));
    const answer = await getReports(client);
    assert.deepEqual(answer, { type: 'ok', code: 200, body: { name: 'alice' } });
  });

  test('is made anew when the authority changes, under the new one', async (t) => {
    const server = await secureServer(t);
    let ca = authority.cert;
    const { client } = createClient(t, server.url, {
      credentials: async () => ({ headers: {}, tls: { ca } }),
    });
    assert.equal(inShort(await getReports(client)), 'ok 200');
    ca = stranger.cert;
    assert.equal(inShort(await getReports(client)), 'failed connection');
    ca = stranger.cert + authority.cert;
    assert.equal(inShort(await getReports(client)), 'ok 200');
    assert.equal(server.connections.length, 3);
    await until(() => server.connections[0]?.destroyed === true);
  });

  test('that is in use while the authority changes ends with its request', async (t) => {
    const server = await startServer(t, () => {}, { tls: serverPair });
    let ca = authority.cert;
    const { client } = createClient(t, server.url, { credentials: async () => ({ headers: {}, tls: { ca } }) });
    const slow = getReports(client);
    await until(() => server.requests.length === 1);
    ca = stranger.cert + authority.cert;
    server.script(json({}));
    assert.equal(inShort(await getReports(client)), 'ok 200');
    for (const request of server.requests.slice(0, 1)) json({})(request);
    assert.equal(inShort(await slow), 'ok 200');
    await until(() => server.connections[0]?.destroyed === true);
    assert.equal(server.connections[1]?.destroyed, false);
  });

  test('after a server that was not trusted, the authority is read afresh', async (t) => {
    const server = await secureServer(t);
    const asked: boolean[] = [];
    const { client } = createClient(t, server.url, {
      credentials: async ({ fresh }) => {
        asked.push(fresh);
        return { headers: {}, tls: { ca: fresh ? authority.cert : stranger.cert } };
      },
    });
    assert.equal(inShort(await getReports(client)), 'failed connection');
    assert.equal(inShort(await getReports(client)), 'ok 200');
    assert.deepEqual(asked, [false, true]);
  });

  test('is kept while certificate and key do not fit: they were read between two replacements', async (t) => {
    const connection: Connection = {
      server: new URL('https://127.0.0.1'),
      origin: 'the test',
      credentials: async () => ({ headers: {}, tls: {} }),
    };
    const pool = new ConnectionPool(connection);
    t.after(() => pool.destroy());
    const [alice, bob] = [authority.client('alice'), authority.client('bob')];
    const first = await pool.agentFor(alice);
    assert.equal(await pool.agentFor({ cert: bob.cert, key: alice.key }), first);
    assert.notEqual(await pool.agentFor(bob), first);
    await assert.rejects(new ConnectionPool(connection).agentFor({ cert: bob.cert, key: alice.key }));
  });
});

describe('what is no certificate', () => {
  test('is said before it is used', () => {
    assert.equal(authorityProblem(authority.cert + stranger.cert), null);
    assert.equal(authorityProblem('garbage'), 'expected at least one PEM certificate, got none');
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    assert.match(authorityProblem(authority.cert + broken) ?? '', /^PEM certificate 2 of 2 cannot be parsed: /);
  });

  test('a client certificate needs its own key', () => {
    const [alice, bob] = [authority.client('alice'), authority.client('bob')];
    assert.equal(clientCertificateProblem(alice), null);
    assert.equal(clientCertificateProblem({}), null);
    assert.equal(clientCertificateProblem({ cert: alice.cert }), 'there is a client certificate without a client key');
    assert.equal(clientCertificateProblem({ key: alice.key }), 'there is a client key without a client certificate');
    assert.match(clientCertificateProblem({ cert: alice.cert, key: bob.key }) ?? '', /cannot be used: /);
  });
});

function secureServer(t: import('node:test').TestContext) {
  return startServer(t, json({}), { tls: serverPair });
}

function trusting(tls: TlsMaterial) {
  return { credentials: async () => ({ headers: {}, tls }) };
}
