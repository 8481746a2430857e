/**
 * One HTTP request and its answer, over whatever connection the agent has. It knows nothing of Kubernetes, retries
 * nothing and follows no redirect: what comes back is what the server said.
 */
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { describeError } from '../errors.ts';
import { request as requestPlain } from '../node-http.ts';
import { ByteBuffer } from './byte-buffer.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** A text: bytes would be taken from a pool; see `ByteBuffer`. */
  readonly body?: string;
  readonly agent: Agent;
}

export type HttpOutcome =
  /** `whole` is false when the connection ended inside the body. */
  | {
      readonly type: 'answer';
      readonly code: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Buffer;
      readonly whole: boolean;
    }
  | { readonly type: 'too-large' }
  /** The signal came first. */
  | { readonly type: 'ended' }
  /** No answer began. Whether the server acted on the request is not known. */
  | { readonly type: 'failed'; readonly error: unknown };

/** Never rejects. Whatever is not a whole answer leaves no connection behind that could be used again. */
export function exchange(request: HttpRequest, maxBodyBytes: number, signal: AbortSignal): Promise<HttpOutcome> {
  return new Promise((resolve) => {
    const settle = (outcome: HttpOutcome) => {
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const onAbort = () => {
      settle({ type: 'ended' });
      sent?.destroy();
    };
    if (signal.aborted) {
      resolve({ type: 'ended' });
      return;
    }
    let sent: ClientRequest | null = null;
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      sent = openRequest(request);
    } catch (error) {
      settle({ type: 'failed', error });
      return;
    }
    // The listener stays: a connection that is destroyed may report it after the outcome is known.
    sent.on('error', (error) => settle({ type: 'failed', error }));
    sent.on('response', (response) => {
      void readBody(response, maxBodyBytes).then((body) => settle(outcomeOf(response, body)));
    });
  });
}

/** Sends the request. Throws when a header has characters that no header may have. */
export function openRequest({ method, url, headers, body, agent }: HttpRequest): ClientRequest {
  const open = url.protocol === 'http:' ? requestPlain : requestTls;
  const sent = open({
    method,
    protocol: url.protocol,
    // A URL has an IPv6 address in brackets, a connection has it without.
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port || (url.protocol === 'http:' ? 80 : 443),
    path: url.pathname + url.search,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
    agent,
  });
  // Nobody asked for another protocol. Without a listener Node would drop the connection and tell nobody.
  sent.on('upgrade', (_response, socket) => {
    socket.destroy();
    sent.emit('error', new Error('the server switched to another protocol'));
  });
  sent.end(body);
  return sent;
}

export type Body =
  | { readonly type: 'whole' | 'cut'; readonly bytes: Buffer }
  /** The connection is destroyed then: reading on would be the only other way to get rid of the rest. */
  | { readonly type: 'too-large' };

/** Reads to the end. Never rejects. */
export function readBody(response: IncomingMessage, maxBytes: number): Promise<Body> {
  return new Promise((resolve) => {
    const received = new ByteBuffer();
    const cut = () => resolve({ type: 'cut', bytes: received.take() });
    response.on('data', (chunk: Buffer) => {
      received.append(chunk);
      if (received.length <= maxBytes) return;
      resolve({ type: 'too-large' });
      response.destroy();
    });
    // Node does not report an end when the connection was cut.
    response.on('end', () => resolve({ type: 'whole', bytes: received.take() }));
    response.on('error', cut);
    response.on('close', cut);
  });
}

function outcomeOf(response: IncomingMessage, body: Body): HttpOutcome {
  if (body.type === 'too-large') return { type: 'too-large' };
  return {
    type: 'answer',
    code: response.statusCode ?? 0,
    headers: response.headers,
    body: body.bytes,
    whole: body.type === 'whole',
  };
}

/** What went wrong below HTTP, in one line. When every address of a host failed, Node's own message is empty. */
export function describeNetworkError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map(describeError).join('; ');
  }
  return describeError(error);
}
