/**
 * The contract suite against a real API server: what the embedded API and the store claim to imitate is here shown to
 * be so.
 */
import { httpClient } from '../contract/http-client.ts';
import { contractSuite } from '../contract/suite.ts';
import type { ContractTarget } from '../contract/target.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { textAt } from './harness/requests.ts';

function targetOf(cluster: Cluster, expired: string): ContractTarget {
  const asUser = (token: string) => ({ authorization: `Bearer ${token}` });
  let accounts = 0;
  return {
    ...httpClient({ url: cluster.url, ca: cluster.caPem, headers: asUser(cluster.adminToken) }),
    freshNamespace: () => cluster.createNamespace(),
    expiredVersion: async () => expired,
    rights: {
      unknownToken: asUser('nobody'),
      async grant(namespace, rules) {
        accounts += 1;
        const account = `account-${accounts}`;
        await cluster.createServiceAccount(namespace, account);
        const policy = rules.map(({ verbs, group, resources, names }) => {
          return { verbs, apiGroups: [group], resources, ...(names && { resourceNames: names }) };
        });
        await cluster.bindRole(namespace, account, policy);
        const headers = asUser(await cluster.tokenFor(namespace, account));
        return { user: `system:serviceaccount:${namespace}:${account}`, headers };
      },
    },
    close: () => cluster.stop(),
  };
}

/**
 * A version that a list gave once. What came after it is gone: etcd has compacted it, and a fresh API server remembers
 * nothing from before it started.
 */
async function expireVersion(cluster: Cluster): Promise<string> {
  const list = await cluster.admin('GET', '/apis/coordination.k8s.io/v1/namespaces/default/leases');
  await cluster.createNamespace();
  await cluster.compact();
  await cluster.apiserver.restart();
  return textAt(list.body, 'metadata', 'resourceVersion');
}

contractSuite('a real Kubernetes API server', async () => {
  const cluster = await startCluster();
  return targetOf(cluster, await expireVersion(cluster));
});
