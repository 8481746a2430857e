/**
 * What one process's way to the API does to a request or an event: drawn when it is sent, from streams that belong to
 * the kind of fault, so that switching a kind off moves nothing else.
 */
import { type FaultKind, REQUEST_FAULTS, type RequestFault, type WatchFault } from './plan.ts';
import type { Random } from './random.ts';

/** Nothing stays on the way for longer: then the API server itself has given up. */
export const LONGEST_DELAY_MS = 30_000;

/** What goes wrong at present, and how often. */
export interface Faults {
  /** False once faults are over. */
  readonly on: boolean;
  readonly levels: ReadonlyMap<FaultKind, number>;
}

export function levelOf({ on, levels }: Faults, kind: FaultKind): number {
  return on ? (levels.get(kind) ?? 0) : 0;
}

/** What a request meets on its way. */
export interface Fate {
  readonly lost: boolean;
  readonly lostAnswer: boolean;
  readonly slowMs: number;
  readonly slowAnswerMs: number;
  /** A second one arrives so much later. */
  readonly againAfterMs: number | null;
  readonly reset: boolean;
  readonly status: boolean;
  readonly stale: boolean;
  readonly bad: boolean;
}

const SMOOTH: Fate = {
  lost: false,
  lostAnswer: false,
  slowMs: 0,
  slowAnswerMs: 0,
  againAfterMs: null,
  reset: false,
  status: false,
  stale: false,
  bad: false,
};

export class Chances {
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #streams = new Map<string, Random>();
  /** Does this world know any fault of requests at all? */
  readonly #everAny: boolean;

  constructor(random: Random, faults: Faults) {
    this.#random = random;
    this.#faults = faults;
    this.#everAny = REQUEST_FAULTS.some((kind) => faults.levels.has(kind));
  }

  hits(kind: RequestFault | WatchFault): boolean {
    if (!this.#faults.on) return false;
    const level = this.#faults.levels.get(kind);
    return level !== undefined && this.stream(kind).next() < level;
  }

  fate(): Fate {
    if (!this.#everAny || !this.#faults.on) return SMOOTH;
    return {
      lost: this.hits('lost-request'),
      lostAnswer: this.hits('lost-answer'),
      slowMs: this.hits('slow-request') ? this.delayMs('slow-request') : 0,
      slowAnswerMs: this.hits('slow-answer') ? this.delayMs('slow-answer') : 0,
      againAfterMs: this.hits('duplicate') ? this.delayMs('duplicate') : null,
      reset: this.hits('reset'),
      status: this.hits('status'),
      stale: this.hits('stale-read'),
      bad: this.hits('bad-answer'),
    };
  }

  stream(name: string): Random {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = this.#random.fork(name);
      this.#streams.set(name, stream);
    }
    return stream;
  }

  delayMs(of: string): number {
    return Math.min(LONGEST_DELAY_MS, this.stream(`${of} delay`).logBetween(20, LONGEST_DELAY_MS));
  }
}
