/**
 * Goes through a hand-over against an API of its own: sees a release, takes the lock, labels the Pods, gives the lock up.
 * Nothing comes of it but that all this code has run, down to the bytes of HTTP. Code that has not is compiled when it
 * is first called, and a standby would do that at the very moment when nobody leads: it takes as long as one of the
 * requests.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Config } from '../election/state.ts';
import { Participant } from '../elector/participant.ts';
import { noWork } from '../elector/work.ts';
import { KubeClient } from '../kube/client.ts';
import { ObjectLock } from '../lock/object-lock.ts';
import type { RecordCodec } from '../lock/record-codec.ts';
import { silentLogger } from '../logger.ts';
import { PodLabel } from '../outlets/pod-label.ts';
import { NAME, NAMESPACE, Stage } from './stage.ts';
import { connectToSelf } from './wire.ts';

/** A rehearsal takes milliseconds. One that fails, however that may be, must not go on beside the election. */
const LIMIT_MS = 5_000;

export interface RehearsalOptions {
  readonly config: Config;
  readonly codec: RecordCodec;
  readonly clock: Clock;
}

/** Resolves to what was asked of that API, in order. Nothing leaves this process, nothing is logged. Linux only. */
export async function rehearse({ config, codec, clock }: RehearsalOptions): Promise<readonly string[]> {
  const stage = new Stage(config, codec, clock);
  const wire = await connectToSelf(stage.answer);
  const api = new KubeClient({ connection: wire.connection, clock, version: 'rehearsal' });
  const label = new PodLabel({
    api,
    clock,
    logger: silentLogger,
    pod: config.pod,
    isLeading: () => participant.view().isLeading,
  });
  const participant: Participant = new Participant({
    config: { ...config, processId: randomUUID(), releaseDelayMs: 0, canKillWork: false },
    lock: new ObjectLock(api, codec, NAMESPACE, NAME),
    clock,
    random: () => 0,
    work: noWork(),
    labelStandby: (timeoutMs) => label.standbyOnce(timeoutMs),
    onChange: () => label.onView(participant.view()),
  });
  const enough = Promise.withResolvers<void>();
  const limit = clock.setTimer(LIMIT_MS, enough.resolve);
  void stage.labelled.then(enough.resolve);
  participant.start();
  await enough.promise;
  limit.cancel();
  participant.giveUp('rehearsed', true);
  await participant.ended;
  label.stop();
  api.close();
  wire.close();
  return stage.asked;
}
