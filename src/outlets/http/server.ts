/**
 * The HTTP endpoint: sockets, limits and its end; `routes.ts` says what is answered. It shows the election and cannot
 * influence it. Whatever a client sends or withholds, it costs a bounded amount and nothing crashes.
 */
import type { RequestListener, Server, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { View } from '../../election/view.ts';
import { describeError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { createServer } from '../../node-http.ts';
import { type ListenAddress, listen } from './listen.ts';
import { type Answer, pathOf, Routes } from './routes.ts';

export interface HttpServerOptions {
  readonly address: ListenAddress;
  readonly view: () => View;
  readonly nodeId: string;
  /** Health fails when a trouble has lasted longer. */
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: HttpLimits;
}

export interface HttpEndpoint {
  readonly port: number;
  /** Accepts nothing more, ends idle connections, gives requests under way half a second. */
  close(): Promise<void>;
}

export interface HttpLimits {
  /** How long a connection may be silent between two requests. */
  readonly idleMs: number;
  /** For a whole request, from its first byte; for the first one from connecting. */
  readonly requestMs: number;
  /** The request line counts too, and with it the URL. */
  readonly headerBytes: number;
  readonly connections: number;
}

/**
 * Pollers keep their connection and break on a server that closes it between two polls; Go's never does. The number
 * of connections is far above that of any pollers, and far below the descriptors that the election needs.
 */
const LIMITS: HttpLimits = { idleMs: 180_000, requestMs: 10_000, headerBytes: 8 * 1024, connections: 1024 };
const CLOSE_GRACE_MS = 500;

const MAX_SAID_PATHS = 16;
const MAX_SAID_PATH_LENGTH = 100;

/** Rejects with HTTP_LISTEN_FAILED when the address cannot be bound. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpEndpoint> {
  const { address, clock, logger } = options;
  const wallMs = () => clock.now().wallMs;
  const routes = new Routes({ view: options.view, wallMs, nodeId: options.nodeId, ttlMs: options.ttlMs });
  const respond = responder(routes, logger);
  const { servers, port, warning } = await listen(address, () =>
    createLimitedServer(respond, options.limits ?? LIMITS),
  );
  if (warning !== null) logger.warn('HTTP endpoint not on ::1', { error: warning });
  for (const server of servers) {
    // Without descriptors left, accepting fails; those that are connected go on.
    server.on('error', (error) => logger.warn('HTTP connection not accepted', { error: describeError(error) }));
  }
  let closed: Promise<void> | undefined;
  return {
    port,
    close() {
      closed ??= close(servers, clock);
      return closed;
    },
  };
}

function createLimitedServer(respond: RequestListener, limits: HttpLimits): Server {
  const server = createServer(
    {
      keepAliveTimeout: limits.idleMs,
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.requestMs / 4,
      maxHeaderSize: limits.headerBytes,
      // A poll has no body, and need not pay for the reading of one.
      optimizeEmptyRequests: true,
    },
    respond,
  );
  server.maxConnections = limits.connections;
  // Also ends a connection whose client takes no answers.
  server.timeout = limits.idleMs;
  return server;
}

function responder(routes: Routes, logger: Logger): RequestListener {
  const saidPaths = new Set<string>();
  let saidError = false;

  const sayNoSuchPath = (target: string) => {
    if (saidPaths.size >= MAX_SAID_PATHS) return;
    const path = pathOf(target).slice(0, MAX_SAID_PATH_LENGTH);
    if (saidPaths.has(path)) return;
    saidPaths.add(path);
    logger.info('no such HTTP path', { path, paths: '/ /healthz /health /livez /readyz' });
  };

  return (request, response) => {
    try {
      const target = request.url ?? '';
      const answer = routes.answer(request.method ?? '', target);
      if (answer.code === 404) sayNoSuchPath(target);
      write(response, answer);
    } catch (error) {
      if (!saidError) logger.error('HTTP answer failed', { error: describeError(error) });
      saidError = true;
      response.destroy();
    }
  };
}

/** Raw headers and a single write: this is what every poll costs. Node leaves out the body of a HEAD. */
function write(response: ServerResponse, { code, body, bodyBytes, allow }: Answer): void {
  const headers = ['Content-Type', 'application/json', 'Content-Length', String(bodyBytes)];
  if (allow !== undefined) headers.push('Allow', allow);
  response.writeHead(code, headers);
  response.end(body);
}

async function close(servers: readonly Server[], clock: Clock): Promise<void> {
  const closing = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  const timer = clock.setTimer(CLOSE_GRACE_MS, () => {
    for (const server of servers) server.closeAllConnections();
  });
  await Promise.all(closing);
  timer.cancel();
}
