/** The lock as the API has it, and how its last hold ended: what tells a release from a lease that ran out. */
import type { LockSight } from './event.ts';
import type { HandOver } from './hand-over.ts';

export interface LockState extends LockSight {
  readonly writtenAtMs: number;
  /** The last hold that ended: whose, when it would have run out, and whether it was given back. */
  readonly before: { readonly holder: string; readonly endsAtMs: number; readonly released: boolean } | null;
}

/** Remembers a hold when it ends: by a release, or by another holder. */
export function lockAfter(known: LockState | null, lock: LockSight, atMs: number): LockState {
  const ended = known !== null && known.holder !== '' && known.holder !== lock.holder;
  const before = ended
    ? { holder: known.holder, endsAtMs: leaseEndsAtMs(known), released: lock.holder === '' }
    : (known?.before ?? null);
  return { ...lock, writtenAtMs: atMs, before };
}

/** When the lease runs out, unless it is renewed. */
export function leaseEndsAtMs({ writtenAtMs, durationMs }: LockState): number {
  return writtenAtMs + durationMs;
}

/** How the lock of `from` came to `to`, who began to lead at `atMs`. */
export function howFreed(lock: LockState | null, from: string, to: string, atMs: number): HandOver['lock'] {
  const before = lock?.before ?? null;
  if (before === null || before.holder !== from) return from === to ? { type: 'own' } : { type: 'new' };
  if (before.released) return { type: 'released', earlyMs: before.endsAtMs - atMs };
  return from === to ? { type: 'own' } : { type: 'expired', lateMs: atMs - before.endsAtMs };
}
