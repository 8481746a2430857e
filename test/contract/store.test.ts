/** The contract against the store in memory. */

import { answer, recognize } from '../../src/dev/request.ts';
import type { User } from '../../src/dev/rights.ts';
import { createStore } from '../../src/dev/store.ts';
import { storeApi } from '../../src/dev/store-api.ts';
import { contractSuite } from './suite.ts';
import type { ContractTarget, Headers, RawAnswer } from './target.ts';

contractSuite('the store in memory', async (): Promise<ContractTarget> => {
  let uids = 0;
  const newUid = () => `00000000-0000-4000-8000-${String(++uids).padStart(12, '0')}`;
  const store = createStore({ newUid, wallMs: () => Date.UTC(2026, 10, 1), firstVersion: 90 });
  const users = new Map<string, User>([['admin', { name: 'admin' }]]);
  let count = 0;

  const request = async (method: string, path: string, body?: unknown, headers: Headers = {}): Promise<RawAnswer> => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const all = { authorization: 'Bearer admin', 'content-type': 'application/json', ...headers };
    const whole = { method, path, headers: all, body: text };
    const reply = answer(store, recognize(users, whole).target, whole);
    if (reply.type === 'watch') throw new Error('a watch is not a single answer');
    if (reply.type === 'text')
      return { status: reply.code, headers: { 'content-type': 'text/plain' }, text: reply.text };
    return { status: reply.code, headers: { 'content-type': 'application/json' }, text: JSON.stringify(reply.body) };
  };
  return {
    api: storeApi(store, { users, token: 'admin' }),
    request,
    async freshNamespace() {
      const name = `contract-${++count}`;
      await request('POST', '/api/v1/namespaces', { metadata: { name } });
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
    close: async () => {},
  };
});
