/**
 * A clock that stands still until a test moves it. Timers fire inside `advance`, in the order in which they are due
 * (those due together: in the order in which they were set), each at its own instant. It does not run promises: where
 * a callback goes on after an `await`, use `run`, which lets the event loop turn between timers.
 */
import type { Clock, ClockReading, Timer } from '../../src/clock.ts';

interface PendingTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #monoMs: number;
  #bootMs: number;
  #wallMs: number;
  /** Sorted by due time, then by the order of setting. */
  #timers: PendingTimer[] = [];

  /** The three clocks start at different values, so that a mix-up of clocks shows. */
  constructor(start: Partial<ClockReading> = {}) {
    this.#monoMs = start.monoMs ?? 1_000;
    this.#bootMs = start.bootMs ?? 500_000;
    this.#wallMs = start.wallMs ?? Date.UTC(2026, 0, 1);
  }

  now(): ClockReading {
    return { monoMs: this.#monoMs, bootMs: this.#bootMs, wallMs: this.#wallMs };
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#monoMs + Math.max(0, delayMs), callback };
    const after = this.#timers.findIndex((other) => other.dueMs > timer.dueMs);
    this.#timers.splice(after === -1 ? this.#timers.length : after, 0, timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** How many timers are set: a test of clean-up expects 0. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** How long until the next timer; null without one. 0 when it is overdue. */
  get nextTimerInMs(): number | null {
    const next = this.#timers[0];
    return next === undefined ? null : Math.max(0, next.dueMs - this.#monoMs);
  }

  /** Moves all three clocks and fires what is due on the way, timers that were set on the way included. */
  advance(ms: number): void {
    this.advanceTo(this.#monoMs + ms);
  }

  /** Like `advance`, to an instant of the monotonic clock. */
  advanceTo(monoMs: number): void {
    while (this.#fireNext(monoMs)) {
      // Each round fires one timer.
    }
    this.#move(monoMs - this.#monoMs);
  }

  /** Like `advance`, with a turn of the event loop after each timer, so that what waits for a promise goes on. */
  async run(ms: number): Promise<void> {
    const untilMs = this.#monoMs + ms;
    await turn();
    while (this.#fireNext(untilMs)) await turn();
    this.#move(untilMs - this.#monoMs);
    await turn();
  }

  /** The process stands still (SIGSTOP, a starved CPU): time passes on all clocks, overdue timers fire afterwards. */
  pause(ms: number): void {
    this.#move(ms);
  }

  /** The machine is suspended: only the boot-time and the wall clock move. */
  suspend(ms: number): void {
    this.#bootMs += ms;
    this.#wallMs += ms;
  }

  /** Somebody sets the wall clock, in either direction. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  #fireNext(untilMs: number): boolean {
    const next = this.#timers[0];
    if (next === undefined || next.dueMs > untilMs) return false;
    this.#timers.shift();
    this.#move(next.dueMs - this.#monoMs);
    next.callback();
    return true;
  }

  /** Clocks only grow: a timer that fires late does not take them back. */
  #move(ms: number): void {
    const elapsedMs = Math.max(0, ms);
    this.#monoMs += elapsedMs;
    this.#bootMs += elapsedMs;
    this.#wallMs += elapsedMs;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
