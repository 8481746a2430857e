/**
 * The heart of the embedded Kubernetes API: objects under one growing version, compare-and-swap, and watches, with the
 * refusals of the real API (1.37) where an elector meets them. A call answers at once and has emitted its events when
 * it returns: there is no timer, no promise and no chance in here, so that a simulator can put a network of its own
 * before it. Uids and the wall clock are injected.
 *
 * Not here: paths, methods and rights (request.ts), HTTP (server.ts), and everything that controllers and admission do.
 * Every object handed out is frozen and shared.
 */
import { bookmark, History, type ObjectEvent, type StoreWatch, type WatchReceiver } from './history.ts';
import { apiVersionOf, type Kind, namespaces, pods } from './kinds.ts';
import { mergePatch } from './merge-patch.ts';
import {
  defaultsOf,
  graceOf,
  inOrder,
  isReleased,
  labelsOf,
  markDeleted,
  namespaceMatches,
  namespaceMismatch,
  type Preconditions,
  placeProblem,
  preconditionProblem,
  systemFields,
} from './metadata.ts';
import { type ApiObject, type Body, type Decoded, decodeBody, decodeObject, sameJson } from './object.ts';
import {
  type Answer,
  alreadyExists,
  badRequest,
  internalError,
  invalid,
  invalidPatchResult,
  type JsonObject,
  notFound,
  preconditionFailed,
  resourceDetails,
  uidConflict,
  versionConflict,
  versionRequired,
} from './status.ts';
import { creationProblems, updateProblems } from './validate.ts';

export interface StoreOptions {
  /** Called once for each object that is created. */
  readonly newUid: () => string;
  /** Unix milliseconds; only ever written into `creationTimestamp` and `deletionTimestamp`. */
  readonly wallMs: () => number;
  /** Namespaces that exist from the start; more come by POST. Default: `default` and `kube-system`. */
  readonly namespaces?: readonly string[];
  /** Events kept for watches that start in the past; an older start gets 410. Default 1000. */
  readonly historyLength?: number;
  /** The version before the first object. Default 0. */
  readonly firstVersion?: number;
}

/** A watch's start: `''` and `'0'` send what there is first; anything else what came after that version. */
export interface WatchOptions {
  readonly from: string;
  readonly bookmarks: boolean;
}

/** Everything that a store holds, for `restore`. */
export interface StoreSnapshot {
  readonly version: number;
  readonly objects: ReadonlyMap<string, ApiObject>;
}

export interface Store {
  /** The version of the newest change, as a list gives it. */
  version(): string;
  get(kind: Kind, namespace: string, name: string): Answer;
  list(kind: Kind, accepts: (object: ApiObject) => boolean): Answer;
  create(kind: Kind, namespace: string, body: Body): Answer;
  update(kind: Kind, namespace: string, name: string, body: Body): Answer;
  /** A merge patch (RFC 7386). */
  patch(kind: Kind, namespace: string, name: string, body: Body): Answer;
  remove(kind: Kind, namespace: string, name: string, preconditions?: Preconditions): Answer;
  watch(
    kind: Kind,
    accepts: (object: ApiObject) => boolean,
    options: WatchOptions,
    receiver: WatchReceiver,
  ): StoreWatch;
  /** Makes every version before the present one too old to watch from, as compaction does. */
  expireHistory(): void;
  /** Ends every watch, as a restart of the API does. */
  closeWatches(): void;
  snapshot(): StoreSnapshot;
  /** Goes back to a snapshot, version and all, as an etcd that was restored from a backup; watches end. */
  restore(snapshot: StoreSnapshot): void;
}

/** Above this etcd refuses the object. */
const objectLimitBytes = 1.5 * 1024 * 1024;

export function createStore(options: StoreOptions): Store {
  let version = options.firstVersion ?? 0;
  let objects = new Map<string, ApiObject>();
  const history = new History(options.historyLength ?? 1000, version);
  const now = (addSeconds = 0) => `${new Date(options.wallMs() + addSeconds * 1000).toISOString().slice(0, 19)}Z`;

  const find = (kind: Kind, namespace: string, name: string) => objects.get(keyOf(kind, namespace, name));

  /** Gives the object the next version, keeps it, and tells the watches. */
  function commit(kind: Kind, type: ObjectEvent['type'], object: ApiObject): ApiObject {
    version += 1;
    const metadata = inOrder({ ...object.metadata, resourceVersion: String(version) });
    const committed = deepFreeze({ ...object, metadata });
    const key = keyOf(kind, metadata.namespace ?? '', metadata.name);
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, committed);
    history.record(version, kind, { type, object: committed });
    return committed;
  }

  /** The order of the refusals is the real API's. */
  function insert(kind: Kind, namespace: string, object: ApiObject, method: 'POST' | 'PUT'): Answer {
    if (kind.namespaced && find(namespaces, '', namespace) === undefined) return notFound(namespaces, namespace);
    const { metadata } = object;
    const problems = creationProblems(kind, object);
    if (problems.length > 0) return invalid(kind, metadata.name, problems);
    // In a POST, a version that is no number counts as none, there as here; a PUT's was looked at before.
    if (method === 'POST' && (parseVersion(metadata.resourceVersion ?? '') ?? 0) !== 0) {
      return internalError('resourceVersion should not be set on objects to be created');
    }
    if (find(kind, namespace, metadata.name) !== undefined) return alreadyExists(kind, metadata.name);
    if (isTooLarge(object)) return internalError('etcdserver: request is too large');
    const { selfLink: _, deletionTimestamp: __, deletionGracePeriodSeconds: ___, ...given } = metadata;
    const system = { ...(kind.namespaced ? { namespace } : {}), uid: options.newUid(), creationTimestamp: now() };
    const first = { ...given, ...system, ...(kind === pods ? { generation: 1 } : {}), ...labelsOf(kind, metadata) };
    return { code: 201, body: commit(kind, 'ADDED', { ...object, ...defaultsOf(kind, object), metadata: first }) };
  }

  /** Replaces `current`, or answers why not; nothing changes when nothing differs. */
  function replace(kind: Kind, current: ApiObject, wanted: ApiObject): Answer {
    const name = current.metadata.name;
    const wantedVersion = parseVersion(wanted.metadata.resourceVersion ?? '');
    if (wantedVersion === null) return badVersion(wanted.metadata.resourceVersion ?? '');
    if (wantedVersion === 0 && !kind.unconditionalUpdate) return versionRequired(kind, name);
    if (wantedVersion !== 0 && String(wantedVersion) !== current.metadata.resourceVersion) {
      return versionConflict(kind, name);
    }
    // The status is not the writer's to change: that takes a subresource, which is not served.
    const status = current.status === undefined ? {} : { status: current.status };
    const updated = { ...wanted, ...status, metadata: { ...wanted.metadata, ...systemFields(current, wanted) } };
    const problems = updateProblems(kind, updated, current);
    if (problems.length > 0) return invalid(kind, name, problems);
    if (isTooLarge(updated)) return internalError('etcdserver: request is too large');
    if (sameJson(updated, current)) return { code: 200, body: current };
    if (isReleased(updated)) {
      commit(kind, 'DELETED', updated);
      return { code: 200, body: deepFreeze({ ...updated, metadata: inOrder(updated.metadata) }) };
    }
    return { code: 200, body: commit(kind, 'MODIFIED', updated) };
  }

  const store: Store = {
    version: () => String(version),

    get(kind, namespace, name) {
      const object = find(kind, namespace, name);
      return object === undefined ? notFound(kind, name) : { code: 200, body: object };
    },

    list(kind, accepts) {
      const items = [...objects.values()]
        .filter((object) => object.kind === kind.kind && accepts(object))
        .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
        // As there: the items of a list do not name their kind.
        .map(({ kind: _, apiVersion: __, ...item }) => item);
      const head = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind) };
      return { code: 200, body: { ...head, metadata: { resourceVersion: String(version) }, items } };
    },

    create(kind, namespace, body) {
      const decoded = decodeBody(kind, body);
      if (decoded.type !== 'ok') return undecodable(kind, decoded);
      const { metadata } = decoded.object;
      if (!namespaceMatches(metadata, namespace)) return badRequest(namespaceMismatch);
      return insert(kind, namespace, decoded.object, 'POST');
    },

    update(kind, namespace, name, body) {
      const decoded = decodeBody(kind, body);
      if (decoded.type !== 'ok') return undecodable(kind, decoded);
      const wanted = decoded.object;
      const misplaced = placeProblem(wanted.metadata, namespace, name);
      if (misplaced !== null) return badRequest(misplaced);
      const current = find(kind, namespace, name);
      if (current === undefined && !kind.createOnUpdate) return notFound(kind, name);
      const { uid = '' } = wanted.metadata;
      const currentUid = current?.metadata.uid ?? '';
      if (uid !== '' && uid !== currentUid) {
        return uidConflict(kind, placeOf(kind, namespace, name), name, uid, currentUid);
      }
      if (current !== undefined) return replace(kind, current, wanted);
      // The version that the request names is read, and then ignored: there is nothing to compare it with.
      if (parseVersion(wanted.metadata.resourceVersion ?? '') === null) {
        return badVersion(wanted.metadata.resourceVersion ?? '');
      }
      return insert(kind, namespace, wanted, 'PUT');
    },

    patch(kind, namespace, name, body) {
      const patch = parsePatch(body);
      if (patch.type === 'refused') return badRequest(patch.message);
      const current = find(kind, namespace, name);
      if (current === undefined) return notFound(kind, name);
      const patched = mergePatch(current, patch.value);
      const decoded = decodeObject(kind, patched);
      if (decoded.type !== 'ok') return invalidPatchResult(patched, decoded.message);
      const misplaced = placeProblem(decoded.object.metadata, namespace, name);
      if (misplaced !== null) return badRequest(misplaced);
      return replace(kind, current, decoded.object);
    },

    remove(kind, namespace, name, preconditions = {}) {
      const current = find(kind, namespace, name);
      if (current === undefined) return notFound(kind, name);
      const unmet = preconditionProblem(current.metadata, preconditions);
      if (unmet !== null) return preconditionFailed(kind, name, unmet);
      const graceSeconds = kind === pods ? graceOf(current, preconditions.gracePeriodSeconds) : 0;
      const finalizers = current.metadata.finalizers ?? [];
      if (kind === pods || finalizers.length > 0) {
        // Two steps, as there: marked (a MODIFIED event), then, when nothing holds it, gone.
        const marked = commit(kind, 'MODIFIED', {
          ...current,
          metadata: markDeleted(current, now(graceSeconds), graceSeconds),
        });
        if (!isReleased(marked)) return { code: 200, body: marked };
        return { code: 200, body: commit(kind, 'DELETED', marked) };
      }
      commit(kind, 'DELETED', current);
      const details = { ...resourceDetails(kind, name), uid: current.metadata.uid };
      return { code: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details } };
    },

    watch(kind, accepts, { from, bookmarks }, receiver) {
      const interest = { kind, accepts };
      const currentVersion = () => String(version);
      const start = from === '' ? 0 : parseVersion(from);
      if (start === null) throw new RangeError(`cannot watch from version ${from}: not a decimal number`);
      if (start !== 0) return history.watch(interest, start, receiver, currentVersion);
      const present = [...objects.values()].filter((object) => object.kind === kind.kind && accepts(object));
      const versionNow = version;
      const watch = history.watch(interest, versionNow, receiver, currentVersion);
      for (const object of present) receiver.event({ type: 'ADDED', object });
      if (bookmarks) receiver.event(bookmark(kind, String(versionNow), { 'k8s.io/initial-events-end': 'true' }));
      return watch;
    },

    expireHistory: () => history.expire(version),
    closeWatches: () => history.closeWatches(),
    snapshot: () => ({ version, objects: new Map(objects) }),
    restore(snapshot) {
      version = snapshot.version;
      objects = new Map(snapshot.objects);
      history.expire(version);
      history.closeWatches();
    },
  };

  for (const name of options.namespaces ?? ['default', 'kube-system']) {
    store.create(namespaces, '', JSON.stringify({ metadata: { name } }));
  }
  return store;
}

/** The version as a number; 0 for none; null when it is no decimal number. */
export function parseVersion(text: string): number | null {
  if (text === '') return 0;
  return /^\d+$/.test(text) ? Number(text) : null;
}

function undecodable(kind: Kind, decoded: Exclude<Decoded, { type: 'ok' }>): Answer {
  if (decoded.type === 'wrong') {
    return badRequest(
      `${decoded.kind} in version "${decoded.version}" cannot be handled as a ${kind.kind}: ${decoded.message}`,
    );
  }
  const why = `couldn't get version/kind; json parse error: ${decoded.message}`;
  return badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${why}`);
}

function badVersion(text: string): Answer {
  return internalError(`strconv.ParseUint: parsing "${text}": invalid syntax`);
}

function parsePatch(body: Body): { type: 'ok'; value: JsonObject } | { type: 'refused'; message: string } {
  if (typeof body !== 'string') return { type: 'ok', value: body };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { type: 'refused', message: 'invalid JSON patch' };
  }
  if (value === null) return { type: 'refused', message: 'Invalid JSON Patch' };
  if (typeof value === 'object' && !Array.isArray(value)) return { type: 'ok', value: value as JsonObject };
  const type = Array.isArray(value) ? 'array' : typeof value;
  const message = `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
  return { type: 'refused', message };
}

function isTooLarge(object: ApiObject): boolean {
  return mostBytes(object) > objectLimitBytes && Buffer.byteLength(JSON.stringify(object)) > objectLimitBytes;
}

/** It takes no more than this as JSON; quick, because hardly any object comes near the limit. */
function mostBytes(value: unknown): number {
  // An escape such as `\u0001` is the most that becomes of one character.
  if (typeof value === 'string') return 6 * value.length + 2;
  if (typeof value !== 'object' || value === null) return 25;
  let bytes = 2;
  const fields = value as JsonObject;
  for (const key in fields) bytes += 6 * key.length + 4 + mostBytes(fields[key]);
  return bytes;
}

function placeOf(kind: Kind, namespace: string, name: string): string {
  return kind.namespaced ? `${namespace}/${name}` : name;
}

function keyOf(kind: Kind, namespace: string, name: string): string {
  return `${kind.plural}/${placeOf(kind, namespace, name)}`;
}

function sortKey({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
