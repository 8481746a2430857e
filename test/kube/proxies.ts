/** The smallest proxies that pass a connection on, and remember where to. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface Proxy {
  readonly port: number;
  /** `host:port` of each connection that was asked for. */
  readonly targets: string[];
}

/** Answers `CONNECT`. */
export async function httpProxy(t: TestContext): Promise<Proxy> {
  const targets: string[] = [];
  const server = createHttpServer();
  server.on('connect', (request, socket) => {
    targets.push(request.url ?? '');
    const { hostname, port } = new URL(`http://${request.url}`);
    join(t, socket as Socket, hostname, Number(port), 'HTTP/1.1 200 OK\r\n\r\n');
  });
  return { port: await listen(t, server), targets };
}

/** SOCKS 5 without authentication, to IPv4 addresses. */
export async function socksProxy(t: TestContext): Promise<Proxy> {
  const targets: string[] = [];
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0]));
      socket.once('data', (request: Buffer) => {
        const host = request.subarray(4, 8).join('.');
        const port = request.readUInt16BE(8);
        targets.push(`${host}:${port}`);
        join(t, socket, host, port, Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      });
    });
  });
  return { port: await listen(t, server), targets };
}

function join(t: TestContext, socket: Socket, host: string, port: number, granted: string | Buffer): void {
  const onward = connect(port, host, () => {
    socket.write(granted);
    onward.pipe(socket).pipe(onward);
  });
  for (const end of [socket, onward]) {
    end.on('error', () => {});
    t.after(() => end.destroy());
  }
}

async function listen(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}
