/**
 * Text out, synchronously, to a file descriptor that may be full, closed or gone: it never throws and never waits, since
 * whoever writes may hold a lock that must be renewed. What a full pipe does not take is kept, up to a limit, and tried
 * again; beyond the limit text is lost, and as soon as there is room it is said how much.
 */
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { type Clock, sleep, systemClock } from '../clock.ts';
import { nonBlocking } from './non-blocking.ts';

export interface Stream {
  write(text: string): void;
  readonly isTTY: boolean;
}

export interface OpenStream extends Stream {
  /** For the end of the process: resolves when nothing is kept any more, or after so long. */
  drained(withinMs: number): Promise<void>;
}

const MAX_KEPT_BYTES = 256 * 1024;
const RETRY_MS = 100;
const DRAIN_POLL_MS = 10;

/** `take` answers how many bytes were taken, or throws as `fs.writeSync` does. */
export function openStream(
  fd: number,
  take: (bytes: Buffer) => number = writerTo(fd),
  clock: Clock = systemClock,
): OpenStream {
  let kept = Buffer.alloc(0);
  let lostWrites = 0;
  let retrying = false;

  function push(): void {
    try {
      while (kept.length > 0) kept = kept.subarray(take(kept));
    } catch (error) {
      // EAGAIN: the reader is slow. Anything else: nobody will ever read what is kept.
      if (!isFull(error)) kept = Buffer.alloc(0);
    }
  }

  /** After what was lost before it. */
  function keep(text: string): void {
    const note = lostWrites === 0 ? '' : `(${lostWrites} lines lost: the reader was too slow)\n`;
    lostWrites = 0;
    kept = Buffer.concat([kept, Buffer.from(note + text)]);
    push();
  }

  /** The next line may come in days, and the reader long before. */
  function retryLater(): void {
    if (retrying || kept.length === 0) return;
    retrying = true;
    clock.setTimer(RETRY_MS, () => {
      retrying = false;
      push();
      if (lostWrites > 0 && kept.length === 0) keep('');
      retryLater();
    });
  }

  return {
    get isTTY() {
      return isatty(fd);
    },
    write(text) {
      push();
      if (kept.length > MAX_KEPT_BYTES) lostWrites++;
      else keep(text);
      retryLater();
    },
    async drained(withinMs) {
      for (let leftMs = withinMs; kept.length > 0 && leftMs > 0; leftMs -= DRAIN_POLL_MS) {
        await sleep(clock, DRAIN_POLL_MS);
        push();
      }
    },
  };
}

/** Opened with the first write: most never write to stdout. */
function writerTo(fd: number): (bytes: Buffer) => number {
  let target: number | null = null;
  return (bytes) => {
    target ??= nonBlocking(fd);
    return writeSync(target, bytes);
  };
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EWOULDBLOCK');
}
