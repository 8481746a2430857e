/**
 * Replaces values that are only compared with each other by their ranks. Values are whole numbers from 0 on; those of
 * one block, of as many as `2 ** blockBits`, are ranked among themselves.
 */
export class Ranks {
  /** Where a value stands; then the values that there are. */
  #cells = new Int32Array(4_096);
  #count = 0;
  #distinct = new Int32Array(512);
  #distinctCount = 0;
  readonly #rankOf: Int32Array;
  readonly #blockBits: number;

  constructor(values: number, blockBits: number) {
    this.#rankOf = new Int32Array(values);
    this.#blockBits = blockBits;
  }

  add(cell: number, value: number): void {
    const rank = this.#rankOf[value];
    if (rank === undefined) throw new Error(`expected a value from 0 to ${this.#rankOf.length - 1}, got ${value}`);
    this.#cells[this.#count] = cell;
    this.#count += 1;
    if (rank !== 0) return;
    this.#rankOf[value] = -1;
    this.#distinct[this.#distinctCount] = value;
    this.#distinctCount += 1;
  }

  /** Ranks what stands in those cells, and forgets them. */
  apply(cells: Int32Array): void {
    const distinct = this.#distinct;
    const rankOf = this.#rankOf;
    this.#sort();
    let block = -1;
    let rank = 0;
    for (let i = 0; i < this.#distinctCount; i += 1) {
      const value = distinct[i] ?? 0;
      const itsBlock = value >> this.#blockBits;
      rank = itsBlock === block ? rank + 1 : 1;
      block = itsBlock;
      rankOf[value] = rank;
    }
    for (let i = 0; i < this.#count; i += 1) {
      const cell = this.#cells[i] ?? 0;
      cells[cell] = rankOf[cells[cell] ?? 0] ?? 0;
    }
    this.forget();
  }

  forget(): void {
    for (let i = 0; i < this.#distinctCount; i += 1) this.#rankOf[this.#distinct[i] ?? 0] = 0;
    this.#count = this.#distinctCount = 0;
  }

  /** There are few. */
  #sort(): void {
    const distinct = this.#distinct;
    for (let i = 1; i < this.#distinctCount; i += 1) {
      const value = distinct[i] ?? 0;
      let at = i;
      for (; at > 0 && (distinct[at - 1] ?? 0) > value; at -= 1) distinct[at] = distinct[at - 1] ?? 0;
      distinct[at] = value;
    }
  }
}
