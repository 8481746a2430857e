/** Watching one object by its name: where a watch starts, what it tells, and how it ends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configMaps, endpoints, leases, pods } from '../../../src/dev/kinds.ts';
import type { ApiWatchEvent } from '../../../src/lock/api.ts';
import { isOlder, refusalOf, type Seen, type StoredObject, stored, type World, withMetadata } from '../world.ts';

/** What an event says, in one line. */
function brief(event: ApiWatchEvent): string {
  if (event.type === 'END') return `END ${event.code}`;
  if (event.type === 'BOOKMARK') return 'BOOKMARK';
  const { name, resourceVersion } = (event.object as StoredObject).metadata;
  return `${event.type} ${name} ${resourceVersion}`;
}

function changes(seen: Seen): string[] {
  return seen.events.filter((event) => event.type !== 'BOOKMARK').map(brief);
}

export function watchContract(world: World): void {
  describe('watching', () => {
    for (const kind of [leases, configMaps, endpoints]) {
      it(`a watch of ${kind.plural} from a list’s version tells of every change, once, in order`, async () => {
        const name = world.freshName();
        const seen = world.watch(kind, name, await world.listVersion(kind, name));
        const body = { metadata: { name } };
        const created = stored(await world.post(kind, body));
        const updated = stored(await world.put(kind, name, withMetadata(created, { labels: { a: 'b' } })));
        const patched = stored(await world.patch(kind, name, { metadata: { labels: { a: 'c' } } }));
        await world.remove(kind, name);
        const events = await seen.until(4);
        const deleted = events[3];
        assert.ok(deleted?.type === 'DELETED');
        const deletedMetadata = (deleted.object as StoredObject).metadata;
        assert.deepEqual(changes(seen), [
          `ADDED ${name} ${created.metadata.resourceVersion}`,
          `MODIFIED ${name} ${updated.metadata.resourceVersion}`,
          `MODIFIED ${name} ${patched.metadata.resourceVersion}`,
          `DELETED ${name} ${deletedMetadata.resourceVersion}`,
        ]);
        // The deletion has a version of its own; the object is as it was last.
        assert.ok(isOlder(patched.metadata.resourceVersion, deletedMetadata.resourceVersion));
        assert.deepEqual(deletedMetadata.labels, { a: 'c' });
        seen.stop();
      });
    }

    it('events bear the kind of their object, unlike the items of a list', async () => {
      const { name } = (await world.given(leases)).metadata;
      const seen = world.watch(leases, name, '0');
      const [event] = await seen.until(1);
      assert.ok(event?.type === 'ADDED');
      assert.deepEqual([event.object.kind, event.object.apiVersion], ['Lease', 'coordination.k8s.io/v1']);
      seen.stop();
    });

    it('a pod that is deleted is seen marked, then gone', async () => {
      const { name, resourceVersion } = (await world.given(pods)).metadata;
      const seen = world.watch(pods, name, resourceVersion);
      await world.remove(pods, name);
      const events = await seen.until(2);
      assert.deepEqual(
        events.map((event) => event.type),
        ['MODIFIED', 'DELETED'],
      );
      seen.stop();
    });

    it('a watch from an object’s version tells only what came after it', async () => {
      const before = await world.given(leases);
      const { name, resourceVersion } = before.metadata;
      const after = stored(await world.put(leases, name, withMetadata(before, { labels: { a: 'b' } })));
      const seen = world.watch(leases, name, resourceVersion);
      await seen.until(1);
      assert.deepEqual(changes(seen), [`MODIFIED ${name} ${after.metadata.resourceVersion}`]);
      seen.stop();
    });

    for (const from of ['', '0']) {
      it(`a watch from ‘${from}’ first tells what is there, then bookmarks that`, async () => {
        const { name, resourceVersion } = (await world.given(leases)).metadata;
        const seen = world.watch(leases, name, from);
        const events = await seen.until(2);
        assert.deepEqual(events.map(brief), [`ADDED ${name} ${resourceVersion}`, 'BOOKMARK']);
        seen.stop();
      });
    }

    it('other objects, and writes that change nothing, are not told of', async () => {
      const before = await world.given(leases);
      const { name } = before.metadata;
      const seen = world.watch(leases, name, await world.listVersion(leases, name));
      await world.given(leases);
      await world.put(leases, name, before);
      await world.patch(leases, name, {});
      const changed = stored(await world.patch(leases, name, { metadata: { labels: { a: 'b' } } }));
      await seen.until(1);
      assert.deepEqual(changes(seen), [`MODIFIED ${name} ${changed.metadata.resourceVersion}`]);
      seen.stop();
    });

    it('a watch from a version that has expired ends with 410', async () => {
      const { name } = (await world.given(leases)).metadata;
      const seen = world.watch(leases, name, await world.target.expiredVersion());
      await seen.until(1);
      assert.deepEqual(seen.events.map(brief), ['END 410']);
      assert.match(
        seen.events.map((event) => event.type === 'END' && event.message).join(),
        /^too old resource version: /,
      );
    });

    it('a watch from a version that is no number is an internal error', async () => {
      const { code, reason, message } = refusalOf(
        await world.target.request('GET', `${world.path(leases)}?watch=1&resourceVersion=abc`),
      );
      const expected = 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax';
      assert.deepEqual([code, reason, message], [500, '', expected]);
    });
  });
}
