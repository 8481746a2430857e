/**
 * A lock in one object of the API: turns answers into outcomes and back. It decides nothing about leading and keeps
 * nothing between calls. What an answer proves is judged strictly here (rules 12, 13, 16): whatever is not proof is
 * `unknown`, because the election survives doubt, but not a wrong certainty.
 */
import type { LockWrite, Observed } from '../election/record.ts';
import type { Api, ApiAnswer, ApiWatch, ApiWatchEvent } from './api.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import type { Lock, LockWatch, LockWatchEvent, ReadOutcome, RequestOptions, WriteOutcome } from './lock.ts';
import type { RecordCodec } from './record-codec.ts';

/** With a `Status` body these prove that a write was not applied. A proxy's page proves nothing. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 413, 422, 429]);

export class ObjectLock implements Lock {
  readonly path: string;
  readonly #api: Api;
  readonly #codec: RecordCodec;
  readonly #namespace: string;
  readonly #name: string;

  constructor(api: Api, codec: RecordCodec, namespace: string, name: string) {
    this.path = `${codec.resource.plural}/${namespace}/${name}`;
    this.#api = api;
    this.#codec = codec;
    this.#namespace = namespace;
    this.#name = name;
  }

  async get(options: RequestOptions): Promise<ReadOutcome> {
    const answer = await this.#api.get(this.#codec.resource, this.#namespace, this.#name, options);
    if (answer.type !== 'ok') return this.#readFailure(answer);
    const sight = this.#sight(answer.body);
    return typeof sight === 'string' ? { type: 'failed', message: sight } : { type: 'found', observed: sight };
  }

  async list(options: RequestOptions): Promise<ReadOutcome> {
    const answer = await this.#api.list(this.#codec.resource, this.#namespace, this.#name, options);
    // A list names no object, so that its 404 says nothing about this one.
    if (answer.type !== 'ok') return readFailure(answer);
    return this.#readList(answer.body);
  }

  async write({ on, record, seal }: LockWrite, options: RequestOptions): Promise<WriteOutcome> {
    const { resource } = this.#codec;
    const body = this.#codec.encode(on !== null && isJsonObject(on.raw) ? on.raw : null, { record, seal });
    const addressed = { ...body, metadata: this.#metadata(body, on) };
    const answer =
      on === null
        ? await this.#api.create(resource, this.#namespace, addressed, options)
        : await this.#api.update(resource, this.#namespace, this.#name, addressed, options);
    return this.#writeOutcome(answer);
  }

  watch(from: string, timeoutSeconds: number, onEvent: (event: LockWatchEvent) => void): LockWatch {
    let over = false;
    let inner: ApiWatch | null = null;
    const stop = () => {
      over = true;
      inner?.stop();
    };
    const receive = (event: ApiWatchEvent) => {
      if (over) return;
      const seen = this.#watchEvent(event);
      if (seen === null) return;
      // An unusable event ends the watch from this side.
      if (seen.type === 'end') stop();
      onEvent(seen);
    };
    inner = this.#api.watch(this.#codec.resource, this.#namespace, this.#name, { from, timeoutSeconds }, receive);
    if (over) inner.stop();
    return { stop };
  }

  /**
   * A create bears neither uid nor version, an update both (rule 10): without the uid, a late update would recreate a
   * lock that was deleted meanwhile.
   */
  #metadata(body: JsonObject, on: Observed | null): JsonObject {
    const kept = isJsonObject(body.metadata) ? body.metadata : {};
    const named = { ...kept, name: this.#name, namespace: this.#namespace };
    return on === null ? named : { ...named, uid: on.uid, resourceVersion: on.version };
  }

  #readList(body: JsonObject): ReadOutcome {
    const { kind, apiVersion } = this.#codec.resource;
    const metadata = body.metadata;
    const items = body.items === null ? [] : body.items;
    if (body.kind !== `${kind}List` || body.apiVersion !== apiVersion) return failed(`the answer is no ${kind}List`);
    if (!isJsonObject(metadata) || !isVersion(metadata.resourceVersion)) return failed('the list has no version');
    if (!Array.isArray(items)) return failed('the list has no items');
    // A server that passes over the selector answers with its neighbours too, perhaps in pages.
    const mine = items.find((item) => this.#isNamed(item));
    const watchFrom = metadata.resourceVersion;
    if (mine === undefined) {
      return metadata.continue ? failed('the list is not complete') : { type: 'missing', watchFrom };
    }
    // Items of a list lack the kind, which the list itself has.
    const sight = this.#sight({ kind, apiVersion, ...mine });
    return typeof sight === 'string' ? failed(sight) : { type: 'found', observed: sight, watchFrom };
  }

  #writeOutcome(answer: ApiAnswer): WriteOutcome {
    if (answer.type === 'failed') return { type: 'unknown', message: answer.message };
    if (answer.type === 'ok') {
      const applied = answer.code === 200 || answer.code === 201;
      const sight = applied ? this.#sight(answer.body) : `an answer ${answer.code} to a write`;
      return typeof sight === 'string' ? { type: 'unknown', message: sight } : { type: 'done', observed: sight };
    }
    if (answer.code === 409) return { type: 'conflict' };
    if (this.#isMissing(answer)) return { type: 'missing' };
    const detail = { message: describe(answer), ...retryAfter(answer) };
    return answer.status !== null && REFUSALS.has(answer.code)
      ? { type: 'refused', code: answer.code, ...detail }
      : { type: 'unknown', ...detail };
  }

  #readFailure(answer: Exclude<ApiAnswer, { type: 'ok' }>): ReadOutcome {
    return answer.type === 'error' && this.#isMissing(answer) ? { type: 'missing' } : readFailure(answer);
  }

  /** A 404 counts only when it names this very object: a wrong path, a proxy, a missing namespace do not. */
  #isMissing({ code, status }: ErrorAnswer): boolean {
    return (
      code === 404 &&
      status?.reason === 'NotFound' &&
      status.details.name === this.#name &&
      status.details.kind === this.#codec.resource.plural
    );
  }

  /** Null: nothing about this lock. */
  #watchEvent(event: ApiWatchEvent): LockWatchEvent | null {
    switch (event.type) {
      case 'BOOKMARK':
        return isVersion(event.version) ? { type: 'bookmark', version: event.version } : null;
      case 'END':
        return { type: 'end', reason: endReason(event.code), message: event.message };
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED': {
        if (isNamed(event.object) && !this.#isNamed(event.object)) return null;
        const sight = this.#sight(event.object);
        if (typeof sight === 'string') return { type: 'end', reason: 'failed', message: sight };
        return event.type === 'DELETED'
          ? { type: 'gone', version: sight.version }
          : { type: 'present', observed: sight };
      }
    }
  }

  /** The sight of this lock that an object is, or why it is none. */
  #sight(object: JsonObject): Observed | string {
    const { resource } = this.#codec;
    if (object.kind !== resource.kind || object.apiVersion !== resource.apiVersion) {
      return `expected a ${resource.kind} of ${resource.apiVersion}, got ${kindOf(object)}`;
    }
    if (!this.#isNamed(object)) return `the answer is not about ${this.path}`;
    const { uid, resourceVersion } = object.metadata;
    if (typeof uid !== 'string' || uid === '') return `${this.path} came without a uid`;
    if (!isVersion(resourceVersion)) return `${this.path} came without a usable resourceVersion`;
    return { uid, version: resourceVersion, ...this.#codec.decode(object), raw: object };
  }

  #isNamed(object: unknown): object is JsonObject & { readonly metadata: JsonObject } {
    return isNamed(object) && object.metadata.name === this.#name && object.metadata.namespace === this.#namespace;
  }
}

type ErrorAnswer = Extract<ApiAnswer, { type: 'error' }>;

interface Named {
  readonly metadata: { readonly name: string; readonly namespace: string };
}

function isNamed(object: unknown): object is JsonObject & Named {
  if (!isJsonObject(object) || !isJsonObject(object.metadata)) return false;
  const { name, namespace } = object.metadata;
  return typeof name === 'string' && typeof namespace === 'string';
}

const LONGEST_KIND = 63;

function kindOf({ kind }: JsonObject): string {
  return typeof kind === 'string' ? `kind ${JSON.stringify(kind.slice(0, LONGEST_KIND))}` : 'an object without a kind';
}

/** Versions are ordered by length, then by text: that holds for decimal numbers without leading zeros only. */
function isVersion(value: unknown): value is string {
  return typeof value === 'string' && /^(0|[1-9][0-9]*)$/.test(value);
}

function readFailure(answer: Exclude<ApiAnswer, { type: 'ok' }>): ReadOutcome {
  if (answer.type === 'failed') return failed(answer.message);
  if (answer.code === 403 && answer.status !== null) return { type: 'forbidden', message: describe(answer) };
  return { type: 'failed', message: describe(answer), ...retryAfter(answer) };
}

function failed(message: string): ReadOutcome {
  return { type: 'failed', message };
}

/** The API's own words where there are any. */
function describe({ code, message, status }: ErrorAnswer): string {
  return status === null
    ? `${code} from something that is not the Kubernetes API: ${message}`
    : `${code} ${status.message}`;
}

function retryAfter({ retryAfterMs }: ErrorAnswer): { readonly retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

function endReason(code: number): 'ended' | 'expired' | 'forbidden' | 'failed' {
  if (code === 200) return 'ended';
  if (code === 410) return 'expired';
  return code === 403 ? 'forbidden' : 'failed';
}
