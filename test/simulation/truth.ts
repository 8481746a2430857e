/**
 * What is true of the lock, by global time: what stands on it since when, who wrote it, and for how long its last
 * holder may believe in itself. And from when to when the rules promise nothing (rules.md, "What is not promised").
 */
import type { ApiObject } from '../../src/dev/object.ts';
import { isSeal, type LockView, sameRecordAndSeal, viewLock } from './lock-view.ts';
import type { Cause } from './member.ts';

/** Clocks run up to 1 % fast: a wait of one second may be over after this part of it. */
export const FASTEST = 1 / 1.0101;

export class Truth {
  /** What stands there. */
  lock: LockView | null = null;
  writer: Cause | null = null;
  /** When an elector changed record or seal last. */
  changedAtMs = Number.NEGATIVE_INFINITY;
  ever = false;
  /**
   * From when on a lock without a holder, or without existence, must be waited out, and for how long: it was emptied
   * or deleted, not released. Null when it is held, or was released by whoever held it.
   */
  orphaned: { readonly atMs: number; readonly durationMs: number } | null = null;
  deletedAtMs = Number.NEGATIVE_INFINITY;
  /** The longest that ever stood in the lock or may stand there. */
  longestMs: number;
  /** Of the last record with a holder. */
  lastDurationMs: number;
  /** Versions of this lock's winning and renewing writes, in the order of time. */
  commits = 0;

  constructor(longestTtlMs: number) {
    this.longestMs = longestTtlMs;
    this.lastDurationMs = longestTtlMs;
  }

  commit(after: ApiObject | null, cause: Cause | null, nowMs: number, isRelease: boolean): void {
    const before = this.lock;
    this.commits += 1;
    this.writer = cause;
    if (after === null) {
      this.lock = null;
      this.deletedAtMs = nowMs;
      this.orphaned ??= { atMs: nowMs, durationMs: this.lastDurationMs };
      return;
    }
    const view = viewLock(after);
    this.lock = view;
    this.ever = true;
    // A hand that edits a holder's record makes no holder believe in itself for longer.
    const rewritten = before === null || before.uid !== view.uid || !sameRecordAndSeal(before, view);
    if (rewritten && cause?.type !== 'hand') this.changedAtMs = nowMs;
    // Whoever sees it may wait for so long, also when a hand wrote it and nobody holds the lock.
    this.longestMs = Math.max(this.longestMs, durationMs(view) ?? 0);
    if (view.holder !== '') {
      this.orphaned = null;
      // What the holder believes itself: not what a hand made of it.
      const sealMs = view.sealCounts && isSeal(view.seal) ? view.seal.leaseDurationSeconds * 1000 : null;
      this.lastDurationMs = sealMs ?? Math.max(durationMs(view) ?? 0, 1000);
    } else if (isRelease) {
      this.orphaned = null;
    } else if (before !== null && before.uid === view.uid && before.holder === '') {
      // A hand edits what nobody holds: a released lock stays released.
    } else {
      // Emptied, made unreadable, or put there by hand; what counts is when it was last held.
      this.orphaned ??= { atMs: nowMs, durationMs: this.lastDurationMs };
    }
  }

  /** From when on a member with this TTL that is not the holder may have decided to write itself in. */
  takeableFromMs(ttlMs: number): number {
    if (this.orphaned !== null) return this.orphaned.atMs + this.orphaned.durationMs * FASTEST;
    if (this.lock === null || this.lock.holder === '') return Number.NEGATIVE_INFINITY;
    return this.changedAtMs + (durationMs(this.lock) ?? ttlMs) * FASTEST;
  }
}

/** The longer of record and counting seal; null without a usable one. */
export function durationMs(view: LockView): number | null {
  const recordMs = view.durationSeconds !== null && view.durationSeconds > 0 ? view.durationSeconds * 1000 : 0;
  const sealMs = view.sealCounts && isSeal(view.seal) ? view.seal.leaseDurationSeconds * 1000 : 0;
  const longerMs = Math.max(recordMs, sealMs);
  return longerMs > 0 ? longerMs : null;
}

/**
 * While an exemption lasts, S1 and S4 (and that no two work at once, which follows from S1) are not checked. Each is
 * granted for a reason that stands in rules.md, and for no longer than its effect can last.
 */
export class Exemptions {
  readonly #note: (text: string) => void;
  #untilMs = Number.NEGATIVE_INFINITY;
  #rolledBackUntilMs = Number.NEGATIVE_INFINITY;
  /** For how long in all. */
  totalMs = 0;
  /** How often granted, by reason. */
  readonly granted = new Map<string, number>();

  constructor(note: (text: string) => void) {
    this.#note = note;
  }

  grant(reason: string, nowMs: number, untilMs: number): void {
    this.#note(`not promised from here on: ${reason}`);
    this.totalMs += Math.max(0, untilMs - Math.max(nowMs, this.#untilMs));
    this.#untilMs = Math.max(this.#untilMs, untilMs);
    this.granted.set(reason, (this.granted.get(reason) ?? 0) + 1);
  }

  /**
   * Versions repeat after a restored etcd: a write upon the old v7 hits the new v7, which says something else. Then
   * whatever follows from what was written upon is not promised either (S5, S11, S12).
   */
  grantAfterRollback(nowMs: number, untilMs: number): void {
    this.grant('a restored etcd', nowMs, untilMs);
    this.#rolledBackUntilMs = Math.max(this.#rolledBackUntilMs, untilMs);
  }

  holdAfterRollback(nowMs: number): boolean {
    return nowMs < this.#rolledBackUntilMs;
  }

  holdAt(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }
}
