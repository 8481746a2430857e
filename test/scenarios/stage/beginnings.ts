/** How most stories begin. */
import type { Actor } from './actor.ts';
import type { Scene, StartOptions } from './scene.ts';

/** alice leads and bob stands by; 100 ms have passed. */
export async function begin(
  scene: Scene,
  options: StartOptions = {},
  bobs: StartOptions = {},
): Promise<{ readonly alice: Actor; readonly bob: Actor }> {
  const alice = scene.start('alice', options);
  await scene.pass(50);
  const bob = scene.start('bob', { ...options, ...bobs });
  await scene.pass(50);
  return { alice, bob };
}

/** A time as a Go elector wrote it, long ago by any clock. */
export const LONG_AGO = '2019-05-02T18:28:51.000000Z';

/** A Lease's spec that kate, a Go elector, left behind. */
export function heldByKate(seconds = 15, transitions = 0): object {
  return {
    spec: {
      holderIdentity: 'kate',
      leaseDurationSeconds: seconds,
      acquireTime: LONG_AGO,
      renewTime: LONG_AGO,
      leaseTransitions: transitions,
    },
  };
}
