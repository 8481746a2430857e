/**
 * Where the record lives: one object of the Kubernetes API under compare-and-swap. A lock keeps no copy of the object
 * between calls; a write names the sight that it replaces. Every call has a deadline, and outcomes are values.
 */
import type { ReadOutcome, WriteOutcome } from '../election/outcome.ts';
import type { LockWrite, Observed } from '../election/record.ts';

export type { ReadOutcome, WriteOutcome } from '../election/outcome.ts';

export type LockWatchEvent =
  | { readonly type: 'present'; readonly observed: Observed }
  /** Deleted; `version` is that of the deletion. */
  | { readonly type: 'gone'; readonly version: string }
  /** Nothing changed up to `version`, from which a next watch may start. Not a sign of life of the holder. */
  | { readonly type: 'bookmark'; readonly version: string }
  /**
   * The watch is over, always the last event. `ended`: the server closed it in good order; `expired`: 410, the version
   * to watch from is too old; `forbidden`: no right to watch; `failed`: anything else.
   */
  | { readonly type: 'end'; readonly reason: 'ended' | 'expired' | 'forbidden' | 'failed'; readonly message: string };

export interface RequestOptions {
  /** From the call; connecting and reading credentials included. */
  readonly timeoutMs: number;
  /** Aborting destroys the socket; the outcome is then `failed` or `unknown`. */
  readonly signal?: AbortSignal;
}

export interface LockWatch {
  /** Ends the watch; no event comes afterwards. */
  stop(): void;
}

export interface Lock {
  /** For messages and the Pod-wide proof: `leases/default/reports`. */
  readonly path: string;
  /** A quorum read of the object. */
  get(options: RequestOptions): Promise<ReadOutcome>;
  /** A quorum read by a list that selects the object; its version is where a watch starts (rule 27). */
  list(options: RequestOptions): Promise<ReadOutcome>;
  write(write: LockWrite, options: RequestOptions): Promise<WriteOutcome>;
  /** Watches from a list's or bookmark's version. Events come synchronously as they are received. */
  watch(from: string, timeoutSeconds: number, onEvent: (event: LockWatchEvent) => void): LockWatch;
}
