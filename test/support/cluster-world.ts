/**
 * Electors as processes around a real API server: a namespace of a test's own with an account, its rights and Pods.
 * Each process finds the API as in a Pod (its token is bound to that Pod, and names it), unless told otherwise.
 */
import type { TestContext } from 'node:test';
import type { Cluster, CommandResult } from '../cluster/harness/cluster.ts';
import type { PolicyRule } from '../cluster/harness/objects.ts';
import { at, type Reply } from '../cluster/harness/requests.ts';
import type { ServiceAccountFiles } from '../cluster/harness/service-account-files.ts';
import { type ElectorProcess, startElector, until } from './elector-process.ts';

export type LockType = 'leases' | 'configmaps' | 'endpoints';

/** What kubelet gives a container of this Pod; several processes may be started in it, as containers are restarted. */
export interface TestPod {
  readonly name: string;
  readonly uid: string;
  readonly files: ServiceAccountFiles;
}

export interface ClusterWorld {
  readonly namespace: string;
  readonly cluster: Cluster;
  pod(name: string): Promise<TestPod>;
  /** In the Pod, as a candidate of its name. */
  start(pod: TestPod, ...args: string[]): Promise<ElectorProcess>;
  /** `pod` and `start` in one. */
  elector(name: string, ...args: string[]): Promise<ElectorProcess>;
  /** The first leads, and the others have seen it. */
  fleet(names: readonly string[], ...args: string[]): Promise<readonly ElectorProcess[]>;
  /** As the administrator, in this namespace. */
  kubectl(...args: string[]): Promise<CommandResult>;
  /** The lock object `demo`. */
  lock(type?: LockType): Promise<Reply>;
  /** Who holds it by the record, whatever the kind; empty when nobody does. */
  holder(type?: LockType): Promise<string>;
  label(pod: string): Promise<unknown>;
}

export const TTL_MS = 6_000;
export const DEADLINE_MS = (TTL_MS * 2) / 3;
const RECORD = 'control-plane.alpha.kubernetes.io/leader';
export const ACCOUNT = 'elector';

export function groupOf(type: LockType): string {
  return type === 'leases' ? 'coordination.k8s.io' : '';
}

/** The rights that the documentation asks for. */
export function fullRights(type: LockType): readonly PolicyRule[] {
  const apiGroups = [groupOf(type)];
  return [
    { apiGroups, resources: [type], verbs: ['create'] },
    { apiGroups, resources: [type], resourceNames: ['demo'], verbs: ['get', 'update', 'list', 'watch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'patch'] },
  ];
}

/** The rights of the original's manifests. */
export function rightsOfTheOriginal(type: LockType): readonly PolicyRule[] {
  return [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'patch'] },
    { apiGroups: [groupOf(type)], resources: [type], verbs: ['get', 'create', 'update'] },
  ];
}

export function lockPath(namespace: string, type: LockType): string {
  const group = type === 'leases' ? '/apis/coordination.k8s.io/v1' : '/api/v1';
  return `${group}/namespaces/${namespace}/${type}/demo`;
}

export async function clusterWorld(
  t: TestContext,
  cluster: Cluster,
  rules: readonly PolicyRule[] = fullRights('leases'),
): Promise<ClusterWorld> {
  const namespace = await cluster.createNamespace();
  await cluster.createServiceAccount(namespace, ACCOUNT);
  if (rules.length > 0) await cluster.bindRole(namespace, ACCOUNT, rules);

  const pod = async (name: string): Promise<TestPod> => {
    const uid = await cluster.createPod(namespace, name, { serviceAccount: ACCOUNT });
    const token = await cluster.tokenFor(namespace, ACCOUNT, { pod: { name, uid } });
    return { name, uid, files: await cluster.inCluster(namespace, token) };
  };
  const start = (inPod: TestPod, ...args: string[]) =>
    startElector(t, {
      id: inPod.name,
      args: [`-namespace=${namespace}`, `-ttl=${TTL_MS}ms`, ...args],
      env: { ELECTOR_POD_NAME: inPod.name },
      serviceAccount: inPod.files,
    });
  const elector = async (name: string, ...args: string[]) => start(await pod(name), ...args);
  const lock = (type: LockType = 'leases') => cluster.admin('GET', lockPath(namespace, type));
  return {
    ...{ namespace, cluster, pod, start, elector, lock },
    async fleet(names, ...args) {
      const electors: ElectorProcess[] = [];
      for (const name of names) {
        const next = await elector(name, ...args);
        electors.push(next);
        if (electors.length === 1) await next.untilLeads();
        else await until(`${name} sees ${names[0]} lead`, async () => (await leaderFor(next)) === names[0]);
      }
      return electors;
    },
    kubectl: (...args) => cluster.kubectl(['--namespace', namespace, ...args]),
    lock,
    async holder(type = 'leases') {
      const { body } = await lock(type);
      if (type === 'leases') return String(at(body, 'spec', 'holderIdentity') ?? '');
      const record = at(body, 'metadata', 'annotations', RECORD);
      return typeof record === 'string' ? String(JSON.parse(record).holderIdentity ?? '') : '';
    },
    async label(name) {
      const { body } = await cluster.admin('GET', `/api/v1/namespaces/${namespace}/pods/${name}`);
      return at(body, 'metadata', 'labels', 'k8s-elector/status');
    },
  };
}

/** Whom the elector names; empty also while it does not answer. */
export function leaderFor(elector: ElectorProcess): Promise<string> {
  return elector.answer().then(
    ({ leader }) => leader,
    () => '',
  );
}
