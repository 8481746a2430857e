/**
 * A change of leader: from whom to whom, why, and how long it took. Measured from what was done to the former leader,
 * not from when anybody noticed.
 */

export type Cause =
  /** The first leader after the start; nobody led before. */
  | 'start'
  | 'stopped'
  | 'killed'
  | 'paused'
  | 'cut off'
  /** Nobody did anything: the leader could not renew in time, as on a machine that is too busy. */
  | 'lapsed';

export interface HandOver {
  /** Empty for the first. */
  readonly from: string;
  readonly to: string;
  readonly cause: Cause;
  /** When the new leader began. */
  readonly atMs: number;
  /** From the cause to `atMs`. */
  readonly tookMs: number;
  /** How the lock became free, as the API saw it. */
  readonly lock:
    | { readonly type: 'new' }
    /** It would have run out `earlyMs` after the new leader began. */
    | { readonly type: 'released'; readonly earlyMs: number }
    /** `lateMs` from the end of the lease to the new leader. */
    | { readonly type: 'expired'; readonly lateMs: number }
    /** The same member again. */
    | { readonly type: 'own' };
}

/** `14 ms`, `2.71 s`. */
export function formatMs(ms: number): string {
  const whole = Math.round(ms);
  return Math.abs(whole) < 1000 ? `${whole} ms` : `${(ms / 1000).toFixed(2)} s`;
}

export function describeLock({ lock }: HandOver): string {
  switch (lock.type) {
    case 'new':
      return 'there was no lock';
    case 'released':
      return lock.earlyMs > 0 ? `released, ${formatMs(lock.earlyMs)} of the lease left` : 'released long before';
    case 'expired':
      return `${formatMs(lock.lateMs)} after the lease ran out`;
    case 'own':
      return 'took its own lease up again';
  }
}
