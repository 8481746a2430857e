/** What came of a request of the lock. Expected outcomes are values; what an answer proves is judged before it is one. */
import type { Observed } from './record.ts';

export type ReadOutcome =
  /** `watchFrom` is the version to watch from: only a list has one. */
  | { readonly type: 'found'; readonly observed: Observed; readonly watchFrom?: string }
  /** A `NotFound` that names the lock, or an empty list (rule 16). */
  | { readonly type: 'missing'; readonly watchFrom?: string }
  | { readonly type: 'forbidden'; readonly message: string }
  /** No usable answer: network, deadline, 5xx, 429, 401, a body that is not what was asked for. */
  | { readonly type: 'failed'; readonly message: string; readonly retryAfterMs?: number };

export type WriteOutcome =
  | { readonly type: 'done'; readonly observed: Observed }
  /** 409: another version, another uid, or (create) it exists already. Not applied. */
  | { readonly type: 'conflict' }
  /** A `NotFound` that names the lock. Not applied. */
  | { readonly type: 'missing' }
  /** Proven not applied: 400, 401, 403, 413, 422 or 429 with a `Status` body (rule 12). */
  | { readonly type: 'refused'; readonly code: number; readonly message: string; readonly retryAfterMs?: number }
  /** Applied or not: nobody knows. */
  | { readonly type: 'unknown'; readonly message: string; readonly retryAfterMs?: number };
