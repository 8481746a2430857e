/**
 * The contract suite against a real API server: what the embedded API and the store claim to imitate is here shown to
 * be so.
 */
import { httpClient } from '../contract/http-client.ts';
import { contractSuite } from '../contract/suite.ts';
import type { ContractTarget } from '../contract/target.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';

function targetOf(cluster: Cluster): ContractTarget {
  const asUser = (token: string) => ({ authorization: `Bearer ${token}` });
  let accounts = 0;
  return {
    ...httpClient({ url: cluster.url, ca: cluster.caPem, headers: asUser(cluster.adminToken) }),
    freshNamespace: () => cluster.createNamespace(),
    expiredVersion: async () => '1',
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

contractSuite('a real Kubernetes API server', async () => {
  const cluster = await startCluster();
  // A fresh API server remembers nothing from before it started: the first version is too old to watch from.
  await cluster.apiserver.restart();
  return targetOf(cluster);
});
