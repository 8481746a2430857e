/**
 * A set of keys of 64 bits in flat arrays: 11 to 22 bytes a key, no objects. In many small tables, so that one of them
 * grows at a time and the set is never there twice. Grows; never shrinks.
 */
const TABLES = 256;
/** A table grows beyond this share of its places. */
const MOST_FILLED = 0.7;

export class StateSet {
  size = 0;
  readonly #tables: readonly Table[] = Array.from({ length: TABLES }, () => new Table());

  /** False when it was there already. */
  add(high: number, low: number): boolean {
    const table = this.#tables[high >>> 24];
    if (table === undefined) throw new Error(`expected 32 bits, got ${high}`);
    const isNew = table.add(high, low);
    if (isNew) this.size += 1;
    return isNew;
  }
}

class Table {
  #count = 0;
  #mask = 0xff;
  #words = new Uint32Array(2 * (this.#mask + 1));

  add(high: number, low: number): boolean {
    // A key of two zeros would look like an empty place.
    if (!this.#insert(high, high === 0 && low === 0 ? 1 : low)) return false;
    this.#count += 1;
    if (this.#count > this.#mask * MOST_FILLED) this.#grow();
    return true;
  }

  #insert(high: number, low: number): boolean {
    const words = this.#words;
    const mask = this.#mask;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      const first = words[2 * at];
      const second = words[2 * at + 1];
      if (first === 0 && second === 0) {
        words[2 * at] = high;
        words[2 * at + 1] = low;
        return true;
      }
      if (first === high && second === low) return false;
    }
  }

  #grow(): void {
    const before = this.#words;
    this.#mask = this.#mask * 2 + 1;
    this.#words = new Uint32Array(2 * (this.#mask + 1));
    for (let i = 0; i < before.length; i += 2) {
      const high = before[i] ?? 0;
      const low = before[i + 1] ?? 0;
      if (high !== 0 || low !== 0) this.#insert(high, low);
    }
  }
}
