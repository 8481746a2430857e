/** The store on its own: what the contract cannot show, because a real API does not let one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { StoreEvent } from '../../src/dev/history.ts';
import { configMaps, leases } from '../../src/dev/kinds.ts';
import { type ApiObject, sameJson } from '../../src/dev/object.ts';
import type { Answer, JsonObject } from '../../src/dev/status.ts';
import { createStore, type Store, type StoreOptions } from '../../src/dev/store.ts';
import { storeApi } from '../../src/dev/store-api.ts';
import type { ApiWatchEvent } from '../../src/lock/api.ts';

const everything = () => true;

function newStore(options: Partial<StoreOptions> = {}): Store {
  let uids = 0;
  return createStore({ newUid: () => `uid-${++uids}`, wallMs: () => Date.UTC(2026, 10, 1), ...options });
}

function body(name: string, labels: Record<string, string> = {}): string {
  return JSON.stringify({ metadata: { name, labels } });
}

function objectIn(answer: Answer): ApiObject {
  assert.ok(answer.code < 300, JSON.stringify(answer.body));
  return answer.body as ApiObject;
}

/** Follows a kind from a version; every event in one line. */
function follow(store: Store, from: string): { lines: string[]; events: StoreEvent[] } {
  const lines: string[] = [];
  const events: StoreEvent[] = [];
  store.watch(
    configMaps,
    everything,
    { from, bookmarks: true },
    {
      event(event) {
        const { name = '', resourceVersion = '' } = (event.object.metadata ?? {}) as Record<string, string>;
        lines.push(`${event.type} ${name} ${resourceVersion}`);
        events.push(event);
      },
      closed: () => lines.push('closed'),
    },
  );
  return { lines, events };
}

describe('the store', () => {
  it('has emitted its events when a call returns', () => {
    const store = newStore();
    const { lines } = follow(store, store.version());
    store.create(configMaps, 'default', body('alice'));
    assert.deepEqual(lines, ['ADDED alice 3']);
    store.remove(configMaps, 'default', 'alice');
    assert.deepEqual(lines, ['ADDED alice 3', 'DELETED alice 4']);
  });

  it('takes an object for the text that means it, and freezes what it keeps of it', () => {
    const metadata = { name: 'alice', labels: { b: '1', a: '2' }, annotations: { 'example.com/note': 'kept' } };
    const lease = { metadata, spec: { holderIdentity: 'alice', renewTime: '2026-11-01T00:00:00.000000Z', strange: 1 } };
    const changed = { metadata: { ...metadata, resourceVersion: '3', labels: {} }, spec: { leaseDurationSeconds: 10 } };
    const wrong = { metadata, spec: { leaseDurationSeconds: 'ten' } };
    const run = (send: (body: object) => string | JsonObject) => {
      const store = newStore();
      return [
        store.create(leases, 'default', send(wrong)),
        store.create(leases, 'default', send(lease)),
        store.update(leases, 'default', 'alice', send(changed)),
        store.patch(leases, 'default', 'alice', send({ metadata: { labels: { c: null, d: '4' } } })),
        store.list(leases, everything),
      ];
    };
    assert.deepEqual(
      run((body) => structuredClone(body) as JsonObject),
      run((body) => JSON.stringify(body)),
    );
    const [, created] = run((body) => body as JsonObject);
    assert.throws(() =>
      Object.assign(objectIn(created ?? { code: 500, body: {} }).metadata.annotations ?? {}, { a: '' }),
    );
    assert.ok(Object.isFrozen(metadata.annotations));
  });

  it('gives the same versions, uids and times for the same calls', () => {
    const run = () => {
      const store = newStore();
      return [store.create(leases, 'default', body('alice')), store.list(leases, everything)];
    };
    assert.deepEqual(run(), run());
  });

  it('counts versions on over 9 and 99, so that text order is not number order', () => {
    const store = newStore({ firstVersion: 97 });
    assert.equal(objectIn(store.create(configMaps, 'default', body('alice'))).metadata.resourceVersion, '100');
  });

  it('hands out objects that nobody can change', () => {
    const store = newStore();
    const created = objectIn(store.create(configMaps, 'default', body('alice', { a: 'b' })));
    assert.throws(() => Object.assign(created.metadata.labels ?? {}, { a: 'c' }), TypeError);
  });

  it('says 410 to a watch from before the history it keeps', () => {
    const store = newStore({ historyLength: 2 });
    const before = store.version();
    for (const name of ['alice', 'bob']) store.create(configMaps, 'default', body(name));
    assert.deepEqual(follow(store, before).lines, ['ADDED alice 3', 'ADDED bob 4']);
    store.create(configMaps, 'default', body('carol'));
    const { events } = follow(store, before);
    assert.deepEqual(
      events.map((event) => [event.type, event.object.code, event.object.message]),
      [['ERROR', 410, 'too old resource version: 2 (3)']],
    );
    assert.deepEqual(follow(store, '3').lines, ['ADDED bob 4', 'ADDED carol 5']);
  });

  it('says 410 once its history was expired, and serves watches from now on', () => {
    const store = newStore();
    const before = store.version();
    store.create(configMaps, 'default', body('alice'));
    store.expireHistory();
    assert.deepEqual(follow(store, before).lines, ['ERROR  ']);
    assert.deepEqual(follow(store, store.version()).lines, []);
  });

  it('sends a bookmark when told to, with the version of changes that the watch did not see', () => {
    const store = newStore();
    const lines: string[] = [];
    const watch = store.watch(
      configMaps,
      everything,
      { from: store.version(), bookmarks: true },
      {
        event: (event) => lines.push(JSON.stringify(event)),
        closed() {},
      },
    );
    store.create(leases, 'default', body('alice'));
    watch.bookmark();
    assert.deepEqual(lines, [
      '{"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"3"}}}',
    ]);
    watch.stop();
    watch.bookmark();
    assert.equal(lines.length, 1);
  });

  it('sends nothing to a watch from a version that was never reached, and no error either', () => {
    const store = newStore();
    const { lines } = follow(store, '1000');
    store.create(configMaps, 'default', body('alice'));
    assert.deepEqual(lines, []);
  });

  it('goes back to a snapshot, version and all, and ends its watches', () => {
    const store = newStore();
    store.create(configMaps, 'default', body('alice'));
    const snapshot = store.snapshot();
    const { lines } = follow(store, store.version());
    store.create(configMaps, 'default', body('bob'));
    store.restore(snapshot);
    assert.deepEqual(lines, ['ADDED bob 4', 'closed']);
    assert.equal(store.version(), '3');
    assert.equal(store.get(configMaps, 'default', 'bob').code, 404);
    assert.equal(objectIn(store.create(configMaps, 'default', body('carol'))).metadata.resourceVersion, '4');
  });

  it('tells a watch enough to rebuild what a list holds, whatever is done', () => {
    const name = fc.constantFrom('alice', 'bob', 'carol');
    const operation = fc.record({
      verb: fc.constantFrom('create', 'update', 'patch', 'remove'),
      name,
      label: fc.constantFrom('x', 'y'),
    });
    const property = fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const store = newStore();
      const { events } = follow(store, store.version());
      for (const { verb, name, label } of operations) {
        const text = body(name, { label });
        if (verb === 'create') store.create(configMaps, 'default', text);
        if (verb === 'update') store.update(configMaps, 'default', name, text);
        if (verb === 'patch') store.patch(configMaps, 'default', name, text);
        if (verb === 'remove') store.remove(configMaps, 'default', name);
      }
      const rebuilt = new Map<string, ApiObject>();
      let last = 0;
      for (const event of events) {
        const object = event.object as ApiObject;
        const version = Number(object.metadata.resourceVersion);
        assert.ok(version > last, 'versions grow');
        last = version;
        if (event.type === 'DELETED') rebuilt.delete(object.metadata.name);
        else rebuilt.set(object.metadata.name, object);
      }
      const listed = store.list(configMaps, everything).body.items as ApiObject[];
      const expected = [...rebuilt.values()].map(({ kind: _, apiVersion: __, ...item }) => item);
      expected.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
      assert.deepEqual(listed, expected);
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe('what an object says is the same', () => {
  const field = fc.oneof(fc.constantFrom('a', 'b', 'constructor', '__proto__'), fc.string({ maxLength: 2 }));
  const { json } = fc.letrec<{ json: unknown; fields: unknown }>((tie) => ({
    json: fc.oneof(fc.constantFrom(null, 0, 1, '', 'a', true), fc.array(tie('json'), { maxLength: 2 }), tie('fields')),
    fields: fc.dictionary(field, tie('json'), { maxKeys: 3, noNullPrototype: true }),
  }));

  it('when its text is, whatever the order', () => {
    fc.assert(fc.property(json, (value) => assert.ok(sameJson(value, shuffled(value)))));
  });

  it('only then', () => {
    const property = fc.property(json, json, (a, b) => {
      assert.equal(sameJson(a, b), isDeepStrictEqual(a, b));
      assert.equal(sameJson(a, b), sameJson(b, a));
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it('also without what is undefined', () => {
    assert.ok(sameJson({ a: 1, b: undefined }, { a: 1 }));
    assert.ok(sameJson({ a: 1 }, { b: undefined, a: 1 }));
    assert.ok(!sameJson({ a: 1, b: null }, { a: 1 }));
    assert.ok(!sameJson([], {}));
  });
});

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, part]) => [key, shuffled(part)] as const)
      .reverse(),
  );
}

describe('the store as the lock’s Api', () => {
  const resource = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };

  it('applies a request within the call, and answers later', async () => {
    const store = newStore();
    const answer = storeApi(store).create(resource, 'default', { metadata: { name: 'alice' } }, { timeoutMs: 1000 });
    assert.equal(store.get(configMaps, 'default', 'alice').code, 200);
    assert.equal((await answer).type, 'ok');
  });

  it('does not apply a request that was aborted before it was sent', async () => {
    const store = newStore();
    const request = { timeoutMs: 1000, signal: AbortSignal.abort() };
    const answer = await storeApi(store).create(resource, 'default', { metadata: { name: 'alice' } }, request);
    assert.deepEqual(answer, { type: 'failed', reason: 'aborted', message: 'aborted before it was sent' });
    assert.equal(store.get(configMaps, 'default', 'alice').code, 404);
  });

  it('delivers events in microtasks, in order, and none after stop', async () => {
    const store = newStore();
    const seen: ApiWatchEvent['type'][] = [];
    const options = { from: store.version(), timeoutSeconds: 60 };
    const watch = storeApi(store).watch(resource, 'default', 'alice', options, (event) => seen.push(event.type));
    store.create(configMaps, 'default', body('alice'));
    assert.deepEqual(seen, []);
    await Promise.resolve();
    assert.deepEqual(seen, ['ADDED']);
    store.remove(configMaps, 'default', 'alice');
    watch.stop();
    await Promise.resolve();
    assert.deepEqual(seen, ['ADDED']);
  });

  it('ends a watch with code 200 when the store does, with 403 when it may not', async () => {
    const store = newStore();
    const ends: ApiWatchEvent[] = [];
    const options = { from: store.version(), timeoutSeconds: 60 };
    storeApi(store).watch(resource, 'default', 'alice', options, (event) => ends.push(event));
    const users = new Map([['token', { name: 'bob', rules: [] }]]);
    storeApi(store, { users, token: 'token' }).watch(resource, 'default', 'alice', options, (event) =>
      ends.push(event),
    );
    store.closeWatches();
    await Promise.resolve();
    assert.deepEqual(
      ends.map((event) => event.type === 'END' && event.code),
      [403, 200],
    );
  });
});
