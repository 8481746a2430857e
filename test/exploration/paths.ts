/**
 * From where each world was first reached: five bytes a world, in blocks that are never copied. Worlds are numbered as
 * they are found, so that those of one depth are one range, and children of one world follow each other.
 */
const BLOCK = 1 << 20;

export class Paths {
  size = 0;
  readonly #from: Int32Array[] = [];
  readonly #index: Uint8Array[] = [];

  /** `index` is the place of the action among all that were possible in world `from`; -1 is from nowhere. */
  add(from: number, index: number): number {
    if (index > 255) throw new Error(`more actions in one world than a path can name: ${index}`);
    const id = this.size;
    if (id % BLOCK === 0) {
      this.#from.push(new Int32Array(BLOCK));
      this.#index.push(new Uint8Array(BLOCK));
    }
    const from_ = this.#from[Math.floor(id / BLOCK)];
    const index_ = this.#index[Math.floor(id / BLOCK)];
    if (from_ === undefined || index_ === undefined) throw new Error('no block');
    from_[id % BLOCK] = from;
    index_[id % BLOCK] = index;
    this.size += 1;
    return id;
  }

  from(id: number): number {
    return this.#from[Math.floor(id / BLOCK)]?.[id % BLOCK] ?? -1;
  }

  index(id: number): number {
    return this.#index[Math.floor(id / BLOCK)]?.[id % BLOCK] ?? 0;
  }

  /** The actions' places on the way to it. */
  indexesTo(id: number): number[] {
    const indexes: number[] = [];
    for (let at = id; this.from(at) >= 0; at = this.from(at)) indexes.push(this.index(at));
    return indexes.reverse();
  }
}
