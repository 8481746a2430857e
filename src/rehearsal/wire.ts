/**
 * HTTP over a Unix socket of this process to itself: real requests and real answers, and no port or certificate. Nothing
 * of it is left in the file system, as the name is an abstract one; elsewhere than on Linux there is none.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import type { Connection } from '../kube/connection.ts';
import { isJsonObject, type JsonObject } from '../lock/json.ts';
import { createServer } from '../node-http.ts';

export interface Question {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Empty when nothing was sent. */
  readonly body: JsonObject;
}

export type Answer =
  | { readonly object: JsonObject }
  /** Lines of a watch, which does not end by itself. */
  | { readonly stream: readonly JsonObject[] };

export interface Wire {
  readonly connection: Connection;
  /** Cuts what is still open. */
  close(): void;
}

/** Rejects where there is no such socket. */
export async function connectToSelf(answer: (question: Question) => Answer): Promise<Wire> {
  const server = createServer((request, response) => {
    // Cut off at the end, at worst.
    respond(request, response, answer).catch(() => response.destroy());
  });
  const path = `\0k8s-elector/rehearsal/${randomUUID()}`;
  await once(server.listen({ path }), 'listening');
  const createConnection = () => connect({ path });
  return {
    connection: {
      // The scheme of the real one, so that the same code runs; nothing is encrypted in here.
      server: new URL('https://rehearsal'),
      origin: 'a rehearsal',
      credentials: async () => ({ headers: { authorization: 'Bearer none' }, tls: {} }),
      createAgent: async () => Object.assign(new Agent({ keepAlive: true }), { createConnection }),
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (question: Question) => Answer,
): Promise<void> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const body: unknown = text === '' ? {} : JSON.parse(text);
  const { method = 'GET', url = '/' } = request;
  const answered = answer({ method, path: url, body: isJsonObject(body) ? body : {} });
  response.setHeader('content-type', 'application/json');
  if ('object' in answered) response.end(JSON.stringify(answered.object));
  else for (const line of answered.stream) response.write(`${JSON.stringify(line)}\n`);
}
