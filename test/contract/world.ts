/** The helper that builds what the contract's tests need: one target, one namespace, objects under fresh names. */
import assert from 'node:assert/strict';
import { apiVersionOf, type Kind, leases, pods, resourceName } from '../../src/dev/kinds.ts';
import { pathOfKind } from '../../src/dev/route.ts';
import type { JsonObject } from '../../src/dev/status.ts';
import type { ApiWatchEvent } from '../../src/lock/api.ts';
import type { ContractTarget, Headers, RawAnswer } from './target.ts';

/** Nobody's uid. */
export const strangeUid = '8a0d1a52-0000-4000-8000-000000000000';
export const mergePatchType: Headers = { 'content-type': 'application/merge-patch+json' };

export interface StoredObject extends JsonObject {
  readonly metadata: JsonObject & { readonly name: string; readonly uid: string; readonly resourceVersion: string };
}

/** The deciding parts of a `Status`, every one of them present. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details: { readonly name: string; readonly group: string; readonly kind: string };
}

export interface Seen {
  readonly events: readonly ApiWatchEvent[];
  /** Resolves when this many events have come; rejects after a while. */
  until(count: number): Promise<readonly ApiWatchEvent[]>;
  stop(): void;
}

export interface World {
  open(target: ContractTarget): Promise<void>;
  close(): Promise<void>;
  readonly target: ContractTarget;
  readonly namespace: string;
  freshName(): string;
  path(kind: Kind, name?: string): string;
  post(kind: Kind, body: unknown): Promise<RawAnswer>;
  put(kind: Kind, name: string, body: unknown): Promise<RawAnswer>;
  patch(kind: Kind, name: string, body: unknown, headers?: Headers): Promise<RawAnswer>;
  get(kind: Kind, name: string): Promise<RawAnswer>;
  remove(kind: Kind, name: string): Promise<RawAnswer>;
  /** Creates an object under a fresh name. */
  given(kind: Kind, metadata?: JsonObject, fields?: JsonObject): Promise<StoredObject>;
  /** The version of a list that selects the name: where a watch starts. */
  listVersion(kind: Kind, name: string): Promise<string>;
  watch(kind: Kind, name: string, from: string): Seen;
}

export function createWorld(): World {
  let opened: { target: ContractTarget; namespace: string } | null = null;
  let names = 0;
  const use = () => {
    if (opened === null) throw new Error('the target is not open yet');
    return opened;
  };
  const send = (method: string, path: string, body?: unknown, headers?: Headers) =>
    use().target.request(method, path, body, headers);

  const world: World = {
    async open(target) {
      opened = { target, namespace: await target.freshNamespace() };
    },
    close: async () => opened?.target.close(),
    get target() {
      return use().target;
    },
    get namespace() {
      return use().namespace;
    },
    freshName: () => `name-${++names}`,
    path: (kind, name = '') => pathOfKind(kind, use().namespace, name),
    post: (kind, body) => send('POST', world.path(kind), body),
    put: (kind, name, body) => send('PUT', world.path(kind, name), body),
    patch: (kind, name, body, headers = mergePatchType) => send('PATCH', world.path(kind, name), body, headers),
    get: (kind, name) => send('GET', world.path(kind, name)),
    remove: (kind, name) => send('DELETE', world.path(kind, name)),
    async given(kind, metadata = {}, fields = {}) {
      const answer = await world.post(kind, objectOf(kind, world.freshName(), metadata, fields));
      assert.equal(answer.status, 201, answer.text);
      return stored(answer);
    },
    async listVersion(kind, name) {
      const answer = await world.target.api.list(resourceOf(kind), world.namespace, name, { timeoutMs: 5000 });
      assert.equal(answer.type, 'ok');
      return (answer.type === 'ok' && String((answer.body.metadata as JsonObject).resourceVersion)) || '';
    },
    watch(kind, name, from) {
      const events: ApiWatchEvent[] = [];
      let wake = () => {};
      const tell = (event: ApiWatchEvent) => {
        events.push(event);
        wake();
      };
      const options = { from, timeoutSeconds: 30 };
      const watch = world.target.api.watch(resourceOf(kind), world.namespace, name, options, tell);
      return {
        events,
        stop: () => watch.stop(),
        until: (count) =>
          new Promise((resolve, reject) => {
            const late = () => reject(new Error(`expected ${count} events, got ${JSON.stringify(events)}`));
            const limit = setTimeout(late, 5000);
            wake = () => {
              if (events.length < count) return;
              clearTimeout(limit);
              resolve(events);
            };
            wake();
          }),
      };
    },
  };
  return world;
}

export function resourceOf(kind: Kind): { apiVersion: string; kind: string; plural: string } {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, plural: kind.plural };
}

/** The smallest object of the kind that the API takes. */
export function objectOf(kind: Kind, name: string, metadata: JsonObject = {}, fields: JsonObject = {}): JsonObject {
  const head = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name, ...metadata } };
  if (kind === leases) return { ...head, spec: { ...record, ...fields } };
  if (kind === pods)
    return { ...head, spec: { containers: [{ name: 'main', image: 'example.com/nothing' }] }, ...fields };
  return { ...head, ...fields };
}

/** A Lease's record. */
export const record = {
  holderIdentity: 'alice',
  leaseDurationSeconds: 10,
  acquireTime: '2026-11-01T00:00:00.000000Z',
  renewTime: '2026-11-01T00:00:00.000000Z',
  leaseTransitions: 0,
};

/** The object again with other metadata. */
export function withMetadata(object: StoredObject, metadata: JsonObject): JsonObject {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

/** The object, which must be one, without what the target may or may not keep account of. */
export function stored(answer: RawAnswer): StoredObject {
  const object = JSON.parse(answer.text);
  assert.ok(answer.status < 300, answer.text);
  delete object.metadata.managedFields;
  return object;
}

export function refusalOf(answer: RawAnswer): Refusal {
  const { kind, apiVersion, status, code, reason = '', message, details = {} } = JSON.parse(answer.text);
  assert.deepEqual(
    { kind, apiVersion, status, code },
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: answer.status },
  );
  return {
    code,
    reason,
    message,
    details: { name: details.name ?? '', group: details.group ?? '', kind: details.kind ?? '' },
  };
}

/** Asserts a refusal about an object of this kind, in the words that name the resource. */
export function assertRefused(answer: RawAnswer, kind: Kind, name: string, expected: Omit<Refusal, 'details'>): void {
  const details = { name, group: kind.group, kind: kind.plural };
  assert.deepEqual(refusalOf(answer), { ...expected, details });
}

export function assertNotFound(answer: RawAnswer, kind: Kind, name: string): void {
  const message = `${resourceName(kind)} "${name}" not found`;
  assertRefused(answer, kind, name, { code: 404, reason: 'NotFound', message });
}

/** Asserts a 400; those name nothing in their details. */
export function assertBadRequest(answer: RawAnswer, message: string | RegExp): void {
  const { message: actual, ...rest } = refusalOf(answer);
  assert.deepEqual(rest, { code: 400, reason: 'BadRequest', details: { name: '', group: '', kind: '' } });
  if (typeof message === 'string') assert.equal(actual, message);
  else assert.match(actual, message);
}

/** Asserts a 422 about this object; `problem` is what follows `is invalid: `. */
export function assertInvalid(answer: RawAnswer, kind: Kind, name: string, problem: string): void {
  const title = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  assert.deepEqual(refusalOf(answer), {
    code: 422,
    reason: 'Invalid',
    message: `${title} "${name}" is invalid: ${problem}`,
    details: { name, group: kind.group, kind: kind.kind },
  });
}

/** Is version `a` older than `b`? */
export function isOlder(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}
