/**
 * The lock as a Go program has it: a cached object that is written back with a new record. Version 0.17 loses its cache
 * when a request fails; then a Lease can no longer be written, and writing a ConfigMap or Endpoints ends the process.
 */
import type { ApiAnswer } from '../../../src/lock/api.ts';
import { goJson, isJsonObject, type JsonObject } from '../../../src/lock/json.ts';
import { microTime, secondTime } from '../../../src/lock/wire-time.ts';
import type { Context } from './context.ts';
import type { Line } from './line.ts';
import { LOCK_NAME, LOCK_NAMESPACE, type Platform } from './platform.ts';

export type GoVersion = '0.17' | '0.37';

export interface GoRecord {
  readonly holder: string;
  readonly durationSeconds: number;
  readonly acquireTimeMs: number | null;
  readonly renewTimeMs: number | null;
  readonly transitions: number;
}

export type GoResult =
  | { readonly type: 'ok' }
  | { readonly type: 'missing' | 'conflict' | 'failed' }
  /** It never reached the network. */
  | { readonly type: 'unusable-cache' };

/** Ends the process: an assignment to an entry of a map that is nil. */
export class GoPanic extends Error {}

const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

export class GoLock {
  readonly #platform: Platform;
  readonly #line: Line;
  readonly #version: GoVersion;
  readonly #timeoutMs: number;
  #cached: JsonObject | 'emptied' | null = null;

  constructor(platform: Platform, line: Line, version: GoVersion, timeoutMs: number) {
    this.#platform = platform;
    this.#line = line;
    this.#version = version;
    this.#timeoutMs = timeoutMs;
  }

  async get(context: Context): Promise<GoResult & { readonly record?: GoRecord }> {
    const { resource } = this.#platform.codec;
    const answer = await this.#line.get(resource, LOCK_NAMESPACE, LOCK_NAME, this.#request(context));
    const result = this.#keep(answer);
    return answer.type === 'ok' ? { ...result, record: this.#read(answer.body) } : result;
  }

  async create(record: GoRecord, context: Context): Promise<GoResult> {
    const { resource } = this.#platform.codec;
    const { apiVersion, kind } = resource;
    const bare = { apiVersion, kind, metadata: { name: LOCK_NAME, namespace: LOCK_NAMESPACE } };
    const body = this.#withRecord(bare, record);
    return this.#keep(await this.#line.create(resource, LOCK_NAMESPACE, body, this.#request(context)));
  }

  async update(record: GoRecord, context: Context): Promise<GoResult> {
    if (this.#cached === null) return { type: 'unusable-cache' };
    if (this.#cached === 'emptied') {
      if (this.#platform.lockKind.kind !== 'Lease') throw new GoPanic('assignment to entry in nil map');
      return { type: 'unusable-cache' };
    }
    const { resource } = this.#platform.codec;
    const body = this.#withRecord(this.#cached, record);
    return this.#keep(await this.#line.update(resource, LOCK_NAMESPACE, LOCK_NAME, body, this.#request(context)));
  }

  #keep(answer: ApiAnswer): GoResult {
    if (answer.type === 'ok') {
      this.#cached = answer.body;
      return { type: 'ok' };
    }
    if (this.#version === '0.17') this.#cached = 'emptied';
    if (answer.type === 'failed') return { type: 'failed' };
    return { type: answer.code === 404 ? 'missing' : answer.code === 409 ? 'conflict' : 'failed' };
  }

  /** Version 0.17 hands no context on: what it has sent it waits for. */
  #request(context: Context) {
    const timeoutMs = this.#timeoutMs;
    return this.#version === '0.17' ? { timeoutMs } : { timeoutMs, signal: context.signal };
  }

  #read(object: JsonObject): GoRecord {
    const { record } = this.#platform.codec.decode(object);
    if (record === 'unreadable') throw new Error('a story with a record that no Go program reads');
    const ms = (text: string | null) => (text === null ? null : Date.parse(text));
    return {
      holder: record.holderIdentity,
      durationSeconds: record.leaseDurationSeconds ?? 0,
      acquireTimeMs: ms(record.acquireTime),
      renewTimeMs: ms(record.renewTime),
      transitions: record.leaseTransitions,
    };
  }

  #withRecord(object: JsonObject, record: GoRecord): JsonObject {
    const { holder, durationSeconds, transitions } = record;
    const onLease = this.#platform.lockKind.kind === 'Lease';
    const text = (ms: number | null) => (ms === null ? null : onLease ? microTime(ms) : secondTime(ms));
    const fields = {
      holderIdentity: holder,
      leaseDurationSeconds: durationSeconds,
      acquireTime: text(record.acquireTimeMs),
      renewTime: text(record.renewTimeMs),
    };
    if (onLease) return { ...object, spec: { ...fields, leaseTransitions: transitions } };
    const metadata = isJsonObject(object.metadata) ? object.metadata : {};
    const annotations = isJsonObject(metadata.annotations) ? metadata.annotations : {};
    const leader = goJson({ ...fields, leaderTransitions: transitions });
    return { ...object, metadata: { ...metadata, annotations: { ...annotations, [LEADER_ANNOTATION]: leader } } };
  }
}
