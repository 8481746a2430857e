/**
 * L3 while faults last: nobody stops leading whose lock was its own all along, whose proof still holds, and whom nobody
 * told to. Old news, arriving late or twice, is no reason (rule 29).
 */
import { LONGEST_DELAY_MS } from './chances.ts';
import type { Fail, World } from './checks.ts';
import { isWrittenBy, type LockView } from './lock-view.ts';
import type { Member } from './member.ts';

/** The boot-time clock is only read to ten milliseconds, and timers come late. */
const SLACK_MS = 25;

export class StayingChecks {
  readonly #world: World;
  readonly #fail: Fail;
  /** Those whose lock has been their own ever since their term began. */
  readonly #own = new Set<Member>();
  #liedAtMs = Number.NEGATIVE_INFINITY;

  constructor(world: World, fail: Fail) {
    this.#world = world;
    this.#fail = fail;
  }

  started(member: Member): void {
    const { lock } = this.#world.truth;
    if (lock !== null && isWrittenBy(lock, member.id, member.processId)) this.#own.add(member);
    else this.#own.delete(member);
  }

  forget(member: Member): void {
    this.#own.delete(member);
  }

  /** The lock has changed. */
  committed(lock: LockView | null): void {
    for (const member of this.#own) {
      if (lock === null || !isWrittenBy(lock, member.id, member.processId)) this.#own.delete(member);
    }
  }

  /** Somebody is told of a past that looks like the present, and may hear of it a while later. */
  lied(): void {
    this.#liedAtMs = this.#world.agenda.nowMs;
  }

  /** Somebody may act upon an answer that was not true any more when it was given. */
  get wasLiedTo(): boolean {
    return this.#world.agenda.nowMs < this.#liedAtMs + 2 * LONGEST_DELAY_MS;
  }

  /** Its work is told to stop, for a reason that nobody chose. */
  lost(member: Member): void {
    if (!this.#own.delete(member) || this.wasLiedTo) return;
    const leftMs = this.#world.proofLeftMs(member);
    if (leftMs < SLACK_MS) return;
    this.#fail(
      'L3',
      `${member.process.title} stops leading for no reason, ${Math.round(leftMs)} ms before its deadline`,
    );
  }
}
