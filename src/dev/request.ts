/**
 * From a method and a path to an answer: what the embedded API makes of one request, whichever way it came in. The
 * HTTP server and the in-process adapter both call `recognize` and `answer`, so there is one set of paths, rights and
 * refusals. Synchronous, like the store.
 *
 * Not served, unlike in the real API: deleting a collection, subresources, label selectors, dry runs, limits,
 * discovery, patches other than merge patches, and bodies or answers other than JSON.
 */
import type { Kind } from './kinds.ts';
import type { Preconditions } from './metadata.ts';
import type { ApiObject } from './object.ts';
import { type Attempt, authenticate, authorize, type User, type Users } from './rights.ts';
import { isSet, parseSelector, route, type Target } from './route.ts';
import {
  type Answer,
  badRequest,
  internalError,
  type JsonObject,
  tooLarge,
  unsupportedMediaType,
  versionTooLarge,
} from './status.ts';
import { parseVersion, type Store } from './store.ts';

export interface ApiRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface Recognized {
  readonly user: User;
  /** What was asked for, allowed or not. */
  readonly attempt: Attempt;
  readonly target: Target;
}

export type Reply =
  | ({ readonly type: 'object' } & Answer)
  | { readonly type: 'text'; readonly code: number; readonly text: string }
  | WatchReply;

/** A stream is to be opened; whoever has a clock and a connection does it, by `store.watch`. */
export interface WatchReply {
  readonly type: 'watch';
  readonly kind: Kind;
  readonly accepts: (object: ApiObject) => boolean;
  readonly from: string;
  readonly bookmarks: boolean;
  /** Null: the server decides. */
  readonly timeoutSeconds: number | null;
}

export const bodyLimitBytes = 3 * 1024 * 1024;

/** Reads the path and checks the rights. Changes nothing. */
export function recognize(users: Users | undefined, request: ApiRequest): Recognized {
  const { target, attempt } = route(request);
  const user = authenticate(users, request.headers.authorization);
  if ('code' in user) return { user: { name: '' }, attempt, target: { type: 'refused', answer: user } };
  const refused = authorize(user, attempt);
  return { user, attempt, target: refused === null ? target : { type: 'refused', answer: refused } };
}

/** Does what was asked for. */
export function answer(store: Store, target: Target, request: ApiRequest): Reply {
  switch (target.type) {
    case 'refused':
      return { type: 'object', ...target.answer };
    case 'unknown':
      return { type: 'text', code: 404, text: '404 page not found\n' };
    case 'health':
      return { type: 'text', code: 200, text: 'ok' };
    case 'version':
      return { type: 'object', code: 200, body: { major: '1', minor: '37', gitVersion: 'v1.37.2' } };
    case 'resource':
      return target.verb === 'watch' ? watch(target) : { type: 'object', ...act(store, target, request) };
  }
}

type ResourceTarget = Target & { readonly type: 'resource' };

const jsonOnly =
  'the body of the request was in an unknown format - accepted media types include: ' +
  'application/json, application/yaml, application/vnd.kubernetes.protobuf';

function act(store: Store, target: ResourceTarget, request: ApiRequest): Answer {
  const { verb, kind, namespace, name, query } = target;
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  if (verb === 'patch' && mediaType !== 'application/merge-patch+json') {
    return unsupportedMediaType('415: Unsupported Media Type', {});
  }
  const writes = verb === 'create' || verb === 'update';
  if (writes && mediaType !== '' && mediaType !== 'application/json') return unsupportedMediaType(jsonOnly);
  if (Buffer.byteLength(request.body) > bodyLimitBytes) return tooLarge(bodyLimitBytes);
  switch (verb) {
    case 'get':
      return readProblem(store, query, 'get') ?? store.get(kind, namespace, name);
    case 'list': {
      const selection = select(target);
      if (typeof selection !== 'function') return selection;
      return readProblem(store, query, 'list') ?? store.list(kind, selection);
    }
    case 'create':
      return store.create(kind, namespace, request.body);
    case 'update':
      return store.update(kind, namespace, name, request.body);
    case 'patch':
      return store.patch(kind, namespace, name, request.body);
    case 'delete': {
      const preconditions = deleteOptions(request.body, query);
      return preconditions === null
        ? badRequest("couldn't get version/kind; json parse error")
        : store.remove(kind, namespace, name, preconditions);
    }
    case 'watch':
      return internalError('a watch is no single answer');
  }
}

function watch(target: ResourceTarget): Reply {
  const { kind, query } = target;
  const refuse = (refused: Answer): Reply => ({ type: 'object', ...refused });
  const selection = select(target);
  if (typeof selection !== 'function') return refuse(selection);
  const from = query.get('resourceVersion') ?? '';
  if (parseVersion(from) === null) return refuse(internalError(badReadVersion(from)));
  const seconds = query.get('timeoutSeconds') ?? '';
  if (!/^\d*$/.test(seconds)) return refuse(badRequest(`strconv.ParseInt: parsing "${seconds}": invalid syntax`));
  return {
    type: 'watch',
    kind,
    accepts: selection,
    from,
    bookmarks: isSet(query.get('allowWatchBookmarks')),
    timeoutSeconds: Number(seconds) === 0 ? null : Number(seconds),
  };
}

/** A predicate over the objects that the request's namespace and field selector admit. */
function select({ namespace, query }: ResourceTarget): ((object: ApiObject) => boolean) | Answer {
  if (query.get('labelSelector')) return badRequest('the embedded API has no label selectors');
  const requirements = parseSelector(query.get('fieldSelector') ?? '');
  if (!Array.isArray(requirements)) return badRequest(requirements.problem);
  return ({ metadata }) => {
    if (namespace !== '' && metadata.namespace !== namespace) return false;
    return requirements.every(({ field, equal, value }) => {
      const actual = field === 'metadata.name' ? metadata.name : (metadata.namespace ?? '');
      return (actual === value) === equal;
    });
  };
}

/** A read may ask for a version that has been reached; there is no older state to read from. */
function readProblem(store: Store, query: URLSearchParams, verb: 'get' | 'list'): Answer | null {
  const asked = query.get('resourceVersion') ?? '';
  const version = parseVersion(asked);
  if (version === null) {
    const message = badReadVersion(asked);
    return verb === 'get' ? internalError(message) : badRequest(`invalid resource version: ${message}`);
  }
  return version > Number(store.version()) ? versionTooLarge(asked, store.version()) : null;
}

function badReadVersion(text: string): string {
  return `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`;
}

/** Null when the body is no JSON object. */
function deleteOptions(body: string, query: URLSearchParams): Preconditions | null {
  let json: unknown = {};
  try {
    if (body !== '') json = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof json !== 'object' || json === null) return null;
  const { preconditions = {}, gracePeriodSeconds } = json as JsonObject;
  const { uid, resourceVersion } = preconditions as JsonObject;
  const grace = query.has('gracePeriodSeconds') ? Number(query.get('gracePeriodSeconds')) : gracePeriodSeconds;
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    ...(typeof grace === 'number' && grace >= 0 ? { gracePeriodSeconds: grace } : {}),
  };
}
