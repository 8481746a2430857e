/**
 * The API of a rehearsal: another holds the lock, and releases it as soon as somebody watches; every Pod leads. Whatever
 * is written is taken for good.
 */
import type { Clock } from '../clock.ts';
import type { Config } from '../election/state.ts';
import { isJsonObject, type JsonObject } from '../lock/json.ts';
import type { RecordCodec } from '../lock/record-codec.ts';
import { STATUS_LABEL, STATUS_LEADER } from '../outlets/label-names.ts';
import { statusOf } from '../outlets/pods.ts';
import type { Answer, Question } from './wire.ts';

export const NAMESPACE = 'nowhere';
export const NAME = 'rehearsal';
const ANOTHER = 'another';

export class Stage {
  readonly asked: string[] = [];
  /** Resolves when a Pod is labelled `leader`. */
  readonly labelled: Promise<void>;
  readonly #config: Config;
  readonly #codec: RecordCodec;
  readonly #clock: Clock;
  #version = 0;
  #label: () => void = () => {};

  constructor(config: Config, codec: RecordCodec, clock: Clock) {
    this.#config = config;
    this.#codec = codec;
    this.#clock = clock;
    this.labelled = new Promise((resolve) => {
      this.#label = resolve;
    });
  }

  readonly answer = ({ method, path, body }: Question): Answer => {
    const { apiVersion, kind, plural } = this.#codec.resource;
    const isPod = path.includes('/pods/');
    const isWatch = path.includes('watch=true');
    this.asked.push(`${isWatch ? 'WATCH' : method} ${isPod ? 'pods' : plural}`);
    if (isWatch) return { stream: [{ type: 'MODIFIED', object: this.#lockOf('') }] };
    if (isPod) return { object: this.#pod(method === 'PATCH' ? body : null) };
    if (method !== 'GET') return { object: this.#stored(body) };
    const items = [this.#lockOf(ANOTHER)];
    return { object: { apiVersion, kind: `${kind}List`, metadata: { resourceVersion: String(this.#version) }, items } };
  };

  #pod(patch: JsonObject | null): JsonObject {
    if (patch === null) {
      return { metadata: { uid: ANOTHER, resourceVersion: '1', labels: { [STATUS_LABEL]: STATUS_LEADER } } };
    }
    if (statusOf(patch) === STATUS_LEADER) this.#label();
    return patch;
  }

  /** The lock as another member leaves it. */
  #lockOf(holderIdentity: string): JsonObject {
    const { leaseDurationSeconds } = this.#config.timings;
    const { wallMs } = this.#clock.now();
    const times = { acquireTimeMs: wallMs, renewTimeMs: wallMs };
    const record = { holderIdentity, leaseDurationSeconds, leaseTransitions: 0, ...times };
    const pod = { podName: ANOTHER, podNamespace: this.#config.pod.namespace, podUid: ANOTHER };
    const attempt = this.#version + 1;
    const seal = { ...pod, processId: ANOTHER, attempt, leaseDurationSeconds, released: holderIdentity === '' };
    return this.#stored(this.#codec.encode(null, { record, seal }));
  }

  #stored(object: object): JsonObject {
    const { metadata, ...rest } = object as JsonObject;
    this.#version += 1;
    const given = isJsonObject(metadata) ? metadata : {};
    const identity = { namespace: NAMESPACE, name: NAME, uid: NAME, resourceVersion: String(this.#version) };
    return { ...rest, metadata: { ...given, ...identity } };
  }
}
