/**
 * Asks one candidate `GET /` again and again over one kept connection, and keeps every answer that says "I lead", with
 * the instants around it. Raw bytes on a socket: the asking must cost far less than the answering.
 */
import { connect, type Socket } from 'node:net';
import { monoMs } from './mono.ts';

export interface Answer {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly isLeader: boolean;
  readonly leader: string;
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: elector\r\n\r\n';
const RECONNECT_MS = 5;

export class Poller {
  readonly #port: number;
  readonly #onAnswer: (answer: Answer) => void;
  #intervalMs: number;
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | undefined;
  #sentAtMs = 0;
  #text = '';
  #stopped = false;

  constructor(port: number, intervalMs: number, onAnswer: (answer: Answer) => void) {
    this.#port = port;
    this.#intervalMs = intervalMs;
    this.#onAnswer = onAnswer;
    this.#connect();
  }

  /** From the send of one request to that of the next; a slower answer is waited for. 0: as fast as it goes. */
  set intervalMs(value: number) {
    this.#intervalMs = value;
    if (this.#text !== '' || this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #connect(): void {
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
    this.#socket = socket;
    this.#text = '';
    socket.setEncoding('latin1');
    socket.on('connect', () => this.#ask());
    socket.on('data', (chunk: unknown) => this.#receive(String(chunk)));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (!this.#stopped) setTimeout(() => !this.#stopped && this.#connect(), RECONNECT_MS);
    });
  }

  #ask(): void {
    this.#timer = undefined;
    this.#sentAtMs = monoMs();
    this.#socket?.write(REQUEST);
  }

  #receive(chunk: string): void {
    this.#text += chunk;
    const bodyAt = this.#text.indexOf('\r\n\r\n') + 4;
    const length = /content-length: (\d+)/i.exec(this.#text)?.[1];
    if (bodyAt < 4 || length === undefined || this.#text.length < bodyAt + Number(length)) return;
    const body: { readonly is_leader: boolean; readonly leader: string } = JSON.parse(this.#text.slice(bodyAt));
    this.#text = '';
    const receivedAtMs = monoMs();
    const answer = { sentAtMs: this.#sentAtMs, receivedAtMs, isLeader: body.is_leader, leader: body.leader };
    const waitMs = this.#intervalMs - (receivedAtMs - this.#sentAtMs);
    if (this.#intervalMs === 0) this.#ask();
    else this.#timer = setTimeout(() => this.#ask(), Math.max(1, waitMs));
    this.#onAnswer(answer);
  }
}
