/**
 * A descriptor for text out that never makes the writer wait. What a process inherits is in blocking mode as a rule:
 * when the reader of such a pipe stands still, so does the whole process in its next write. In non-blocking mode that
 * write fails with EAGAIN instead. Regular files know no such mode; they have no reader either.
 */
import { constants, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Answers another descriptor of the same pipe or terminal, or the same one where there is no need or no way. */
export function nonBlocking(fd: number): number {
  try {
    const file = fstatSync(fd);
    if (file.isFIFO() || isatty(fd)) {
      const own = reopened(fd);
      if (own !== null) return own;
    }
    if (file.isFIFO() || file.isSocket()) switchMode(fd);
  } catch {
    // It is closed or none that Node knows; the write will say so, if at all.
  }
  return fd;
}

/**
 * The mode belongs to what was opened, not to the descriptor, and whoever else has inherited that expects to wait. So a
 * pipe or a terminal is opened once more, for this process alone.
 */
function reopened(fd: number): number | null {
  if (process.platform !== 'linux') return null;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // It belongs to another user, or /proc is not mounted.
    return null;
  }
}

/**
 * For sockets, which cannot be opened again, and pipes that may not be: here all who share it share the mode. Node has
 * no call for it, but sets it on whatever it makes a socket of (and sets the first three back when the process ends).
 */
function switchMode(fd: number): void {
  const { Socket } = process.getBuiltinModule('node:net');
  new Socket({ fd, readable: false, writable: true }).unref();
}
