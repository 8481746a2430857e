/**
 * One member's own way to the API server. It ends the member's TLS with a certificate of its own authority and is
 * itself a real client of the API server, so that it can do to each request what networks, load balancers and API
 * servers do: refuse it, answer for it, let it be applied and cut the answer off. What happens to bytes is `front.ts`.
 */
import { rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { CertificateFiles } from './certificates.ts';
import { Front } from './front.ts';

/** What becomes of one request. */
export type Verdict =
  | { readonly type: 'forward' }
  /** Never reaches the API server. */
  | { readonly type: 'refuse'; readonly status: number; readonly retryAfterSeconds?: number }
  /** Reaches it, is applied, and then: a status that says otherwise, or no answer at all. */
  | { readonly type: 'apply'; readonly answer: number | 'cut' };

export type Judge = (method: string, path: string) => Verdict;

export interface FaultProxyOptions {
  readonly apiUrl: string;
  readonly apiCaPem: string;
  readonly certificate: CertificateFiles;
  /** Of a Unix socket between the network and the TLS. */
  readonly socketPath: string;
}

const FORWARD: Verdict = { type: 'forward' };
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);
const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

export class FaultProxy {
  readonly front: Front;
  /** Asked for each request. */
  judge: Judge = () => FORWARD;
  /** Requests that were not simply forwarded. */
  spoilt = 0;
  readonly #server: Server;
  readonly #options: FaultProxyOptions;
  readonly #agent: Agent;

  static async open(options: FaultProxyOptions): Promise<FaultProxy> {
    rmSync(options.socketPath, { force: true });
    const server = createServer({ ...options.certificate, keepAliveTimeout: 120_000 });
    await new Promise<void>((resolve) => server.listen(options.socketPath, resolve));
    return new FaultProxy(server, await Front.open(options.socketPath), options);
  }

  private constructor(server: Server, front: Front, options: FaultProxyOptions) {
    this.front = front;
    this.#server = server;
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, ca: options.apiCaPem });
    server.on('request', (incoming, outgoing) => this.#handle(incoming, outgoing));
    // A member that went away in the middle of something.
    server.on('tlsClientError', () => {});
    server.on('clientError', (_error, socket: Socket) => socket.destroy());
  }

  get url(): string {
    return `https://127.0.0.1:${this.front.port}`;
  }

  /** For handshakes to come; all connections end, so that there will be some. */
  present(certificate: CertificateFiles): void {
    this.#server.setSecureContext(certificate);
    this.front.reset({ refusing: false });
  }

  heal(): void {
    this.judge = () => FORWARD;
    this.front.heal();
  }

  close(): void {
    this.front.close();
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const method = incoming.method ?? 'GET';
    const path = incoming.url ?? '/';
    const verdict = this.judge(method, path);
    outgoing.on('error', () => {});
    if (verdict.type !== 'forward') this.spoilt += 1;
    if (verdict.type === 'refuse') {
      incoming.resume();
      answerStatus(outgoing, verdict.status, verdict.retryAfterSeconds);
      return;
    }
    const forwarded = request(
      new URL(path, this.#options.apiUrl),
      { method, headers: withoutHops(incoming.headers), agent: this.#agent },
      (answer) => {
        if (verdict.type === 'forward') pass(answer, outgoing);
        else spoil(answer, outgoing, verdict.answer);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    incoming.on('error', () => {});
    incoming.pipe(forwarded);
    // A write that was sent arrives, whether or not its sender still waits for the answer.
    outgoing.once('close', () => {
      if (method === 'GET' && !outgoing.writableFinished) forwarded.destroy();
    });
  }
}

function pass(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, withoutHops(answer.headers));
  // A watch must not wait for its first event.
  outgoing.flushHeaders();
  answer.on('error', () => outgoing.destroy());
  answer.pipe(outgoing);
}

function spoil(answer: IncomingMessage, outgoing: ServerResponse, instead: number | 'cut'): void {
  answer.on('error', () => outgoing.destroy());
  answer.once('end', () => {
    if (instead === 'cut') outgoing.destroy();
    else answerStatus(outgoing, instead);
  });
  answer.resume();
}

function answerStatus(outgoing: ServerResponse, code: number, retryAfterSeconds?: number): void {
  const status = {
    ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
    ...{ message: 'spoilt on the way', reason: REASONS[code] ?? 'Unknown', code },
  };
  const body = JSON.stringify(status);
  outgoing.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  outgoing.end(body);
}

function withoutHops(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}
