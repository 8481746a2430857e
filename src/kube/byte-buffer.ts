/**
 * Bytes that arrive in pieces, kept together in one buffer that doubles: kept apart, a piece of one byte would cost a
 * hundred. It has no limit of its own.
 *
 * The buffer is not taken from Node's pool. A part of the pool keeps all of it, and in a process that asks the API once
 * in a second or two, each pool lives long enough to be moved to where garbage is collected once in half an hour.
 */
export class ByteBuffer {
  #bytes = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(piece: Buffer): void {
    const needed = this.#length + piece.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  /** Everything so far; empty afterwards. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    return taken;
  }
}
