/**
 * One process's way to the API: its client as far as an elector can tell, and the network between them with everything
 * that can happen there. What a request meets is drawn when it is sent, from streams that belong to the kind of fault.
 */
import type { StoreWatch } from '../../src/dev/history.ts';
import type { Api, ApiAnswer, ApiRequestOptions, ApiWatch, ApiWatchEvent, Resource } from '../../src/lock/api.ts';
import type { Agenda } from './agenda.ts';
import { type Call, type Cluster, forbidden, named, type Verb } from './cluster.ts';
import type { ProcessClock } from './machine.ts';
import type { FaultKind } from './plan.ts';
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
  /** Probability of a fault now; 0 when faults are over. */
  readonly level: (kind: FaultKind) => number;
  /** Brings what the network has to the process, if it lives, when it can take it. */
  readonly deliver: (run: () => void) => void;
  /** A request arrives at the API. */
  readonly onArrival: (call: Call) => void;
  /** A request leaves; says in whose name it acts. */
  readonly onSend: (call: Call, options: ApiRequestOptions) => Cause;
  /** An answer is about to be handed to the process. */
  readonly onAnswer: (cause: Cause, call: Call, answer: ApiAnswer) => void;
  /** The process gave the request up; whatever still comes of it must not count. */
  readonly onAbandon: (cause: Cause) => void;
  readonly onWatchEvent: (event: ApiWatchEvent) => void;
  readonly note: (text: () => string) => void;
}

/** Nothing stays on the way for longer: then the API server itself has given up. */
export const LONGEST_DELAY_MS = 30_000;
const STATUS_CODES = [400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504] as const;
const PROVEN_REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 413, 422, 429]);

export class Client<Cause> implements Api {
  /** Requests without an answer, as the process sees it. */
  openRequests = 0;
  openWatches = 0;
  readonly #options: ClientOptions<Cause>;
  readonly #streams = new Map<string, Random>();
  readonly #watches = new Set<() => void>();

  constructor(options: ClientOptions<Cause>) {
    this.#options = options;
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

  /** The process is gone, and its connections with it. What it has sent goes on. */
  close(): void {
    for (const stop of this.#watches) stop();
  }

  #request(
    verb: Verb,
    resource: Resource,
    namespace: string,
    name: string,
    body: object | null,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer> {
    const { clock, deliver, onSend, onAnswer, onAbandon, note } = this.#options;
    const call = { verb, resource: resource.plural, namespace, name, body: body === null ? '' : JSON.stringify(body) };
    const cause = onSend(call, options);
    return new Promise((resolve) => {
      let over = false;
      this.openRequests += 1;
      const end = (answer: ApiAnswer) => {
        if (over) return;
        over = true;
        this.openRequests -= 1;
        timer.cancel();
        note(() => `<- ${verb} ${resource.plural} ${describe(answer)}`);
        onAnswer(cause, call, answer);
        resolve(answer);
      };
      // A client that ends what it was told to end much too late: its answer must not count any more.
      const deaf = this.#hits('deaf-abort');
      const timer = clock.setTimer(options.timeoutMs + (deaf ? LONGEST_DELAY_MS : 0), () =>
        end({ type: 'failed', reason: 'timeout', message: 'no answer' }),
      );
      options.signal?.addEventListener('abort', () => {
        if (over) return;
        onAbandon(cause);
        if (!deaf) end({ type: 'failed', reason: 'aborted', message: 'aborted' });
      });
      note(() => `-> ${verb} ${resource.plural}${deaf ? ' (deaf)' : ''}`);
      this.#send(call, cause, (answer) => deliver(() => end(answer)));
    });
  }

  /** The way of one request there and back. */
  #send(call: Call, cause: Cause, answered: (answer: ApiAnswer) => void): void {
    const { agenda, cluster, line, latencyMs, note } = this.#options;
    const fates = {
      lost: this.#hits('lost-request'),
      lostAnswer: this.#hits('lost-answer'),
      slowMs: this.#hits('slow-request') ? this.#delay('slow-request') : 0,
      slowAnswerMs: this.#hits('slow-answer') ? this.#delay('slow-answer') : 0,
      againAfterMs: this.#hits('duplicate') ? this.#delay('duplicate') : null,
      reset: this.#hits('reset'),
      status: this.#hits('status'),
      stale: this.#hits('stale-read'),
      bad: this.#hits('bad-answer'),
    };
    const latency = this.#stream('latency');
    const upMs = latency.waitMs(latencyMs / 2) + 0.1;
    const downMs = latency.waitMs(latencyMs / 2) + 0.1;
    const back = (answer: ApiAnswer) => {
      if (line.downCut || fates.lostAnswer) return note(() => `   the answer to ${call.verb} ${call.resource} is lost`);
      agenda.in(downMs + fates.slowAnswerMs, () => {
        if (!line.downCut) answered(answer);
      });
    };
    if (line.upCut || fates.lost) {
      note(() => `   ${call.verb} ${call.resource} is lost on the way`);
      return;
    }
    agenda.in(upMs + fates.slowMs, () => {
      if (line.upCut) return;
      this.#options.onArrival(call);
      const right = `${call.verb} ${call.resource}`;
      if (line.denied.has(right)) return back(forbidden(call));
      if (line.outage !== null) {
        if (line.outage.applied) cluster.execute(call, cause);
        return back(statusAnswer(line.outage.code, call, null));
      }
      if (fates.status) return back(this.#status(call, cause));
      if (fates.reset) {
        if (this.#stream('reset applied').chance(0.5)) cluster.execute(call, cause);
        return back({ type: 'failed', reason: 'connection', message: 'connection reset' });
      }
      const stale =
        fates.stale && isOfLock(cluster, call) ? cluster.executeStale(call, this.#stream('stale').next()) : null;
      const answer = stale ?? cluster.execute(call, cause);
      if (stale !== null) note(() => `   ${call.verb} ${call.resource} is answered from a stale cache`);
      if (fates.againAfterMs !== null) {
        // A proxy that tries again, because it did not hear the first answer. On the lock, where compare-and-swap should
        // make it harmless, its client may hear even that one.
        const second = this.#stream('which answer').chance(0.5) || !isOfLock(cluster, call);
        agenda.in(fates.againAfterMs, () => {
          note(() => `   ${call.verb} ${call.resource} arrives a second time`);
          this.#options.onArrival(call);
          const again = cluster.execute(call, cause);
          if (second) back(again);
        });
        if (second) return;
      }
      back(fates.bad ? this.#badAnswer(answer) : answer);
    });
  }

  /** A status instead of the answer, after the request was applied or not. */
  #status(call: Call, cause: Cause): ApiAnswer {
    const random = this.#stream('status kind');
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
    const random = this.#stream('bad answer kind');
    const invalid: ApiAnswer = { type: 'failed', reason: 'invalid-answer', message: 'the body broke off' };
    const pages: ApiAnswer = { type: 'ok', code: 200, body: { kind: 'Table', apiVersion: 'meta.k8s.io/v1' } };
    return random.pick([invalid, pages, answer.type === 'ok' ? { ...answer, code: 202 } : invalid]);
  }

  watch(
    resource: Resource,
    namespace: string,
    name: string,
    { from, timeoutSeconds }: { readonly from: string; readonly timeoutSeconds: number },
    onEvent: (event: ApiWatchEvent) => void,
  ): ApiWatch {
    const { agenda, cluster, line, latencyMs, deliver, onWatchEvent, note } = this.#options;
    let over = false;
    let silent = this.#hits('watch-silent');
    let inner: StoreWatch | null = null;
    let lastArrivalMs = 0;
    let before: ApiWatchEvent | null = null;
    this.openWatches += 1;
    const stop = () => {
      if (over) return;
      over = true;
      this.openWatches -= 1;
      this.#watches.delete(stop);
      inner?.stop();
    };
    this.#watches.add(stop);

    /** In order, as one connection brings them. What is on the way through a cut line comes when it is whole again. */
    const push = (event: ApiWatchEvent) => {
      if (over || silent) return;
      const atMs = agenda.nowMs + this.#stream('watch latency').waitMs(latencyMs / 2) + 0.1;
      const slowMs = this.#hits('slow-answer') ? this.#delay('slow watch') : 0;
      lastArrivalMs = Math.max(lastArrivalMs, atMs + slowMs);
      const arrive = () => {
        if (over || silent) return;
        if (line.downCut) {
          // A dead connection, or one that catches up.
          if (this.#stream('watch cut').chance(0.5)) silent = true;
          else agenda.in(200, arrive);
          return;
        }
        deliver(() => {
          if (over) return;
          note(() => `<~ ${describeEvent(event)}`);
          onWatchEvent(event);
          if (event.type === 'END') stop();
          onEvent(event);
        });
      };
      agenda.at(lastArrivalMs, arrive);
    };
    const end = (code: number, message: string) => push({ type: 'END', code, message });

    const event = (what: ApiWatchEvent) => {
      const drop = this.#hits('watch-drop');
      const twice = this.#hits('watch-twice');
      const replay = this.#hits('watch-replay');
      if (this.#hits('watch-silent')) silent = true;
      if (this.#hits('watch-end')) return end(this.#stream('watch end').pick([200, 200, 0, 500]), 'closed');
      if (this.#hits('watch-410')) return end(410, 'too old resource version');
      if (drop) return;
      push(what);
      if (twice) push(what);
      if (replay && before !== null) push(before);
      before = what;
    };

    const open = () => {
      if (over || line.upCut) return;
      if (line.denied.has(`watch ${resource.plural}`)) return end(403, 'forbidden');
      if (line.outage !== null) return end(line.outage.code, 'the API is out');
      if (this.#hits('watch-410')) return end(410, 'too old resource version');
      inner = cluster.store.watch(
        cluster.lockKind,
        named(namespace, name),
        { from, bookmarks: true },
        {
          event: (what) => {
            if (what.type === 'BOOKMARK') return;
            if (what.type === 'ERROR') return end(Number(what.object.code), String(what.object.message));
            event({ type: what.type, object: what.object });
          },
          closed: () => end(0, 'the connection broke'),
        },
      );
      if (over) inner.stop();
      agenda.in(timeoutSeconds * 1000, () => end(200, 'timeout'));
    };
    agenda.in(this.#stream('watch latency').waitMs(latencyMs / 2) + 0.1, open);
    const bookmark = () => {
      if (over) return;
      if (inner !== null) push({ type: 'BOOKMARK', version: cluster.store.version() });
      agenda.in(60_000, bookmark);
    };
    agenda.in(60_000, bookmark);
    return { stop };
  }

  #stream(name: string): Random {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = this.#options.random.fork(name);
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** From a stream of its own, so that switching a kind off moves nothing else. */
  #hits(kind: FaultKind): boolean {
    const level = this.#options.level(kind);
    return level > 0 && this.#stream(kind).next() < level;
  }

  #delay(of: string): number {
    return Math.min(LONGEST_DELAY_MS, this.#stream(`${of} delay`).logBetween(20, LONGEST_DELAY_MS));
  }
}

function isOfLock(cluster: { readonly lockKind: { readonly plural: string } }, { resource }: Call): boolean {
  return resource === cluster.lockKind.plural;
}

function statusAnswer(code: number, { resource, name }: Call, retryAfterMs: number | null, bodied = true): ApiAnswer {
  const status = { reason: `Simulated${code}`, message: 'simulated', details: { name, kind: resource, group: '' } };
  return {
    type: 'error',
    code,
    message: 'simulated',
    status: bodied ? status : null,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}

function describe(answer: ApiAnswer): string {
  switch (answer.type) {
    case 'ok':
      return `${answer.code} ${describeObject(answer.body)}`;
    case 'error':
      return `${answer.code} ${answer.status?.reason ?? 'without Status'}`;
    case 'failed':
      return answer.reason;
  }
}

export function describeEvent(event: ApiWatchEvent): string {
  switch (event.type) {
    case 'BOOKMARK':
      return `BOOKMARK v${event.version}`;
    case 'END':
      return `END ${event.code} ${event.message}`;
    default:
      return `${event.type} ${describeObject(event.object)}`;
  }
}

function describeObject(object: Readonly<Record<string, unknown>>): string {
  const { metadata, items } = object as { metadata?: { resourceVersion?: string }; items?: readonly object[] };
  const version = `v${metadata?.resourceVersion}`;
  if (items === undefined) return version;
  return `list ${version} [${items.map((item) => describeObject(item as Record<string, unknown>)).join()}]`;
}
