/**
 * A pipe whose reader stands still: full from the start, until it is read. It has a name in the file system, because
 * what Node itself gives its children are sockets.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FullPipe {
  /** To write to, in blocking mode, as a process inherits it. */
  readonly fd: number;
  /** What has been written since it was full; makes room for more. */
  read(): string;
  close(): void;
}

export function openFullPipe(): FullPipe {
  const dir = mkdtempSync(join(tmpdir(), 'k8s-elector-pipe-'));
  const path = join(dir, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY);
  let filledBytes = 0;
  const piece = Buffer.alloc(4096, '.');
  untilItWouldWait(() => {
    filledBytes += writeSync(reader, piece);
  });
  return {
    fd,
    read() {
      let text = '';
      const buffer = Buffer.alloc(65_536);
      untilItWouldWait(() => {
        text += buffer.toString('utf8', 0, readSync(reader, buffer));
      });
      const filling = Math.min(filledBytes, text.length);
      filledBytes -= filling;
      return text.slice(filling);
    },
    close() {
      closeSync(fd);
      closeSync(reader);
      rmSync(dir, { recursive: true });
    },
  };
}

function untilItWouldWait(step: () => void): void {
  try {
    for (;;) step();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
  }
}
