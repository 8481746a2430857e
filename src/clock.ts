/**
 * The only file with clocks and timers. Everything else is given a Clock, so that a test can be the one who says what
 * time it is.
 */
import { uptime } from 'node:os';

/** One reading of the three clocks, in milliseconds. Readings of different clocks are never compared. */
export interface ClockReading {
  /** Monotonic: only grows, stands still while the machine is suspended. Origin arbitrary. */
  readonly monoMs: number;
  /** Since boot: only grows, and counts suspended time too. Origin arbitrary; resolution 10 ms. */
  readonly bootMs: number;
  /** Unix time. May jump in either direction; only ever written into records or shown. */
  readonly wallMs: number;
}

export interface Timer {
  cancel(): void;
}

export interface Clock {
  now(): ClockReading;
  /** Calls back once, `delayMs` from now by the monotonic clock (0 or less: in a later turn). Any length is allowed. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** Resolves after `delayMs`; rejects with the signal's reason when that aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Node's timers fire at once beyond 2³¹−1 ms, so longer waits are cut into pieces. */
const LONGEST_PIECE_MS = 2 ** 31 - 1;
/** The boot-time clock is read again when it is older than this, or the wall clock has moved against the monotonic. */
const BOOT_READING_MAX_AGE_MS = 50;
const WALL_MOVED_MS = 1;

class SystemClock implements Clock {
  #boot = { readAtMonoMs: Number.NEGATIVE_INFINITY, bootMs: 0, wallMinusMonoMs: 0 };

  now(): ClockReading {
    const monoMs = performance.now();
    const wallMs = Date.now();
    const wallMinusMonoMs = wallMs - monoMs;
    const age = monoMs - this.#boot.readAtMonoMs;
    if (age > BOOT_READING_MAX_AGE_MS || Math.abs(wallMinusMonoMs - this.#boot.wallMinusMonoMs) > WALL_MOVED_MS) {
      this.#boot = { readAtMonoMs: monoMs, bootMs: uptime() * 1000, wallMinusMonoMs };
      return { monoMs, bootMs: this.#boot.bootMs, wallMs };
    }
    return { monoMs, bootMs: this.#boot.bootMs + age, wallMs };
  }

  /**
   * What the network has brought by then is read before the callback: on a machine that was busy or asleep, an answer
   * that is already here must not lose against the timer that waits for it, nor a takeover against the news of another.
   */
  setTimer(delayMs: number, callback: () => void): Timer {
    let remainingMs = Math.max(0, delayMs);
    let timeout: NodeJS.Timeout | undefined;
    let turn: NodeJS.Immediate | undefined;
    const arm = () => {
      const pieceMs = Math.min(remainingMs, LONGEST_PIECE_MS);
      remainingMs -= pieceMs;
      timeout = setTimeout(() => {
        if (remainingMs > 0) arm();
        else turn = setImmediate(callback);
      }, pieceMs);
    };
    arm();
    return {
      cancel() {
        clearTimeout(timeout);
        clearImmediate(turn);
      },
    };
  }
}

export const systemClock: Clock = new SystemClock();

/**
 * CLOCK_MONOTONIC in nanoseconds. Unlike `monoMs` it has one origin for all processes of a machine, so that what they
 * log can be put in order. Only ever shown.
 */
export function machineMonoNs(): number {
  return Number(process.hrtime.bigint());
}
