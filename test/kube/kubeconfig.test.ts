import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import type { Connection } from '../../src/kube/connection.ts';
import { fromKubeconfig } from '../../src/kube/kubeconfig.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { type Authority, createAuthority, type KeyPair } from './certificates.ts';
import { clientOf, getReports, inShort, temporaryFolder } from './helpers.ts';
import { httpProxy, socksProxy } from './proxies.ts';
import { json, startServer, status, until } from './scripted-server.ts';

let authority: Authority;
let serverPair: KeyPair;
before(() => {
  authority = createAuthority();
  serverPair = authority.server();
});

describe('who asks', () => {
  const cases: readonly [string, object, Record<string, string>, Record<string, string>][] = [
    ['a token', { token: 'alice' }, {}, { authorization: 'Bearer alice' }],
    [
      'a token file, relative to the kubeconfig',
      { tokenFile: 'token' },
      { token: 'bob\n' },
      { authorization: 'Bearer bob' },
    ],
    [
      'a token file before a token',
      { tokenFile: 'token', token: 'no' },
      { token: 'bob' },
      { authorization: 'Bearer bob' },
    ],
    ['user name and password', { username: 'alice', password: 'p:w' }, {}, { authorization: 'Basic YWxpY2U6cDp3' }],
    [
      'somebody on behalf of others',
      { token: 'alice', as: 'bob', 'as-uid': '7', 'as-groups': ['a', 'b'] },
      {},
      {
        authorization: 'Bearer alice',
        'impersonate-user': 'bob',
        'impersonate-uid': '7',
        'impersonate-group': 'a, b',
      },
    ],
    ['nobody', {}, {}, {}],
  ];
  for (const [what, user, files, expected] of cases) {
    test(`is ${what}`, async (t) => {
      const server = await startServer(t, json({}));
      const { connection } = await configured(t, { server: server.url }, user, files);
      assert.equal(inShort(await getReports(clientOf(t, connection))), 'ok 200');
      const headers = server.requests[0]?.headers ?? {};
      const sent = Object.entries(headers).filter(([name]) => /^(authorization|impersonate-)/.test(name));
      assert.deepEqual(Object.fromEntries(sent), expected);
    });
  }

  test('is nobody when the context names no user', async (t) => {
    const server = await startServer(t, json({}));
    const path = write(t, yaml({ server: server.url }, {}).replace('"user":"alice",', ''));
    const connection = await fromKubeconfig({ path, clock: new VirtualClock() });
    assert.equal(inShort(await getReports(clientOf(t, connection))), 'ok 200');
  });

  test('a token file is read again within a minute, and kept while it is empty', async (t) => {
    const { connection, folder, clock } = await configured(
      t,
      { server: 'https://10.0.0.1' },
      { tokenFile: 'token' },
      { token: 'first' },
    );
    writeFileSync(join(folder, 'token'), '');
    clock.advance(60_000);
    assert.equal(await authorizationOf(connection), 'Bearer first');
    writeFileSync(join(folder, 'token'), 'second');
    assert.equal(await authorizationOf(connection), 'Bearer second');
  });
});

describe('certificates', () => {
  for (const [how, spell] of [
    ['in the kubeconfig', (pem: string, field: string) => ({ [`${field}-data`]: base64(pem) })],
    ['in files beside it', (_: string, field: string) => ({ [field]: `${field}.pem` })],
  ] as const) {
    test(`${how} are used`, async (t) => {
      const alice = authority.client('alice');
      const tls = { ...serverPair, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
      const server = await startServer(t, json({}), { tls });
      server.script((request) => {
        const { socket } = request.response;
        assert(socket instanceof TLSSocket);
        json({ name: socket.getPeerCertificate().subject.CN })(request);
      });
      const { connection } = await configured(
        t,
        { server: server.url, ...spell(authority.cert, 'certificate-authority') },
        { ...spell(alice.cert, 'client-certificate'), ...spell(alice.key, 'client-key') },
        {
          'certificate-authority.pem': authority.cert,
          'client-certificate.pem': alice.cert,
          'client-key.pem': alice.key,
        },
      );
      const answer = await getReports(clientOf(t, connection));
      assert.deepEqual(answer, { type: 'ok', code: 200, body: { name: 'alice' } });
    });
  }

  test('a server goes unverified under insecure-skip-tls-verify', async (t) => {
    const server = await startServer(t, json({}), { tls: serverPair });
    const { connection } = await configured(t, { server: server.url, 'insecure-skip-tls-verify': true }, {});
    assert.equal(inShort(await getReports(clientOf(t, connection))), 'ok 200');
  });

  test('a server goes by its tls-server-name', async (t) => {
    const server = await startServer(t, json({}), { tls: authority.server('DNS:kubernetes.example') });
    const cluster = { server: server.url, 'certificate-authority-data': base64(authority.cert) };
    const unnamed = await configured(t, cluster, {});
    assert.equal(inShort(await getReports(clientOf(t, unnamed.connection))), 'failed connection');
    const named = await configured(t, { ...cluster, 'tls-server-name': 'kubernetes.example' }, {});
    assert.equal(inShort(await getReports(clientOf(t, named.connection))), 'ok 200');
  });
});

describe('a credential plug-in', () => {
  /** Gives `token-1`, `token-2`…, and keeps what it was told. */
  const COUNTING = `#!/bin/sh
echo run >> "$(dirname "$0")/runs"
printf '%s' "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/told"
printf '{"kind":"ExecCredential","status":{"token":"token-%s"%s}}' "$(wc -l < "$(dirname "$0")/runs" | tr -d ' ')" "$EXTRA"
`;

  test('is run once for many requests, from beside the kubeconfig', async (t) => {
    const { connection, runs } = await withPlugin(t, COUNTING);
    const both = await Promise.all([authorizationOf(connection), authorizationOf(connection)]);
    assert.deepEqual([...both, await authorizationOf(connection)], Array(3).fill('Bearer token-1'));
    assert.equal(runs(), 1);
  });

  test('is told what kubectl tells it', async (t) => {
    const { connection, folder } = await withPlugin(t, COUNTING, { provideClusterInfo: true });
    await authorizationOf(connection);
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'told'), 'utf8')), {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://10.0.0.1' } },
    });
  });

  test('is run again when what it gave has expired', async (t) => {
    const { connection, runs } = await withPlugin(t, COUNTING, {
      env: [{ name: 'EXTRA', value: ',"expirationTimestamp":"2020-01-01T00:00:00Z"' }],
    });
    await authorizationOf(connection);
    assert.equal(await authorizationOf(connection), 'Bearer token-2');
    assert.equal(runs(), 2);
  });

  test('is run again when the API refuses what it gave', async (t) => {
    const server = await startServer(t, (request) => {
      if (request.headers.authorization === 'Bearer token-2') json({})(request);
      else json(status(401, 'Unauthorized', 'Unauthorized'), 401)(request);
    });
    const { connection, runs } = await withPlugin(t, COUNTING, {}, server.url);
    const client = clientOf(t, connection);
    assert.equal(inShort(await getReports(client)), 'ok 200');
    assert.equal(inShort(await getReports(client)), 'ok 200');
    assert.equal(runs(), 2);
  });

  test('may give a client certificate', async (t) => {
    const alice = authority.client('alice');
    const credential = { status: { clientCertificateData: alice.cert, clientKeyData: alice.key } };
    const tls = { ...serverPair, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    const server = await startServer(t, json({}), { tls });
    const { connection } = await withPlugin(
      t,
      `#!/bin/sh\ncat "$(dirname "$0")/credential"\n`,
      {},
      server.url,
      { credential: JSON.stringify(credential) },
      { 'certificate-authority-data': base64(authority.cert) },
    );
    assert.equal(inShort(await getReports(clientOf(t, connection))), 'ok 200');
  });

  for (const [what, script, expected] of [
    ['fails', '#!/bin/sh\necho "log in first" >&2\nexit 1\n', /plugin failed: log in first$/],
    ['gives no JSON', '#!/bin/sh\necho hello\n', /plugin failed: .*JSON/],
    ['gives nothing that helps', `#!/bin/sh\necho '{"status":{}}'\n`, /plugin gave neither a token nor a client cert/],
  ] as const) {
    test(`that ${what} is said, and tried again at the next request`, async (t) => {
      const server = await startServer(t, json({}));
      const { connection, folder } = await withPlugin(t, script, {}, server.url);
      const client = clientOf(t, connection);
      const answer = await getReports(client);
      assert(answer.type === 'failed');
      assert.equal(answer.reason, 'credentials');
      assert.match(answer.message, expected);
      writeFileSync(join(folder, 'plugin'), COUNTING);
      assert.equal(inShort(await getReports(client)), 'ok 200');
    });
  }

  test('that does not exist is said by its name', async (t) => {
    const { connection } = await configured(t, { server: 'https://10.0.0.1' }, { exec: { command: 'no-such-plugin' } });
    await assert.rejects(authorizationOf(connection), /the credential plug-in no-such-plugin failed: .*ENOENT/);
  });

  test('that hangs is started anew after a minute, beside the one that hangs', async (t) => {
    const hanging = `#!/bin/sh
cd "$(dirname "$0")"
echo run >> runs
if [ "$(wc -l < runs)" -eq 1 ]; then while [ -e hang ]; do sleep 0.02; done; fi
printf '{"status":{"token":"token-2"}}'
`;
    const { connection, clock, folder, runs } = await withPlugin(t, hanging, {}, undefined, { hang: '' });
    connection.credentials({ fresh: false }).catch(() => {});
    connection.credentials({ fresh: false }).catch(() => {});
    await until(() => existsSync(join(folder, 'runs')));
    clock.advance(59_999);
    connection.credentials({ fresh: false }).catch(() => {});
    clock.advance(1);
    assert.equal(await authorizationOf(connection), 'Bearer token-2');
    assert.equal(runs(), 2);
  });
});

describe('a proxy', () => {
  for (const [kind, start] of [
    ['http', httpProxy],
    ['socks5', socksProxy],
  ] as const) {
    test(`of kind ${kind} is what every connection goes through, and connections are kept`, async (t) => {
      const server = await startServer(t, json({}), { tls: serverPair });
      const proxy = await start(t);
      const { connection } = await configured(
        t,
        {
          server: server.url,
          'certificate-authority-data': base64(authority.cert),
          'proxy-url': `${kind}://127.0.0.1:${proxy.port}`,
        },
        { token: 'alice' },
      );
      const client = clientOf(t, connection);
      assert.equal(inShort(await getReports(client)), 'ok 200');
      assert.equal(inShort(await getReports(client)), 'ok 200');
      assert.deepEqual([proxy.targets, server.connections.length], [[`127.0.0.1:${server.port}`], 1]);
      assert.equal(server.requests[0]?.headers.authorization, 'Bearer alice');
    });

    test(`of kind ${kind} does not change whom is trusted`, async (t) => {
      const server = await startServer(t, json({}), { tls: serverPair });
      const proxy = await start(t);
      const { connection } = await configured(
        t,
        {
          server: server.url,
          'certificate-authority-data': base64(createAuthority('a stranger').cert),
          'proxy-url': `${kind}://127.0.0.1:${proxy.port}`,
        },
        { token: 'alice' },
      );
      assert.equal(inShort(await getReports(clientOf(t, connection))), 'failed connection');
      assert.equal(server.requests.length, 0);
    });

    test(`of kind ${kind} that is gone fails the request`, async (t) => {
      const cluster = { server: 'https://10.0.0.1', 'proxy-url': `${kind}://127.0.0.1:1` };
      const { connection } = await configured(t, cluster, {});
      assert.equal(inShort(await getReports(clientOf(t, connection))), 'failed connection');
    });
  }
});

describe('what is wrong is said, with the file and what to do', () => {
  const ADVICE = 'correct the file, or name another (-kubeconfig), or name none to use the service account of the Pod';
  const good = { server: 'https://10.0.0.1' };
  const cases: readonly [string, string, string | RegExp][] = [
    ['empty', ' \n', 'the file is empty'],
    ['malformed', 'clusters: [', /^the file is malformed: unexpected end of the stream/],
    ['something else', 'hello', 'current-context is not set; the contexts there: none'],
    ['nothing at all', 'null', /^the file is malformed: /],
    [
      'without a current context',
      yaml(good, {}).replace('"current-context":"prod",', ''),
      'current-context is not set; the contexts there: "prod"',
    ],
    [
      'with a context that is not there',
      yaml(good, {}).replace('"current-context":"prod"', '"current-context":"test"'),
      'current-context is "test", but the contexts there: "prod"',
    ],
    [
      'with a cluster that is not there',
      yaml(good, {}).replace('"cluster":"main"', '"cluster":"other"'),
      'context "prod" names cluster "other", but the clusters there: "main"',
    ],
    [
      'with a user that is not there',
      yaml(good, {}).replace('"user":"alice"', '"user":"bob"'),
      'context "prod" names user "bob", but the users there: "alice"',
    ],
    ['without a server', yaml({}, {}), /^the file is malformed: clusters\[0\]\.cluster\.server is missing/],
    [
      'with a server that is no URL',
      yaml({ server: '10.0.0.1' }, {}),
      'cluster "main": expected a URL such as https://10.0.0.1:6443, got "10.0.0.1"',
    ],
    [
      'with an authority that is none',
      yaml({ ...good, 'certificate-authority-data': base64('garbage') }, {}),
      'certificate-authority-data: expected at least one PEM certificate, got none',
    ],
    [
      'with an authority file that is not there',
      yaml({ ...good, 'certificate-authority': '/missing/ca.pem' }, {}),
      /^certificate-authority: \/missing\/ca\.pem: ENOENT/,
    ],
    [
      'with a token file that is not there',
      yaml(good, { tokenFile: '/missing/token' }),
      /^tokenFile: \/missing\/token: ENOENT/,
    ],
    [
      'with a client certificate alone',
      yaml(good, { 'client-certificate-data': base64('x') }),
      'there is a client certificate without a client key',
    ],
    [
      'with a client certificate that is none',
      yaml(good, { 'client-certificate-data': base64('x'), 'client-key-data': base64('y') }),
      /^client certificate and key cannot be used: /,
    ],
    [
      'with a proxy of an unknown kind',
      yaml({ ...good, 'proxy-url': 'ftp://10.0.0.2' }, {}),
      'cluster "main": expected proxy-url to be http, https or socks5, got "ftp://10.0.0.2"',
    ],
  ];
  for (const [what, text, problem] of cases) {
    test(what, async (t) => {
      const path = write(t, text);
      await assert.rejects(fromKubeconfig({ path, clock: new VirtualClock() }), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'CONNECTION_INVALID');
        const [before = '', after] = error.message.split(`; ${ADVICE}`);
        assert.equal(after, '');
        assert(before.startsWith(`cannot use kubeconfig ${path}: `), before);
        const said = before.slice(`cannot use kubeconfig ${path}: `.length);
        if (typeof problem === 'string') assert.equal(said, problem);
        else assert.match(said, problem);
        return true;
      });
    });
  }

  test('a file that is not there', async () => {
    await assert.rejects(fromKubeconfig({ path: '/missing/config', clock: new VirtualClock() }), {
      code: 'CONNECTION_INVALID',
      message: `cannot use kubeconfig /missing/config: the file cannot be read: ENOENT: no such file or directory, open '/missing/config'; ${ADVICE}`,
    });
  });

  test('whose path begins with a ~ that no shell replaced', async () => {
    await assert.rejects(fromKubeconfig({ path: '~/config', clock: new VirtualClock() }), {
      message: /open '~\/config'; the shell did not expand ~; /,
    });
  });

  test('without the official client', async (t) => {
    const path = write(t, yaml(good, {}));
    const importLibrary = async () => {
      throw new Error("Cannot find package '@kubernetes/client-node'");
    };
    await assert.rejects(fromKubeconfig({ path, clock: new VirtualClock(), importLibrary }), {
      code: 'CONNECTION_INVALID',
      message:
        `cannot use kubeconfig ${path}: the official Kubernetes client, which reads it, cannot be loaded ` +
        "(Cannot find package '@kubernetes/client-node'); install it (npm install @kubernetes/client-node), " +
        'or run in a Pod without a kubeconfig',
    });
  });
});

async function configured(t: TestContext, cluster: object, user: object, files: Record<string, string> = {}) {
  const folder = temporaryFolder(t);
  const path = join(folder, 'config');
  writeFileSync(path, yaml(cluster, user));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o700 });
  const clock = new VirtualClock();
  const connection = await fromKubeconfig({ path, clock });
  return { connection, clock, folder };
}

async function withPlugin(
  t: TestContext,
  script: string,
  exec: object = {},
  server = 'https://10.0.0.1',
  files: Record<string, string> = {},
  cluster: object = {},
) {
  const parts = await configured(
    t,
    { server, ...cluster },
    { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', ...exec } },
    { plugin: script, ...files },
  );
  const runs = () => readFileSync(join(parts.folder, 'runs'), 'utf8').trim().split('\n').length;
  return { ...parts, runs };
}

/** JSON is YAML; the namespace is there to be ignored. */
function yaml(cluster: object, user: object): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'prod',
    contexts: [{ name: 'prod', context: { user: 'alice', cluster: 'main', namespace: 'elsewhere' } }],
    clusters: [{ name: 'main', cluster }],
    users: [{ name: 'alice', user }],
  });
}

function write(t: TestContext, text: string): string {
  const path = join(temporaryFolder(t), 'config');
  writeFileSync(path, text);
  return path;
}

async function authorizationOf(connection: Connection) {
  return (await connection.credentials({ fresh: false })).headers.authorization;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
