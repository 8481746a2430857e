/** The harness itself: what the other tests here stand on. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCluster } from './harness/cluster.ts';
import { at, textAt } from './harness/requests.ts';
import { until } from './harness/wait.ts';

const cluster = await startCluster({ audit: true });

const LEASES = (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
const READ_LOCK = {
  apiGroups: ['coordination.k8s.io'],
  resources: ['leases'],
  verbs: ['get'],
  resourceNames: ['demo'],
};

/** What curl would do: a call that may find nobody at home. */
async function answers(): Promise<boolean> {
  return cluster.admin('GET', '/readyz').then(
    (reply) => reply.status === 200,
    () => false,
  );
}

test('the API server is ready and is a Kubernetes of the pinned version', async () => {
  assert.deepEqual(await cluster.admin('GET', '/readyz'), { status: 200, body: 'ok' });
  const version = await cluster.admin('GET', '/version');
  assert.match(textAt(version.body, 'gitVersion'), /^v1\.\d+\.\d+$/);
});

test('a token bound to a Pod says whose it is', async () => {
  const namespace = await cluster.createNamespace();
  await cluster.createServiceAccount(namespace, 'elector');
  const uid = await cluster.createPod(namespace, 'alice', { serviceAccount: 'elector' });
  const token = await cluster.tokenFor(namespace, 'elector', { pod: { name: 'alice', uid } });
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  assert.deepEqual(at(claims, 'kubernetes.io', 'pod'), { name: 'alice', uid });
});

test('an account may do what its role says and nothing else', async () => {
  const namespace = await cluster.createNamespace();
  await cluster.createServiceAccount(namespace, 'elector');
  await cluster.bindRole(namespace, 'elector', [READ_LOCK]);
  const elector = cluster.as({ token: await cluster.tokenFor(namespace, 'elector') });
  assert.equal((await elector('GET', `${LEASES(namespace)}/demo`)).status, 404);
  assert.equal((await elector('GET', `${LEASES(namespace)}/other`)).status, 403);
  assert.equal((await elector('DELETE', `${LEASES(namespace)}/demo`)).status, 403);
});

test('kubeconfig files work with a token and with a client certificate', async () => {
  const certificate = await cluster.clientCertificate('carol', 'system:masters');
  const kubeconfig = await cluster.kubeconfig(certificate);
  const who = await cluster.kubectl(['auth', 'whoami', '-o', 'json'], { kubeconfig });
  assert.equal(who.code, 0, who.stderr);
  assert.equal(textAt(JSON.parse(who.stdout), 'status', 'userInfo', 'username'), 'carol');
  assert.equal((await cluster.kubectl(['get', 'namespaces'])).code, 0);
});

test('in-cluster files are replaced all at once', async () => {
  const files = await cluster.inCluster('default', 'first');
  const read = (name: string) => readFileSync(join(files.dir, name), 'utf8');
  assert.deepEqual([read('token'), read('namespace'), read('ca.crt')], ['first', 'default', cluster.caPem]);
  files.rotate({ token: 'second' });
  assert.deepEqual([read('token'), read('namespace')], ['second', 'default']);
  assert.equal(`https://${files.env.KUBERNETES_SERVICE_HOST}:${files.env.KUBERNETES_SERVICE_PORT}`, cluster.url);
});

test('requests are counted and audited', async () => {
  const namespace = await cluster.createNamespace();
  const created = async () => {
    const counts = await cluster.requestCounts();
    return (
      counts.find(({ verb, resource, code }) => verb === 'POST' && resource === 'leases' && code === '201')?.count ?? 0
    );
  };
  const before = await created();
  await cluster.admin('POST', LEASES(namespace), { metadata: { name: 'demo' } });
  assert.equal((await created()) - before, 1);
  const audited = (await cluster.auditEvents()).filter((event) => at(event, 'objectRef', 'namespace') === namespace);
  assert.deepEqual(
    audited.map((event) => [at(event, 'verb'), at(event, 'requestObject', 'metadata', 'name')]),
    [['create', 'demo']],
  );
});

test('a watch from before a compaction is answered with 410', async () => {
  const namespace = await cluster.createNamespace();
  const list = await cluster.admin('GET', LEASES(namespace));
  const from = textAt(list.body, 'metadata', 'resourceVersion');
  for (const name of ['alice', 'bob']) await cluster.admin('POST', LEASES(namespace), { metadata: { name } });
  await cluster.compact();
  // The API server serves recent versions from its own memory; a fresh one has none.
  await cluster.apiserver.restart();
  const watch = await cluster.admin('GET', `${LEASES(namespace)}?watch=true&resourceVersion=${from}&timeoutSeconds=2`);
  const code = watch.status === 200 ? at(watch.body, 'object', 'code') : watch.status;
  assert.equal(code, 410);
});

test('API server and etcd go away and come back with everything they held', async () => {
  const namespace = await cluster.createNamespace();
  await cluster.apiserver.kill();
  assert.equal(await answers(), false);
  assert.equal(cluster.apiserver.pid(), undefined);
  await cluster.apiserver.start();
  assert.equal(await answers(), true);

  await cluster.etcd.kill();
  await until('the API server misses etcd', async () => !(await answers()));
  await cluster.etcd.start();
  await until('the API server is ready again', answers);
  assert.equal((await cluster.admin('GET', `/api/v1/namespaces/${namespace}`)).status, 200);
});

test('a stopped cluster leaves no process', async () => {
  const pids = [cluster.apiserver.pid(), cluster.etcd.pid()];
  await cluster.stop();
  for (const pid of pids) assert.equal(existsSync(`/proc/${pid}`), false);
});
