/**
 * V8 in a process that does little, for months. Only for the command: the heap of a program that uses the library is
 * that program's own affair.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects all garbage, once. A heap this small does so by itself after half an hour, when the process has grown by a
 * third; but once it has been done, V8 goes on doing it every few minutes while the process is idle.
 */
export function collectGarbage(): void {
  // Each time V8 throws away compiled code that was not used of late, and what waits to take the lock is that.
  setFlagsFromString('--no-flush-bytecode');
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
}
