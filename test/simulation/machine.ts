/**
 * One machine's clocks, which run a little fast or slow against true time. While it is suspended its monotonic clock
 * and its timers stand still, and its boot-time clock goes on; the wall clock goes on too and may be set by anybody.
 */
import type { Clock, ClockReading, Timer } from '../../src/clock.ts';
import type { Agenda, Entry } from './agenda.ts';
import type { Random } from './random.ts';

/** Where the wall clocks of a world begin, or thereabouts. */
export const FIRST_WALL_MS = Date.UTC(2026, 5, 15);
/** The resolution of the boot-time clock on Linux, as Node reads it. */
const BOOT_TICK_MS = 10;

export class Machine {
  readonly agenda: Agenda;
  /** Elapsed local time per elapsed true time. */
  readonly rate: number;
  suspended = false;
  readonly #waiting: (() => void)[] = [];
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
    this.#wallMs = FIRST_WALL_MS + agenda.nowMs + random.between(-3_600_000, 3_600_000);
  }

  /** As exact as the machine itself: the boot-time clock without its resolution. */
  reading(): ClockReading {
    const elapsedMs = this.#elapsedMs();
    return {
      monoMs: this.#monoMs + (this.suspended ? 0 : elapsedMs),
      bootMs: this.#bootMs + elapsedMs,
      wallMs: this.#wallMs + elapsedMs,
    };
  }

  monoMs(): number {
    return this.#monoMs + (this.suspended ? 0 : this.#elapsedMs());
  }

  suspend(): void {
    this.#settle();
    this.suspended = true;
  }

  resume(): void {
    this.#settle();
    this.suspended = false;
    for (const run of this.#waiting.splice(0)) run();
  }

  /** When it is suspended no more. */
  whenAwake(run: () => void): void {
    this.#waiting.push(run);
  }

  stepWall(byMs: number): void {
    this.#settle();
    this.#wallMs += byMs;
  }

  #elapsedMs(): number {
    return (this.agenda.nowMs - this.#sinceMs) * this.rate;
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
    this.pending += 1;
    return new SimTimer(this, this.#machine, this.#deliver, this.#dueMs(delayMs), callback);
  }

  /** Node's timers come up to a millisecond early, by the monotonic clock, and mostly a little late. */
  #dueMs(delayMs: number): number {
    return this.#machine.monoMs() + Math.max(0, delayMs) + this.#random.between(-0.4, 1.4);
  }
}

class SimTimer implements Timer {
  readonly #clock: ProcessClock;
  readonly #machine: Machine;
  readonly #deliver: (run: () => void) => void;
  /** By the machine's monotonic clock. */
  readonly #dueMs: number;
  readonly #callback: () => void;
  #entry: Entry | null = null;
  #over = false;

  constructor(
    clock: ProcessClock,
    machine: Machine,
    deliver: (run: () => void) => void,
    dueMs: number,
    callback: () => void,
  ) {
    this.#clock = clock;
    this.#machine = machine;
    this.#deliver = deliver;
    this.#dueMs = dueMs;
    this.#callback = callback;
    this.#arm();
  }

  cancel(): void {
    if (this.#entry !== null) this.#machine.agenda.cancel(this.#entry);
    this.#end();
  }

  #arm(): void {
    const inMs = Math.max(0, (this.#dueMs - this.#machine.monoMs()) / this.#machine.rate);
    this.#entry = this.#machine.agenda.in(inMs, this.#look);
  }

  readonly #look = (): void => {
    if (this.#over) return;
    // The machine was suspended meanwhile: its monotonic clock is not there yet.
    if (this.#machine.suspended) this.#machine.whenAwake(this.#look);
    else if (this.#machine.monoMs() < this.#dueMs - 1e-3) this.#arm();
    else this.#deliver(() => this.#fire());
  };

  #fire(): void {
    if (this.#end()) this.#callback();
  }

  /** False when it was over before. */
  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#clock.pending -= 1;
    return true;
  }
}
