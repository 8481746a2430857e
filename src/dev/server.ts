/**
 * The embedded Kubernetes API over HTTP or HTTPS: for tests with a real client, a demo, and process tests. Paths,
 * rights and refusals are request.ts's, objects store.ts's; here are connections, streams, faults and a log. On
 * loopback unless told otherwise; it is no server for anything that matters.
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, sleep, systemClock } from '../clock.ts';
import { createFaultBoard, type FaultBoard, type RequestFault, type Sight } from './faults.ts';
import { type ApiRequest, answer, bodyLimitBytes, type Recognized, type Reply, recognize } from './request.ts';
import { createRequestLog, type RequestLog } from './request-log.ts';
import type { Users } from './rights.ts';
import { expired } from './status.ts';
import type { Store } from './store.ts';
import { send, strike } from './strike.ts';
import { openWatchStream, type WatchStream } from './watch-stream.ts';

export interface ServerOptions {
  readonly store: Store;
  /** Default: any free port. */
  readonly port?: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** PEM texts; with them it speaks HTTPS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Who may do what, by bearer token; may change while the server runs. Without it everything is allowed. */
  readonly users?: Users;
  readonly faults?: FaultBoard;
  readonly clock?: Clock;
  /** Default: one minute, as the real API. */
  readonly bookmarkEveryMs?: number;
}

export interface DevServer {
  /** `http://127.0.0.1:40123`, without a path. */
  readonly url: string;
  readonly port: number;
  readonly faults: FaultBoard;
  readonly log: RequestLog;
  /** Streams that are open now. */
  openWatches(): number;
  /** Cuts every connection, open requests and half-open ones included. */
  close(): Promise<void>;
}

/** The real API ends a watch that names no time after 30 to 60 minutes. */
const watchTimeoutMs = 30 * 60 * 1000;
/** Longer than a client keeps an idle connection, so that it is the client who lets go. */
const keepAliveMs = 180_000;

export async function startServer(options: ServerOptions): Promise<DevServer> {
  const { store, users, host = '127.0.0.1', clock = systemClock, faults = createFaultBoard() } = options;
  const streamOptions = {
    clock,
    faults,
    bookmarkEveryMs: options.bookmarkEveryMs ?? 60_000,
    timeoutMs: watchTimeoutMs,
  };
  const log = createRequestLog();
  const sockets = new Set<Socket>();
  const streams = new Set<WatchStream>();

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming);
    if (request === null) return;
    const recognized = recognize(users, request);
    const sight = sightOf(recognized, request, incoming);
    log.add({
      verb: sight.verb,
      resource: sight.resource,
      namespace: recognized.attempt.type === 'resource' ? recognized.attempt.namespace : '',
      name: sight.name,
      path: request.path,
      user: recognized.user.name,
      userAgent: request.headers['user-agent'] ?? '',
      body: request.body,
    });
    const struck = faults.takeForRequest(sight);
    const fault = struck.find(isNoDelay);
    const delayMs = (applied: boolean) =>
      struck.reduce((sum, each) => sum + (each.type === 'delay' && each.applied === applied ? each.delayMs : 0), 0);

    // A request that is under way when its client gives up still arrives: the delay does not look at the connection.
    if (delayMs(false) > 0) await sleep(clock, delayMs(false));
    if (fault !== undefined && !isApplied(fault)) return strike(fault, response, null, clock);
    const reply = answer(store, recognized.target, request);
    if (delayMs(true) > 0) await sleep(clock, delayMs(true));
    if (fault !== undefined) return strike(fault, response, reply.type === 'watch' ? null : reply, clock);
    if (reply.type !== 'watch') return send(response, reply);
    openStream(reply, response, sight);
  }

  function openStream(reply: Reply & { type: 'watch' }, response: ServerResponse, sight: Sight): void {
    const fault = faults.peekForWatch(sight);
    if (fault?.type === 'watch-expired' && fault.as === 'status') {
      faults.takeForWatch(sight);
      send(response, { type: 'object', ...expired('too old resource version') });
      return;
    }
    const stream = openWatchStream(store, reply, response, sight, streamOptions);
    streams.add(stream);
    response.on('close', () => streams.delete(stream));
    stream.faultsChanged();
  }

  const onRequest = (incoming: IncomingMessage, response: ServerResponse) => {
    handle(incoming, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
  const limits = { keepAliveTimeout: keepAliveMs, requestTimeout: 0 };
  const server =
    options.tls === undefined
      ? createHttpServer(limits, onRequest)
      : createHttpsServer({ ...limits, ...options.tls }, onRequest);
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  faults.onSwitched(() => {
    for (const stream of [...streams]) stream.faultsChanged();
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    faults,
    log,
    openWatches: () => streams.size,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const stream of [...streams]) stream.end();
      for (const socket of [...sockets]) socket.destroy();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Null when the client went away in the middle. What is above the limit is read and dropped. */
async function readRequest(incoming: IncomingMessage): Promise<ApiRequest | null> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      if (size <= bodyLimitBytes) pieces.push(piece);
      size += piece.length;
    }
  } catch {
    return null;
  }
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = Array.isArray(value) ? value[0] : value;
  const { method = 'GET', url = '/' } = incoming;
  return { method, path: url, headers, body: Buffer.concat(pieces).toString() };
}

function sightOf({ user, attempt }: Recognized, request: ApiRequest, incoming: IncomingMessage): Sight {
  const { headers } = request;
  const named = [headers['x-client'], headers['user-agent'], user.name, String(incoming.socket.remotePort ?? '')];
  const clients = named.flatMap((name) => (name ? [name] : []));
  if (attempt.type === 'path') return { clients, verb: attempt.verb, resource: '', name: '' };
  return { clients, verb: attempt.verb, resource: attempt.resource, name: attempt.name };
}

function isNoDelay(fault: RequestFault): fault is Exclude<RequestFault, { type: 'delay' }> {
  return fault.type !== 'delay';
}

/** Faults that spoil an answer strike after the request took effect; a half-open connection takes none. */
function isApplied(fault: Exclude<RequestFault, { type: 'delay' }>): boolean {
  if (fault.type === 'half-open') return false;
  return 'applied' in fault ? fault.applied : true;
}
