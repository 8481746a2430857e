/** The lock as the API has it, and how its last hold ended: what tells a release from a lease that ran out. */
import type { LockSight } from './event.ts';
import type { HandOver } from './hand-over.ts';

export interface LockState extends LockSight {
  readonly writtenAtMs: number;
  /** The last hold that ended. */
  readonly before: EndedHold | null;
}

export interface EndedHold {
  readonly holder: string;
  /** When it would have run out, or did. */
  readonly endsAtMs: number;
  /** Given back, or left to run out? */
  readonly released: boolean;
  /** When it was given back, or else the last renewal. */
  readonly lastWriteAtMs: number;
}

/** Remembers a hold when it ends: by a release, by another holder, or by a write after it had run out. */
export function lockAfter(known: LockState | null, lock: LockSight, atMs: number): LockState {
  return { ...lock, writtenAtMs: atMs, before: endedHold(known, lock, atMs) ?? known?.before ?? null };
}

function endedHold(known: LockState | null, lock: LockSight, atMs: number): EndedHold | null {
  if (known === null || known.holder === '') return null;
  const endsAtMs = leaseEndsAtMs(known);
  if (known.holder === lock.holder && atMs < endsAtMs) return null;
  const released = lock.holder === '';
  return { holder: known.holder, endsAtMs, released, lastWriteAtMs: released ? atMs : known.writtenAtMs };
}

/** When the lease runs out, unless it is renewed. */
export function leaseEndsAtMs({ writtenAtMs, durationMs }: LockState): number {
  return writtenAtMs + durationMs;
}

/** How the lock of `from`, who led since `sinceMs`, came to `to`, who began to lead at `atMs`. */
export function howFreed(
  lock: LockState | null,
  { from, sinceMs, to, atMs }: Readonly<Record<'from' | 'to', string>> & Readonly<Record<'sinceMs' | 'atMs', number>>,
): HandOver['lock'] {
  const before = lock?.before ?? null;
  // An older hold of the same member says nothing of this one.
  const isOfThatTerm = before !== null && before.holder === from && before.endsAtMs > sinceMs;
  if (!isOfThatTerm) return from === to ? { type: 'own' } : { type: 'new' };
  if (before.released) return { type: 'released', earlyMs: before.endsAtMs - atMs };
  return { type: 'expired', lateMs: atMs - before.endsAtMs };
}
