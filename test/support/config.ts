/** The configuration of one member, for tests that care for little of it: in no Pod, TTL 10 s. */
import type { Config } from '../../src/election/state.ts';
import { deriveTimings } from '../../src/election/timings.ts';

export function configOf(id: string, { ttlMs = 10_000 }: { readonly ttlMs?: number } = {}): Config {
  return {
    id,
    processId: `process-of-${id}`,
    pod: { name: id, namespace: 'default', uid: '' },
    timings: deriveTimings({ ttlMs }).timings,
    drainBudgetMs: 25_000,
    releaseDelayMs: 0,
    canKillWork: false,
  };
}
