/**
 * Pods to run in: objects of the API with a bound token, and the folder that a kubelet would mount. A seat outlives the
 * processes in it, as a Pod outlives its containers. No seat runs anything by itself.
 */
import type { Cluster } from '../../test/cluster/harness/cluster.ts';

export interface Seat {
  readonly podName: string;
  readonly podUid: string;
  /** The service account's files. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

const ACCOUNT = 'elector';

/** The rights of `deploy/rbac.yaml`. */
const RULES = (election: string) => [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [election],
    verbs: ['get', 'update', 'list', 'watch'],
  },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'patch'] },
];

/** Seats in a namespace of their own. */
export async function makeSeats(
  cluster: Cluster,
  election: string,
  count: number,
): Promise<{ readonly namespace: string; readonly seats: readonly Seat[] }> {
  const namespace = await cluster.createNamespace('bench');
  await cluster.createServiceAccount(namespace, ACCOUNT);
  await cluster.bindRole(namespace, ACCOUNT, RULES(election));
  const seats: Seat[] = [];
  for (let index = 0; index < count; index += 1) {
    const podName = `candidate-${index}`;
    const podUid = await cluster.createPod(namespace, podName, { serviceAccount: ACCOUNT });
    const token = await cluster.tokenFor(namespace, ACCOUNT, { pod: { name: podName, uid: podUid } });
    const { dir, env } = await cluster.inCluster(namespace, token);
    seats.push({ podName, podUid, folder: dir, env });
  }
  return { namespace, seats };
}
