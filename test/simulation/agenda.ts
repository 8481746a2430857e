/** True time, and what is to happen when: a heap. Things due together happen in the order in which they were put in. */

export interface Entry {
  cancelled: boolean;
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export class Agenda {
  nowMs = 0;
  readonly #heap: Entry[] = [];
  #order = 0;

  at(atMs: number, run: () => void): Entry {
    const entry = { cancelled: false, atMs: Math.max(atMs, this.nowMs), order: this.#order++, run };
    this.#push(entry);
    return entry;
  }

  in(delayMs: number, run: () => void): Entry {
    return this.at(this.nowMs + delayMs, run);
  }

  /** Moves time to the next entry that is due by `untilMs`, and takes it out; else moves time there, and null. */
  next(untilMs: number): Entry | null {
    for (let top = this.#heap[0]; top !== undefined && top.atMs <= untilMs; top = this.#heap[0]) {
      this.#pop();
      if (top.cancelled) continue;
      this.nowMs = top.atMs;
      return top;
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
    return null;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || before(parent, entry)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      let down = left;
      let child = heap[left];
      const right = heap[left + 1];
      if (child === undefined) break;
      if (right !== undefined && before(right, child)) {
        down = left + 1;
        child = right;
      }
      if (before(last, child)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
