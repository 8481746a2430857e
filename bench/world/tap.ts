/**
 * A relay between one candidate and the API server that notes when bytes passed. What they say is encrypted and stays
 * so: the lengths suffice to tell a lease event and a write from the rest. A note is made before the bytes are handed
 * on, so what a candidate received, it received after the note.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { monoMs } from './mono.ts';

export interface Passage {
  readonly atMs: number;
  readonly bytes: number;
  readonly to: 'candidate' | 'server';
}

export interface Tap {
  readonly env: { readonly KUBERNETES_SERVICE_HOST: string; readonly KUBERNETES_SERVICE_PORT: string };
  /** The latest, oldest first. */
  readonly passages: readonly Passage[];
  close(): void;
}

const KEPT = 2_000;

export async function openTap(apiUrl: string): Promise<Tap> {
  const { hostname, port } = new URL(apiUrl);
  const passages: Passage[] = [];
  const sockets = new Set<Socket>();
  const note = (to: Passage['to'], bytes: number) => {
    passages.push({ atMs: monoMs(), bytes, to });
    if (passages.length > 2 * KEPT) passages.splice(0, KEPT);
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), noDelay: true });
    relay(near, far, (bytes) => note('server', bytes));
    relay(far, near, (bytes) => note('candidate', bytes));
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  return {
    env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(own) },
    passages,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function relay(from: Socket, to: Socket, note: (bytes: number) => void): void {
  from.on('data', (chunk: Buffer) => {
    note(chunk.length);
    to.write(chunk);
  });
  from.on('end', () => to.end());
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}
