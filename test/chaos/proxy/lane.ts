/**
 * One direction of one connection: bytes that came in on one socket and are to go out on another, unless something is
 * wrong with the way. It knows bytes only; what they say is encrypted.
 */
import type { Socket } from 'node:net';

/** How bytes travel. */
export type Way =
  | { readonly type: 'open' }
  /** They never arrive. A connection that lost bytes stays silent for good, as TCP without its retransmissions. */
  | { readonly type: 'lost' }
  /** They arrive, all of them and in order, once the way is open again. */
  | { readonly type: 'held' }
  | { readonly type: 'drip'; readonly bytesPerSecond: number }
  | { readonly type: 'delay'; readonly delayMs: number };

export const OPEN: Way = { type: 'open' };

const DRIP_EVERY_MS = 25;

/** `end`: the sender has nothing more to say. */
type Parcel =
  | { readonly type: 'bytes'; readonly bytes: Buffer; readonly arrivedAtMs: number }
  | { readonly type: 'end'; readonly arrivedAtMs: number };

export class Lane {
  readonly #to: Socket;
  #way: Way;
  #queue: Parcel[] = [];
  #timer: NodeJS.Timeout | undefined;
  #dead = false;
  #owedBytes = 0;

  constructor(from: Socket, to: Socket, way: Way) {
    this.#to = to;
    this.#way = way;
    from.on('data', (bytes: Buffer) => this.#take({ type: 'bytes', bytes, arrivedAtMs: performance.now() }));
    from.once('close', () => this.#take({ type: 'end', arrivedAtMs: performance.now() }));
    from.once('end', () => this.#take({ type: 'end', arrivedAtMs: performance.now() }));
  }

  set way(way: Way) {
    this.#way = way;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (way.type === 'lost') this.#lose();
    else this.#move();
  }

  /** Bytes were lost on it: it will never speak again. */
  get isDead(): boolean {
    return this.#dead;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue = [];
    this.#dead = true;
  }

  #take(parcel: Parcel): void {
    if (this.#dead) return;
    if (this.#way.type === 'lost') {
      this.#lose();
      return;
    }
    this.#queue.push(parcel);
    if (this.#timer === undefined) this.#move();
  }

  #lose(): void {
    this.#dead = true;
    this.#queue = [];
  }

  /** Sends what may go now, and comes back for the rest. */
  #move(): void {
    this.#timer = undefined;
    switch (this.#way.type) {
      case 'open':
        this.#send(this.#queue.splice(0));
        return;
      case 'lost':
      case 'held':
        return;
      case 'drip':
        this.#drip(this.#way.bytesPerSecond);
        return;
      case 'delay': {
        const { delayMs } = this.#way;
        const nowMs = performance.now();
        const later = this.#queue.findIndex(({ arrivedAtMs }) => arrivedAtMs + delayMs > nowMs);
        this.#send(this.#queue.splice(0, later < 0 ? this.#queue.length : later));
        const next = this.#queue[0];
        if (next !== undefined) this.#again(next.arrivedAtMs + delayMs - nowMs);
      }
    }
  }

  #drip(bytesPerSecond: number): void {
    this.#owedBytes = Math.min(bytesPerSecond, this.#owedBytes + (bytesPerSecond * DRIP_EVERY_MS) / 1000);
    while (this.#queue.length > 0) {
      const first = this.#queue[0];
      if (first?.type === 'bytes' && first.bytes.length > this.#owedBytes) {
        const some = Math.floor(this.#owedBytes);
        this.#owedBytes -= some;
        this.#queue[0] = { ...first, bytes: first.bytes.subarray(some) };
        if (some > 0) this.#send([{ ...first, bytes: first.bytes.subarray(0, some) }]);
        this.#again(DRIP_EVERY_MS);
        return;
      }
      if (first?.type === 'bytes') this.#owedBytes -= first.bytes.length;
      this.#send(this.#queue.splice(0, 1));
    }
  }

  #again(afterMs: number): void {
    this.#timer = setTimeout(() => this.#move(), Math.max(1, afterMs));
  }

  #send(parcels: readonly Parcel[]): void {
    for (const parcel of parcels) {
      if (this.#to.destroyed || this.#to.writableEnded) return;
      if (parcel.type === 'bytes') this.#to.write(parcel.bytes);
      else this.#to.end();
    }
  }
}
