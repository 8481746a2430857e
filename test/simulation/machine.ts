/**
 * One machine's clocks, which run a little fast or slow against true time. While it is suspended its monotonic clock
 * and its timers stand still, and its boot-time clock goes on; the wall clock goes on too and may be set by anybody.
 */
import type { Clock, ClockReading, Timer } from '../../src/clock.ts';
import type { Agenda, Entry } from './agenda.ts';
import type { Random } from './random.ts';

/** The resolution of the boot-time clock on Linux, as Node reads it. */
const BOOT_TICK_MS = 10;

export class Machine {
  readonly agenda: Agenda;
  /** Elapsed local time per elapsed true time. */
  readonly rate: number;
  suspended = false;
  #sinceMs: number;
  #monoMs: number;
  #bootMs: number;
  #wallMs: number;

  constructor(agenda: Agenda, random: Random, rate: number) {
    this.agenda = agenda;
    this.rate = rate;
    this.#sinceMs = agenda.nowMs;
    // Whole numbers are where arithmetic cannot go wrong, so they are avoided.
    this.#monoMs = random.between(10, 1e6);
    this.#bootMs = random.between(1e6, 1e8);
    this.#wallMs = Date.UTC(2026, 0, 1) + agenda.nowMs + random.between(-3_600_000, 3_600_000);
  }

  /** As exact as the machine itself: the boot-time clock without its resolution. */
  reading(): ClockReading {
    const elapsedMs = (this.agenda.nowMs - this.#sinceMs) * this.rate;
    return {
      monoMs: this.#monoMs + (this.suspended ? 0 : elapsedMs),
      bootMs: this.#bootMs + elapsedMs,
      wallMs: this.#wallMs + elapsedMs,
    };
  }

  suspend(): void {
    this.#settle();
    this.suspended = true;
  }

  resume(): void {
    this.#settle();
    this.suspended = false;
  }

  stepWall(byMs: number): void {
    this.#settle();
    this.#wallMs += byMs;
  }

  #settle(): void {
    const { monoMs, bootMs, wallMs } = this.reading();
    this.#sinceMs = this.agenda.nowMs;
    this.#monoMs = monoMs;
    this.#bootMs = bootMs;
    this.#wallMs = wallMs;
  }
}

/** The clock of one process: its machine's, and timers that come to it through `deliver`, never quite on time. */
export class ProcessClock implements Clock {
  /** Timers that are set: their number must not grow. */
  pending = 0;
  readonly #machine: Machine;
  readonly #random: Random;
  readonly #deliver: (run: () => void) => void;

  constructor(machine: Machine, random: Random, deliver: (run: () => void) => void) {
    this.#machine = machine;
    this.#random = random;
    this.#deliver = deliver;
  }

  now(): ClockReading {
    const { monoMs, bootMs, wallMs } = this.#machine.reading();
    return { monoMs, bootMs: Math.floor(bootMs / BOOT_TICK_MS) * BOOT_TICK_MS, wallMs: Math.floor(wallMs) };
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const machine = this.#machine;
    // Node's timers come up to a millisecond early, by the monotonic clock, and mostly a little late.
    const dueMs = machine.reading().monoMs + Math.max(0, delayMs) + this.#random.between(-0.4, 1.4);
    let over = false;
    let entry: Entry | null = null;
    const arm = () => {
      const inMs = Math.max(0, (dueMs - machine.reading().monoMs) / machine.rate);
      entry = machine.agenda.in(inMs, () => {
        // The machine was suspended meanwhile: its monotonic clock is not there yet.
        if (machine.suspended) entry = machine.agenda.in(50, arm);
        else if (machine.reading().monoMs < dueMs - 1e-3) arm();
        else this.#deliver(fire);
      });
    };
    const fire = () => {
      if (over) return;
      over = true;
      this.pending -= 1;
      callback();
    };
    this.pending += 1;
    arm();
    return {
      cancel: () => {
        if (entry !== null) entry.cancelled = true;
        if (over) return;
        over = true;
        this.pending -= 1;
      },
    };
  }
}
