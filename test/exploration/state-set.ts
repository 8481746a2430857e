/** A set of keys of 64 bits in two flat arrays: some 11 bytes a key, no objects. Grows; never shrinks. */
export class StateSet {
  size = 0;
  #mask = 0;
  #words: Uint32Array;

  constructor(capacity = 1 << 16) {
    this.#mask = capacity - 1;
    this.#words = new Uint32Array(capacity * 2);
  }

  /** False when it was there already. */
  add(high: number, low: number): boolean {
    // A key of two zeros would look like an empty place.
    const a = high === 0 && low === 0 ? 1 : high;
    if (!this.#insert(a, low)) return false;
    this.size += 1;
    if (this.size * 4 > this.#mask * 3) this.#grow();
    return true;
  }

  #insert(a: number, b: number): boolean {
    const words = this.#words;
    for (let at = (a ^ (b * 31)) & this.#mask; ; at = (at + 1) & this.#mask) {
      const first = words[2 * at];
      const second = words[2 * at + 1];
      if (first === 0 && second === 0) {
        words[2 * at] = a;
        words[2 * at + 1] = b;
        return true;
      }
      if (first === a && second === b) return false;
    }
  }

  #grow(): void {
    const before = this.#words;
    this.#mask = this.#mask * 2 + 1;
    this.#words = new Uint32Array((this.#mask + 1) * 2);
    for (let i = 0; i < before.length; i += 2) {
      const a = before[i] ?? 0;
      const b = before[i + 1] ?? 0;
      if (a !== 0 || b !== 0) this.#insert(a, b);
    }
  }
}
