/** Creating, replacing, patching and deleting: which writes take effect, and on what condition. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configMaps, endpoints, type Kind, leases, pods, resourceName } from '../../../src/dev/kinds.ts';
import {
  assertBadRequest,
  assertInvalid,
  assertNotFound,
  assertRefused,
  isOlder,
  objectOf,
  record,
  refusalOf,
  resourceOf,
  type StoredObject,
  stored,
  strangeUid,
  type World,
  withMetadata,
} from '../world.ts';

const modified = 'the object has been modified; please apply your changes to the latest version and try again';

export function writeContract(world: World): void {
  for (const kind of [leases, configMaps, endpoints, pods])
    describe(`writing ${kind.plural}`, () => perKind(world, kind));
  describe('writing, where kinds differ', () => differences(world));
}

function perKind(world: World, kind: Kind): void {
  const conflict = (name: string, why: string) => ({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": ${why}`,
  });
  const uidConflict = (name: string, actual: string) =>
    conflict(
      name,
      `StorageError: invalid object, Code: 4, Key: ${kind.storagePrefix}/${world.namespace}/${name}, ResourceVersion: 0, ` +
        `AdditionalErrorMsg: Precondition failed: UID in precondition: ${strangeUid}, UID in object meta: ${actual}`,
    );

  it('a create answers 201 with uid, version, namespace and time', async () => {
    const name = world.freshName();
    const answer = await world.post(kind, objectOf(kind, name));
    assert.equal(answer.status, 201);
    const { uid, resourceVersion, creationTimestamp, ...metadata } = stored(answer).metadata;
    assert.match(uid, /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    assert.match(resourceVersion, /^[1-9]\d*$/);
    assert.match(String(creationTimestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(metadata, { name, namespace: world.namespace, ...(kind === pods ? { generation: 1 } : {}) });
  });

  it('a create of what exists is refused with AlreadyExists', async () => {
    const { name } = (await world.given(kind)).metadata;
    const message = `${resourceName(kind)} "${name}" already exists`;
    assertRefused(await world.post(kind, objectOf(kind, name)), kind, name, {
      code: 409,
      reason: 'AlreadyExists',
      message,
    });
  });

  it('a create ignores the uid and the times that it brings', async () => {
    const old = '2020-01-01T00:00:00Z';
    const { metadata } = await world.given(kind, { uid: strangeUid, creationTimestamp: old, deletionTimestamp: old });
    assert.notEqual(metadata.uid, strangeUid);
    assert.notEqual(metadata.creationTimestamp, old);
    assert.equal(metadata.deletionTimestamp, undefined);
  });

  it('a create with a version is an internal error without a reason', async () => {
    const refusal = refusalOf(await world.post(kind, objectOf(kind, world.freshName(), { resourceVersion: '5' })));
    assert.deepEqual(refusal, {
      code: 500,
      reason: '',
      message: 'resourceVersion should not be set on objects to be created',
      details: { name: '', group: '', kind: '' },
    });
  });

  it('an update from the known version and uid gets a higher version and keeps the uid', async () => {
    const before = await world.given(kind);
    const after = stored(await world.put(kind, before.metadata.name, withMetadata(before, { labels: { a: 'b' } })));
    assert.ok(isOlder(before.metadata.resourceVersion, after.metadata.resourceVersion));
    const { resourceVersion } = after.metadata;
    assert.deepEqual(after, withMetadata(before, { labels: { a: 'b' }, resourceVersion }));
    assert.deepEqual(stored(await world.get(kind, before.metadata.name)), after);
  });

  it('an identical update answers 200 with an unchanged version', async () => {
    const before = await world.given(kind);
    assert.deepEqual(stored(await world.put(kind, before.metadata.name, before)), before);
  });

  it('an update from an older version conflicts', async () => {
    const before = await world.given(kind);
    const { name } = before.metadata;
    await world.patch(kind, name, { metadata: { labels: { a: 'b' } } });
    assertRefused(await world.put(kind, name, before), kind, name, conflict(name, modified));
  });

  it('an update with a wrong uid conflicts, whatever its version, and says both uids', async () => {
    const before = await world.given(kind);
    const { name, uid } = before.metadata;
    for (const resourceVersion of [before.metadata.resourceVersion, '1']) {
      const answer = await world.put(kind, name, withMetadata(before, { uid: strangeUid, resourceVersion }));
      assertRefused(answer, kind, name, uidConflict(name, uid));
    }
  });

  it('an update with the uid and version of a deleted object never brings it back', async () => {
    const before = await world.given(kind);
    const { name } = before.metadata;
    await world.remove(kind, name);
    const answer = await world.put(kind, name, withMetadata(before, { uid: strangeUid }));
    if (kind === leases || kind === endpoints) assertRefused(answer, kind, name, uidConflict(name, ''));
    else assertNotFound(answer, kind, name);
    assertNotFound(await world.get(kind, name), kind, name);
  });

  it('an update cannot change when the object was created', async () => {
    const before = await world.given(kind);
    const answer = await world.put(
      kind,
      before.metadata.name,
      withMetadata(before, { creationTimestamp: '2020-01-01T00:00:00Z' }),
    );
    assert.deepEqual(stored(answer), before);
  });

  it('a name or namespace that differs from the path is refused', async () => {
    const before = await world.given(kind);
    const { name } = before.metadata;
    const namespaceDiffers = 'the namespace of the provided object does not match the namespace sent on the request';
    assertBadRequest(
      await world.put(kind, name, withMetadata(before, { name: 'bob' })),
      `the name of the object (bob) does not match the name on the URL (${name})`,
    );
    assertBadRequest(
      await world.put(kind, name, withMetadata(before, { name: undefined })),
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
    assertBadRequest(await world.put(kind, name, withMetadata(before, { namespace: 'other' })), namespaceDiffers);
    assertBadRequest(await world.post(kind, objectOf(kind, 'bob', { namespace: 'other' })), namespaceDiffers);
    assertBadRequest(await world.patch(kind, name, { metadata: { namespace: 'other' } }), namespaceDiffers);
  });

  it('a merge patch adds, changes and removes, and keeps the rest', async () => {
    const before = await world.given(kind, { annotations: { kept: '1', removed: '2' } });
    const change = { annotations: { removed: null, added: '3' }, labels: { role: 'leader' } };
    const after = stored(await world.patch(kind, before.metadata.name, { metadata: change }));
    const { resourceVersion } = after.metadata;
    assert.ok(isOlder(before.metadata.resourceVersion, resourceVersion));
    const expected = { annotations: { added: '3', kept: '1' }, labels: { role: 'leader' }, resourceVersion };
    assert.deepEqual(after, withMetadata(before, expected));
  });

  it('a patch that changes nothing leaves the version alone', async () => {
    const before = await world.given(kind, { labels: { role: 'leader' } });
    const after = await world.patch(kind, before.metadata.name, { metadata: { labels: { role: 'leader' } } });
    assert.deepEqual(stored(after), before);
  });

  it('removing the last label removes the map', async () => {
    const before = await world.given(kind, { labels: { role: 'leader' } });
    const after = stored(await world.patch(kind, before.metadata.name, { metadata: { labels: { role: null } } }));
    assert.equal(after.metadata.labels, undefined);
  });

  it('a patch with a wrong uid is invalid, with an old version a conflict', async () => {
    const before = await world.given(kind);
    const { name } = before.metadata;
    const labels = { role: 'leader' };
    const wrongUid = await world.patch(kind, name, { metadata: { uid: strangeUid, labels } });
    assertInvalid(wrongUid, kind, name, `metadata.uid: Invalid value: "${strangeUid}": field is immutable`);
    const oldVersion = await world.patch(kind, name, { metadata: { resourceVersion: '1', labels } });
    assertRefused(oldVersion, kind, name, conflict(name, modified));
    const both = await world.patch(kind, name, { metadata: { resourceVersion: '1', uid: strangeUid, labels } });
    assertRefused(both, kind, name, conflict(name, modified));
    assert.deepEqual(stored(await world.get(kind, name)), before);
  });

  it('a patch with the right uid and version takes effect', async () => {
    const { metadata } = await world.given(kind);
    const { name, uid, resourceVersion } = metadata;
    const after = await world.patch(kind, name, { metadata: { uid, resourceVersion, labels: { role: 'leader' } } });
    assert.deepEqual(stored(after).metadata.labels, { role: 'leader' });
  });

  it('a patch of what is missing is NotFound and creates nothing', async () => {
    const name = world.freshName();
    assertNotFound(await world.patch(kind, name, { metadata: { labels: { role: 'leader' } } }), kind, name);
  });

  it('a delete removes the object; a second one is NotFound', async () => {
    const { name } = (await world.given(kind)).metadata;
    assert.equal((await world.remove(kind, name)).status, 200);
    assertNotFound(await world.remove(kind, name), kind, name);
    assertNotFound(await world.get(kind, name), kind, name);
  });

  it('a delete on condition of another uid or version is refused', async () => {
    const before = await world.given(kind);
    const { name } = before.metadata;
    for (const preconditions of [{ uid: strangeUid }, { resourceVersion: '1' }]) {
      const answer = await world.target.request('DELETE', world.path(kind, name), { preconditions });
      assert.deepEqual([answer.status, refusalOf(answer).reason], [409, 'Conflict']);
    }
    assert.deepEqual(stored(await world.get(kind, name)), before);
  });

  it('an object that is created again has a new uid and a higher version', async () => {
    const before = await world.given(kind);
    const { name } = before.metadata;
    await world.remove(kind, name);
    const after = stored(await world.post(kind, objectOf(kind, name)));
    assert.notEqual(after.metadata.uid, before.metadata.uid);
    assert.ok(isOlder(before.metadata.resourceVersion, after.metadata.resourceVersion));
  });

  it('the lock’s own view of the API sees the same', async () => {
    const { api } = world.target;
    const [resource, name, request] = [resourceOf(kind), world.freshName(), { timeoutMs: 5000 }];
    const created = await api.create(resource, world.namespace, objectOf(kind, name), request);
    assert.equal(created.type === 'ok' && created.code, 201);
    const body = created.type === 'ok' ? (created.body as StoredObject) : null;
    const again = await api.create(resource, world.namespace, objectOf(kind, name), request);
    assert.deepEqual(again.type === 'error' && [again.code, again.status?.reason], [409, 'AlreadyExists']);
    const updated = await api.update(resource, world.namespace, name, body ?? {}, request);
    assert.equal(updated.type === 'ok' && updated.code, 200);
    const patched = await api.patch(resource, world.namespace, name, { metadata: { labels: { a: 'b' } } }, request);
    assert.equal(patched.type === 'ok' && patched.code, 200);
    const missing = await api.get(resource, world.namespace, 'missing', request);
    assert.deepEqual(missing, {
      type: 'error',
      code: 404,
      message: `${resourceName(kind)} "missing" not found`,
      status: {
        reason: 'NotFound',
        message: `${resourceName(kind)} "missing" not found`,
        details: { name: 'missing', kind: kind.plural, group: kind.group },
      },
    });
  });
}

function differences(world: World): void {
  for (const kind of [leases, endpoints]) {
    it(`an update without a uid creates missing ${kind.plural}, despite its version`, async () => {
      for (const metadata of [{}, { resourceVersion: '5' }]) {
        const name = world.freshName();
        const answer = await world.put(kind, name, objectOf(kind, name, metadata));
        assert.equal(answer.status, 201, answer.text);
        assert.notEqual(stored(answer).metadata.resourceVersion, '5');
      }
    });
  }

  for (const kind of [configMaps, pods]) {
    it(`an update of missing ${kind.plural} is NotFound`, async () => {
      for (const metadata of [{}, { resourceVersion: '5' }, { uid: strangeUid }]) {
        const name = world.freshName();
        assertNotFound(await world.put(kind, name, objectOf(kind, name, metadata)), kind, name);
      }
    });
  }

  for (const kind of [configMaps, endpoints, pods]) {
    it(`an update of ${kind.plural} without a version replaces whatever is there`, async () => {
      const before = await world.given(kind);
      const identical = await world.put(
        kind,
        before.metadata.name,
        withMetadata(before, { resourceVersion: undefined }),
      );
      assert.deepEqual(stored(identical), before);
      const unversioned = withMetadata(before, { resourceVersion: undefined, labels: { a: 'b' } });
      const answer = stored(await world.put(kind, before.metadata.name, unversioned));
      assert.deepEqual(answer.metadata.labels, { a: 'b' });
    });
  }

  it('an update of leases without a version is invalid, and is named by its resource', async () => {
    const before = await world.given(leases);
    const { name } = before.metadata;
    for (const resourceVersion of [undefined, '0']) {
      const answer = await world.put(leases, name, withMetadata(before, { resourceVersion }));
      assertRefused(answer, leases, name, {
        code: 422,
        reason: 'Invalid',
        message: `leases.coordination.k8s.io "${name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
      });
    }
  });

  it('a lease keeps what it is given, but for fields that are not known', async () => {
    const before = await world.given(leases, { annotations: { a: '1' } }, { colour: 'blue' });
    assert.deepEqual(before.spec, record);
    const renewed = { ...before, flavour: 'sweet', spec: { ...record, renewTime: '2026-11-01T00:00:05.123456Z' } };
    const after = stored(await world.put(leases, before.metadata.name, renewed));
    assert.deepEqual(after.spec, { ...record, renewTime: '2026-11-01T00:00:05.123456Z' });
    assert.deepEqual(after.metadata.annotations, { a: '1' });
    assert.equal(after.flavour, undefined);
  });

  it('data of a config map and subsets of endpoints survive an update of the annotations', async () => {
    const cases: [Kind, object][] = [
      [configMaps, { data: { a: '1' }, binaryData: { b: 'AAAA' } }],
      [
        endpoints,
        { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'web', port: 80, protocol: 'TCP' }] }] },
      ],
    ];
    for (const [kind, fields] of cases) {
      const before = await world.given(kind, {}, { ...fields });
      const after = stored(
        await world.put(kind, before.metadata.name, withMetadata(before, { annotations: { a: '1' } })),
      );
      const { resourceVersion } = after.metadata;
      assert.deepEqual(after, { ...withMetadata(before, { annotations: { a: '1' }, resourceVersion }), ...fields });
    }
  });

  it('a lease with a finalizer is marked by a delete, and goes when the finalizer does', async () => {
    const { name } = (await world.given(leases, { finalizers: ['example.com/hold'] })).metadata;
    assert.equal((await world.remove(leases, name)).status, 200);
    const marked = stored(await world.get(leases, name));
    assert.equal(typeof marked.metadata.deletionTimestamp, 'string');
    await world.patch(leases, name, { metadata: { finalizers: null } });
    assertNotFound(await world.get(leases, name), leases, name);
  });

  it('a pod on a node is given its grace, and can still be labelled meanwhile', async () => {
    const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: 'example.com/nothing' }] };
    const { name } = (await world.given(pods, {}, { spec })).metadata;
    assert.equal(stored(await world.remove(pods, name)).metadata.deletionGracePeriodSeconds, 30);
    const labelled = stored(await world.patch(pods, name, { metadata: { labels: { role: 'standby' } } }));
    assert.deepEqual(labelled.metadata.labels, { role: 'standby' });
    assert.equal((await world.target.request('DELETE', `${world.path(pods, name)}?gracePeriodSeconds=0`)).status, 200);
    assertNotFound(await world.get(pods, name), pods, name);
  });
}
