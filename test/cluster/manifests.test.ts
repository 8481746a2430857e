/** What a user applies from `deploy/`: accepted by a real API server, and the account gets these rights and no others. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseGoFlags } from '../../src/cli/go-flags.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { type Resolved, resolveSettings } from '../../src/config/settings.ts';
import { startCluster } from './harness/cluster.ts';
import { electorContainer, startedIn } from './harness/deployment.ts';
import { at, type Reply, type Requester, textAt } from './harness/requests.ts';
import { until } from './harness/wait.ts';

const DEPLOY = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'deploy');
const FILES = readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
/** Label and release together end within this after the drain budget. */
const LETTING_GO_MS = 4000;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENT = '/apis/apps/v1/namespaces/default/deployments/example';

const cluster = await startCluster();
after(() => cluster.stop());

/** Applies what stands below this path; the names of what it made or changed. */
async function apply(path: string, ...args: string[]): Promise<readonly string[]> {
  const result = await cluster.kubectl(['apply', '-f', join(DEPLOY, path), '-o', 'name', ...args]);
  assert.deepEqual([result.code, result.stderr], [0, ''], path);
  return result.stdout.trimEnd().split('\n').sort();
}

/** A Pod such as the Deployment's controller would make. */
async function podOfTheDeployment(name: string, serviceAccount?: string): Promise<string> {
  const template = at((await cluster.admin('GET', DEPLOYMENT)).body, 'spec', 'template');
  const spec = at(template, 'spec');
  assert.ok(typeof spec === 'object');
  const pod = await cluster.admin('POST', PODS, {
    metadata: { name, labels: at(template, 'metadata', 'labels'), annotations: { team: 'reports' } },
    spec: { ...spec, ...(serviceAccount && { serviceAccountName: serviceAccount }) },
  });
  assert.equal(pod.status, 201, JSON.stringify(pod.body));
  return textAt(pod.body, 'metadata', 'uid');
}

describe('every file', () => {
  for (const file of FILES) {
    test(`${file} is accepted as it stands, strictly validated`, async () => {
      assert.notDeepEqual(await apply(file, '--dry-run=server', '--validate=strict'), []);
    });
  }
});

test('the folder makes a whole: account, rights, policy, workload and Service', async () => {
  assert.deepEqual(await apply('.'), [
    'deployment.apps/example',
    'role.rbac.authorization.k8s.io/example-elector',
    'rolebinding.rbac.authorization.k8s.io/example-elector',
    'service/example-leader',
    'serviceaccount/example',
    'validatingadmissionpolicy.admissionregistration.k8s.io/example-elector-pod-patches',
    'validatingadmissionpolicybinding.admissionregistration.k8s.io/example-elector-pod-patches',
  ]);
});

describe('the account of the Deployment, by the token of one of its Pods', () => {
  let elector: Requester;

  before(async () => {
    await apply('.');
    const uid = await podOfTheDeployment('alice');
    await podOfTheDeployment('bob');
    await cluster.createServiceAccount('default', 'stranger');
    await podOfTheDeployment('mallory', 'stranger');
    elector = cluster.as({ token: await cluster.tokenFor('default', 'example', { pod: { name: 'alice', uid } }) });
    await until('the role is in force', async () => (await elector('GET', `${PODS}/alice`)).status === 200);
    const forbidden = { metadata: { labels: { probe: 'yes' } } };
    await until(
      'the policy is in force',
      async () => (await elector('PATCH', `${PODS}/bob?dryRun=All`, forbidden)).status === 422,
    );
  });

  const lease = { metadata: { name: 'example' }, spec: { holderIdentity: 'alice', leaseDurationSeconds: 10 } };
  const selected = `${LEASES}?fieldSelector=metadata.name%3Dexample`;

  test('may create, read, update, list and watch its lock', async () => {
    const created = await elector('POST', LEASES, lease);
    assert.equal(created.status, 201);
    assert.equal((await elector('GET', `${LEASES}/example`)).status, 200);
    assert.equal((await elector('PUT', `${LEASES}/example`, created.body)).status, 200);
    const list = await elector('GET', selected);
    assert.equal(list.status, 200);
    const version = textAt(list.body, 'metadata', 'resourceVersion');
    const watch = await elector('GET', `${selected}&watch=true&timeoutSeconds=1&resourceVersion=${version}`);
    assert.equal(watch.status, 200);
  });

  const refusedByRole: readonly (readonly [string, string, string, unknown?])[] = [
    ['delete its lock', 'DELETE', `${LEASES}/example`],
    ['patch its lock', 'PATCH', `${LEASES}/example`, { spec: { holderIdentity: 'mallory' } }],
    ['read another lock', 'GET', `${LEASES}/other`],
    ['update another lock', 'PUT', `${LEASES}/other`, { ...lease, metadata: { name: 'other', resourceVersion: '1' } }],
    ['list all locks', 'GET', LEASES],
    ['watch all locks', 'GET', `${LEASES}?watch=true&timeoutSeconds=1`],
    ['read a lock of another namespace', 'GET', LEASES.replace('default', 'kube-system')],
    ['list secrets', 'GET', '/api/v1/namespaces/default/secrets'],
    ['list Pods', 'GET', PODS],
    ['delete a Pod', 'DELETE', `${PODS}/bob`],
    ['patch a Pod’s status', 'PATCH', `${PODS}/alice/status`, { status: { phase: 'Running' } }],
    ['loosen its own role', 'PATCH', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/example-elector', {}],
  ];
  for (const [what, method, path, body] of refusedByRole) {
    test(`may not ${what}`, async () => {
      assert.equal((await elector(method, path, body)).status, 403);
    });
  }

  const label = (value: string | null) => ({ metadata: { labels: { 'k8s-elector/status': value } } });
  const allowedPatches: readonly (readonly [string, string, object])[] = [
    ['label its own Pod standby', 'alice', label('standby')],
    ['label its own Pod leader', 'alice', label('leader')],
    [
      'write label and fencing token at once',
      'alice',
      { metadata: { ...label('leader').metadata, annotations: { 'k8s-elector/fencing-token': '42' } } },
    ],
    ['take the label from a sibling', 'bob', label('standby')],
    [
      'remove label and token',
      'alice',
      { metadata: { ...label(null).metadata, annotations: { 'k8s-elector/fencing-token': null } } },
    ],
  ];
  for (const [what, pod, patch] of allowedPatches) {
    test(`may ${what}`, async () => {
      const reply = await elector('PATCH', `${PODS}/${pod}`, patch);
      assert.equal(reply.status, 200, JSON.stringify(reply.body));
    });
  }

  test('may label a Pod that has neither labels nor annotations', async () => {
    const created = await cluster.admin('POST', PODS, {
      metadata: { name: 'bare' },
      spec: { serviceAccountName: 'example', containers: [{ name: 'app', image: 'never-pulled' }] },
    });
    assert.equal(created.status, 201);
    assert.equal((await elector('PATCH', `${PODS}/bare`, label('standby'))).status, 200);
  });

  const ONLY_LABEL = 'the elector may change no label but k8s-elector/status';
  const ONLY_ANNOTATION = 'the elector may change no annotation but k8s-elector/fencing-token';
  const NOTHING_ELSE = 'the elector may change nothing of a Pod but its label and annotation';
  const refusedByPolicy: readonly (readonly [string, string, object, string])[] = [
    ['add another label', 'alice', { metadata: { labels: { extra: 'yes' } } }, ONLY_LABEL],
    [
      'hide another label behind its own',
      'alice',
      { metadata: { labels: { 'k8s-elector/status': 'leader', extra: 'yes' } } },
      ONLY_LABEL,
    ],
    ['change another label', 'alice', { metadata: { labels: { app: 'other' } } }, ONLY_LABEL],
    ['remove another label', 'alice', { metadata: { labels: { app: null } } }, ONLY_LABEL],
    ['remove all labels', 'alice', { metadata: { labels: null } }, ONLY_LABEL],
    ['write another value into its label', 'alice', label('king'), 'k8s-elector/status is leader or standby'],
    ['add another annotation', 'alice', { metadata: { annotations: { extra: 'yes' } } }, ONLY_ANNOTATION],
    ['change another annotation', 'alice', { metadata: { annotations: { team: 'other' } } }, ONLY_ANNOTATION],
    ['remove another annotation', 'alice', { metadata: { annotations: { team: null } } }, ONLY_ANNOTATION],
    ['change an image', 'alice', [{ op: 'replace', path: '/spec/containers/0/image', value: 'evil' }], NOTHING_ELSE],
    ['change the deadline', 'alice', { spec: { activeDeadlineSeconds: 1 } }, NOTHING_ELSE],
    ['add a finalizer', 'alice', { metadata: { finalizers: ['example.com/stuck'] } }, NOTHING_ELSE],
    [
      'add an owner',
      'alice',
      { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'bob', uid: 'x' }] } },
      NOTHING_ELSE,
    ],
    [
      'label a Pod of another account',
      'mallory',
      label('standby'),
      'the elector may patch only Pods of its own ServiceAccount',
    ],
  ];
  for (const [what, pod, patch, message] of refusedByPolicy) {
    test(`may not ${what}`, async () => {
      const contentType = Array.isArray(patch) ? 'application/json-patch+json' : undefined;
      const reply = await elector('PATCH', `${PODS}/${pod}`, patch, contentType);
      assert.deepEqual(refusal(reply), { status: 422, message });
    });
  }

  test('is the only one that the policy looks at', async () => {
    const patch = { metadata: { labels: { extra: 'administrator' } } };
    assert.equal((await cluster.admin('PATCH', `${PODS}/bob`, patch)).status, 200);
  });
});

describe('the elector in a manifest', () => {
  for (const file of ['native-sidecar.yaml', 'classic/classic-sidecar.yaml']) {
    test(`of ${file} understands its arguments, names the lock of the Role and has the time to stop`, async () => {
      const template = at(await read(file), 'spec', 'template');
      const { settings, problems, warnings } = settingsOf(template);
      assert.deepEqual([problems, warnings], [[], []]);
      const role = await cluster.admin(
        'GET',
        '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/example-elector',
      );
      assert.deepEqual(at(role.body, 'rules', 1, 'resourceNames'), [settings?.name]);
      assert.deepEqual([settings?.id, settings?.namespace], ['example-0', 'default']);
      const graceMs = Number(at(template, 'spec', 'terminationGracePeriodSeconds')) * 1000;
      assert.ok(graceMs >= (settings?.stopTimeoutMs ?? Number.NaN) + LETTING_GO_MS);
    });

    test(`of ${file} is neither restarted nor takes its Pod out of Services because the API is away`, async () => {
      const container = electorContainer(at(await read(file), 'spec', 'template', 'spec'));
      // `/` answers whatever the API does; health does not.
      const asked = (probe: string) => at(container, probe, 'httpGet', 'path');
      const startup = file.startsWith('native') ? '/' : undefined;
      assert.deepEqual([asked('livenessProbe'), asked('startupProbe')], ['/', startup]);
      assert.equal(at(container, 'readinessProbe'), undefined);
    });
  }
});

test('the classic form takes the place of the native one', async () => {
  assert.deepEqual(await apply('classic'), ['deployment.apps/example']);
  const deployment = (await cluster.admin('GET', DEPLOYMENT)).body;
  const containers = at(deployment, 'spec', 'template', 'spec', 'containers');
  assert.ok(Array.isArray(containers));
  assert.deepEqual(
    containers.map((container) => textAt(container, 'name')),
    ['elector', 'app'],
  );
  assert.equal(at(deployment, 'spec', 'template', 'spec', 'initContainers'), undefined);
});

/** The one object of a manifest, as the API server would store it. */
async function read(file: string): Promise<unknown> {
  const result = await cluster.kubectl(['apply', '-f', join(DEPLOY, file), '--dry-run=server', '-o', 'json']);
  return JSON.parse(result.stdout);
}

/** What the command would run on, in the first Pod of the Deployment. */
function settingsOf(template: unknown): Resolved {
  const metadata = { name: 'example-0', namespace: 'default' };
  const { args, env } = startedIn({ metadata, spec: at(template, 'spec') });
  const flags = OPTIONS.filter(({ source }) => source === 'flag');
  const parsed = parseGoFlags(
    args,
    flags.map(({ name, kind }) => ({ name, isBoolean: kind === 'boolean' })),
  );
  assert.ok(parsed.type === 'parsed', JSON.stringify(parsed));
  const given = flags.flatMap(({ name, field }) =>
    field !== null && parsed.values.has(name) ? [[field, parsed.values.get(name)]] : [],
  );
  return resolveSettings(Object.fromEntries(given), env, metadata.name, 'flags');
}

/** The API server's sentence ends in the policy's own. */
function refusal(reply: Reply): { readonly status: number; readonly message: string } {
  const said = String(at(reply.body, 'message'));
  return { status: reply.status, message: said.slice(said.indexOf('denied request: ') + 'denied request: '.length) };
}
