/** How much may grow in a simulated fleet: as good as nothing, whatever the length of the run. */
import type { Limit, Sample } from './growth.ts';

export const LIMITS: Readonly<Record<string, Limit>> = {
  heapMb: { most: 1 },
  timers: { most: 2 },
  listeners: { most: 0 },
  watches: { most: 1 },
};

/** Without the beginning, while code is compiled and the store's history fills. */
export function settled(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.ceil(samples.length / 6));
}
