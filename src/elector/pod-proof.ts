/**
 * The proof that no earlier process of this Pod is still at work for this lock: an abstract Unix socket that only one
 * process can have (rule 25). Containers of a Pod share the network namespace and so the name; the kernel frees it when
 * the last process with the descriptor is gone. It is no lock between Pods, and nothing is ever said over it.
 *
 * It is never closed: a proof that ends before the process proves nothing. A child process that goes on with the work
 * after this process died must hold the descriptor too; Node's are close-on-exec, so pass `fd` in its `stdio`.
 */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';

export interface PodProof {
  /** For a child's `stdio`: a child that keeps it open keeps the name taken. */
  readonly fd: number;
}

/** `taken` is worth another try: the other process may end. `unavailable` stays so. */
export interface NoPodProof {
  readonly code: 'taken' | 'unavailable';
  readonly reason: string;
}

/** Kept for the life of the process, whatever becomes of those who asked. */
const held: Server[] = [];

/** `sun_path` has 108 bytes; libuv wants one to spare. */
const LONGEST_NAME_BYTES = 107;

/**
 * Null without the proof; `onNone` is told why. `lockPath` is `leases/default/reports`. Each name has one owner: a
 * second claim in the process that has it is refused as `taken`, since its first owner may be at work still.
 */
export async function claimPodProof(
  podUid: string,
  lockPath: string,
  onNone: (none: NoPodProof) => void = () => {},
): Promise<PodProof | null> {
  const claim = await bind(podUid, lockPath);
  if ('fd' in claim) return claim;
  onNone(claim);
  return null;
}

/** The name as the kernel knows it; its first byte is 0, which makes it abstract. */
export function podProofName(podUid: string, lockPath: string): string {
  return `\0k8s-elector/${podUid}/${createHash('sha256').update(lockPath).digest('hex').slice(0, 32)}`;
}

async function bind(podUid: string, lockPath: string): Promise<PodProof | NoPodProof> {
  const name = podProofName(podUid, lockPath);
  if (process.platform !== 'linux')
    return unavailable(`abstract sockets exist on Linux only, this is ${process.platform}`);
  if (podUid === '') return unavailable('the uid of this Pod is not known');
  if (Buffer.byteLength(name) > LONGEST_NAME_BYTES) return unavailable(`the Pod uid is too long: ${podUid}`);

  // Anybody in the network namespace may connect; nobody has anything to say.
  const server = createServer((socket) => socket.destroy());
  const failure = await listen(server, name);
  if (failure?.code === 'EADDRINUSE')
    return { code: 'taken', reason: 'another process of this Pod, or another node in this process, holds the name' };
  if (failure !== null) return unavailable(failure.message);
  server.on('error', () => {});
  server.unref();
  held.push(server);
  const fd = fdOf(server);
  return fd === null ? unavailable('the descriptor of the socket cannot be read') : { fd };
}

function listen(server: Server, path: string): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    server.once('error', resolve);
    // Exclusive: under `node:cluster` the primary process would own the socket otherwise.
    server.listen({ path, exclusive: true }, () => {
      server.off('error', resolve);
      resolve(null);
    });
  });
}

/** Node has no public name for the descriptor of a server. */
function fdOf(server: Server): number | null {
  const handle: unknown = Reflect.get(server, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : null;
}

function unavailable(reason: string): NoPodProof {
  return { code: 'unavailable', reason };
}
