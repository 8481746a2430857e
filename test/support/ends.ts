/**
 * Loaded into every process that runs tests (`--import`): a file whose tests are over ends. Where something keeps it
 * alive, it says what and fails, instead of letting everybody wait for it.
 */
import { after } from 'node:test';

const GRACE_MS = 30_000;

// Not into the process that only starts the others.
if (process.env.NODE_TEST_CONTEXT !== undefined) {
  after(() => {
    setTimeout(() => {
      process.stderr.write(`its tests are over for ${GRACE_MS} ms, and this keeps it alive:\n${whatIsAlive()}\n`);
      process.exit(1);
    }, GRACE_MS).unref();
  });
}

function whatIsAlive(): string {
  // Names of hosts would be asked for otherwise.
  Reflect.set(process.report, 'excludeNetwork', true);
  const report: object = process.report.getReport();
  const handles: unknown = Reflect.get(report, 'libuv');
  if (!Array.isArray(handles)) return process.getActiveResourcesInfo().join('\n');
  return handles
    .filter((handle: unknown) => isObject(handle) && handle.is_active === true && handle.is_referenced === true)
    .map((handle) => JSON.stringify(handle))
    .join('\n');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
