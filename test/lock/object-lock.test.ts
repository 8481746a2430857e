import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Observed } from '../../src/election/record.ts';
import { configMapCodec } from '../../src/lock/annotation.ts';
import type { ApiAnswer, ApiWatchEvent } from '../../src/lock/api.ts';
import { leaseCodec } from '../../src/lock/lease.ts';
import type { LockWatchEvent, WriteOutcome } from '../../src/lock/lock.ts';
import { ObjectLock } from '../../src/lock/object-lock.ts';
import type { RecordCodec } from '../../src/lock/record-codec.ts';
import { FakeApi, notFound, ok, proxyPage, refused } from '../support/fake-api.ts';
import { aliceRecord, aliceSeal } from './drafts.ts';

const OPTIONS = { timeoutMs: 1000 };
const LEASES = leaseCodec.resource;
const FAILED: ApiAnswer = { type: 'failed', reason: 'timeout', message: 'no answer in 1000 ms' };

function world({ codec = leaseCodec }: { codec?: RecordCodec } = {}) {
  const api = new FakeApi();
  const lock = new ObjectLock(api, codec, 'default', 'reports');
  const write = (on: Observed | null) => lock.write({ on, record: aliceRecord, seal: aliceSeal }, OPTIONS);
  /** The outcome of a write that is answered so. */
  const outcomeOf = (answer: ApiAnswer, on: Observed | null = null) => {
    api.intercept = () => answer;
    return write(on);
  };
  const readAfter = (answer: ApiAnswer) => {
    api.intercept = () => answer;
    return lock.get(OPTIONS);
  };
  const listAfter = (answer: ApiAnswer) => {
    api.intercept = () => answer;
    return lock.list(OPTIONS);
  };
  return { api, lock, write, outcomeOf, readAfter, listAfter };
}

function lease(metadata: object = {}, rest: object = {}): Record<string, unknown> {
  const named = { name: 'reports', namespace: 'default', uid: 'u1', resourceVersion: '7', ...metadata };
  return {
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    metadata: named,
    spec: { holderIdentity: 'bob' },
    ...rest,
  };
}

function leaseList(items: unknown, rest: object = {}): ApiAnswer {
  const metadata = { resourceVersion: '90' };
  return ok(200, { kind: 'LeaseList', apiVersion: 'coordination.k8s.io/v1', metadata, items, ...rest });
}

function done(outcome: WriteOutcome): Observed {
  assert.ok(outcome.type === 'done', JSON.stringify(outcome));
  return outcome.observed;
}

/** Objects that a 200 or an event may bear and that are no sight of any lock. */
const UNUSABLE: readonly Record<string, unknown>[] = [
  {},
  { kind: 'Status', apiVersion: 'v1', status: 'Success' },
  lease({ uid: '' }),
  lease({ uid: undefined }),
  lease({ resourceVersion: undefined }),
  lease({ resourceVersion: 7 }),
  lease({ resourceVersion: '' }),
  lease({ resourceVersion: '07' }),
  lease({ resourceVersion: 'a7' }),
  lease({}, { kind: 'ConfigMap' }),
  lease({}, { apiVersion: 'coordination.k8s.io/v1alpha1' }),
  lease({}, { metadata: null }),
];
const STRANGERS = [...UNUSABLE, lease({ name: 'other' }), lease({ namespace: 'other' })];

/** The metadata that a request bore. */
function sentMetadata(api: FakeApi, index: number): Record<string, unknown> {
  return { ...(api.requests[index]?.body?.metadata as object) };
}

describe('a lock in an object', () => {
  test('is named for messages and for the Pod-wide proof', () => {
    assert.equal(world().lock.path, 'leases/default/reports');
    assert.equal(world({ codec: configMapCodec }).lock.path, 'configmaps/default/reports');
  });

  for (const codec of [leaseCodec, configMapCodec]) {
    test(`is created, read, updated from a sight, and read again (${codec.resource.plural})`, async () => {
      const { lock, write } = world({ codec });
      assert.deepEqual(await lock.get(OPTIONS), { type: 'missing' });
      const first = done(await write(null));
      assert.deepEqual(await lock.get(OPTIONS), { type: 'found', observed: first });
      const again = await lock.write(
        { on: first, record: { ...aliceRecord, holderIdentity: '' }, seal: aliceSeal },
        OPTIONS,
      );
      const second = done(again);
      assert.notEqual(second.version, first.version);
      assert.equal(second.uid, first.uid);
      assert.equal(second.record !== 'unreadable' && second.record.holderIdentity, '');
      assert.deepEqual(await write(first), { type: 'conflict' });
    });
  }
});

describe('a write', () => {
  test('that creates bears neither uid nor version', async () => {
    const { api, write } = world();
    await write(null);
    const [request] = api.requests;
    assert.equal(request?.verb, 'create');
    const metadata = sentMetadata(api, 0);
    assert.deepEqual(Object.keys(metadata).sort(), ['annotations', 'name', 'namespace']);
    assert.deepEqual([metadata.name, metadata.namespace], ['reports', 'default']);
  });

  test('that updates bears uid and version of its sight, and what was foreign there', async () => {
    const { api, lock, write } = world();
    api.intercept = () => ok(200, lease({ labels: { team: 'b' } }));
    const read = await lock.get(OPTIONS);
    assert.ok(read.type === 'found');
    await write(read.observed);
    const { verb, path } = api.requests[1] ?? {};
    assert.deepEqual([verb, path], ['update', 'leases/default/reports']);
    const { annotations: _, ...metadata } = sentMetadata(api, 1);
    assert.deepEqual(metadata, {
      name: 'reports',
      namespace: 'default',
      uid: 'u1',
      resourceVersion: '7',
      labels: { team: 'b' },
    });
  });

  test('bears uid and version even when the sight came without an object', async () => {
    const { api, lock, write } = world();
    api.intercept = () => ok(200, lease());
    const read = await lock.get(OPTIONS);
    assert.ok(read.type === 'found');
    await write({ ...read.observed, raw: null });
    const { uid, resourceVersion } = sentMetadata(api, 1);
    assert.deepEqual([uid, resourceVersion], ['u1', '7']);
  });

  test('has the deadline and the signal that it was given', async () => {
    const { api, lock } = world();
    const options = { timeoutMs: 77, signal: new AbortController().signal };
    await lock.write({ on: null, record: aliceRecord, seal: aliceSeal }, options);
    assert.equal(api.requests[0]?.options.timeoutMs, 77);
    assert.equal(api.requests[0]?.options.signal, options.signal);
  });

  test('was not applied only where a status of the API says so', async () => {
    const { outcomeOf } = world();
    for (const code of [400, 401, 403, 413, 422, 429]) {
      const outcome = await outcomeOf(refused(code, 'Reason', LEASES, 'reports'));
      assert.deepEqual(outcome, { type: 'refused', code, message: `${code} leases "reports": Reason` });
      assert.equal((await outcomeOf(proxyPage(code))).type, 'unknown', `${code} of a proxy`);
    }
    for (const code of [402, 404, 405, 408, 410, 415, 418, 499, 500, 502, 503, 504]) {
      assert.equal((await outcomeOf(refused(code, 'Reason', LEASES, 'reports'))).type, 'unknown', String(code));
      assert.equal((await outcomeOf(proxyPage(code))).type, 'unknown', `${code} of a proxy`);
    }
    assert.deepEqual(await outcomeOf(FAILED), { type: 'unknown', message: 'no answer in 1000 ms' });
  });

  test('met another version or an existing lock: a conflict', async () => {
    const { outcomeOf } = world();
    assert.deepEqual(await outcomeOf(refused(409, 'Conflict', LEASES, 'reports')), { type: 'conflict' });
    assert.deepEqual(await outcomeOf(refused(409, 'AlreadyExists', LEASES, 'reports')), { type: 'conflict' });
  });

  test('met no lock only where a NotFound names it', async () => {
    const { outcomeOf } = world();
    assert.deepEqual(await outcomeOf(notFound(LEASES, 'reports')), { type: 'missing' });
    const namespaces = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' };
    for (const answer of [
      notFound(LEASES, 'other'),
      notFound(namespaces, 'reports'),
      refused(404, 'Unknown', LEASES, 'reports'),
      refused(410, 'NotFound', LEASES, 'reports'),
      proxyPage(404),
    ]) {
      assert.equal((await outcomeOf(answer)).type, 'unknown', JSON.stringify(answer));
    }
  });

  test('hands on how long the server asks to wait', async () => {
    const { outcomeOf } = world();
    const busy = { ...refused(429, 'TooManyRequests', LEASES, 'reports'), retryAfterMs: 3000 };
    const down = { ...proxyPage(503), retryAfterMs: 2000 };
    assert.deepEqual(Object.entries(await outcomeOf(busy)).at(-1), ['retryAfterMs', 3000]);
    assert.deepEqual(Object.entries(await outcomeOf(down)).at(-1), ['retryAfterMs', 2000]);
  });

  test('is done only when the answer bears this very lock', async () => {
    const { outcomeOf } = world();
    for (const code of [200, 201]) assert.equal(done(await outcomeOf(ok(code, lease()))).version, '7');
    for (const body of STRANGERS) {
      assert.equal((await outcomeOf(ok(200, body))).type, 'unknown', JSON.stringify(body));
    }
    for (const code of [202, 206]) assert.equal((await outcomeOf(ok(code, lease()))).type, 'unknown', String(code));
  });
});

describe('a read', () => {
  test('finds the lock, with the record and seal that it bears', async () => {
    const body = lease({ annotations: { 'k8s-elector/seal': 'x' } });
    const read = await world().readAfter(ok(200, body));
    assert.deepEqual(read, {
      type: 'found',
      observed: {
        uid: 'u1',
        version: '7',
        record: {
          holderIdentity: 'bob',
          leaseDurationSeconds: null,
          acquireTime: null,
          renewTime: null,
          leaseTransitions: 0,
        },
        seal: 'unreadable',
        sealMatches: { renewTime: false, transitions: false },
        raw: body,
      },
    });
  });

  test('misses the lock only where a NotFound names it', async () => {
    const { readAfter } = world();
    assert.deepEqual(await readAfter(notFound(LEASES, 'reports')), { type: 'missing' });
    assert.equal((await readAfter(notFound(LEASES, 'other'))).type, 'failed');
    assert.equal((await readAfter(proxyPage(404))).type, 'failed');
  });

  test('is forbidden where the API says so, failed where a proxy does', async () => {
    const { readAfter } = world();
    assert.equal((await readAfter(refused(403, 'Forbidden', LEASES, 'reports'))).type, 'forbidden');
    assert.deepEqual(await readAfter(proxyPage(403)), {
      type: 'failed',
      message: '403 from something that is not the Kubernetes API: <html>',
    });
  });

  test('fails with whatever is no sight of the lock', async () => {
    const { readAfter } = world();
    for (const body of STRANGERS) {
      assert.equal((await readAfter(ok(200, body))).type, 'failed', JSON.stringify(body));
    }
    for (const code of [401, 409, 429, 500, 503]) {
      assert.equal((await readAfter(refused(code, 'Reason', LEASES, 'reports'))).type, 'failed', String(code));
    }
    assert.deepEqual(await readAfter(FAILED), { type: 'failed', message: 'no answer in 1000 ms' });
    const busy = await readAfter({ ...proxyPage(503), retryAfterMs: 2000 });
    assert.equal(busy.type === 'failed' && busy.retryAfterMs, 2000);
  });
});

describe('a list', () => {
  test('finds the lock and says where to watch from', async () => {
    const { lock, write } = world();
    const observed = done(await write(null));
    const list = await lock.list(OPTIONS);
    assert.ok(list.type === 'found');
    assert.equal(list.watchFrom, '102');
    assert.deepEqual({ ...list.observed, raw: null }, { ...observed, raw: null });
  });

  test('gives a sight that can be written upon, though items lack their kind', async () => {
    const { lock, write } = world();
    await write(null);
    const list = await lock.list(OPTIONS);
    assert.ok(list.type === 'found');
    done(await write(list.observed));
  });

  test('that is empty misses the lock', async () => {
    const { listAfter } = world();
    assert.deepEqual(await listAfter(leaseList([])), { type: 'missing', watchFrom: '90' });
    assert.deepEqual(await listAfter(leaseList(null)), { type: 'missing', watchFrom: '90' });
  });

  test('of a server that passes over the selector is sifted by name and namespace', async () => {
    const { listAfter } = world();
    const neighbours = [lease({ name: 'other' }), lease({ namespace: 'other' }), null, 'x'];
    assert.deepEqual(await listAfter(leaseList(neighbours)), { type: 'missing', watchFrom: '90' });
    const found = await listAfter(leaseList([...neighbours, lease({ uid: 'mine' })]));
    assert.equal(found.type === 'found' && found.observed.uid, 'mine');
  });

  test('whose rest is on another page does not prove that the lock is missing', async () => {
    const metadata = { resourceVersion: '90', continue: 'token' };
    assert.equal((await world().listAfter(leaseList([lease({ name: 'other' })], { metadata }))).type, 'failed');
  });

  test('that is no list of this kind, or has no version, fails', async () => {
    const { listAfter } = world();
    for (const rest of [
      { kind: 'Lease' },
      { kind: 'List' },
      { apiVersion: 'v1' },
      { metadata: {} },
      { metadata: { resourceVersion: '' } },
      { items: {} },
      { items: undefined },
    ]) {
      assert.equal((await listAfter(leaseList([], rest))).type, 'failed', JSON.stringify(rest));
    }
    assert.equal((await listAfter(leaseList([lease({ uid: '' })]))).type, 'failed');
    assert.equal((await listAfter(leaseList([lease({}, { kind: 'Secret' })]))).type, 'failed');
  });

  test('never misses the lock by a 404, since it names no object', async () => {
    assert.equal((await world().listAfter(notFound(LEASES, 'reports'))).type, 'failed');
  });

  test('is forbidden where the API says so', async () => {
    assert.equal((await world().listAfter(refused(403, 'Forbidden', LEASES, 'reports'))).type, 'forbidden');
  });
});

describe('what was wrong with an answer is said', () => {
  const messageOf = (outcome: object) => ('message' in outcome ? outcome.message : outcome);
  const path = 'leases/default/reports';
  const kind = 'expected a Lease of coordination.k8s.io/v1, got';

  for (const [body, message] of [
    [{}, `${kind} an object without a kind`],
    [{ kind: 7 }, `${kind} an object without a kind`],
    [lease({}, { kind: 'Status' }), `${kind} kind "Status"`],
    [lease({}, { kind: 'x'.repeat(500) }), `${kind} kind "${'x'.repeat(63)}"`],
    [lease({ name: 'other' }), `the answer is not about ${path}`],
    [lease({ uid: '' }), `${path} came without a uid`],
    [lease({ resourceVersion: '' }), `${path} came without a usable resourceVersion`],
  ] as const) {
    test(message.slice(0, 100), async () => {
      const { outcomeOf, readAfter } = world();
      assert.equal(messageOf(await readAfter(ok(200, body))), message);
      assert.equal(messageOf(await outcomeOf(ok(200, body))), message);
    });
  }

  test('of a write that was neither applied nor refused', async () => {
    assert.equal(messageOf(await world().outcomeOf(ok(202, lease()))), 'an answer 202 to a write');
  });

  test('of a list', async () => {
    const { listAfter } = world();
    for (const [rest, message] of [
      [{ kind: 'Lease' }, 'the answer is no LeaseList'],
      [{ metadata: {} }, 'the list has no version'],
      [{ items: {} }, 'the list has no items'],
      [{ metadata: { resourceVersion: '90', continue: 'token' } }, 'the list is not complete'],
    ] as const) {
      assert.equal(messageOf(await listAfter(leaseList([], rest))), message);
    }
  });
});

describe('a watch', () => {
  function watching() {
    const { api, lock } = world();
    const events: LockWatchEvent[] = [];
    const watch = lock.watch('90', 300, (event) => events.push(event));
    const send = (event: ApiWatchEvent) => api.onEvent(event);
    return { api, watch, events, send };
  }

  test('starts where it is told and reports sights, deletions and bookmarks in their order', () => {
    const { api, events, send } = watching();
    assert.equal(api.watchFrom, '90');
    send({ type: 'ADDED', object: lease({ resourceVersion: '91' }) });
    send({ type: 'MODIFIED', object: lease({ resourceVersion: '92' }) });
    send({ type: 'BOOKMARK', version: '95' });
    send({ type: 'DELETED', object: lease({ resourceVersion: '96' }) });
    const seen = events.map((event) => (event.type === 'present' ? event.observed.version : event));
    assert.deepEqual(seen, ['91', '92', { type: 'bookmark', version: '95' }, { type: 'gone', version: '96' }]);
  });

  test('passes over other objects and bookmarks without a version', () => {
    const { events, send } = watching();
    send({ type: 'MODIFIED', object: lease({ name: 'other' }) });
    send({ type: 'DELETED', object: lease({ namespace: 'other' }) });
    send({ type: 'BOOKMARK', version: '' });
    assert.deepEqual(events, []);
  });

  test('ends, from this side, with an event that cannot be used', () => {
    for (const object of [...UNUSABLE, lease({ name: 7 }), lease({ namespace: undefined })]) {
      const { api, events, send } = watching();
      send({ type: 'MODIFIED', object });
      send({ type: 'MODIFIED', object: lease() });
      assert.deepEqual(
        events.map((event) => event.type === 'end' && event.reason),
        ['failed'],
        JSON.stringify(object),
      );
      assert.ok(api.watchStopped);
    }
  });

  test('ends for a reason', () => {
    for (const [code, reason] of [
      [200, 'ended'],
      [410, 'expired'],
      [403, 'forbidden'],
      [0, 'failed'],
      [401, 'failed'],
      [500, 'failed'],
    ] as const) {
      const { events, send } = watching();
      send({ type: 'END', code, message: 'why' });
      assert.deepEqual(events, [{ type: 'end', reason, message: 'why' }]);
    }
  });

  test('says nothing after it was stopped, nor after its end', () => {
    const stopped = watching();
    stopped.watch.stop();
    stopped.send({ type: 'MODIFIED', object: lease() });
    assert.deepEqual(stopped.events, []);
    assert.ok(stopped.api.watchStopped);

    const ended = watching();
    ended.send({ type: 'END', code: 200, message: '' });
    ended.send({ type: 'MODIFIED', object: lease() });
    assert.equal(ended.events.length, 1);
  });

  test('may end before the call that starts it returns', () => {
    const { api, lock } = world();
    let stops = 0;
    api.watch = (_resource, _namespace, _name, _options, onEvent) => {
      onEvent({ type: 'END', code: 0, message: 'refused' });
      return { stop: () => stops++ };
    };
    const events: LockWatchEvent[] = [];
    lock.watch('90', 300, (event) => events.push(event));
    assert.deepEqual(events, [{ type: 'end', reason: 'failed', message: 'refused' }]);
    assert.equal(stops, 1);
  });
});
