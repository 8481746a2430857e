/**
 * Keeps one process paused for as long as this one's stdin is open. A stopped process cannot notice that the demo is
 * gone; this one can, and continues it, so that a demo that is killed leaves nothing behind that sleeps for ever.
 */
import { sharedNowMs } from './shared-clock.ts';

const pid = Number(process.argv[2]);

/** False when it is gone. */
function signal(name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

const resume = () => {
  signal('SIGCONT');
  process.exit(0);
};

// Only the end of stdin counts: a Ctrl-C meant for the demo must not let its member go on early.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
process.stdin.on('end', resume);
process.stdin.on('error', resume);
process.stdin.resume();
process.stdout.on('error', resume);

if (!Number.isSafeInteger(pid) || pid <= 1 || !signal('SIGSTOP')) process.exit(1);
process.stdout.write(`${sharedNowMs()}\n`);
