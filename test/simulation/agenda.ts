/** True time, and what is to happen when: a heap. Things due together happen in the order in which they were put in. */

export interface Entry {
  readonly order: number;
  /** Null when it was cancelled. */
  run: (() => void) | null;
}

export class Agenda {
  nowMs = 0;
  /** Two halves of one heap: instants apart from the rest, because they are compared far more often than used. */
  #times = new Float64Array(256);
  readonly #entries: Entry[] = [];
  #order = 0;
  #cancelled = 0;

  at(atMs: number, run: () => void): Entry {
    const entry: Entry = { order: this.#order++, run };
    this.#push(Math.max(atMs, this.nowMs), entry);
    return entry;
  }

  in(delayMs: number, run: () => void): Entry {
    return this.at(this.nowMs + delayMs, run);
  }

  cancel(entry: Entry): void {
    if (entry.run === null) return;
    entry.run = null;
    this.#cancelled += 1;
    if (this.#cancelled > 64 && this.#cancelled > this.#entries.length / 2) this.#sweep();
  }

  /** Moves time to what is next and due by `untilMs`, and takes it out; else moves time there, and null. */
  next(untilMs: number): (() => void) | null {
    for (let top = this.#entries[0]; top !== undefined; top = this.#entries[0]) {
      const atMs = this.#times[0] ?? 0;
      if (atMs > untilMs) break;
      this.#pop();
      const { run } = top;
      if (run === null) {
        this.#cancelled -= 1;
        continue;
      }
      // It is over: whoever still holds it must not count it as cancelled.
      top.run = null;
      this.nowMs = atMs;
      return run;
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
    return null;
  }

  #push(atMs: number, entry: Entry): void {
    const entries = this.#entries;
    let at = entries.length;
    if (at === this.#times.length) this.#grow();
    const times = this.#times;
    entries.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = entries[up];
      const parentMs = times[up] ?? 0;
      if (parent === undefined || isBefore(parentMs, parent, atMs, entry)) break;
      entries[at] = parent;
      times[at] = parentMs;
      at = up;
    }
    entries[at] = entry;
    times[at] = atMs;
  }

  #pop(): void {
    const entries = this.#entries;
    const times = this.#times;
    const last = entries.pop();
    const length = entries.length;
    if (last === undefined || length === 0) return;
    const lastMs = times[length] ?? 0;
    let at = 0;
    for (let down = 1; down < length; down = 2 * at + 1) {
      let child = entries[down];
      const right = entries[down + 1];
      if (child === undefined) break;
      if (right !== undefined && isBefore(times[down + 1] ?? 0, right, times[down] ?? 0, child)) {
        down += 1;
        child = right;
      }
      const childMs = times[down] ?? 0;
      if (isBefore(lastMs, last, childMs, child)) break;
      entries[at] = child;
      times[at] = childMs;
      at = down;
    }
    entries[at] = last;
    times[at] = lastMs;
  }

  /** Most of what is here was cancelled: the rest makes a new heap. */
  #sweep(): void {
    const old = this.#entries.splice(0);
    const times = this.#times;
    this.#times = new Float64Array(times.length);
    this.#cancelled = 0;
    for (const [i, entry] of old.entries()) if (entry.run !== null) this.#push(times[i] ?? 0, entry);
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length);
    times.set(this.#times);
    this.#times = times;
  }
}

function isBefore(aMs: number, a: Entry, bMs: number, b: Entry): boolean {
  return aMs < bMs || (aMs === bMs && a.order < b.order);
}
