/**
 * The seal: one annotation beside the record that says which process wrote it, and in which attempt (rule 24). It
 * counts only while its copies equal the record's text, because Go electors keep foreign annotations when they write
 * a record of their own.
 */
import { holderOf, type Observed, type Seal } from './record.ts';

/** The seal, when its copies equal the record's text; else null. */
export function countingSeal(observed: Observed): Seal | null {
  const { seal, sealMatches } = observed;
  if (seal === 'unreadable') return null;
  return sealMatches.renewTime && sealMatches.transitions ? seal : null;
}

/** Who asks whether a record is theirs. */
export interface Self {
  readonly id: string;
  readonly processId: string;
  /** The highest attempt number that this process has used. */
  readonly lastAttempt: number;
}

/** Mine: my id, my process, an attempt that I made, under a seal that counts. An equal id alone means nothing. */
export function isMine(observed: Observed, self: Self): boolean {
  if (holderOf(observed) !== self.id || self.id === '') return false;
  const seal = countingSeal(observed);
  return seal !== null && seal.processId === self.processId && seal.attempt <= self.lastAttempt && !seal.released;
}

/**
 * Written by a process of this very Pod that is proven dead (rule 25)? Only asked by a process that holds the Pod-wide
 * proof; the Pod uid alone is kept by Go electors that write over our record, and is empty outside Pods.
 */
export function isOfMyPod(observed: Observed, id: string, podUid: string): boolean {
  if (holderOf(observed) !== id || podUid === '') return false;
  const seal = countingSeal(observed);
  return seal !== null && seal.podUid === podUid && !seal.released;
}

/**
 * Is a record without a holder a release, by someone who was entitled to it? Otherwise somebody emptied a live lock
 * (rule 28): Kubernetes' Go package since 0.34 can, and so can kubectl.
 */
export function isRelease(observed: Observed, sealKnownUnderThisUid: boolean): boolean {
  const { record, seal } = observed;
  if (record === 'unreadable' || seal === 'unreadable') return false;
  if (seal === null) return !sealKnownUnderThisUid;
  if (seal.leaseTransitions === record.leaseTransitions) return seal.released;
  return record.leaseTransitions > seal.leaseTransitions;
}
