/**
 * The clocks of one process on a stage. All of them go by one virtual time; a process may be paused (it does nothing,
 * time goes on), its machine suspended (its monotonic clock and its timers stand still), its wall clock wrong.
 */
import type { Clock, ClockReading, Timer } from '../../../src/clock.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

export interface ClockOptions {
  /** How far the wall clock is from the true time. */
  readonly wallSkewMs?: number;
}

export class StageClock implements Clock {
  readonly #time: VirtualClock;
  readonly #wallSkewMs: number;
  /** Time that the monotonic clock did not count. */
  #suspendedMs = 0;
  #suspendedAtMs: number | null = null;
  #paused = false;
  #over = false;
  readonly #timers: (() => void)[] = [];
  readonly #arrivals: (() => void)[] = [];

  constructor(time: VirtualClock, { wallSkewMs = 0 }: ClockOptions = {}) {
    this.#time = time;
    this.#wallSkewMs = wallSkewMs;
  }

  now(): ClockReading {
    const { monoMs, bootMs, wallMs } = this.#time.now();
    const standingMs = this.#suspendedAtMs === null ? 0 : monoMs - this.#suspendedAtMs;
    return { monoMs: monoMs - this.#suspendedMs - standingMs, bootMs, wallMs: wallMs + this.#wallSkewMs };
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const dueMs = this.now().monoMs + Math.max(0, delayMs);
    let cancelled = false;
    let inner: Timer = { cancel() {} };
    const arm = () => {
      inner = this.#time.setTimer(dueMs - this.now().monoMs, () => {
        // A suspended machine gets to it later, by its own clock.
        if (this.now().monoMs < dueMs - 1e-6) this.#whenAwake(arm);
        else this.#take(fire, this.#timers);
      });
    };
    const fire = () => {
      if (!cancelled) callback();
    };
    if (delayMs < Number.POSITIVE_INFINITY) arm();
    return {
      cancel() {
        cancelled = true;
        inner.cancel();
      },
    };
  }

  get isStanding(): boolean {
    return this.#paused || this.#suspendedAtMs !== null;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Brings what the network has for the process: at once, or when it runs again, or never when it is dead. */
  readonly deliver = (run: () => void): void => this.#take(run, this.#arrivals);

  pause(): void {
    this.#paused = true;
  }

  suspend(): void {
    this.#suspendedAtMs = this.#time.now().monoMs;
  }

  /** Goes on after a pause or a suspension. As in Node, what the network brought meanwhile comes before the timers. */
  resume(): void {
    if (this.#suspendedAtMs !== null) this.#suspendedMs += this.#time.now().monoMs - this.#suspendedAtMs;
    this.#suspendedAtMs = null;
    this.#paused = false;
    const waiting = [...this.#arrivals.splice(0), ...this.#timers.splice(0)];
    for (const run of waiting) this.#time.setTimer(0, () => this.#take(run, this.#timers));
  }

  /** The process is gone; nothing happens in it any more. */
  end(): void {
    this.#over = true;
  }

  #whenAwake(arm: () => void): void {
    if (this.#suspendedAtMs === null) arm();
    else this.#timers.push(arm);
  }

  #take(run: () => void, queue: (() => void)[]): void {
    if (this.#over) return;
    if (this.isStanding) queue.push(run);
    else run();
  }
}
