/** A clock that stands still until it is told to go on. */
import type { Clock, ClockReading, Timer } from '../../src/clock.ts';

export class FakeClock implements Clock {
  #nowMs = 0;
  #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  now(): ClockReading {
    return { monoMs: this.#nowMs, bootMs: this.#nowMs, wallMs: this.#nowMs };
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** How many timers are set. */
  pending(): number {
    return this.#timers.size;
  }

  /** Lets this much time pass, and calls what falls due on the way, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#nowMs = due.atMs;
      due.callback();
    }
    this.#nowMs = untilMs;
  }
}
