/**
 * The API in memory, for tests of what speaks to it: objects with versions and uids, compare-and-swap, merge patches.
 * It is no store to trust: it knows only what these tests need. `intercept` answers in its place, to play faults.
 */
import type { Api, ApiAnswer, ApiRequestOptions, ApiWatch, ApiWatchEvent, Resource } from '../../src/lock/api.ts';

type JsonObject = Record<string, unknown>;
type Metadata = Record<string, unknown>;

export interface FakeRequest {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'patch';
  /** `pods/default/alice`. */
  readonly path: string;
  readonly body: JsonObject | null;
  readonly options: ApiRequestOptions;
}

export type ErrorAnswer = Extract<ApiAnswer, { type: 'error' }>;
export type Intercept = (request: FakeRequest) => ApiAnswer | Promise<ApiAnswer> | undefined;

export class FakeApi implements Api {
  readonly requests: FakeRequest[] = [];
  readonly objects = new Map<string, JsonObject>();
  /** Answers instead of the store; undefined lets the store answer. */
  intercept: Intercept = () => undefined;
  /** Of the latest watch. */
  onEvent: (event: ApiWatchEvent) => void = () => {};
  watchFrom = '';
  watchStopped = false;
  #version = 100;

  get(resource: Resource, namespace: string, name: string, options: ApiRequestOptions): Promise<ApiAnswer> {
    return this.#answer('get', resource, namespace, name, null, options, (path) => {
      const found = this.objects.get(path);
      return found === undefined ? notFound(resource, name) : ok(200, found);
    });
  }

  list(resource: Resource, namespace: string, name: string, options: ApiRequestOptions): Promise<ApiAnswer> {
    return this.#answer('list', resource, namespace, name, null, options, (path) => {
      const found = this.objects.get(path);
      return ok(200, {
        kind: `${resource.kind}List`,
        apiVersion: resource.apiVersion,
        metadata: { resourceVersion: String(this.#version) },
        items: found === undefined ? [] : [withoutKind(found)],
      });
    });
  }

  create(resource: Resource, namespace: string, body: object, options: ApiRequestOptions): Promise<ApiAnswer> {
    const name = String(metadataOf(body).name);
    return this.#answer('create', resource, namespace, name, body, options, (path) => {
      if (this.objects.has(path)) return refused(409, 'AlreadyExists', resource, name);
      const uid = `uid-${++this.#version}`;
      return ok(201, this.#put(path, { ...body, metadata: { ...metadataOf(body), uid } }));
    });
  }

  update(
    resource: Resource,
    namespace: string,
    name: string,
    body: object,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer> {
    return this.#answer('update', resource, namespace, name, body, options, (path) => {
      const found = this.objects.get(path);
      if (found === undefined) return notFound(resource, name);
      if (!agrees(found, body)) return refused(409, 'Conflict', resource, name);
      return ok(200, this.#put(path, { ...body }));
    });
  }

  patch(
    resource: Resource,
    namespace: string,
    name: string,
    body: object,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer> {
    return this.#answer('patch', resource, namespace, name, body, options, (path) => {
      const found = this.objects.get(path);
      if (found === undefined) return notFound(resource, name);
      const { uid, resourceVersion } = metadataOf(body);
      if (uid !== undefined && uid !== metadataOf(found).uid) return refused(422, 'Invalid', resource, name);
      if (resourceVersion !== undefined && !agrees(found, body)) return refused(409, 'Conflict', resource, name);
      return ok(200, this.#put(path, mergePatch(found, body) as JsonObject));
    });
  }

  watch(
    _resource: Resource,
    _namespace: string,
    _name: string,
    { from }: { readonly from: string },
    onEvent: (event: ApiWatchEvent) => void,
  ): ApiWatch {
    this.onEvent = onEvent;
    this.watchFrom = from;
    this.watchStopped = false;
    return {
      stop: () => {
        this.watchStopped = true;
      },
    };
  }

  /** Puts a Pod into the store, as the control plane would. */
  addPod(name: string, pod: { uid?: string; namespace?: string; labels?: Record<string, string> } = {}): void {
    const { uid = `uid-of-${name}`, namespace = 'default', labels } = pod;
    const metadata = { name, namespace, uid, ...(labels === undefined ? {} : { labels }) };
    this.#put(`pods/${namespace}/${name}`, { kind: 'Pod', apiVersion: 'v1', metadata });
  }

  metadata(path: string): Metadata {
    return metadataOf(this.objects.get(path) ?? {});
  }

  async #answer(
    verb: FakeRequest['verb'],
    resource: Resource,
    namespace: string,
    name: string,
    body: object | null,
    options: ApiRequestOptions,
    store: (path: string) => ApiAnswer,
  ): Promise<ApiAnswer> {
    const path = `${resource.plural}/${namespace}/${name}`;
    const request = { verb, path, body: structuredClone(body) as JsonObject | null, options };
    this.requests.push(request);
    return (await this.intercept(request)) ?? structuredClone(store(path));
  }

  /** An identical object keeps its version, as on the real API. */
  #put(path: string, object: JsonObject): JsonObject {
    const previous = this.objects.get(path);
    const metadata = { ...metadataOf(object), resourceVersion: metadataOf(previous ?? {}).resourceVersion };
    const kept = structuredClone({ ...object, metadata });
    if (JSON.stringify(kept) === JSON.stringify(previous)) return kept;
    const changed = { ...kept, metadata: { ...metadata, resourceVersion: String(++this.#version) } };
    this.objects.set(path, changed);
    return changed;
  }
}

export function ok(code: number, body: JsonObject): ApiAnswer {
  return { type: 'ok', code, body };
}

export function refused(code: number, reason: string, resource: Resource, name: string): ErrorAnswer {
  const group = resource.apiVersion.includes('/') ? (resource.apiVersion.split('/')[0] ?? '') : '';
  const message = `${resource.plural} "${name}": ${reason}`;
  const status = { reason, message, details: { name, kind: resource.plural, group } };
  return { type: 'error', code, message, status };
}

export function notFound(resource: Resource, name: string): ErrorAnswer {
  return refused(404, 'NotFound', resource, name);
}

/** What a proxy in between answers: no `Status`. */
export function proxyPage(code: number): ErrorAnswer {
  return { type: 'error', code, message: '<html>', status: null };
}

/** No answer until the request is aborted. */
export function hang({ options }: FakeRequest): Promise<ApiAnswer> {
  const { promise, resolve } = Promise.withResolvers<ApiAnswer>();
  const aborted: ApiAnswer = { type: 'failed', reason: 'aborted', message: 'aborted' };
  options.signal?.addEventListener('abort', () => resolve(aborted));
  return promise;
}

function metadataOf(object: object): Metadata {
  return ((object as JsonObject).metadata ?? {}) as Metadata;
}

function withoutKind({ kind: _, apiVersion: __, ...rest }: JsonObject): JsonObject {
  return rest;
}

function agrees(found: object, body: object): boolean {
  const { uid, resourceVersion } = metadataOf(body);
  const present = metadataOf(found);
  return (uid === undefined || uid === present.uid) && resourceVersion === present.resourceVersion;
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: JsonObject = typeof target === 'object' && target !== null ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}
