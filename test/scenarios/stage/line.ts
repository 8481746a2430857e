/**
 * One process's way to the API: the embedded store at the other end, a network that takes its time, and the faults that
 * a story asks for. Nothing here is left to chance. What a process sends is told to the transcript by `wording.ts`.
 */
import { storeApi } from '../../../src/dev/store-api.ts';
import type { Api, ApiAnswer, ApiRequestOptions, ApiWatch, ApiWatchEvent, Resource } from '../../../src/lock/api.ts';
import type { JsonObject } from '../../../src/lock/json.ts';
import type { StageClock } from './clock.ts';
import type { Platform } from './platform.ts';

export type Verb = 'get' | 'list' | 'create' | 'update' | 'patch';

export interface Call {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly body: JsonObject | null;
}

/** What becomes of one request. */
export interface Fate {
  readonly lost?: 'request' | 'answer';
  /** How much longer than usual it takes to arrive, and its answer to come back. */
  readonly upMs?: number;
  readonly downMs?: number;
  /** Answered with this status, by the API itself or (`page`) by a proxy. */
  readonly status?: {
    readonly code: number;
    readonly message?: string;
    readonly applied?: boolean;
    readonly page?: boolean;
    readonly retryAfterMs?: number;
  };
}

/** What the line tells of its traffic. */
export interface LineEvents {
  readonly sent: (call: Call) => { readonly answered: (answer: ApiAnswer) => void };
  readonly watched: (event: ApiWatchEvent) => void;
}

/** One way. */
const WAY_MS = 2;
/** After so long without an acknowledgement the kernel gives a connection up. */
const KERNEL_GIVES_UP_MS = 924_600;

/** A request under way. */
interface Request {
  readonly connection: { readonly halfOpen: boolean };
  readonly apply: (request: ApiRequestOptions) => Promise<ApiAnswer>;
  readonly end: (answer: ApiAnswer) => void;
  readonly isOver: () => boolean;
}

export class Line implements Api {
  readonly #platform: Platform;
  readonly #token: string;
  readonly #clock: StageClock;
  readonly #events: LineEvents;
  readonly #api: Api;
  readonly #fates: { readonly matches: (call: Call) => boolean; readonly fate: Fate; left: number }[] = [];
  readonly #watches = new Set<{ silent: boolean; stop: () => void }>();
  readonly #held: (() => void)[] = [];
  #cut: 'no' | 'both' | 'answers' = 'no';
  /** Requests go over this connection; one that was given up is replaced. */
  #connection = { halfOpen: false };

  constructor(platform: Platform, token: string, clock: StageClock, events: LineEvents) {
    this.#platform = platform;
    this.#token = token;
    this.#clock = clock;
    this.#events = events;
    this.#api = storeApi(platform.store, { users: platform.users, token });
  }

  // ------------------------------------------------------------------------------------------------- for stories

  /** The next requests of this kind meet this. */
  meets(verb: Verb | 'any', fate: Fate, times = 1): void {
    const matches = (call: Call) => verb === 'any' || call.verb === verb;
    this.#fates.push({ matches, fate, left: times });
  }

  /** Nothing comes through, and nobody says so. What is sent meanwhile, and not given up, arrives when it is mended. */
  cut(what: 'both' | 'answers' = 'both'): void {
    this.#cut = what;
  }

  /** The kernels at both ends send again what was not acknowledged. */
  mend(): void {
    this.#cut = 'no';
    for (const run of this.#held.splice(0)) run();
  }

  /** The present connection goes dead without a word; a new one would work. Watches have connections of their own. */
  halfOpen(): void {
    this.#connection.halfOpen = true;
  }

  silenceWatches(): void {
    for (const watch of this.#watches) watch.silent = true;
  }

  /** The process is gone. */
  close(): void {
    for (const watch of this.#watches) watch.stop();
  }

  // --------------------------------------------------------------------------------------------------- for electors

  get(resource: Resource, namespace: string, name: string, options: ApiRequestOptions): Promise<ApiAnswer> {
    const call: Call = { verb: 'get', resource, namespace, name, body: null };
    return this.#ask(call, options, (request) => this.#api.get(resource, namespace, name, request));
  }

  list(resource: Resource, namespace: string, name: string, options: ApiRequestOptions): Promise<ApiAnswer> {
    const call: Call = { verb: 'list', resource, namespace, name, body: null };
    return this.#ask(call, options, (request) => this.#api.list(resource, namespace, name, request));
  }

  create(resource: Resource, namespace: string, body: object, options: ApiRequestOptions): Promise<ApiAnswer> {
    const { name } = (body as { metadata: { name: string } }).metadata;
    const call: Call = { verb: 'create', resource, namespace, name, body: { ...body } };
    return this.#ask(call, options, (request) => this.#api.create(resource, namespace, body, request));
  }

  update(
    resource: Resource,
    namespace: string,
    name: string,
    body: object,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer> {
    const call: Call = { verb: 'update', resource, namespace, name, body: { ...body } };
    return this.#ask(call, options, (request) => this.#api.update(resource, namespace, name, body, request));
  }

  patch(
    resource: Resource,
    namespace: string,
    name: string,
    body: object,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer> {
    const call: Call = { verb: 'patch', resource, namespace, name, body: { ...body } };
    return this.#ask(call, options, (request) => this.#api.patch(resource, namespace, name, body, request));
  }

  watch(
    resource: Resource,
    namespace: string,
    name: string,
    options: { readonly from: string; readonly timeoutSeconds: number },
    onEvent: (event: ApiWatchEvent) => void,
  ): ApiWatch {
    let inner: ApiWatch | null = null;
    const watch = {
      silent: false,
      stop: () => {
        this.#watches.delete(watch);
        inner?.stop();
        watch.silent = true;
      },
    };
    this.#watches.add(watch);
    const push = (event: ApiWatchEvent) => {
      this.#travel(WAY_MS, 'down', () => {
        if (watch.silent) return;
        this.#clock.deliver(() => {
          if (!this.#watches.has(watch)) return;
          if (event.type === 'END') watch.stop();
          this.#events.watched(event);
          onEvent(event);
        });
      });
    };
    this.#travel(WAY_MS, 'up', () => {
      if (watch.silent) return;
      const { outage } = this.#platform;
      if (outage !== null) push({ type: 'END', code: outage, message: 'the API is out' });
      else inner = this.#api.watch(resource, namespace, name, options, push);
    });
    this.#platform.time.setTimer(options.timeoutSeconds * 1000, () =>
      push({ type: 'END', code: 200, message: 'timeout' }),
    );
    return watch;
  }

  #ask(
    call: Call,
    options: ApiRequestOptions,
    apply: (request: ApiRequestOptions) => Promise<ApiAnswer>,
  ): Promise<ApiAnswer> {
    if (options.signal?.aborted === true) return Promise.resolve(GIVEN_UP);
    const { answered } = this.#events.sent(call);
    const connection = this.#connection;
    const { promise, resolve } = Promise.withResolvers<ApiAnswer>();
    let over = false;
    const end = (answer: ApiAnswer) => {
      if (over) return;
      over = true;
      timer.cancel();
      // A request that was given up takes its connection with it.
      if (answer.type === 'failed' && this.#connection === connection) this.#connection = { halfOpen: false };
      answered(answer);
      resolve(answer);
    };
    const giveUpMs = Math.min(options.timeoutMs, KERNEL_GIVES_UP_MS);
    const timer = this.#clock.setTimer(giveUpMs, () =>
      end({ type: 'failed', reason: 'timeout', message: 'no answer in time' }),
    );
    options.signal?.addEventListener('abort', () => end(GIVEN_UP));
    this.#send(call, { connection, apply, end, isOver: () => over });
    return promise;
  }

  #send(call: Call, { connection, apply, end, isOver }: Request): void {
    const fate = this.#fateOf(call);
    if (connection.halfOpen || fate.lost === 'request') return;
    const back = (answer: ApiAnswer) => {
      this.#travel(WAY_MS + (fate.downMs ?? 0), 'down', () => {
        if (!connection.halfOpen && fate.lost !== 'answer') this.#clock.deliver(() => end(answer));
      });
    };
    this.#travel(WAY_MS + (fate.upMs ?? 0), 'up', (wasHeld) => {
      // Given up while a cut held it back: its connection is gone, and it with it.
      if (wasHeld && isOver()) return;
      const { outage } = this.#platform;
      const status = fate.status ?? (outage === null ? null : { code: outage });
      const applied = status === null || status.applied === true;
      const answer = applied ? this.#platform.watching(this.#token, () => apply(NO_TIMEOUT)) : null;
      if (status !== null) back(statusAnswer(status, call));
      else void answer?.then(back);
    });
  }

  /** A cut holds back what would arrive during it. */
  #travel(ms: number, way: 'up' | 'down', arrive: (wasHeld: boolean) => void): void {
    this.#platform.time.setTimer(ms, () => {
      const isCut = this.#cut === 'both' || (this.#cut === 'answers' && way === 'down');
      if (isCut) this.#held.push(() => arrive(true));
      else arrive(false);
    });
  }

  #fateOf(call: Call): Fate {
    const found = this.#fates.find((it) => it.left > 0 && it.matches(call));
    if (found === undefined) return {};
    found.left -= 1;
    return found.fate;
  }
}

const GIVEN_UP: ApiAnswer = { type: 'failed', reason: 'aborted', message: 'given up by the client' };
/** The store answers at once. */
const NO_TIMEOUT = { timeoutMs: Number.POSITIVE_INFINITY };

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  409: 'Conflict',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
};

function statusAnswer({ code, page, retryAfterMs, ...status }: NonNullable<Fate['status']>, call: Call): ApiAnswer {
  const reason = REASONS[code] ?? '';
  const message = status.message ?? `${reason} (as the story has it)`;
  const details = { name: call.name, kind: call.resource.plural, group: call.resource.apiVersion.split('/')[0] ?? '' };
  return {
    type: 'error',
    code,
    message,
    status: page === true ? null : { reason, message, details },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
