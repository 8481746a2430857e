/**
 * Rule 10 told twice, over the lock and an API that behaves as Kubernetes does: an update that was sent by one that is
 * dead by now arrives when the lock has been deleted. It must find nothing. Without the uid, Kubernetes creates the
 * Lease again from it, and the dead hold the lock.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoints, type Kind, leases } from '../../src/dev/kinds.ts';
import { createStore } from '../../src/dev/store.ts';
import { storeApi } from '../../src/dev/store-api.ts';
import type { Observed } from '../../src/election/record.ts';
import { endpointsCodec } from '../../src/lock/annotation.ts';
import { leaseCodec } from '../../src/lock/lease.ts';
import type { WriteOutcome } from '../../src/lock/lock.ts';
import { ObjectLock } from '../../src/lock/object-lock.ts';
import type { RecordCodec } from '../../src/lock/record-codec.ts';
import { loadMutant } from '../support/mutant.ts';
import { aliceRecord, aliceSeal } from './drafts.ts';

const OPTIONS = { timeoutMs: 1_000 };

/** The kinds of which Kubernetes creates what an update does not find. */
const KINDS = [
  { kind: leases, codec: leaseCodec },
  { kind: endpoints, codec: endpointsCodec },
] satisfies readonly { readonly kind: Kind; readonly codec: RecordCodec }[];

/** alice's renewal arrives after the lock was deleted; what it is answered, and who holds the lock then. */
async function lateRenewal(Lock: typeof ObjectLock, { kind, codec }: (typeof KINDS)[number]) {
  const store = createStore({
    newUid: () => '4f2c0000-0000-4000-8000-000000000001',
    wallMs: () => Date.UTC(2026, 0, 1),
  });
  const lock = new Lock(storeApi(store), codec, 'default', 'reports');
  const created = done(await lock.write({ on: null, record: aliceRecord, seal: aliceSeal }, OPTIONS));
  store.remove(kind, 'default', 'reports');
  const seal = { ...aliceSeal, attempt: aliceSeal.attempt + 1 };
  const answer = await lock.write({ on: created, record: aliceRecord, seal }, OPTIONS);
  const after = await lock.get(OPTIONS);
  const record = after.type === 'found' ? after.observed.record : null;
  return { answer: answer.type, holder: record === null || record === 'unreadable' ? '' : record.holderIdentity };
}

for (const each of KINDS) {
  test(`rule 10 holds: a late update does not bring a deleted ${each.kind.kind} back`, async () => {
    assert.deepEqual(await lateRenewal(ObjectLock, each), { answer: 'conflict', holder: '' });
  });

  test(`without rule 10 a deleted ${each.kind.kind} comes back, and the dead hold it`, async () => {
    const mutant = await loadMutant<{ ObjectLock: typeof ObjectLock }>('lock/object-lock.ts', [
      {
        file: 'lock/object-lock.ts',
        from: '{ ...named, uid: on.uid, resourceVersion: on.version }',
        to: '{ ...named, uid: undefined, resourceVersion: on.version }',
      },
    ]);
    assert.deepEqual(await lateRenewal(mutant.ObjectLock, each), { answer: 'done', holder: 'alice' });
  });
}

function done(outcome: WriteOutcome): Observed {
  assert.ok(outcome.type === 'done', JSON.stringify(outcome));
  return outcome.observed;
}
