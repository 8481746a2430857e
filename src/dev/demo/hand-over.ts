/**
 * A change of leader: from whom to whom, why, and how long it took. Measured from what was done to the former leader,
 * not from when anybody noticed.
 */
import { formatMs } from './format.ts';

export type Cause =
  /** The first leader after the start; nobody led before. */
  | 'start'
  | 'stopped'
  | 'killed'
  | 'paused'
  | 'cut off'
  /** The demo did nothing, and the lock was given back: a guest that ended, a member that somebody else stopped. */
  | 'released'
  /** Nobody did anything: the leader could not renew in time, as on a machine that is too busy. */
  | 'lapsed';

/** While this lasted, no member was there to take over. */
export interface Absence {
  readonly forMs: number;
  /** From its end to the new leader. */
  readonly thenMs: number;
  /** The new leader started after it, so it had to wait a full lease; one that goes on need not. */
  readonly isFresh: boolean;
}

export interface HandOver {
  /** Empty for the first. */
  readonly from: string;
  readonly to: string;
  readonly cause: Cause;
  /** When the new leader began. */
  readonly atMs: number;
  /** From the cause to `atMs`; null with an absence, which says when people came back, not what electors need. */
  readonly tookMs: number | null;
  readonly absence: Absence | null;
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

export function describeTime({ tookMs }: HandOver): string {
  return tookMs === null ? 'untimed' : formatMs(tookMs);
}

/** How it came about, after who, why and how long. */
export function describeHow({ lock, absence }: HandOver): string {
  if (absence !== null) return describeAbsence(absence, lock.type === 'expired');
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

/** What matters first: it may be cut. */
function describeAbsence({ forMs, thenMs, isFresh }: Absence, wasHeld: boolean): string {
  const away = `nobody there for ${formatMs(forMs)}, then`;
  return isFresh && wasHeld
    ? `${away} a ttl: who starts waits one first (${formatMs(thenMs)})`
    : `${away} ${formatMs(thenMs)}`;
}
