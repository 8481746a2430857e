/** Who may do what: the refusals that an elector must tell apart, and the words in which they name the missing right. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leases } from '../../../src/dev/kinds.ts';
import type { Rule } from '../../../src/dev/rights.ts';
import type { Headers } from '../target.ts';
import { assertRefused, mergePatchType, objectOf, refusalOf, type World } from '../world.ts';

export function rightsContract(world: World): void {
  describe('rights', () => {
    it('an unknown token is Unauthorized', async (test) => {
      const { rights } = world.target;
      if (rights === undefined) return test.skip('the target does not check rights');
      const answer = await world.target.request('GET', world.path(leases, 'alice'), undefined, rights.unknownToken);
      assert.deepEqual(refusalOf(answer), {
        code: 401,
        reason: 'Unauthorized',
        message: 'Unauthorized',
        details: { name: '', group: '', kind: '' },
      });
    });

    it('a missing right is Forbidden, and said with verb, resource, group and namespace', async (test) => {
      const { rights } = world.target;
      if (rights === undefined) return test.skip('the target does not check rights');
      const { user, headers } = await rights.grant(world.namespace, []);
      const [one, all] = [world.path(leases, 'alice'), world.path(leases)];
      const body = objectOf(leases, 'alice');
      const cases: [method: string, path: string, verb: string, name: string, body?: unknown, type?: Headers][] = [
        ['GET', one, 'get', 'alice'],
        ['GET', all, 'list', ''],
        ['GET', `${all}?fieldSelector=metadata.name%3Dalice`, 'list', 'alice'],
        ['GET', `${all}?watch=1&fieldSelector=metadata.name%3Dalice`, 'watch', 'alice'],
        ['POST', all, 'create', '', body],
        ['POST', all, 'create', '', '{'],
        ['PUT', one, 'update', 'alice', body],
        ['PATCH', one, 'patch', 'alice', {}, mergePatchType],
        ['DELETE', one, 'delete', 'alice'],
      ];
      for (const [method, path, verb, name, sent, type] of cases) {
        const answer = await world.target.request(method, path, sent, { ...headers, ...type });
        const title = `leases.coordination.k8s.io${name === '' ? '' : ` "${name}"`}`;
        const right = `cannot ${verb} resource "leases" in API group "coordination.k8s.io" in the namespace "${world.namespace}"`;
        const message = `${title} is forbidden: User "${user}" ${right}`;
        assertRefused(answer, leases, name, { code: 403, reason: 'Forbidden', message });
      }
    });

    it('a path outside the resources is Forbidden too, but not health and version', async (test) => {
      const { rights } = world.target;
      if (rights === undefined) return test.skip('the target does not check rights');
      const { user, headers } = await rights.grant(world.namespace, []);
      const { code, message } = refusalOf(await world.target.request('GET', '/nothing', undefined, headers));
      assert.deepEqual([code, message], [403, `forbidden: User "${user}" cannot get path "/nothing"`]);
      assert.equal((await world.target.request('GET', '/version', undefined, headers)).status, 200);
      assert.equal((await world.target.request('GET', '/healthz', undefined, headers)).status, 200);
    });

    it('rights by name reach a selected list and watch, not an unselected one, and never a create', async (test) => {
      const { rights } = world.target;
      if (rights === undefined) return test.skip('the target does not check rights');
      const { name } = (await world.given(leases)).metadata;
      const verbs = ['get', 'list', 'watch', 'create', 'update'];
      const rule: Rule = { verbs, group: 'coordination.k8s.io', resources: ['leases'], names: [name] };
      const { headers } = await rights.grant(world.namespace, [rule]);
      const all = world.path(leases);
      const code = async (method: string, path: string, body?: unknown) =>
        (await world.target.request(method, path, body, headers)).status;
      assert.equal(await code('GET', world.path(leases, name)), 200);
      assert.equal(await code('GET', `${all}?fieldSelector=metadata.name%3D${name}`), 200);
      assert.equal(await code('GET', all), 403);
      assert.equal(await code('GET', `${all}?watch=1`), 403);
      assert.equal(await code('GET', `${all}?fieldSelector=metadata.name%3Danother`), 403);
      assert.equal(await code('POST', all, objectOf(leases, name)), 403);
      assert.equal(await code('DELETE', world.path(leases, name)), 403);
    });
  });
}
