/** A Go program's context, as far as an elector needs one: cancelled by hand, by its parent, or by a deadline. */
import type { Clock, Timer } from '../../../src/clock.ts';

export class Context {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #timer: Timer | null = null;

  constructor(parent: Context | null = null) {
    this.signal = this.#controller.signal;
    if (parent?.isDone === true) this.cancel();
    parent?.signal.addEventListener('abort', () => this.cancel());
  }

  static withTimeout(parent: Context | null, clock: Clock, timeoutMs: number): Context {
    const context = new Context(parent);
    context.#timer = clock.setTimer(timeoutMs, () => context.cancel());
    return context;
  }

  get isDone(): boolean {
    return this.signal.aborted;
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#controller.abort();
  }

  /** Resolves after the delay, or when the context is done. */
  sleep(clock: Clock, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.isDone) {
        resolve();
        return;
      }
      const timer = clock.setTimer(delayMs, resolve);
      this.signal.addEventListener('abort', () => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** What comes first: the promise, or the end of the context (null). */
  async race<T>(promise: Promise<T>): Promise<T | null> {
    if (this.isDone) return null;
    const done = new Promise<null>((resolve) => this.signal.addEventListener('abort', () => resolve(null)));
    return Promise.race([promise, done]);
  }
}
