/**
 * The seal as text: one annotation, one line of JSON (rule 24). It carries copies of the record's renewal time and
 * transitions exactly as they are written into the record, so that a Go member's write, which keeps foreign
 * annotations, leaves a seal that no longer counts.
 */
import type { LockRecord, Observed, Seal, SealDraft } from '../election/record.ts';
import { isJsonObject, parseJson } from './json.ts';

export const SEAL_ANNOTATION = 'k8s-elector/seal';

/** `renewTime` is the text that the same write puts into the record. */
export function encodeSeal(draft: SealDraft, renewTime: string, leaseTransitions: number): string {
  const seal: Seal = {
    podName: draft.podName,
    podNamespace: draft.podNamespace,
    podUid: draft.podUid,
    processId: draft.processId,
    attempt: draft.attempt,
    leaseDurationSeconds: draft.leaseDurationSeconds,
    renewTime,
    leaseTransitions,
    released: draft.released,
  };
  return JSON.stringify(seal);
}

/**
 * Null without an annotation. Every field must be there with its own type; fields that a later version may add are
 * passed over.
 */
export function decodeSeal(annotation: unknown): Seal | 'unreadable' | null {
  if (annotation === undefined || annotation === null) return null;
  const fields = typeof annotation === 'string' ? parseJson(annotation) : undefined;
  if (!isJsonObject(fields)) return 'unreadable';
  const { podName, podNamespace, podUid, processId, attempt } = fields;
  const { leaseDurationSeconds, renewTime, leaseTransitions, released } = fields;
  if (typeof podName !== 'string' || typeof podNamespace !== 'string' || typeof podUid !== 'string')
    return 'unreadable';
  if (typeof processId !== 'string' || processId === '' || !isCount(attempt, 1)) return 'unreadable';
  if (!isCount(leaseDurationSeconds, 1) || typeof renewTime !== 'string') return 'unreadable';
  if (!isCount(leaseTransitions, Number.MIN_SAFE_INTEGER) || typeof released !== 'boolean') return 'unreadable';
  return {
    podName,
    podNamespace,
    podUid,
    processId,
    attempt,
    leaseDurationSeconds,
    renewTime,
    leaseTransitions,
    released,
  };
}

/** Do the seal's copies equal the record's text? Compared as text: two spellings of one instant do not match. */
export function matchSeal(
  seal: Seal | 'unreadable' | null,
  record: LockRecord | 'unreadable',
): Observed['sealMatches'] {
  if (seal === null || seal === 'unreadable' || record === 'unreadable')
    return { renewTime: false, transitions: false };
  return {
    renewTime: seal.renewTime === record.renewTime,
    transitions: seal.leaseTransitions === record.leaseTransitions,
  };
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least;
}
