/**
 * A process with the files and the environment of a container: it lives in a mount namespace of its own, where the
 * service account's folder is at the path that every client expects. Everything is in place before the program starts,
 * so that its start can be timed from its `exec`.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { monoMs } from './mono.ts';
import type { Seat } from './seat.ts';

export type ContainerProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** tmpfs over /var/run, so that nothing is left behind on this machine. The shell becomes the program: same pid. */
const SCRIPT = `set -e
mount -t tmpfs tmpfs /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
mount --bind "$1" /var/run/secrets/kubernetes.io/serviceaccount
shift
echo ready
read go
exec "$@" </dev/null`;

const alive = new Set<ContainerProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export async function startInPod(
  seat: Seat,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly child: ContainerProcess; readonly startedAtMs: number }> {
  const root = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const child = spawn('unshare', ['--mount', ...root, 'sh', '-c', SCRIPT, 'sh', seat.folder, ...command], {
    env: { PATH: process.env.PATH ?? '', ...seat.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  const exited = once(child, 'exit').then(() => {
    throw new Error(`cannot start a process in a mount namespace of its own: ${child.stderr.read() ?? 'it ended'}`);
  });
  const ready = once(child.stdout, 'data');
  await Promise.race([ready, exited]);
  exited.catch(() => {});
  const startedAtMs = monoMs();
  child.stdin.end('go\n');
  return { child, startedAtMs };
}
