/**
 * What a request fault does to an HTTP answer. Whether the request was applied first is the server's matter; here is
 * only what the client sees.
 */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type Clock, sleep } from '../clock.ts';
import type { RequestFault } from './faults.ts';
import type { Reply } from './request.ts';
import { type Answer, failure } from './status.ts';

/** Sends the answer in full and in good order. */
export function send(response: ServerResponse, reply: Exclude<Reply, { type: 'watch' }>): void {
  if (response.destroyed) return;
  const { text, contentType } = render(reply);
  writeHead(response, reply.code, contentType, Buffer.byteLength(text), retryAfterOf(reply));
  response.end(text);
}

/** Spoils it. `reply` is null when the request was not applied, or opened a watch. */
export function strike(
  fault: Exclude<RequestFault, { type: 'delay' }>,
  response: ServerResponse,
  reply: Exclude<Reply, { type: 'watch' }> | null,
  clock: Clock,
): void {
  const { socket } = response;
  if (response.destroyed || socket === null) return;
  const { code, text, contentType } = { code: reply?.code ?? 200, ...render(reply) };
  switch (fault.type) {
    case 'black-hole':
      return;
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'half-open':
      // What is not read is not acknowledged by the program either: a FIN of the client's stays without an answer.
      socket.pause();
      return;
    case 'slow-drip':
      writeHead(response, code, contentType, Buffer.byteLength(text));
      void drip(response, Buffer.from(text), fault.bytesPerSecond, clock);
      return;
    case 'truncated':
      writeHead(response, code, contentType, Buffer.byteLength(text));
      response.write(Buffer.from(text).subarray(0, fault.keepBytes), () => socket.destroy());
      return;
    case 'proxy-html': {
      const page = `<html><head><title>${fault.code}</title></head><body>The proxy has nothing to say.</body></html>\n`;
      writeHead(response, fault.code, 'text/html', Buffer.byteLength(page));
      response.end(page);
      return;
    }
    case 'status':
      if (fault.withStatus) send(response, { type: 'object', ...statusOf(fault.code, fault.retryAfterSeconds) });
      else {
        writeHead(response, fault.code, 'text/plain', 0, fault.retryAfterSeconds);
        response.end();
      }
      return;
    case 'big-body':
      writeHead(response, code, 'application/json');
      Readable.from(largeObject(fault.megabytes)).pipe(response);
      return;
    case 'wrong-kind': {
      const other = `${JSON.stringify({ kind: 'Secret', apiVersion: 'v1', metadata: { name: 'something-else' } })}\n`;
      writeHead(response, code, 'application/json', Buffer.byteLength(other));
      response.end(other);
    }
  }
}

function render(reply: Exclude<Reply, { type: 'watch' }> | null): { text: string; contentType: string } {
  if (reply?.type === 'text') return { text: reply.text, contentType: 'text/plain; charset=utf-8' };
  return { text: `${JSON.stringify(reply?.body ?? {})}\n`, contentType: 'application/json' };
}

function writeHead(
  response: ServerResponse,
  code: number,
  contentType: string,
  length?: number,
  retryAfterSeconds?: number,
): void {
  response.setHeader('cache-control', 'no-cache, private');
  response.setHeader('content-type', contentType);
  if (length !== undefined) response.setHeader('content-length', length);
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
  response.writeHead(code);
}

function retryAfterOf(reply: Exclude<Reply, { type: 'watch' }>): number | undefined {
  const details = reply.type === 'object' ? reply.body.details : undefined;
  const isObject = typeof details === 'object' && details !== null;
  if (!isObject || !('retryAfterSeconds' in details)) return undefined;
  return typeof details.retryAfterSeconds === 'number' ? details.retryAfterSeconds : undefined;
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function statusOf(code: number, retryAfterSeconds?: number): Answer {
  const details = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return failure(code, reasons[code] ?? '', `fault injected: ${code}`, details);
}

async function drip(response: ServerResponse, text: Buffer, bytesPerSecond: number, clock: Clock): Promise<void> {
  for (const byte of text) {
    await sleep(clock, 1000 / bytesPerSecond);
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
  }
  response.end();
}

function* largeObject(megabytes: number): Generator<string> {
  const megabyte = 'x'.repeat(1024 * 1024);
  yield '{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"large","annotations":{"padding":"';
  for (let sent = 0; sent < megabytes; sent += 1) yield megabyte;
  yield '"}}}\n';
}
