import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { connect } from '../../src/kube/connect.ts';
import { readPodIdentity } from '../../src/kube/in-cluster.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { createAuthority } from './certificates.ts';
import { clientOf, getReports, inShort, temporaryFolder } from './helpers.ts';
import { json, startServer, status } from './scripted-server.ts';

const ENV = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

describe('the address', () => {
  for (const [host, port, expected] of [
    ['10.0.0.1', '443', 'https://10.0.0.1/'],
    ['fd00::1', '6443', 'https://[fd00::1]:6443/'],
    ['kubernetes.default.svc', '8080', 'https://kubernetes.default.svc:8080/'],
  ] as const) {
    test(`of ${host} and ${port} is ${expected}`, async (t) => {
      const { connection } = await inPod(t, { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port });
      assert.equal(connection.server.href, expected);
    });
  }
});

describe('the token', () => {
  test('is read again within a minute', async (t) => {
    const { connection, write, clock } = await inPod(t);
    assert.equal(await tokenOf(connection), 'Bearer first');
    write('token', 'second\n');
    clock.advance(60_000);
    assert.equal(await tokenOf(connection), 'Bearer second');
  });

  test('is not read for each request', async (t) => {
    const { connection, write, clock } = await inPod(t);
    write('token', 'second');
    clock.advance(1_000);
    assert.equal(await tokenOf(connection), 'Bearer first');
  });

  test('is read at once after the API refused it', async (t) => {
    const { connection, write } = await inPod(t);
    write('token', 'second');
    assert.equal(await tokenOf(connection, true), 'Bearer second');
  });

  for (const [what, spoil] of [
    ['empty', (path: string) => writeFileSync(path, '\n')],
    ['missing', (path: string) => rmSync(path)],
    ['garbage', (path: string) => writeFileSync(path, 'two\nlines')],
  ] as const) {
    test(`that is ${what} for a moment does not lose the last good one, and is tried again at the next request`, async (t) => {
      const { connection, write, folder, clock } = await inPod(t);
      spoil(join(folder, 'token'));
      clock.advance(60_000);
      assert.equal(await tokenOf(connection), 'Bearer first');
      assert.equal(await tokenOf(connection, true), 'Bearer first');
      write('token', 'second');
      assert.equal(await tokenOf(connection), 'Bearer second');
    });
  }

  test('that was rotated is found by a request that is refused', async (t) => {
    const authority = createAuthority();
    const server = await startServer(
      t,
      (request) => {
        if (request.headers.authorization === 'Bearer second') json({})(request);
        else json(status(401, 'Unauthorized', 'Unauthorized'), 401)(request);
      },
      { tls: authority.server() },
    );
    const { connection, write } = await inPod(
      t,
      { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(server.port) },
      { 'ca.crt': authority.cert },
    );
    write('token', 'second');
    assert.equal(inShort(await getReports(clientOf(t, connection))), 'ok 200');
    assert.equal(server.requests.length, 2);
  });
});

describe('the authority', () => {
  test('that was replaced is trusted within a minute, on a connection of its own', async (t) => {
    const [first, second] = [createAuthority('first'), createAuthority('second')];
    const server = await startServer(t, json({}), { tls: second.server() });
    const { connection, write } = await inPod(
      t,
      { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(server.port) },
      { 'ca.crt': first.cert },
    );
    const client = clientOf(t, connection);
    assert.equal(inShort(await getReports(client)), 'failed connection');
    write('ca.crt', second.cert);
    assert.equal(inShort(await getReports(client)), 'ok 200');
  });

  test('that is half-written for a moment does not lose the last good one', async (t) => {
    const { cert } = createAuthority();
    const { connection, write, clock } = await inPod(t, ENV, { 'ca.crt': cert });
    write('ca.crt', cert.slice(0, 100));
    clock.advance(60_000);
    assert.equal((await connection.credentials({ fresh: false })).tls.ca, cert.trim());
  });

  test("that does not exist leaves the system's roots", async (t) => {
    const { connection } = await inPod(t);
    assert.deepEqual((await connection.credentials({ fresh: false })).tls, {});
  });
});

describe('who the Pod is', () => {
  const bound = { 'kubernetes.io': { namespace: 'team-a', pod: { name: 'reports-0', uid: '2f1c' } } };

  test('stands in the claims of a bound token', (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'token'), `${jwt(bound)}\n`);
    writeFileSync(join(folder, 'namespace'), 'elsewhere');
    assert.deepEqual(readPodIdentity(folder), { podName: 'reports-0', podUid: '2f1c', podNamespace: 'team-a' });
  });

  test('is the namespace alone when the token is not bound to a Pod', (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'token'), jwt({ 'kubernetes.io/serviceaccount/namespace': 'team-a' }));
    writeFileSync(join(folder, 'namespace'), 'team-a\n');
    assert.deepEqual(readPodIdentity(folder), { podName: '', podUid: '', podNamespace: 'team-a' });
  });

  for (const token of ['', 'no.token', 'a.!!!.c', jwt(null), jwt([]), jwt({ 'kubernetes.io': { pod: [7] } })]) {
    test(`is unknown under a token such as "${token}"`, (t) => {
      const folder = temporaryFolder(t);
      writeFileSync(join(folder, 'token'), token);
      assert.deepEqual(readPodIdentity(folder), { podName: '', podUid: '', podNamespace: '' });
    });
  }

  test('is unknown outside a Pod', (t) => {
    assert.deepEqual(readPodIdentity(join(temporaryFolder(t), 'missing')), {
      podName: '',
      podUid: '',
      podNamespace: '',
    });
  });
});

describe('what is missing is said, with what to do', () => {
  const OUTSIDE = 'or name a kubeconfig file (-kubeconfig)';

  test('outside a Pod', async (t) => {
    await assert.rejects(inPod(t, {}), {
      name: 'ElectorError',
      code: 'CONNECTION_INVALID',
      message:
        'cannot connect to the Kubernetes API: no kubeconfig was named, and this does not run in a Pod: ' +
        `KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT not set in the environment; run it in a Pod, ${OUTSIDE}`,
    });
  });

  test('with half of an address', async (t) => {
    await assert.rejects(inPod(t, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }), {
      code: 'CONNECTION_INVALID',
      message: /: KUBERNETES_SERVICE_PORT not set in the environment;/,
    });
  });

  test('with an address that is none', async (t) => {
    await assert.rejects(inPod(t, { ...ENV, KUBERNETES_SERVICE_PORT: 'tcp://10.0.0.1:443' }), {
      code: 'CONNECTION_INVALID',
      message: /make no address: "10.0.0.1", "tcp:\/\/10.0.0.1:443"; /,
    });
  });

  test('without a token', async (t) => {
    const folder = join(temporaryFolder(t), 'serviceaccount');
    await assert.rejects(connect({ clock: new VirtualClock(), env: ENV, serviceAccountFolder: folder }), {
      code: 'CONNECTION_INVALID',
      message:
        `cannot connect to the Kubernetes API: ${folder}/token: ENOENT: no such file or directory, open '${folder}/token'; ` +
        `give the Pod a service account whose token is mounted (automountServiceAccountToken must not be false), ${OUTSIDE}`,
    });
  });

  test('with an authority that is none', async (t) => {
    await assert.rejects(inPod(t, ENV, { 'ca.crt': 'garbage' }), {
      code: 'CONNECTION_INVALID',
      message: /ca\.crt: expected at least one PEM certificate, got none; /,
    });
  });
});

async function inPod(t: TestContext, env: Record<string, string> = ENV, files: Record<string, string> = {}) {
  const folder = temporaryFolder(t);
  const clock = new VirtualClock();
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  for (const [name, text] of Object.entries({ token: 'first', ...files })) write(name, text);
  const connection = await connect({ clock, env, serviceAccountFolder: folder });
  return { connection, clock, folder, write };
}

async function tokenOf(connection: Awaited<ReturnType<typeof connect>>, fresh = false) {
  return (await connection.credentials({ fresh })).headers.authorization;
}

function jwt(claims: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}
