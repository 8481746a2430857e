/** Paths and methods: which 404 names an object, and which says only that nobody is there. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leases } from '../../../src/dev/kinds.ts';
import { objectOf, refusalOf, type World } from '../world.ts';

export function pathContract(world: World): void {
  describe('paths and methods', () => {
    it('a path of no API is 404 in plain text, without a Status', async () => {
      for (const path of ['/nothing', '/apis/nothing.example.com/v1/things']) {
        const answer = await world.target.request('GET', path);
        assert.deepEqual([answer.status, answer.text], [404, '404 page not found\n']);
        assert.match(answer.headers['content-type'] ?? '', /^text\/plain/);
      }
    });

    it('a resource that is not served is a NotFound that names nothing', async () => {
      const inNamespace = `/apis/coordination.k8s.io/v1/namespaces/${world.namespace}`;
      const paths = [
        `${inNamespace}/nothing/alice`,
        `${inNamespace}/leases/alice/status`,
        `/apis/coordination.k8s.io/v2/namespaces/${world.namespace}/leases`,
        `/api/v1/namespaces/${world.namespace}/leases`,
      ];
      for (const path of paths) {
        assert.deepEqual(refusalOf(await world.target.request('GET', path)), {
          code: 404,
          reason: 'NotFound',
          message: 'the server could not find the requested resource',
          details: { name: '', group: '', kind: '' },
        });
      }
    });

    it('a method that does not fit is refused with 405', async () => {
      const body = objectOf(leases, 'alice');
      const answers = [
        await world.target.request('POST', world.path(leases, 'alice'), body),
        await world.target.request('PUT', world.path(leases), body),
        await world.target.request('PATCH', world.path(leases), body),
        await world.target.request('POST', '/apis/coordination.k8s.io/v1/leases', body),
      ];
      for (const answer of answers) {
        const { code, reason, message } = refusalOf(answer);
        const expected = [405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource'];
        assert.deepEqual([code, reason, message], expected);
      }
    });

    it('a trailing slash changes nothing', async () => {
      const { name } = (await world.given(leases)).metadata;
      assert.equal((await world.target.request('GET', `${world.path(leases, name)}/`)).status, 200);
    });

    it('health is answered with ok, the version with numbers', async () => {
      for (const path of ['/healthz', '/livez', '/readyz']) {
        const answer = await world.target.request('GET', path);
        assert.deepEqual([answer.status, answer.text], [200, 'ok']);
      }
      const { major, gitVersion } = JSON.parse((await world.target.request('GET', '/version')).text);
      assert.deepEqual([major, typeof gitVersion], ['1', 'string']);
    });
  });
}
