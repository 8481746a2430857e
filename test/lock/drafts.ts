/** What alice writes, and arbitrary writes. */
import fc from 'fast-check';
import type { RecordDraft, SealDraft } from '../../src/election/record.ts';

export const aliceRecord: RecordDraft = {
  holderIdentity: 'alice',
  leaseDurationSeconds: 10,
  acquireTimeMs: Date.UTC(2018, 6, 12, 9, 34, 59, 123),
  renewTimeMs: Date.UTC(2018, 6, 12, 10, 13, 39, 987),
  leaseTransitions: 3,
};

export const aliceSeal: SealDraft = {
  podName: 'alice-0',
  podNamespace: 'default',
  podUid: '4f2c',
  processId: 'p1',
  attempt: 7,
  leaseDurationSeconds: 10,
  released: false,
};

const timeMs = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) });
const seconds = fc.integer({ min: 1, max: 3600 });

export const drafts = fc.record({
  record: fc.record<RecordDraft>({
    holderIdentity: fc.string({ unit: 'grapheme' }),
    leaseDurationSeconds: seconds,
    acquireTimeMs: timeMs,
    renewTimeMs: timeMs,
    leaseTransitions: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  }),
  seal: fc.record<SealDraft>({
    podName: fc.string(),
    podNamespace: fc.string(),
    podUid: fc.string(),
    processId: fc.string({ minLength: 1 }),
    attempt: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    leaseDurationSeconds: seconds,
    released: fc.boolean(),
  }),
});
