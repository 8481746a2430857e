/** The hand-over that a standby runs through in memory: it must be a whole one, and touch nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMapCodec, endpointsCodec } from '../../src/lock/annotation.ts';
import { leaseCodec } from '../../src/lock/lease.ts';
import { rehearse } from '../../src/rehearsal/rehearsal.ts';
import { configOf } from '../support/config.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const config = { ...configOf('alice'), releaseDelayMs: 5_000 };

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
