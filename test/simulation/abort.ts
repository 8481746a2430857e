/**
 * An AbortController without what the simulated processes do not need of Node's: that one costs more than all the rest
 * of a simulated request. It calls its listeners at once and in order, as the real one does.
 */

type Listener = () => void;

class LightSignal {
  aborted = false;
  reason: unknown = undefined;
  #listeners: Listener[] = [];

  addEventListener(_type: 'abort', listener: Listener): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: Listener): void {
    this.#listeners = this.#listeners.filter((it) => it !== listener);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

const ABORTED = new Error('aborted');

class LightAbortController {
  readonly signal = new LightSignal();

  abort(reason: unknown = ABORTED): void {
    this.signal.abort(reason);
  }
}

/** While `run` runs, what is made by `new AbortController()` is a light one. */
export async function withLightAborts<T>(run: () => Promise<T>): Promise<T> {
  const native = globalThis.AbortController;
  globalThis.AbortController = LightAbortController as unknown as typeof AbortController;
  try {
    return await run();
  } finally {
    globalThis.AbortController = native;
  }
}
