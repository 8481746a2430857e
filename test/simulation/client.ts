/**
 * One process's way to the API: its client as far as an elector can tell, and the network between them with everything
 * that can happen there (chances.ts). Watches are in client-watch.ts.
 */
import type { Api, ApiAnswer, ApiRequestOptions, ApiWatch, ApiWatchEvent, Resource } from '../../src/lock/api.ts';
import type { JsonObject } from '../../src/lock/json.ts';
import type { Agenda } from './agenda.ts';
import { Chances, type Faults, LONGEST_DELAY_MS } from './chances.ts';
import { openWatch } from './client-watch.ts';
import { type Call, type Cluster, forbidden, statusAnswer, type Verb } from './cluster.ts';
import { describeAnswer } from './describe.ts';
import type { ProcessClock } from './machine.ts';
import type { Random } from './random.ts';

/** How the way to the API is at present, for one process. */
export interface Line {
  /** Requests, or answers and events, are lost. */
  upCut: boolean;
  downCut: boolean;
  /** The API answers everything with this, until it is null again. */
  outage: { readonly code: number; readonly applied: boolean } | null;
  /** Which rights are missing. */
  readonly denied: Set<string>;
}

export interface ClientOptions<Cause> {
  readonly agenda: Agenda;
  readonly cluster: Cluster<Cause>;
  readonly clock: ProcessClock;
  readonly random: Random;
  readonly latencyMs: number;
  readonly line: Line;
  readonly faults: Faults;
  /** Brings what the network has to the process, if it lives, when it can take it. */
  readonly deliver: (run: () => void) => void;
  /** Hands an answer to whoever waits for it, now or, when the process comes to stand still just here, later. */
  readonly settle: (run: () => void) => void;
  /** A request arrives at the API. */
  readonly onArrival: (call: Call) => void;
  /** A request leaves; says in whose name it acts. */
  readonly onSend: (call: Call, options: ApiRequestOptions) => Cause;
  /** An answer is about to be handed to the process. */
  readonly onAnswer: (cause: Cause, call: Call, answer: ApiAnswer) => void;
  /** The process gave the request up; whatever still comes of it must not count. */
  readonly onAbandon: (cause: Cause) => void;
  readonly onWatchEvent: (event: ApiWatchEvent) => void;
  /** Null when nobody reads along. */
  readonly note: ((text: () => string) => void) | null;
}

const STATUS_CODES = [400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504] as const;
const PROVEN_REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 413, 422, 429]);

export class Client<Cause> implements Api {
  /** Requests without an answer, as the process sees it. */
  openRequests = 0;
  readonly #options: ClientOptions<Cause>;
  readonly #chances: Chances;
  readonly #watches = new Set<ApiWatch>();
  readonly #past: ApiWatchEvent[] = [];
  #closed = false;

  constructor(options: ClientOptions<Cause>) {
    this.#options = options;
    this.#chances = new Chances(options.random, options.faults);
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  get(resource: Resource, namespace: string, name: string, options: ApiRequestOptions): Promise<ApiAnswer> {
    return this.#request('get', resource, namespace, name, null, options);
  }

  list(resource: Resource, namespace: string, name: string, options: ApiRequestOptions): Promise<ApiAnswer> {
    return this.#request('list', resource, namespace, name, null, options);
  }

  create(resource: Resource, namespace: string, body: object, options: ApiRequestOptions): Promise<ApiAnswer> {
    const { metadata } = body as { metadata: { name: string } };
    return this.#request('create', resource, namespace, metadata.name, body, options);
  }

  update(
    resource: Resource,
    namespace: string,
    name: string,
    body: object,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer> {
    return this.#request('update', resource, namespace, name, body, options);
  }

  patch(
    resource: Resource,
    namespace: string,
    name: string,
    body: object,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer> {
    return this.#request('patch', resource, namespace, name, body, options);
  }

  watch(
    resource: Resource,
    namespace: string,
    name: string,
    how: { readonly from: string; readonly timeoutSeconds: number },
    onEvent: (event: ApiWatchEvent) => void,
  ): ApiWatch {
    if (this.#closed) return { stop() {} };
    const target = { resource, namespace, name };
    const forget = () => this.#watches.delete(watch);
    const watch = openWatch(this.#options, this.#chances, target, how, onEvent, this.#past, forget);
    this.#watches.add(watch);
    return watch;
  }

  /** The process is gone, and its connections with it. What it has sent goes on; nothing more is sent. */
  close(): void {
    this.#closed = true;
    for (const watch of this.#watches) watch.stop();
  }

  #request(
    verb: Verb,
    resource: Resource,
    namespace: string,
    name: string,
    body: object | null,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer> {
    const { onSend, note } = this.#options;
    // Whatever a dead process still computes before its promises run dry reaches nobody.
    if (this.#closed) return new Promise(() => {});
    const call = { verb, resource: resource.plural, namespace, name, body: body as JsonObject | null };
    const cause = onSend(call, options);
    return new Promise((resolve) => {
      // A client that ends what it was told to end much too late: its answer must not count any more.
      const deaf = this.#chances.hits('deaf-abort');
      const exchange = new Exchange(this, this.#options, call, cause, options, deaf, resolve);
      note?.(() => `-> ${verb} ${call.resource}${deaf ? ' (deaf)' : ''}`);
      this.#send(call, cause, exchange);
    });
  }

  /** The way of one request there and back. */
  #send(call: Call, cause: Cause, exchange: Exchange<Cause>): void {
    const { agenda, cluster, line, latencyMs, note } = this.#options;
    const fate = this.#chances.fate();
    const latency = this.#chances.stream('latency');
    const upMs = latency.waitMs(latencyMs / 2) + 0.1;
    const downMs = latency.waitMs(latencyMs / 2) + 0.1;
    const back = (answer: ApiAnswer) => {
      if (line.downCut || fate.lostAnswer)
        return note?.(() => `   the answer to ${call.verb} ${call.resource} is lost`);
      agenda.in(downMs + fate.slowAnswerMs, () => {
        if (!line.downCut) exchange.answered(answer);
      });
    };
    if (line.upCut || fate.lost) {
      note?.(() => `   ${call.verb} ${call.resource} is lost on the way`);
      return;
    }
    agenda.in(upMs + fate.slowMs, () => {
      if (line.upCut) return;
      this.#options.onArrival(call);
      if (line.denied.size > 0 && line.denied.has(`${call.verb} ${call.resource}`)) return back(forbidden(call));
      if (line.outage !== null) {
        if (line.outage.applied) cluster.execute(call, cause);
        return back(statusAnswer(line.outage.code, call, null));
      }
      if (fate.status) return back(this.#status(call, cause));
      if (fate.reset) {
        if (this.#chances.stream('reset applied').chance(0.5)) cluster.execute(call, cause);
        return back({ type: 'failed', reason: 'connection', message: 'connection reset' });
      }
      const isOfLock = call.resource === cluster.lockKind.plural;
      const stale = fate.stale && isOfLock ? cluster.executeStale(call, this.#chances.stream('stale').next()) : null;
      const answer = stale ?? cluster.execute(call, cause);
      if (stale !== null) note?.(() => `   ${call.verb} ${call.resource} is answered from a stale cache`);
      if (fate.againAfterMs !== null) {
        // A proxy that tries again, because it did not hear the first answer. On the lock, where compare-and-swap should
        // make it harmless, its client may hear even that one.
        const second = this.#chances.stream('which answer').chance(0.5) || !isOfLock;
        agenda.in(fate.againAfterMs, () => {
          note?.(() => `   ${call.verb} ${call.resource} arrives a second time`);
          this.#options.onArrival(call);
          const again = cluster.execute(call, cause);
          if (second) back(again);
        });
        if (second) return;
      }
      back(fate.bad ? this.#badAnswer(answer) : answer);
    });
  }

  /** A status instead of the answer, after the request was applied or not. */
  #status(call: Call, cause: Cause): ApiAnswer {
    const random = this.#chances.stream('status kind');
    const code = random.pick(STATUS_CODES);
    const bodied = random.chance(0.6);
    const applied = random.chance(0.4);
    const retryAfterMs = random.chance(0.5) ? random.pick([1000, 2000, 5000]) : null;
    // What the API itself says is true: with a Status, these mean that nothing was applied.
    const honest = bodied && (PROVEN_REFUSALS.has(code) || code === 404 || code === 409);
    if (applied && !honest) this.#options.cluster.execute(call, cause);
    // An honest 404 would name the lock, and mean it.
    if (code === 404 && bodied) return statusAnswer(404, { ...call, name: '' }, retryAfterMs);
    // An honest 409 comes from the store alone; a proxy's has no Status, and counts as a conflict all the same.
    if (code === 409) return statusAnswer(503, call, retryAfterMs, bodied);
    return statusAnswer(code, call, retryAfterMs, bodied);
  }

  #badAnswer(answer: ApiAnswer): ApiAnswer {
    const random = this.#chances.stream('bad answer kind');
    const invalid: ApiAnswer = { type: 'failed', reason: 'invalid-answer', message: 'the body broke off' };
    const pages: ApiAnswer = { type: 'ok', code: 200, body: { kind: 'Table', apiVersion: 'meta.k8s.io/v1' } };
    return random.pick([invalid, pages, answer.type === 'ok' ? { ...answer, code: 202 } : invalid]);
  }
}

/** One request as the process knows it: until its answer, its deadline or its abort, whichever comes first. */
class Exchange<Cause> {
  readonly #client: Client<Cause>;
  readonly #options: ClientOptions<Cause>;
  readonly #call: Call;
  readonly #cause: Cause;
  readonly #resolve: (answer: ApiAnswer) => void;
  readonly #timer: { cancel(): void };
  #over = false;

  constructor(
    client: Client<Cause>,
    options: ClientOptions<Cause>,
    call: Call,
    cause: Cause,
    { timeoutMs, signal }: ApiRequestOptions,
    deaf: boolean,
    resolve: (answer: ApiAnswer) => void,
  ) {
    this.#client = client;
    this.#options = options;
    this.#call = call;
    this.#cause = cause;
    this.#resolve = resolve;
    client.openRequests += 1;
    this.#timer = options.clock.setTimer(timeoutMs + (deaf ? LONGEST_DELAY_MS : 0), () => {
      this.#end({ type: 'failed', reason: 'timeout', message: 'no answer' });
    });
    signal?.addEventListener('abort', () => {
      if (this.#over) return;
      options.onAbandon(cause);
      if (!deaf) this.#end({ type: 'failed', reason: 'aborted', message: 'aborted' });
    });
  }

  answered(answer: ApiAnswer): void {
    this.#options.deliver(() => this.#end(answer));
  }

  #end(answer: ApiAnswer): void {
    if (this.#over) return;
    this.#over = true;
    this.#client.openRequests -= 1;
    this.#timer.cancel();
    this.#options.settle(() => {
      this.#options.note?.(() => `<- ${this.#call.verb} ${this.#call.resource} ${describeAnswer(answer)}`);
      this.#options.onAnswer(this.#cause, this.#call, answer);
      this.#resolve(answer);
    });
  }
}
