/**
 * Text out, synchronously, to a file descriptor that may be full, closed or gone: it never throws and never waits, since
 * whoever writes may hold a lock that must be renewed. What a full pipe does not take is kept, up to a limit, for the
 * next write; beyond the limit text is lost, and the next line that gets through says how much.
 */
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

export interface Stream {
  write(text: string): void;
  readonly isTTY: boolean;
}

const MAX_KEPT_BYTES = 256 * 1024;

/** `writeTo` answers how many bytes were taken, or throws as `fs.writeSync` does. */
export function openStream(fd: number, writeTo: (fd: number, bytes: Buffer) => number = writeSync): Stream {
  let kept = Buffer.alloc(0);
  let lostWrites = 0;

  function push(): void {
    try {
      while (kept.length > 0) kept = kept.subarray(writeTo(fd, kept));
    } catch (error) {
      // EAGAIN: the reader is slow. Anything else: nobody will ever read what is kept.
      if (!isFull(error)) kept = Buffer.alloc(0);
    }
  }

  return {
    get isTTY() {
      return isatty(fd);
    },
    write(text) {
      push();
      if (kept.length > MAX_KEPT_BYTES) {
        lostWrites++;
        return;
      }
      const note = lostWrites === 0 ? '' : `(${lostWrites} lines lost: the reader was too slow)\n`;
      lostWrites = 0;
      kept = Buffer.concat([kept, Buffer.from(note + text)]);
      push();
    },
  };
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EWOULDBLOCK');
}
