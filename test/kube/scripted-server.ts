/** A real HTTP server on loopback whose every answer the test writes itself, and that remembers what it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { TlsOptions } from 'node:tls';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly response: ServerResponse;
}

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** Every request, in the order of arrival. */
  readonly requests: SeenRequest[];
  /** Every connection that was ever accepted. */
  readonly connections: Socket[];
  /** Replaces the script for requests to come. */
  script(answer: (request: SeenRequest) => void): void;
}

export interface ServerOptions {
  readonly tls?: TlsOptions;
  readonly host?: string;
}

/** Runs until the test ends. Without a script it answers nothing, like the far end of a half-open connection. */
export async function startServer(
  t: TestContext,
  answer: (request: SeenRequest) => void = () => {},
  options: ServerOptions = {},
): Promise<ScriptedServer> {
  let script = answer;
  const requests: SeenRequest[] = [];
  const connections: Socket[] = [];
  const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => connections.push(socket));
  server.on('request', async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body, response };
    requests.push(seen);
    script(seen);
  });
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.after(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const scheme = options.tls === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests,
    connections,
    script: (next) => {
      script = next;
    },
  };
}

export function json(value: unknown, code = 200, headers: Record<string, string> = {}) {
  return ({ response }: SeenRequest) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
}

/** The API's own words for a refusal. */
export function status(code: number, reason: string, message: string, details: object = {}) {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details };
}

/** Lets the event loop turn until the condition holds; gives up after five seconds, long before any runner does. */
export async function until(condition: () => boolean): Promise<void> {
  const givesUpAtMs = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > givesUpAtMs) throw new Error(`this did not become true: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
