/**
 * One watch of the Kubernetes API, from its request to its end. Events are delivered as they are received, in the same
 * turn. It is a hint, never proof: whether a silent watch still lives is the caller's to judge; here it only ends when
 * the server is overdue by its own measure. It never starts again by itself.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Clock, Timer } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { ApiWatch, ApiWatchEvent } from '../lock/api.ts';
import { interpretAnswer } from './answer.ts';
import type { Access, ApiConnection } from './api-connection.ts';
import { openRequest, readBody } from './http-exchange.ts';
import { LineSplitter } from './line-splitter.ts';
import { parseWatchEvent } from './watch-event.ts';

/** One event bears one object; see `MAX_BODY_BYTES`. */
export const MAX_EVENT_BYTES = 4 * 1024 * 1024;
/** From the call until the server says that the watch has begun, credentials and connecting included. */
export const WATCH_START_TIMEOUT_MS = 10_000;
/** How long the server may be late in ending the watch, before it counts as gone: a half-open connection says nothing. */
export const WATCH_OVERDUE_MS = 5_000;
/** A refusal is a small `Status`. */
const MAX_REFUSAL_BYTES = 64 * 1024;

export interface WatchOptions {
  readonly clock: Clock;
  readonly connection: ApiConnection;
  readonly path: string;
  /** What the server was asked for in `path`. */
  readonly timeoutSeconds: number;
  /** Never called during `startWatch` itself, and not after END or `stop()`. */
  readonly onEvent: (event: ApiWatchEvent) => void;
  /** Called once, however the watch ends, before its END is delivered. */
  readonly onOver: () => void;
}

export function startWatch(options: WatchOptions): ApiWatch {
  return new Watch(options);
}

class Watch implements ApiWatch {
  readonly #options: WatchOptions;
  readonly #startTimer: Timer;
  readonly #endTimer: Timer;
  #request: ClientRequest | null = null;
  #isOver = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    const { clock, timeoutSeconds } = options;
    this.#startTimer = clock.setTimer(WATCH_START_TIMEOUT_MS, () => {
      this.#fail(new Error(`the watch did not begin within ${WATCH_START_TIMEOUT_MS} ms`));
    });
    this.#endTimer = clock.setTimer(timeoutSeconds * 1000 + WATCH_OVERDUE_MS, () => {
      this.#fail(new Error(`the watch did not end after ${timeoutSeconds} s, as it was asked to`));
    });
    void this.#open({ fresh: false });
  }

  stop(): void {
    this.#close();
  }

  async #open(credentials: { readonly fresh: boolean }): Promise<void> {
    const { connection, path } = this.#options;
    let access: Access;
    try {
      access = await connection.access(credentials);
      if (this.#isOver) return;
      this.#request = openRequest({ method: 'GET', url: connection.url(path), ...access });
    } catch (error) {
      this.#end(0, describeError(error));
      return;
    }
    const request = this.#request;
    request.on('response', (response) => void this.#receive(response, credentials));
    // The listener stays, and looks whether this request still is the watch: a destroyed one may report it later.
    request.on('error', (error) => {
      if (this.#request === request) this.#fail(error);
    });
  }

  async #receive(response: IncomingMessage, credentials: { readonly fresh: boolean }): Promise<void> {
    if (response.statusCode === 200) {
      this.#startTimer.cancel();
      this.#stream(response);
      return;
    }
    if (response.statusCode === 401 && !credentials.fresh) {
      this.#dropRequest();
      await this.#open({ fresh: true });
      return;
    }
    const body = await readBody(response, MAX_REFUSAL_BYTES);
    const code = response.statusCode ?? 0;
    if (body.type === 'too-large') {
      this.#end(code, `status ${code} with a body larger than ${MAX_REFUSAL_BYTES} bytes`);
      return;
    }
    const { headers } = response;
    const answer = { code, headers, body: body.bytes, whole: body.type === 'whole' };
    const interpreted = interpretAnswer(answer, this.#options.clock.now().wallMs);
    this.#end(code, interpreted.type === 'ok' ? `status ${code} instead of a watch` : interpreted.message);
  }

  #stream(response: IncomingMessage): void {
    const lines = new LineSplitter(MAX_EVENT_BYTES);
    response.on('data', (chunk: Buffer) => {
      for (const line of lines.push(chunk)) {
        // An event may have made the caller stop the watch.
        if (this.#isOver) return;
        this.#deliver(line);
      }
    });
    response.on('end', () => {
      // By now the connection has gone back to the pool, for the next watch.
      if (lines.pendingBytes > 0) this.#end(0, 'the server ended the watch inside an event');
      else this.#end(200, 'the server ended the watch');
    });
    response.on('error', (error) => this.#fail(error));
  }

  #deliver(line: Buffer | 'too-long'): void {
    if (line === 'too-long') {
      this.#end(0, `the watch sent an event larger than ${MAX_EVENT_BYTES} bytes`);
      return;
    }
    if (line.length === 0) return;
    const event = parseWatchEvent(line);
    if (event.type === 'END') this.#end(event.code, event.message);
    else this.#options.onEvent(event);
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    const { connection } = this.#options;
    connection.noteFailure(error);
    this.#end(0, connection.describeFailure(error));
  }

  #end(code: number, message: string): void {
    if (this.#isOver) return;
    this.#close();
    this.#options.onEvent({ type: 'END', code, message });
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#startTimer.cancel();
    this.#endTimer.cancel();
    this.#dropRequest();
    this.#options.onOver();
  }

  #dropRequest(): void {
    const request = this.#request;
    this.#request = null;
    request?.destroy();
  }
}
