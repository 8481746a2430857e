/** Reading one object, and lists: what they hold and which version they bear. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiVersionOf, configMaps, endpoints, leases, namespaces, pods } from '../../../src/dev/kinds.ts';
import { assertBadRequest, assertNotFound, isOlder, refusalOf, stored, type World } from '../world.ts';

export function readContract(world: World): void {
  describe('reading', () => {
    for (const kind of [leases, configMaps, endpoints, pods]) {
      it(`a list of ${kind.plural} selected by name holds that one, without its kind, and a version`, async () => {
        const { kind: _, apiVersion: __, ...object } = await world.given(kind);
        await world.given(kind);
        const answer = await world.target.request(
          'GET',
          `${world.path(kind)}?fieldSelector=metadata.name%3D${object.metadata.name}`,
        );
        const list = JSON.parse(answer.text);
        for (const item of list.items) delete item.metadata.managedFields;
        assert.deepEqual([list.kind, list.apiVersion, list.items], [`${kind.kind}List`, apiVersionOf(kind), [object]]);
        assert.ok(!isOlder(list.metadata.resourceVersion, object.metadata.resourceVersion));
      });
    }

    it('a list without a selector holds every object of the namespace, and none of another', async () => {
      const { name } = (await world.given(leases)).metadata;
      const elsewhere = await world.target.freshNamespace();
      const path = world.path(leases).replace(world.namespace, elsewhere);
      const [here, there] = [
        await world.target.request('GET', world.path(leases)),
        await world.target.request('GET', path),
      ];
      const names = JSON.parse(here.text).items.map((item: { metadata: { name: string } }) => item.metadata.name);
      assert.ok(names.includes(name));
      assert.deepEqual(JSON.parse(there.text).items, []);
    });

    it('a list of nothing is no error and bears a version to watch from', async () => {
      const version = await world.listVersion(leases, 'missing');
      assert.match(version, /^[1-9]\d*$/);
    });

    it('a list’s version grows with writes to other objects', async () => {
      const before = await world.listVersion(leases, 'missing');
      const { resourceVersion } = (await world.given(leases)).metadata;
      const after = await world.listVersion(leases, 'missing');
      assert.ok(isOlder(before, resourceVersion));
      assert.ok(!isOlder(after, resourceVersion));
    });

    it('selectors understand =, == and !=', async () => {
      const { name } = (await world.given(leases)).metadata;
      const count = async (selector: string) => {
        const path = `${world.path(leases)}?fieldSelector=${encodeURIComponent(selector)}`;
        const items: { metadata: { name: string } }[] = JSON.parse(
          (await world.target.request('GET', path)).text,
        ).items;
        return items.filter((item) => item.metadata.name === name).length;
      };
      assert.equal(await count(`metadata.name=${name}`), 1);
      assert.equal(await count(`metadata.name==${name}`), 1);
      assert.equal(await count(`metadata.name!=${name}`), 0);
      assert.equal(await count(`metadata.name=${name},metadata.namespace=${world.namespace}`), 1);
    });

    it('a selector by another field, or by none, is refused', async () => {
      const select = (selector: string) =>
        world.target.request('GET', `${world.path(leases)}?fieldSelector=${selector}`);
      assertBadRequest(
        await select('spec.holderIdentity%3Dalice'),
        '"spec.holderIdentity" is not a known field selector: only "metadata.name", "metadata.namespace"',
      );
      assertBadRequest(
        await select('metadata.name'),
        "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
      );
    });

    it('a read at version 0 is answered, at a version far ahead it is not', async () => {
      const before = await world.given(leases);
      const path = world.path(leases, before.metadata.name);
      assert.equal((await world.target.request('GET', `${path}?resourceVersion=0`)).status, 200);
      const ahead = refusalOf(await world.target.request('GET', `${path}?resourceVersion=99999999999`));
      assert.deepEqual([ahead.code, ahead.reason], [504, 'Timeout']);
      assert.match(ahead.message, /^Timeout: Too large resource version: 99999999999, current: \d+$/);
    });

    it('an object that does not exist is NotFound by name, also where the namespace does not exist', async () => {
      assertNotFound(await world.get(leases, 'missing'), leases, 'missing');
      const path = world.path(leases, 'missing').replace(world.namespace, 'no-such-namespace');
      assertNotFound(await world.target.request('GET', path), leases, 'missing');
    });

    it('a namespace can be read', async () => {
      const answer = await world.target.request('GET', `/api/v1/namespaces/${world.namespace}`);
      assert.equal(stored(answer).metadata.name, world.namespace);
      const missing = await world.target.request('GET', '/api/v1/namespaces/no-such-namespace');
      assertNotFound(missing, namespaces, 'no-such-namespace');
    });
  });
}
