/** The contract against the embedded server, over HTTP. */
import { randomUUID } from 'node:crypto';
import type { User } from '../../src/dev/rights.ts';
import { startServer } from '../../src/dev/server.ts';
import { createStore } from '../../src/dev/store.ts';
import { httpClient } from './http-client.ts';
import { contractSuite } from './suite.ts';
import type { ContractTarget } from './target.ts';

contractSuite('the embedded server', async (): Promise<ContractTarget> => {
  const store = createStore({ newUid: randomUUID, wallMs: Date.now });
  const users = new Map<string, User>([['admin', { name: 'admin' }]]);
  const server = await startServer({ store, users });
  const client = httpClient({ url: server.url, headers: { authorization: 'Bearer admin' } });
  let count = 0;
  return {
    ...client,
    async freshNamespace() {
      const name = `contract-${++count}`;
      await client.request('POST', '/api/v1/namespaces', { metadata: { name } });
      return name;
    },
    async expiredVersion() {
      store.expireHistory();
      return '1';
    },
    rights: {
      unknownToken: { authorization: 'Bearer nobody' },
      async grant(_namespace, rules) {
        const name = `user-${++count}`;
        users.set(name, { name, rules });
        return { user: name, headers: { authorization: `Bearer ${name}` } };
      },
    },
    close: () => server.close(),
  };
});
