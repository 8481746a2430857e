/**
 * What is not promised (docs/internals/rules.md), as it comes to happen in a world: for as long as the effect of a deed
 * can last, S1 and S4 are not checked.
 */
import { LONGEST_DELAY_MS } from './chances.ts';
import type { Simulation } from './world.ts';

export class Unpromised {
  readonly #world: Simulation;
  #lastDeletionMs = Number.NEGATIVE_INFINITY;
  #lastLieMs = Number.NEGATIVE_INFINITY;
  #disturbedAtMs = Number.NEGATIVE_INFINITY;

  constructor(world: Simulation) {
    this.#world = world;
  }

  /** Somebody stands still or is cut off: two deletions are no longer far enough apart. */
  disturbed(): void {
    this.#disturbedAtMs = this.#nowMs;
  }

  /** A process that knows nothing of a lock that was deleted or emptied may take its place at once. */
  coldStart(): void {
    const { truth, exemptions } = this.#world.checks;
    const { ever, orphaned, longestMs } = truth;
    if (!ever || orphaned === null || this.#nowMs > orphaned.atMs + 2 * longestMs) return;
    exemptions.grant('a deletion or a hand meets a cold start', this.#nowMs, this.#nowMs + 2 * longestMs);
  }

  /** A stale answer says that the lock is gone or empty, as a deletion does: within 2L it is the second of two. */
  staleAnswer(): void {
    const { truth, staying } = this.#world.checks;
    this.#lastLieMs = this.#nowMs;
    staying.lied();
    const recent = this.#nowMs - this.#lastDeletionMs < 2 * truth.longestMs || truth.orphaned !== null;
    this.#grantIf(recent, 'a deletion around an answer from a stale cache');
  }

  lockIsDeleted(): void {
    const { checks } = this.#world;
    const sinceMs = this.#nowMs - this.#lastDeletionMs;
    const isSecond = this.#lastDeletionMs > Number.NEGATIVE_INFINITY;
    this.#grantIf(this.#isBesideGo(), 'a deletion meets a Go elector');
    this.#grantIf(this.#someoneIsCold(), 'a deletion meets a cold start');
    this.#grantIf(sinceMs < 2 * checks.truth.longestMs, 'two deletions within two lease durations');
    this.#grantIf(isSecond && this.#disturbedAtMs > this.#lastDeletionMs, 'two deletions around a long pause');
    this.#grantIf(this.#holderIsUnderrated(), 'a deletion meets a member that never saw the longer TTL of the holder');
    this.#grantIf(this.#wasLiedTo(), 'a deletion around an answer from a stale cache');
    this.#grantIf(checks.createsUnderWay(LONGEST_DELAY_MS), 'a create in flight while the lock comes and goes');
    this.#lastDeletionMs = this.#nowMs;
  }

  /** By a hand; `wiped` with its seal. */
  lockIsEmptied(wiped: boolean): void {
    const { truth, leading } = this.#world.checks;
    const { lock, writer } = truth;
    const unseen = lock !== null && this.#world.liveMembers().some((it) => !leading.hasSeenTerm(it, lock));
    this.#grantIf(this.#isBesideGo(), 'a Go elector takes a lock that a hand emptied');
    this.#grantIf(writer?.type === 'go', 'a Go record emptied by a hand looks like one that was released');
    this.#grantIf(this.#wasLiedTo(), 'a lock emptied around an answer from a stale cache');
    this.#grantIf(wiped && (unseen || this.#holderIsUnderrated()), 'a seal wiped before a member saw it');
  }

  lockIsForged(): void {
    this.#grantIf(true, 'a record forged by hand');
  }

  #grantIf(is: boolean, reason: string): void {
    if (!is) return;
    const { truth, exemptions } = this.#world.checks;
    // A displaced leader lapses within its own duration; what is on the way may still displace one.
    exemptions.grant(reason, this.#nowMs, this.#nowMs + LONGEST_DELAY_MS + 2 * truth.longestMs);
  }

  #isBesideGo(): boolean {
    return this.#world.liveGoMembers().length > 0;
  }

  #someoneIsCold(): boolean {
    return this.#world.liveMembers().some((it) => !this.#world.checks.hasSeen(it));
  }

  /**
   * With different TTLs: a member that never saw the present holder's record waits less than that holder may believe
   * in itself, once record and seal are gone.
   */
  #holderIsUnderrated(): boolean {
    const { truth, leading } = this.#world.checks;
    return this.#world.liveMembers().some((it) => leading.waitsMs(it) < truth.lastDurationMs);
  }

  #wasLiedTo(): boolean {
    return this.#nowMs - this.#lastLieMs < 2 * this.#world.checks.truth.longestMs + LONGEST_DELAY_MS;
  }

  get #nowMs(): number {
    return this.#world.agenda.nowMs;
  }
}
