/**
 * What a user applies from `deploy/`, at work: electors with the manifests' own arguments and environment, as their
 * account, by the tokens of their Pods, under the policy. Nothing that they ask for is refused.
 */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ElectorProcess, freePort, history, startElector, until } from '../support/elector-process.ts';
import { startCluster } from './harness/cluster.ts';
import { startedIn } from './harness/deployment.ts';
import { at, textAt } from './harness/requests.ts';
import type { ServiceAccountFiles } from './harness/service-account-files.ts';

const DEPLOY = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'deploy');
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/example';
const PODS = '/api/v1/namespaces/default/pods';
const DEPLOYMENT = '/apis/apps/v1/namespaces/default/deployments/example';
const SERVICE = '/api/v1/namespaces/default/services/example-leader';
/** Answers that an election is made of: a lock that is not there yet, and one that another took first. */
const EXPECTED = [200, 201, 404, 409];

const cluster = await startCluster({ audit: true });
after(() => cluster.stop());

interface Pod {
  readonly name: string;
  readonly object: { readonly metadata: object; readonly spec: unknown };
  readonly token: string;
  readonly files: ServiceAccountFiles;
}

async function apply(path: string): Promise<void> {
  const { code, stderr } = await cluster.kubectl(['apply', '-f', join(DEPLOY, path)]);
  assert.deepEqual([code, stderr], [0, '']);
}

/** As the Deployment's controller makes it, with what its kubelet mounts. */
async function podOfTheDeployment(name: string): Promise<Pod> {
  const template = at((await cluster.admin('GET', DEPLOYMENT)).body, 'spec', 'template');
  const labels = at(template, 'metadata', 'labels');
  const made = await cluster.admin('POST', PODS, { metadata: { name, labels }, spec: at(template, 'spec') });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const object = made.body as Pod['object'];
  const account = textAt(object.spec, 'serviceAccountName');
  const uid = textAt(object.metadata, 'uid');
  const token = await cluster.tokenFor('default', account, { pod: { name, uid } });
  return { name, object, token, files: await cluster.inCluster('default', token) };
}

/** All as in the manifest but for the port: on this machine two Pods share one network. */
async function start(t: TestContext, { name, object, files }: Pod): Promise<ElectorProcess> {
  const { args, env } = startedIn(object);
  assert.ok(args.includes('-http=:5002'));
  const port = await freePort();
  const ownPort = args.map((arg) => (arg === '-http=:5002' ? `-http=:${port}` : arg));
  return startElector(t, { id: name, port, args: ownPort, env, serviceAccount: files });
}

async function labelOf({ name }: Pod): Promise<unknown> {
  return at((await cluster.admin('GET', `${PODS}/${name}`)).body, 'metadata', 'labels', 'k8s-elector/status');
}

async function holder(): Promise<unknown> {
  return at((await cluster.admin('GET', LEASE)).body, 'spec', 'holderIdentity');
}

/** To which Pods the Service of the manifests would send a request. */
async function served(): Promise<readonly string[]> {
  const service = await cluster.admin('GET', SERVICE);
  const selector = Object.entries(at(service.body, 'spec', 'selector') ?? {}).map((pair) => pair.join('='));
  const pods = await cluster.admin('GET', `${PODS}?labelSelector=${encodeURIComponent(selector.join(','))}`);
  const items = at(pods.body, 'items');
  assert.ok(Array.isArray(items));
  return items.map((pod) => textAt(pod, 'metadata', 'name'));
}

interface Asked {
  readonly what: string;
  readonly code: number;
}

/** What electors have asked of the API so far, as whom. */
async function asked(): Promise<readonly Asked[]> {
  const events = await cluster.auditEvents();
  return events
    .filter((event) => String(at(event, 'userAgent')).startsWith('k8s-elector/'))
    .map((event) => ({
      what: [at(event, 'user', 'username'), at(event, 'verb'), at(event, 'objectRef', 'resource')].join(' '),
      code: Number(at(event, 'responseStatus', 'code')),
    }));
}

before(async () => {
  await apply('.');
  const { name, token } = await podOfTheDeployment('probe');
  const account = cluster.as({ token });
  await until('the role is in force', async () => (await account('GET', `${PODS}/${name}`)).status === 200);
  const forbidden = { metadata: { labels: { probe: 'yes' } } };
  const patch = () => account('PATCH', `${PODS}/${name}?dryRun=All`, forbidden);
  await until('the policy is in force', async () => (await patch()).status === 422);
});

describe('electors of deploy/', { timeout: 240_000 }, () => {
  for (const [form, path] of [
    ['native', 'native-sidecar.yaml'],
    ['classic', 'classic'],
  ] as const) {
    test(`${form}: lead, follow a crash, label and release, and nothing is denied them`, async (t) => {
      await apply(path);
      const [alice, bob] = [await podOfTheDeployment(`${form}-alice`), await podOfTheDeployment(`${form}-bob`)];
      const first = await start(t, alice);
      await first.untilLeads();
      const second = await start(t, bob);
      const labelled = (leader: Pod, standby: Pod) => async () =>
        (await labelOf(leader)) === 'leader' && (await labelOf(standby)) === 'standby';
      await until('alice is labelled leader, bob standby', labelled(alice, bob));
      assert.deepEqual([await holder(), await served()], [alice.name, [alice.name]]);

      await first.end('SIGKILL');
      await second.untilLeads();
      await until('bob has put right what alice left', labelled(bob, alice));
      assert.deepEqual([await holder(), await served()], [bob.name, [bob.name]]);

      const again = await start(t, alice);
      await until('alice stands by again', async () => (await again.answer().catch(() => null))?.leader === bob.name);
      assert.deepEqual(await second.end('SIGTERM'), { code: 0, signal: null });
      await again.untilLeads();
      await until('alice is labelled leader, bob standby, once more', labelled(alice, bob));
      assert.deepEqual(await again.end('SIGTERM'), { code: 0, signal: null });
      assert.deepEqual([await holder(), await served(), await labelOf(alice)], ['', [], 'standby']);

      const electors = [first, second, again];
      assert.deepEqual(history(electors), { leaders: [alice.name, bob.name, alice.name], overlaps: [] });
      assert.deepEqual(
        electors.flatMap(({ lines }) => lines.filter(({ level }) => level !== 'info')),
        [],
      );
      assert.deepEqual(
        electors.map((elector) => elector.noise() + elector.stdout()),
        ['', '', ''],
      );
    });
  }

  test('have used every right but one as the account of the manifests, and were refused nothing', async () => {
    const all = await asked();
    assert.deepEqual(
      all.filter(({ code }) => !EXPECTED.includes(code)),
      [],
    );
    const who = 'system:serviceaccount:default:example';
    // A get of the lock is for an answer that got lost.
    const used = new Set(all.map(({ what }) => what).filter((what) => what !== `${who} get leases`));
    const leases = ['create', 'list', 'update', 'watch'].map((verb) => `${who} ${verb} leases`);
    assert.deepEqual([...used].toSorted(), [...leases, `${who} get pods`, `${who} patch pods`].toSorted());
  });
});
