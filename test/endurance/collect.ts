/** Loaded into a process before its program: on SIGUSR2 it collects garbage and says on descriptor 3 what is left. */
import { writeSync } from 'node:fs';

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo().length;
  writeSync(3, `${JSON.stringify({ heapMb: heapUsed / 2 ** 20, externalMb: external / 2 ** 20, resources })}\n`);
});
