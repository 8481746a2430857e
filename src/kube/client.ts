/**
 * The few verbs of the Kubernetes API that an election needs, over plain HTTP/1.1. It knows nothing of elections: it
 * retries nothing (but for a renewed token), caches nothing, and says of every request what is known of its outcome.
 * Every request has a deadline; one that ends without an answer takes its connection with it.
 */
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Api, ApiAnswer, ApiRequestOptions, ApiWatch, ApiWatchEvent, Resource } from '../lock/api.ts';
import { interpretAnswer } from './answer.ts';
import { type Access, ApiConnection } from './api-connection.ts';
import type { Connection } from './connection.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { exchange, type HttpOutcome } from './http-exchange.ts';
import { collectionPath, listPath, objectPath, watchPath } from './paths.ts';
import { startWatch } from './watch.ts';

/** The largest answer that is read. The API stores no object above 1.5 MB, and lists here select one object. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface KubeClientOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  /** Of this package, for the `user-agent` header, by which an administrator finds who is asking. */
  readonly version: string;
}

interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly body?: object;
  readonly contentType?: string;
}

type Failure = Extract<ApiAnswer, { type: 'failed' }>;

/** One call of a verb: one request, or two when the token had to be renewed, under one deadline. */
interface Call {
  readonly outgoing: Outgoing;
  readonly deadline: Deadline;
  readonly timeoutMs: number;
}

export class KubeClient implements Api {
  readonly #clock: Clock;
  readonly #requests: ApiConnection;
  readonly #watches: ApiConnection;
  readonly #openWatches = new Set<ApiWatch>();

  constructor({ connection, clock, version }: KubeClientOptions) {
    const userAgent = `k8s-elector/${version}`;
    this.#clock = clock;
    this.#requests = new ApiConnection(connection, userAgent);
    this.#watches = new ApiConnection(connection, userAgent);
  }

  get(resource: Resource, namespace: string, name: string, options: ApiRequestOptions): Promise<ApiAnswer> {
    return this.#send({ method: 'GET', path: objectPath(resource, namespace, name) }, options);
  }

  list(resource: Resource, namespace: string, name: string, options: ApiRequestOptions): Promise<ApiAnswer> {
    return this.#send({ method: 'GET', path: listPath(resource, namespace, name) }, options);
  }

  create(resource: Resource, namespace: string, body: object, options: ApiRequestOptions): Promise<ApiAnswer> {
    return this.#send({ method: 'POST', path: collectionPath(resource, namespace), body }, options);
  }

  update(
    resource: Resource,
    namespace: string,
    name: string,
    body: object,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer> {
    return this.#send({ method: 'PUT', path: objectPath(resource, namespace, name), body }, options);
  }

  patch(
    resource: Resource,
    namespace: string,
    name: string,
    body: object,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer> {
    const path = objectPath(resource, namespace, name);
    return this.#send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }, options);
  }

  watch(
    resource: Resource,
    namespace: string,
    name: string,
    options: { readonly from: string; readonly timeoutSeconds: number },
    onEvent: (event: ApiWatchEvent) => void,
  ): ApiWatch {
    const watch = startWatch({
      clock: this.#clock,
      connection: this.#watches,
      path: watchPath(resource, namespace, name, options),
      timeoutSeconds: options.timeoutSeconds,
      onEvent,
      onOver: () => this.#openWatches.delete(watch),
    });
    this.#openWatches.add(watch);
    return watch;
  }

  /** Stops the watches and closes all connections. Requests under way end as failed. */
  close(): void {
    for (const watch of this.#openWatches) watch.stop();
    this.#watches.destroy();
    this.#requests.destroy();
  }

  async #send(outgoing: Outgoing, options: ApiRequestOptions): Promise<ApiAnswer> {
    const deadline = startDeadline(this.#clock, options.timeoutMs, options.signal);
    const call: Call = { outgoing, deadline, timeoutMs: options.timeoutMs };
    try {
      const access = await this.#access(call, { fresh: false });
      if (isFailure(access)) return access;
      const answer = await this.#exchange(call, access);
      if (answer.type !== 'error' || answer.code !== 401) return answer;
      const renewed = await this.#access(call, { fresh: true });
      // Without new credentials nothing is sent again: what is known is the refusal.
      return isFailure(renewed) ? answer : await this.#exchange(call, renewed);
    } finally {
      deadline.close();
    }
  }

  async #access(call: Call, credentials: { readonly fresh: boolean }): Promise<Access | Failure> {
    try {
      const access = await call.deadline.race(this.#requests.access(credentials));
      return access ?? this.#ended(call, 'while credentials were read');
    } catch (error) {
      return { type: 'failed', reason: 'credentials', message: describeError(error) };
    }
  }

  async #exchange(call: Call, access: Access): Promise<ApiAnswer> {
    const { method, path, body, contentType = 'application/json' } = call.outgoing;
    const outcome = await exchange(
      {
        method,
        url: this.#requests.url(path),
        headers: { ...access.headers, ...(body === undefined ? {} : { 'content-type': contentType }) },
        agent: access.agent,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      MAX_BODY_BYTES,
      call.deadline.signal,
    );
    return this.#answerOf(call, outcome);
  }

  #answerOf(call: Call, outcome: HttpOutcome): ApiAnswer {
    switch (outcome.type) {
      case 'answer':
        return interpretAnswer(outcome, this.#clock.now().wallMs);
      case 'ended':
        this.#requests.noteFailure();
        return this.#ended(call, 'before the answer was complete');
      case 'too-large':
        return { type: 'failed', reason: 'too-large', message: `the answer is larger than ${MAX_BODY_BYTES} bytes` };
      case 'failed':
        this.#requests.noteFailure(outcome.error);
        return {
          type: 'failed',
          reason: isNotHttp(outcome.error) ? 'invalid-answer' : 'connection',
          message: this.#requests.describeFailure(outcome.error),
        };
    }
  }

  #ended({ deadline, timeoutMs }: Call, when: string): Failure {
    if (deadline.endedBy() === 'aborted') {
      return { type: 'failed', reason: 'aborted', message: `the request was aborted ${when}` };
    }
    const message = this.#requests.describeFailure(new Error(`${Math.round(timeoutMs)} ms passed ${when}`));
    return { type: 'failed', reason: 'timeout', message };
  }
}

function isFailure(result: Access | Failure): result is Failure {
  return 'type' in result;
}

/** Node's parser found something else than HTTP. */
function isNotHttp(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('HPE_');
}
