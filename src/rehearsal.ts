/**
 * Goes through a hand-over in memory: sees a release, takes the lock, labels the Pods, gives the lock up. Nothing comes
 * of it but that all this code has run once. Code that has not is compiled when it is first called, and a standby would
 * do that at the very moment when nobody leads: it takes as long as one of the requests.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Config } from './election/state.ts';
import { Participant } from './elector/participant.ts';
import { noWork } from './elector/work.ts';
import type { Api, ApiAnswer, ApiWatch, ApiWatchEvent, Resource } from './lock/api.ts';
import { isJsonObject, type JsonObject } from './lock/json.ts';
import { ObjectLock } from './lock/object-lock.ts';
import type { RecordCodec } from './lock/record-codec.ts';
import { silentLogger } from './logger.ts';
import { STATUS_LABEL, STATUS_LEADER } from './outlets/label-names.ts';
import { PodLabel } from './outlets/pod-label.ts';
import { statusOf } from './outlets/pods.ts';

export interface RehearsalOptions {
  readonly config: Config;
  readonly codec: RecordCodec;
  readonly clock: Clock;
}

/** Resolves to what was asked of the API that is not there, in order. Sends nothing, logs nothing. */
export async function rehearse({ config, codec, clock }: RehearsalOptions): Promise<readonly string[]> {
  const stage = new Stage(config, codec, clock);
  const label = new PodLabel({
    api: stage,
    clock,
    logger: silentLogger,
    pod: config.pod,
    isLeading: () => participant.view().isLeading,
  });
  const participant: Participant = new Participant({
    config: { ...config, processId: randomUUID(), releaseDelayMs: 0, canKillWork: false },
    lock: new ObjectLock(stage, codec, NAMESPACE, NAME),
    clock,
    random: () => 0,
    work: noWork(),
    labelStandby: (timeoutMs) => label.standbyOnce(timeoutMs),
    onChange: () => {
      const view = participant.view();
      if (view.phase !== 'stopping') label.onView(view);
    },
  });
  participant.start();
  await stage.labelled;
  participant.giveUp('rehearsed', true);
  await participant.ended;
  label.stop();
  return stage.asked;
}

const NAMESPACE = 'nowhere';
const NAME = 'rehearsal';
const ANOTHER = 'another';

/** An API in which another holds the lock, and releases it as soon as somebody watches. Every Pod leads there. */
class Stage implements Api {
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

  async list({ apiVersion, kind, plural }: Resource): Promise<ApiAnswer> {
    this.asked.push(`list ${plural}`);
    const items = [this.#lockOf(ANOTHER)];
    const metadata = { resourceVersion: String(this.#version) };
    return ok({ apiVersion, kind: `${kind}List`, metadata, items });
  }

  watch(
    { plural }: Resource,
    _namespace: string,
    _name: string,
    _options: object,
    onEvent: (event: ApiWatchEvent) => void,
  ): ApiWatch {
    this.asked.push(`watch ${plural}`);
    queueMicrotask(() => onEvent({ type: 'MODIFIED', object: this.#lockOf('') }));
    return { stop() {} };
  }

  async create({ plural }: Resource, _namespace: string, body: object): Promise<ApiAnswer> {
    this.asked.push(`create ${plural}`);
    return ok(this.#stored(body));
  }

  async update({ plural }: Resource, _namespace: string, _name: string, body: object): Promise<ApiAnswer> {
    this.asked.push(`update ${plural}`);
    return ok(this.#stored(body));
  }

  async get({ plural }: Resource): Promise<ApiAnswer> {
    this.asked.push(`get ${plural}`);
    const metadata = { uid: ANOTHER, resourceVersion: '1', labels: { [STATUS_LABEL]: STATUS_LEADER } };
    return ok({ metadata });
  }

  async patch({ plural }: Resource, _namespace: string, _name: string, body: object): Promise<ApiAnswer> {
    this.asked.push(`patch ${plural}`);
    const pod = { ...body };
    if (statusOf(pod) === STATUS_LEADER) this.#label();
    return ok(pod);
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

function ok(body: JsonObject): ApiAnswer {
  return { type: 'ok', code: 200, body };
}
