/** What an administrator does to a lock under its leader, and the ways of a kubeconfig to the API. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { clusterWorld, fullRights, lockPath, TTL_MS } from '../support/cluster-world.ts';
import { type ElectorProcess, history, startElector, until } from '../support/elector-process.ts';
import { startCluster } from './harness/cluster.ts';
import { at } from './harness/requests.ts';

const cluster = await startCluster();
after(() => cluster.stop());

const SLACK_MS = 3_000;
const RECORD = 'control-plane.alpha.kubernetes.io/leader';
const STEPPED_DOWN = 'stepping down as leader';

/** How long nobody led, from the step-down to the next term of anybody. */
async function recoveryMs(electors: readonly ElectorProcess[]): Promise<number> {
  const terms = () => history(electors).leaders.length;
  await until('somebody leads again', () => terms() === 2);
  const [first, second] = electors.flatMap((elector) => elector.claims()).toSorted((a, b) => a.fromNs - b.fromNs);
  assert.ok(first && second);
  return (second.fromNs - first.toNs) / 1e6;
}

describe('an administrator', { concurrency: 6, timeout: 240_000 }, () => {
  for (const kind of ['leases', 'configmaps', 'endpoints'] as const) {
    test(`deletes the lock (${kind}): the leader stops at once, and one leads again after the wait`, async (t) => {
      const world = await clusterWorld(t, cluster, fullRights(kind));
      const electors = await world.fleet(['alice', 'bob'], `-lock-type=${kind}`);
      const [alice] = electors;
      assert.ok(alice);
      const deletedMs = performance.now();
      assert.equal((await world.kubectl('delete', kind, 'demo')).code, 0);
      await alice.untilSaid(STEPPED_DOWN, { withinMs: 2_000 });
      assert.ok(performance.now() - deletedMs < 2_000);
      for (const elector of electors)
        await elector.untilSaid('the lock was deleted; waiting for its last holder to end');
      const ms = await recoveryMs(electors);
      assert.ok(ms >= TTL_MS - 100 && ms < TTL_MS + SLACK_MS, `nobody led for ${ms} ms`);
      assert.deepEqual(history(electors).overlaps, []);
    });
  }

  const EDITS: readonly { what: string; spec: object; leastMs: number; mostMs: number }[] = [
    { what: 'names another holder', spec: { holderIdentity: 'mallory' }, leastMs: TTL_MS, mostMs: TTL_MS + SLACK_MS },
    { what: 'empties the holder', spec: { holderIdentity: '' }, leastMs: TTL_MS, mostMs: TTL_MS + SLACK_MS },
    { what: 'removes the holder', spec: { holderIdentity: null }, leastMs: TTL_MS, mostMs: TTL_MS + SLACK_MS },
    {
      what: 'removes the whole record',
      spec: {
        holderIdentity: null,
        leaseDurationSeconds: null,
        acquireTime: null,
        renewTime: null,
        leaseTransitions: null,
      },
      leastMs: TTL_MS,
      mostMs: TTL_MS + SLACK_MS,
    },
    {
      what: 'gives the lease to another for longer',
      spec: { holderIdentity: 'mallory', leaseDurationSeconds: 9 },
      leastMs: 9_000,
      mostMs: 9_000 + SLACK_MS,
    },
    {
      what: 'sets times of another century under the leader’s name',
      spec: { acquireTime: '2100-01-01T00:00:00.000000Z', renewTime: '2100-01-01T00:00:00.000000Z' },
      leastMs: TTL_MS,
      mostMs: TTL_MS + SLACK_MS,
    },
  ];
  for (const { what, spec, leastMs, mostMs } of EDITS) {
    test(`${what}: the leader stops at once, the edit is waited out, and one leads again`, async (t) => {
      const world = await clusterWorld(t, cluster);
      const electors = await world.fleet(['alice', 'bob']);
      const edited = await world.kubectl('patch', 'lease', 'demo', '--type=merge', '-p', JSON.stringify({ spec }));
      assert.equal(edited.code, 0, edited.stderr);
      await electors[0]?.untilSaid(STEPPED_DOWN, { withinMs: 2_000 });
      const ms = await recoveryMs(electors);
      assert.ok(ms >= leastMs - 100 && ms < mostMs, `nobody led for ${ms} ms`);
      assert.deepEqual(history(electors).overlaps, []);
      assert.deepEqual(
        electors.map((elector) => elector.noise()),
        ['', ''],
      );
    });
  }

  test('labels, annotates and edits what is not the record: nobody notices, and the edit stays', async (t) => {
    const world = await clusterWorld(t, cluster);
    const electors = await world.fleet(['alice', 'bob']);
    for (let round = 0; round < 5; round += 1) {
      await world.kubectl('label', 'lease', 'demo', `round=r${round}`, '--overwrite');
      await world.kubectl('annotate', 'lease', 'demo', `example.com/note=${round}`, '--overwrite');
    }
    await new Promise((resolve) => setTimeout(resolve, TTL_MS));
    const { body } = await world.lock();
    assert.deepEqual(
      [at(body, 'metadata', 'labels', 'round'), at(body, 'metadata', 'annotations', 'example.com/note')],
      ['r4', '4'],
    );
    assert.deepEqual(history(electors), { leaders: ['alice'], overlaps: [] });
  });

  test('writes rubbish into the annotation of a ConfigMap with data: the data survives what follows', async (t) => {
    const world = await clusterWorld(t, cluster, fullRights('configmaps'));
    await world.kubectl('create', 'configmap', 'demo', '--from-literal=colour=blue');
    const electors = await world.fleet(['alice', 'bob'], '-lock-type=configmaps');
    await world.kubectl('annotate', 'configmap', 'demo', `${RECORD}={"holderIdentity":7}`, '--overwrite');
    await electors[0]?.untilSaid(STEPPED_DOWN, { withinMs: 2_000 });
    const ms = await recoveryMs(electors);
    assert.ok(ms >= TTL_MS - 100 && ms < TTL_MS + SLACK_MS, `nobody led for ${ms} ms`);
    assert.deepEqual(at((await world.lock('configmaps')).body, 'data'), { colour: 'blue' });
  });

  test('replaces the lock by a new object: the leader stops, and the new one is waited out', async (t) => {
    const world = await clusterWorld(t, cluster);
    const electors = await world.fleet(['alice', 'bob']);
    await world.kubectl('delete', 'lease', 'demo');
    const spec = { holderIdentity: '', leaseDurationSeconds: 1 };
    await cluster.admin('POST', lockPath(world.namespace, 'leases').replace(/\/demo$/, ''), {
      metadata: { name: 'demo' },
      spec,
    });
    await electors[0]?.untilSaid(STEPPED_DOWN, { withinMs: 2_000 });
    const ms = await recoveryMs(electors);
    assert.ok(ms >= TTL_MS - 100 && ms < TTL_MS + SLACK_MS, `nobody led for ${ms} ms`);
    assert.deepEqual(history(electors).overlaps, []);
  });
});

// -------------------------------------------------------------------------------------------------- kubeconfig

type Kubeconfig = Record<string, unknown>;

/** A kubeconfig of the test cluster, changed by `edit`. */
async function kubeconfig(
  name: string,
  user: object,
  edit: (config: Kubeconfig) => Kubeconfig = (it) => it,
): Promise<string> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: cluster.url, 'certificate-authority-data': base64(cluster.caPem) } }],
    users: [{ name: 'admin', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin', namespace: 'kube-system' } }],
    'current-context': 'test',
  };
  const path = join(cluster.dir, `${name}.kubeconfig`);
  writeFileSync(path, JSON.stringify(edit(config)), { mode: 0o600 });
  return path;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function withKubeconfig(t: TestContext, path: string, namespace: string): Promise<ElectorProcess> {
  const args = [`-kubeconfig=${path}`, `-namespace=${namespace}`, `-ttl=${TTL_MS}ms`];
  return startElector(t, { id: 'alice', args, env: { ELECTOR_POD_NAME: 'alice' } });
}

describe('a kubeconfig', { concurrency: 5, timeout: 240_000 }, () => {
  const USERS: readonly (readonly [string, () => Promise<object>])[] = [
    ['a token', async () => ({ token: cluster.adminToken })],
    [
      'a client certificate',
      async () => {
        const { cert, key } = await cluster.clientCertificate('alice', 'system:masters');
        return { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
      },
    ],
    [
      'a credential plug-in',
      async () => {
        const status = { token: cluster.adminToken };
        const command = join(cluster.dir, 'plug-in');
        const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status };
        writeFileSync(command, `#!/bin/sh\nprintf '%s' '${JSON.stringify(credential)}'\n`);
        chmodSync(command, 0o755);
        return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' } };
      },
    ],
  ];
  for (const [what, user] of USERS) {
    test(`with ${what} leads, labels a Pod of the election’s namespace and passes over the context’s`, async (t) => {
      const namespace = await cluster.createNamespace();
      await cluster.createPod(namespace, 'alice');
      const alice = await withKubeconfig(t, await kubeconfig(what.replaceAll(' ', '-'), await user()), namespace);
      await alice.untilLeads();
      const pod = `/api/v1/namespaces/${namespace}/pods/alice`;
      await until('alice is labelled', async () => {
        const { body } = await cluster.admin('GET', pod);
        return at(body, 'metadata', 'labels', 'k8s-elector/status') === 'leader';
      });
      assert.deepEqual(await alice.end(), { code: 0, signal: null });
      assert.deepEqual([alice.stdout(), alice.noise()], ['', '']);
    });
  }

  const UNUSABLE: readonly (readonly [string, (config: Kubeconfig) => Kubeconfig, RegExp])[] = [
    [
      'names a context that is not there',
      (config) => ({ ...config, 'current-context': 'production' }),
      /current-context is "production", but the contexts there: "test"; correct the file/,
    ],
    [
      'names a user that is not there',
      (config) => ({ ...config, users: [] }),
      /names user "admin", but the users there: none/,
    ],
    [
      'has an authority that is no certificate',
      (config) => ({
        ...config,
        clusters: [{ name: 'test', cluster: { server: cluster.url, 'certificate-authority-data': base64('rubbish') } }],
      }),
      /certificate-authority-data: /,
    ],
  ];
  for (const [what, edit, expected] of UNUSABLE) {
    test(`that ${what} ends it with exit code 1 and what is wrong`, async (t) => {
      const path = await kubeconfig(what.replaceAll(' ', '-'), { token: cluster.adminToken }, edit);
      const alice = await withKubeconfig(t, path, 'default');
      assert.deepEqual(await alice.exited, { code: 1, signal: null });
      const last = alice.lines.at(-1);
      assert.deepEqual([last?.msg, last?.code], ['elector failed', 'CONNECTION_INVALID']);
      assert.ok(String(last?.error).startsWith(`cannot use kubeconfig ${path}: `), String(last?.error));
      assert.match(String(last?.error), expected);
      assert.deepEqual([alice.stdout(), alice.noise()], ['', '']);
    });
  }

  test('that is not there ends it with exit code 1 and its path', async (t) => {
    const alice = await withKubeconfig(t, '/nowhere/kubeconfig', 'default');
    assert.deepEqual(await alice.exited, { code: 1, signal: null });
    assert.match(
      String(alice.lines.at(-1)?.error),
      /^cannot use kubeconfig \/nowhere\/kubeconfig: the file cannot be read: ENOENT/,
    );
  });

  /** The API may come to be trusted, or the user renewed: this is waited for, not died of. */
  async function staysInTrouble(alice: ElectorProcess, message: string, error: RegExp): Promise<void> {
    const said = await alice.untilSaid(message);
    assert.match(String(said.error), error);
    await until('alice is unhealthy', async () => (await alice.get('/healthz')).code === 503);
    assert.deepEqual(await alice.answer(), { is_leader: false, leader: '', node: 'alice' });
    assert.deepEqual(await alice.end(), { code: 0, signal: null });
    assert.equal(alice.noise(), '');
  }
  const FAILING = 'Kubernetes API request failing, trying again';

  test('with a wrong authority never talks to the API, and says why', async (t) => {
    // A certificate of somebody else: it is well formed, and vouches for nothing here.
    const { cert } = await cluster.clientCertificate('somebody', 'else');
    const path = await kubeconfig('wrong-authority', { token: cluster.adminToken }, (config) => ({
      ...config,
      clusters: [{ name: 'test', cluster: { server: cluster.url, 'certificate-authority-data': base64(cert) } }],
    }));
    const alice = await withKubeconfig(t, path, 'default');
    await staysInTrouble(
      alice,
      FAILING,
      /^no answer from https:\/\/127\.0\.0\.1:\d+ \(kubeconfig .*context test\): .*certificate/,
    );
  });

  test('with a client certificate that has expired is told so by the API', async (t) => {
    const path = await kubeconfig('expired', expiredCertificate());
    await staysInTrouble(await withKubeconfig(t, path, 'default'), FAILING, /Unauthorized/);
  });
});

/** Signed by the cluster's authority, for yesterday. */
function expiredCertificate(): object {
  const file = (name: string) => join(cluster.dir, `expired-${name}`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: cluster.dir, stdio: 'pipe' });
  writeFileSync(
    file('ca.cnf'),
    `[ca]\ndefault_ca=a\n[a]\ndatabase=${file('index')}\nserial=${file('serial')}\nnew_certs_dir=${cluster.dir}\ndefault_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\norganizationName=optional\n[e]\nextendedKeyUsage=clientAuth\n`,
  );
  writeFileSync(file('index'), '');
  writeFileSync(file('serial'), '77\n');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key')];
  openssl('req', '-new', ...key, '-subj', '/O=system:masters/CN=alice', '-out', file('csr'));
  const ca = ['-config', file('ca.cnf'), '-cert', 'ca.crt', '-keyfile', 'ca.key', '-notext', '-batch'];
  openssl(
    'ca',
    ...ca,
    '-startdate',
    '20200101000000Z',
    '-enddate',
    '20200102000000Z',
    '-in',
    file('csr'),
    '-out',
    file('crt'),
  );
  const read = (name: string) => base64(readFileSync(file(name), 'utf8'));
  return { 'client-certificate-data': read('crt'), 'client-key-data': read('key') };
}
