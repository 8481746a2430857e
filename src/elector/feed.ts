/**
 * The latest view, pushed: how state leaves the election. Only the present counts, so there is no queue: a reader that
 * is slow misses what was in between, and none can hold up the election or another reader.
 */
import type { View } from '../election/view.ts';
import { describeError } from '../errors.ts';
import type { Logger } from '../logger.ts';

export interface Feed {
  /** Computed at this moment. */
  current(): View;
  /**
   * Calls the listener after each change from now on, with the view of that moment; not at once. Do not wait in a
   * listener: it runs inside the turn that made the change. What it throws is reported and breaks nothing. Returns
   * what ends it.
   */
  subscribe(listener: (view: View) => void): () => void;
  /**
   * The present view, then one view after each change, or after several. That time has passed, or that the leader has
   * renewed, is no change: ask again for `validForMs` and `forMs`. Never fails; ends when the signal aborts or
   * the feed ends.
   */
  changes(signal?: AbortSignal): AsyncIterable<View>;
}

export class ViewFeed implements Feed {
  readonly #read: () => View;
  readonly #logger: Logger;
  readonly #listeners = new Set<{ readonly listener: (view: View) => void }>();
  #told: View | null = null;
  #ended = false;

  /** `read` derives the view from state and clock whenever it is called. */
  constructor(read: () => View, logger: Logger) {
    this.#read = read;
    this.#logger = logger;
  }

  current(): View {
    return this.#read();
  }

  subscribe(listener: (view: View) => void): () => void {
    // An entry of its own, so that one function may subscribe twice.
    const entry = { listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  async *changes(signal?: AbortSignal): AsyncGenerator<View, void> {
    let given: View | null = null;
    let pending = true;
    let waiting = Promise.withResolvers<void>();
    const wake = () => {
      pending = true;
      waiting.resolve();
    };
    const unsubscribe = this.subscribe(wake);
    signal?.addEventListener('abort', wake);
    try {
      while (!signal?.aborted) {
        if (pending) {
          // Changes from here on, also those while the reader is busy with this view, make the next one pending.
          pending = false;
          waiting = Promise.withResolvers();
          const view = this.#read();
          if (given !== null && isSame(given, view)) continue;
          given = view;
          yield view;
        } else if (this.#ended) {
          return;
        } else {
          await waiting.promise;
        }
      }
    } finally {
      unsubscribe();
      signal?.removeEventListener('abort', wake);
    }
  }

  /** Says that the view may have changed. For the owner of the feed. */
  announce(): void {
    const view = this.#read();
    if (this.#told !== null && isSame(this.#told, view)) return;
    this.#told = view;
    this.#tell();
  }

  #tell(): void {
    for (const entry of [...this.#listeners]) {
      // One that an earlier listener has just ended.
      if (!this.#listeners.has(entry)) continue;
      try {
        // Read for each: a listener that causes a change must not leave the next one with the view before it.
        entry.listener(this.#read());
      } catch (error) {
        this.#logger.error('a listener to the view failed', { error: describeError(error) });
      }
    }
  }

  /** Nothing will change any more: announces the last view; those who read `changes()` get it and end. */
  end(): void {
    this.#ended = true;
    this.#tell();
    this.#listeners.clear();
  }
}

/** But for how long things last. */
function isSame(a: View, b: View): boolean {
  return (
    a.phase === b.phase &&
    a.isLeading === b.isLeading &&
    a.leader === b.leader &&
    a.term === b.term &&
    a.token?.version === b.token?.version &&
    a.transitions === b.transitions &&
    a.former === b.former &&
    a.trouble?.reason === b.trouble?.reason
  );
}
