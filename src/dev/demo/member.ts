/**
 * One elector of the demo, as a process of its own: an `ElectorNode` and nothing else. Stops in good order on a signal,
 * and at once when its stdin ends, because then the demo is gone and the API with it: no member outlives the demo.
 */
import { sleep, systemClock } from '../../clock.ts';
import { ElectorNode } from '../../elector-node.ts';
import { describeError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { logLine, viewLine } from './member-line.ts';
import { MEMBER_SETTINGS_VARIABLE, parseMemberSettings } from './member-settings.ts';
import { sharedNowMs } from './shared-clock.ts';

const SECOND_SIGNAL_EXIT_CODE = 143;
/** Soon after each renewal: of a member that is paused, no more is known than what it told. */
const TELL_PROOF_EVERY_MS = 25;

process.stdin.on('end', () => process.exit(1));
process.stdin.on('error', () => process.exit(1));
process.stdin.resume();
process.stderr.on('error', () => process.exit(1));

const log =
  (level: string) =>
  (message: string, fields: object = {}) =>
    void process.stderr.write(logLine(level, message, fields, sharedNowMs()));
const logger: Logger = { debug() {}, info: log('info'), warn: log('warn'), error: log('error') };

const { name, lock, server, token, port, ttlMs } = parseMemberSettings(process.env[MEMBER_SETTINGS_VARIABLE]);
const node = new ElectorNode(
  { name: lock, id: name, podName: name, address: `127.0.0.1:${port}`, ttl: ttlMs, podLabel: true },
  { logger, connection: { server, token } },
);

let stopping = false;
const onSignal = (signal: NodeJS.Signals) => {
  if (stopping) process.exit(SECOND_SIGNAL_EXIT_CODE);
  stopping = true;
  void node.stop(signal);
};
process.on('SIGTERM', onSignal);
process.on('SIGINT', onSignal);

let toldUntilMs = 0;
function tell(hasChanged: boolean): void {
  // The time first: should this process be paused in between, the line claims less than is true, never more.
  const atMs = sharedNowMs();
  const view = node.view();
  const untilMs = atMs + view.validForMs;
  if (!hasChanged && (!view.isLeading || untilMs < toldUntilMs + 1)) return;
  toldUntilMs = untilMs;
  process.stderr.write(viewLine(view, atMs));
}

async function tellChanges(): Promise<void> {
  for await (const _ of node.changes()) tell(true);
}

/** A renewal is no change of the view, but new proof. */
async function tellProofs(): Promise<never> {
  for (;;) {
    await sleep(systemClock, TELL_PROOF_EVERY_MS);
    tell(false);
  }
}

void tellProofs();
try {
  await Promise.all([node.run(), tellChanges()]);
  process.exit(0);
} catch (error) {
  logger.error('elector failed', { error: describeError(error) });
  process.exit(1);
}
