/** The hand-over that a standby runs through in memory: it must be a whole one, and touch nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveTimings } from '../../src/election/timings.ts';
import { configMapCodec, endpointsCodec } from '../../src/lock/annotation.ts';
import { leaseCodec } from '../../src/lock/lease.ts';
import { rehearse } from '../../src/rehearsal/rehearsal.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const config = {
  id: 'alice',
  processId: 'process',
  pod: { name: 'alice', namespace: 'default', uid: '' },
  timings: deriveTimings({ ttlMs: 10_000 }).timings,
  drainBudgetMs: 25_000,
  releaseDelayMs: 5_000,
  canKillWork: false,
};

for (const codec of [leaseCodec, configMapCodec, endpointsCodec]) {
  const lock = codec.resource.plural;
  test(`a rehearsal on ${lock} goes from a release seen to the own release, labels in between`, async () => {
    const clock = new VirtualClock();
    const asked = await rehearse({ config, codec, clock });
    // The first label and the watch are asked for at once, over two connections.
    assert.deepEqual(asked.slice(0, 3).toSorted(), [`GET ${lock}`, 'PATCH pods', `WATCH ${lock}`].toSorted());
    const handOver = [`PUT ${lock}`, 'GET pods', 'PATCH pods', 'PATCH pods', 'PATCH pods', `PUT ${lock}`];
    assert.deepEqual(asked.slice(3), handOver);
    assert.equal(clock.pendingTimers, 0);
  });
}
