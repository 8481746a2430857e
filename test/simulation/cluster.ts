/**
 * The API server of a world: the embedded store, the rights of those who ask, and what a cache may answer that lags
 * behind. It answers at once and knows no network; every change of the lock is told to `onCommit` before anybody else
 * hears of it, with who caused it.
 */

import type { StoreEvent } from '../../src/dev/history.ts';
import { apiVersionOf, configMaps, endpoints, type Kind, leases, pods } from '../../src/dev/kinds.ts';
import type { ApiObject } from '../../src/dev/object.ts';
import { type Answer, failure } from '../../src/dev/status.ts';
import { createStore, type Store } from '../../src/dev/store.ts';
import type { ApiAnswer, ApiStatus } from '../../src/lock/api.ts';
import type { JsonObject } from '../../src/lock/json.ts';
import type { Agenda } from './agenda.ts';
import { LOCK_NAME, LOCK_NAMESPACE, type LockKind } from './lock-view.ts';
import { FIRST_WALL_MS } from './machine.ts';

export type Verb = 'get' | 'list' | 'create' | 'update' | 'patch' | 'watch';

export interface Call {
  readonly verb: Verb;
  /** The plural. */
  readonly resource: string;
  readonly namespace: string;
  /** Of a create too. */
  readonly name: string;
  /** What is sent: of JSON's values, and nobody's to change any more. */
  readonly body: JsonObject | null;
}

const KINDS: Readonly<Record<string, Kind>> = { leases, configmaps: configMaps, endpoints, pods };
/** So many former states of the lock a stale cache may still have. */
const PAST_KEPT = 6;
/** A watch that starts further back is told that its version has expired. */
const HISTORY_LENGTH = 100;

export class Cluster<Cause> {
  readonly store: Store;
  readonly lockKind: Kind;
  /** `null`: deleted. */
  onCommit: (before: ApiObject | null, after: ApiObject | null, cause: Cause | null) => void = () => {};
  /** An answer that was true once is given now. */
  onStale: () => void = () => {};
  #cause: Cause | null = null;
  #lock: ApiObject | null = null;
  #past: { readonly object: ApiObject | null; readonly version: string }[] = [];

  constructor(agenda: Agenda, lockKind: LockKind) {
    let uids = 0;
    this.lockKind = KINDS[lockKind] ?? leases;
    this.store = createStore({
      newUid: () => `uid-${++uids}`,
      wallMs: () => FIRST_WALL_MS + agenda.nowMs,
      firstVersion: 990,
      historyLength: HISTORY_LENGTH,
    });
    this.#follow();
  }

  /** The lock as it truly stands. */
  lock(): ApiObject | null {
    return this.#lock;
  }

  /** Does something to the store in somebody's name. */
  by<T>(cause: Cause, act: (store: Store) => T): T {
    const before = this.#cause;
    this.#cause = cause;
    try {
      return act(this.store);
    } finally {
      this.#cause = before;
    }
  }

  execute({ verb, resource, namespace, name, body }: Call, cause: Cause): ApiAnswer {
    const kind = KINDS[resource];
    if (kind === undefined) throw new Error(`a request for ${resource}, which no elector needs`);
    return this.by(cause, (store) => {
      switch (verb) {
        case 'get':
          return toAnswer(store.get(kind, namespace, name));
        case 'list':
          return toAnswer(store.list(kind, named(namespace, name)));
        case 'create':
          return toAnswer(store.create(kind, namespace, body ?? {}));
        case 'update':
          return toAnswer(store.update(kind, namespace, name, body ?? {}));
        case 'patch':
          return toAnswer(store.patch(kind, namespace, name, body ?? {}));
        case 'watch':
          throw new Error('a watch is no request');
      }
    });
  }

  /** A former state of the lock, as a cache that lags behind would answer; null when there is none. `lag` in [0, 1). */
  executeStale({ verb, name }: Call, lag: number): ApiAnswer | null {
    const past = this.#past[Math.floor(lag * this.#past.length)];
    if (past === undefined || (verb !== 'get' && verb !== 'list')) return null;
    const { object, version } = past;
    this.onStale();
    if (verb === 'get')
      return object === null ? notFound(this.lockKind, name) : { type: 'ok', code: 200, body: object };
    const items = object === null ? [] : [withoutKind(object)];
    const head = { kind: `${this.lockKind.kind}List`, apiVersion: apiVersionOf(this.lockKind) };
    return { type: 'ok', code: 200, body: { ...head, metadata: { resourceVersion: version }, items } };
  }

  #follow(): void {
    const receiver = {
      event: (event: StoreEvent) => {
        if (event.type === 'BOOKMARK' || event.type === 'ERROR') return;
        const was = this.#lock;
        this.#past.push({ object: was, version: this.store.version() });
        if (this.#past.length > PAST_KEPT) this.#past.shift();
        this.#lock = event.type === 'DELETED' ? null : event.object;
        this.onCommit(was, this.#lock, this.#cause);
      },
      // A restored etcd: the history is another one now.
      closed: () => {
        const was = this.#lock;
        this.#follow();
        if (this.#lock !== was) this.onCommit(was, this.#lock, this.#cause);
      },
    };
    const answer = this.store.get(this.lockKind, LOCK_NAMESPACE, LOCK_NAME);
    this.#lock = answer.code === 200 ? (answer.body as ApiObject) : null;
    const accepts = named(LOCK_NAMESPACE, LOCK_NAME);
    this.store.watch(this.lockKind, accepts, { from: this.store.version(), bookmarks: false }, receiver);
  }
}

/** What the API answers to one who may not. */
export function forbidden({ verb, resource, name }: Call): ApiAnswer {
  const group = resource === 'leases' ? 'coordination.k8s.io' : '';
  const message = `${resource} "${name}" is forbidden: cannot ${verb} resource "${resource}" in API group "${group}"`;
  return toAnswer(failure(403, 'Forbidden', message, { name, group, kind: resource }));
}

/** Any status, from wherever on the way; without `bodied` from something that is not the API. */
export function statusAnswer(
  code: number,
  { resource, name }: Call,
  retryAfterMs: number | null,
  bodied = true,
): ApiAnswer {
  const status = { reason: `Simulated${code}`, message: 'simulated', details: { name, kind: resource, group: '' } };
  return {
    type: 'error',
    code,
    message: 'simulated',
    status: bodied ? status : null,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}

export function named(namespace: string, name: string): (object: ApiObject) => boolean {
  return ({ metadata }) => metadata.name === name && metadata.namespace === namespace;
}

export function toAnswer({ code, body }: Answer): ApiAnswer {
  if (code < 300) return { type: 'ok', code, body };
  const status = statusOf(body);
  return { type: 'error', code, message: status.message, status };
}

function notFound(kind: Kind, name: string): ApiAnswer {
  const details = { name, group: kind.group, kind: kind.plural };
  return toAnswer(failure(404, 'NotFound', `${kind.plural} "${name}" not found`, details));
}

function statusOf(body: JsonObject): ApiStatus {
  const { reason = '', message = '', details } = body;
  const { name = '', kind = '', group = '' } = (details ?? {}) as JsonObject;
  return {
    reason: String(reason),
    message: String(message),
    details: { name: String(name), kind: String(kind), group: String(group) },
  };
}

function withoutKind({ kind: _, apiVersion: __, ...rest }: ApiObject): JsonObject {
  return rest;
}
