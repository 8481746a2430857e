/** Files that say where the API is and who asks: a kubeconfig, and what kubelet mounts for a service account. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ElectorError } from '../../src/errors.ts';
import { ApiConnection } from '../../src/kube/api-connection.ts';
import type { Connection } from '../../src/kube/connection.ts';
import { fromServiceAccount, readPodIdentity } from '../../src/kube/in-cluster.ts';
import { fromKubeconfig } from '../../src/kube/kubeconfig.ts';
import { listPath, objectPath } from '../../src/kube/paths.ts';
import { resolvePath } from '../../src/kube/server-url.ts';
import { PODS } from '../../src/outlets/pods.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { mutated, mutatedBytes, oddText, wireText } from './mutate.ts';
import { caseOf, pure, type Target } from './target.ts';

const KUBECONFIG = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    {
      name: 'test',
      cluster: { server: 'http://127.0.0.1:1', 'insecure-skip-tls-verify': true, 'tls-server-name': 'a' },
    },
    {
      name: 'proxied',
      cluster: {
        server: 'https://127.0.0.1:1',
        'proxy-url': 'http://127.0.0.1:1',
        'certificate-authority-data': 'YQ==',
      },
    },
  ],
  users: [
    { name: 'token', user: { token: 'abc', as: 'alice', 'as-groups': ['a', 'b'], 'as-uid': '1' } },
    { name: 'basic', user: { username: 'alice', password: 'x' } },
    { name: 'file', user: { tokenFile: 'token', 'client-certificate': 'cert', 'client-key-data': 'YQ==' } },
  ],
  contexts: [
    { name: 'token', context: { cluster: 'test', user: 'token', namespace: 'x' } },
    { name: 'basic', context: { cluster: 'test', user: 'basic' } },
    { name: 'file', context: { cluster: 'test', user: 'file' } },
    { name: 'proxied', context: { cluster: 'proxied', user: 'token' } },
  ],
};

const document = mutated(
  fc
    .constantFrom('token', 'basic', 'file', 'proxied', 'none')
    .map((current) => ({ ...KUBECONFIG, 'current-context': current })),
);
/** JSON is YAML; what is YAML alone comes in as garbage. */
const kubeconfigText = fc.oneof(
  { weight: 4, arbitrary: document.map((value) => Buffer.from(wireText(value))) },
  {
    weight: 1,
    arbitrary: mutatedBytes(
      document.map((value) => Buffer.from(JSON.stringify(value, null, 1) ?? '')),
      ['&a', '*a', '!!binary', '!!js/function', '---\n', '? ', '<<: *a', '\t', '# '],
    ),
  },
);

export const kubeconfig: Target = inFolder('kubeconfig', 150, kubeconfigText, async (text, folder) => {
  const path = join(folder, 'config');
  writeFileSync(path, text);
  const connection = await connected(() => fromKubeconfig({ path, clock: new VirtualClock() }));
  if (connection !== null) await judgeConnection(connection);
});

const claims = {
  iss: 'https://kubernetes.default.svc',
  exp: 1_800_000_000,
  'kubernetes.io': {
    namespace: 'default',
    pod: { name: 'alice-0', uid: 'uid-1' },
    serviceaccount: { name: 'a', uid: 'b' },
  },
};
const token = fc.oneof(
  mutated(fc.constant(claims)).map((value) => Buffer.from(tokenOf(value))),
  mutatedBytes(fc.constant(Buffer.from(tokenOf(claims))), ['.', '..', '\n']),
  mutated(fc.constant(claims)).chain((value) =>
    mutatedBytes(fc.constant(Buffer.from(wireText(value)))).map((bytes) =>
      Buffer.from(`h.${bytes.toString('base64url')}.s`),
    ),
  ),
);
const serviceAccountFiles = fc.record({
  token,
  namespace: oddText,
  ca: fc.option(fc.oneof(oddText, fc.constant('-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----'))),
  host: fc.oneof(fc.constantFrom('10.0.0.1', '::1', 'localhost'), oddText),
  port: fc.oneof(fc.constantFrom('443', '0', '99999'), oddText),
});

export const serviceAccount: Target = inFolder('service-account', 150, serviceAccountFiles, async (files, folder) => {
  writeFileSync(join(folder, 'token'), files.token);
  writeFileSync(join(folder, 'namespace'), files.namespace);
  rmSync(join(folder, 'ca.crt'), { force: true });
  if (files.ca !== null) writeFileSync(join(folder, 'ca.crt'), files.ca);
  const env = { KUBERNETES_SERVICE_HOST: files.host, KUBERNETES_SERVICE_PORT: files.port };
  const connection = await connected(async () => fromServiceAccount({ clock: new VirtualClock(), env, folder }));
  const { podName, podUid, podNamespace } = readPodIdentity(folder);
  for (const text of [podName, podUid, podNamespace]) assert.equal(typeof text, 'string');
  if (connection !== null) await judgeConnection(connection);
});

/** These three are no segments of a path, however they are written. */
const segment = oddText.filter((text) => text !== '' && text !== '.' && text !== '..');

/** Names come from tokens, seals and holders' identities, and become parts of a path. */
export const paths = pure(
  'paths',
  300,
  fc.tuple(segment, segment, fc.constantFrom('', '/k8s/clusters/c1', '//', '/a%2fb/')),
  ([namespace, name, prefix]) => {
    const server = new URL(`https://10.0.0.1:6443${prefix}`);
    const own = server.pathname.replace(/\/+$/, '');
    const object = resolvePath(server, objectPath(PODS, namespace, name)).pathname;
    const list = resolvePath(server, listPath(PODS, namespace, name));
    assert.ok(list.pathname.startsWith(`${own}/api/v1/namespaces/`) && list.pathname.endsWith('/pods'), list.pathname);
    assert.ok(object.startsWith(`${own}/api/v1/namespaces/`), object);
    assert.equal(object.slice(own.length).split('/').length, 7, object);
  },
);

/** Null when the configuration is refused, in one line that says what to do. */
async function connected(connect: () => Promise<Connection>): Promise<Connection | null> {
  try {
    return await connect();
  } catch (error) {
    if (!(error instanceof ElectorError)) throw new Error('refused without an ElectorError', { cause: error });
    assert.equal(error.code, 'CONNECTION_INVALID');
    return null;
  }
}

async function judgeConnection(connection: Connection): Promise<void> {
  assert.match(connection.server.protocol, /^https?:$/);
  const api = new ApiConnection(connection, 'test');
  try {
    for (const fresh of [false, true]) {
      const { headers } = await api.access({ fresh });
      for (const value of Object.values(headers).flat()) assert.ok(typeof value === 'string' && !/[\r\n]/.test(value));
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    assert.ok(error instanceof Error && error.message.startsWith('no credentials from '), String(error));
  } finally {
    api.destroy();
  }
}

function tokenOf(value: unknown): string {
  return `${Buffer.from('{}').toString('base64url')}.${Buffer.from(wireText(value)).toString('base64url')}.s`;
}

function inFolder<T>(
  name: string,
  cases: number,
  input: fc.Arbitrary<T>,
  check: (value: T, folder: string) => Promise<void>,
): Target {
  return {
    name,
    cases,
    async open() {
      const folder = mkdtempSync(join(tmpdir(), 'k8s-elector-fuzz-'));
      return {
        property: caseOf(input, (value) => check(value, folder)),
        close: async () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  };
}
