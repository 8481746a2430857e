/**
 * The `Api` of a lock over a store in the same process, for tests without a network. A request is applied within the
 * call and answered in a microtask; the events of a watch come in microtasks too, in order, those that were there
 * before the watch included. No event comes after `stop`. Nothing is late here and nothing is lost, so `timeoutMs` and
 * `timeoutSeconds` have no effect; a simulator that wants a network puts one before `recognize` and `answer`.
 */
import type { Api, ApiAnswer, ApiRequestOptions, ApiWatch, ApiWatchEvent, Resource } from '../lock/api.ts';
import type { StoreEvent, WatchReceiver } from './history.ts';
import { type ApiRequest, answer, type Reply, recognize } from './request.ts';
import type { Users } from './rights.ts';
import { pathOf } from './route.ts';
import type { JsonObject } from './status.ts';
import type { Store } from './store.ts';

export interface StoreApiOptions {
  /** Without it everything is allowed. */
  readonly users?: Users;
  /** The bearer token that every request carries. */
  readonly token?: string;
}

export function storeApi(store: Store, options: StoreApiOptions = {}): Api {
  const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };

  const send = (request: Omit<ApiRequest, 'headers'>, contentType?: string): Reply => {
    const all = contentType === undefined ? headers : { ...headers, 'content-type': contentType };
    const whole = { ...request, headers: all };
    return answer(store, recognize(options.users, whole).target, whole);
  };
  const ask = async (
    method: string,
    path: string,
    { signal }: ApiRequestOptions,
    body?: object,
    contentType = 'application/json',
  ): Promise<ApiAnswer> => {
    if (signal?.aborted) return { type: 'failed', reason: 'aborted', message: 'aborted before it was sent' };
    const text = body === undefined ? '' : JSON.stringify(body);
    return toAnswer(send({ method, path, body: text }, body === undefined ? undefined : contentType));
  };
  const selected = (resource: Resource, namespace: string, name: string) =>
    `${pathOf(resource, namespace, '')}?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;

  return {
    get: (resource, namespace, name, request) => ask('GET', pathOf(resource, namespace, name), request),
    list: (resource, namespace, name, request) => ask('GET', selected(resource, namespace, name), request),
    create: (resource, namespace, body, request) => ask('POST', pathOf(resource, namespace, ''), request, body),
    update: (resource, namespace, name, body, request) => ask('PUT', pathOf(resource, namespace, name), request, body),
    patch: (resource, namespace, name, body, request) =>
      ask('PATCH', pathOf(resource, namespace, name), request, body, 'application/merge-patch+json'),
    watch(resource, namespace, name, { from }, onEvent) {
      const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(from)}`;
      return follow(
        store,
        send({ method: 'GET', path: `${selected(resource, namespace, name)}&${query}`, body: '' }),
        onEvent,
      );
    },
  };
}

function follow(store: Store, reply: Reply, onEvent: (event: ApiWatchEvent) => void): ApiWatch {
  let stopped = false;
  const later = (event: ApiWatchEvent) =>
    queueMicrotask(() => {
      if (stopped) return;
      if (event.type === 'END') stopped = true;
      onEvent(event);
    });
  if (reply.type !== 'watch') {
    later(endOf(toAnswer(reply)));
    return {
      stop() {
        stopped = true;
      },
    };
  }
  const receiver: WatchReceiver = {
    event: (event) => later(toWatchEvent(event)),
    // As over the network, where the answer was a 200 that ended in good order.
    closed: () => later({ type: 'END', code: 200, message: 'the watch was closed' }),
  };
  const watch = store.watch(reply.kind, reply.accepts, reply, receiver);
  return {
    stop() {
      stopped = true;
      watch.stop();
    },
  };
}

function toAnswer(reply: Reply): ApiAnswer {
  if (reply.type === 'watch')
    return { type: 'failed', reason: 'invalid-answer', message: 'a watch is no single answer' };
  if (reply.type === 'text') return { type: 'error', code: reply.code, message: reply.text.trim(), status: null };
  const { code, body } = reply;
  if (code < 300) return { type: 'ok', code, body };
  const {
    reason = '',
    message = '',
    details = {},
  } = body as { reason?: string; message?: string; details?: JsonObject };
  const {
    name = '',
    kind = '',
    group = '',
    retryAfterSeconds,
  } = details as Record<string, string | number | undefined>;
  const status = { reason, message, details: { name: String(name), kind: String(kind), group: String(group) } };
  const retry = typeof retryAfterSeconds === 'number' ? { retryAfterMs: retryAfterSeconds * 1000 } : {};
  return { type: 'error', code, message, status, ...retry };
}

function toWatchEvent(event: StoreEvent): ApiWatchEvent {
  switch (event.type) {
    case 'BOOKMARK':
      return { type: 'BOOKMARK', version: String((event.object.metadata as JsonObject).resourceVersion) };
    case 'ERROR':
      return { type: 'END', code: Number(event.object.code), message: String(event.object.message) };
    default:
      return event;
  }
}

function endOf(answered: ApiAnswer): ApiWatchEvent {
  const code = answered.type === 'error' ? answered.code : 0;
  return { type: 'END', code, message: answered.type === 'ok' ? '' : answered.message };
}
