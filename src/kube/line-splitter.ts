/**
 * Cuts a stream of bytes into lines. Lines are cut before they are decoded, so a character may be split over two
 * chunks at any byte. A line that grows beyond the limit is refused: nothing from the network is kept without bound.
 */

import { ByteBuffer } from './byte-buffer.ts';

const NEWLINE = 0x0a;

export class LineSplitter {
  readonly #maxBytes: number;
  readonly #pending = new ByteBuffer();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that this chunk completes, without their newlines; then 'too-long', once, when a line is over the limit. */
  *push(chunk: Buffer): Generator<Buffer | 'too-long', void> {
    let start = 0;
    while (start < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline === -1 ? chunk.length : newline;
      if (this.#pending.length + end - start > this.#maxBytes) {
        yield 'too-long';
        return;
      }
      this.#pending.append(chunk.subarray(start, end));
      if (newline === -1) return;
      yield this.#pending.take();
      start = newline + 1;
    }
  }

  /** How many bytes of an unfinished line are kept. */
  get pendingBytes(): number {
    return this.#pending.length;
  }
}
