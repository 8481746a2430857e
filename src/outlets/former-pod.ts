/**
 * Puts right the label of the Pod that led before and could not do so itself: crashed, cut off, killed. Only a Pod
 * that shows `leader` is touched, only while this node leads, and only in the version that showed it: a late patch
 * cannot hit a Pod that leads again. Pods are never listed, because other elections use the same label.
 */
import type { Timer } from '../clock.ts';
import { namespaceProblem, objectNameProblem } from '../config/names.ts';
import type { FormerLeader } from '../election/view.ts';
import { STATUS_LABEL, STATUS_LEADER, STATUS_STANDBY } from './label-names.ts';
import {
  backoffMs,
  describeAnswer,
  metadataOf,
  PODS,
  type PodLabelOptions,
  type PodRef,
  podPath,
  statusOf,
} from './pods.ts';

/** For reading and patching together: the own label waits that long at most. */
const ATTEMPT_BUDGET_MS = 2_000;

export class FormerPod {
  readonly #options: PodLabelOptions;
  #timer: Timer | null = null;
  /** Of the present call; aborted when it is cancelled. */
  #abort = new AbortController();
  #saidForbidden = false;

  constructor(options: PodLabelOptions) {
    this.#options = options;
  }

  /** Resolves after the first attempt; where that failed, others follow until the cluster agrees or `cancel`. */
  async relieve(former: FormerLeader): Promise<void> {
    this.cancel();
    this.#abort = new AbortController();
    const own = this.#options.pod;
    const pod = { namespace: former.podNamespace || own.namespace, name: former.podName, uid: former.podUid };
    // The seal is text that anybody may have written, and so is a holder's identity: perhaps no Pod has such a name.
    if (objectNameProblem(pod.name) !== null || namespaceProblem(pod.namespace) !== null) return;
    if (podPath(pod) === podPath(own)) return;
    await this.#attempt(pod, this.#abort.signal, 0);
  }

  /** Also gives up a request that is under way. */
  cancel(): void {
    this.#abort.abort();
    this.#timer?.cancel();
  }

  async #attempt(pod: PodRef, signal: AbortSignal, failures: number): Promise<void> {
    const problem = await this.#toStandby(pod, signal);
    if (problem === null || signal.aborted) return;
    const { clock, logger } = this.#options;
    const fields = { pod: podPath(pod), error: problem };
    if (failures === 0) logger.warn('cannot put right the label of the former leader for now, trying again', fields);
    this.#timer = clock.setTimer(backoffMs(failures), () => void this.#attempt(pod, signal, failures + 1));
  }

  /** Null when nothing is left to do, else what to try again for. */
  async #toStandby(pod: PodRef, signal: AbortSignal): Promise<string | null> {
    const { api, clock, logger, isLeading } = this.#options;
    if (!isLeading()) return null;
    const endsAtMonoMs = clock.now().monoMs + ATTEMPT_BUDGET_MS;
    const { namespace, name } = pod;
    const found = await api.get(PODS, namespace, name, { timeoutMs: ATTEMPT_BUDGET_MS, signal });
    // While this node leads, `leader` on another's Pod is known to be wrong; afterwards nothing is known.
    if (signal.aborted || !isLeading()) return null;
    if (found.type === 'error' && found.code === 403) return this.#forbidden('get', pod, describeAnswer(found));
    if (found.type === 'error' && found.code === 404) return null;
    if (found.type !== 'ok') return describeAnswer(found);
    const { uid, resourceVersion } = metadataOf(found.body);
    if (statusOf(found.body) !== STATUS_LEADER || uid === undefined || resourceVersion === undefined) return null;
    if (pod.uid !== '' && pod.uid !== uid) return null;

    const metadata = { uid, resourceVersion, labels: { [STATUS_LABEL]: STATUS_STANDBY } };
    const timeoutMs = Math.max(1, endsAtMonoMs - clock.now().monoMs);
    const answer = await api.patch(PODS, namespace, name, { metadata }, { timeoutMs, signal });
    if (answer.type === 'error' && answer.code === 403) return this.#forbidden('patch', pod, describeAnswer(answer));
    if (answer.type === 'error' && answer.code === 404) return null;
    if (answer.type !== 'ok') return describeAnswer(answer);
    logger.info('Pod label of the former leader set', { pod: podPath(pod), status: STATUS_STANDBY });
    return null;
  }

  /** Trying again does not help. Said once. */
  #forbidden(verb: string, pod: PodRef, error: string): null {
    const fields = { pod: podPath(pod), missing: `${verb} pods`, error };
    if (!this.#saidForbidden) {
      this.#options.logger.warn('cannot put right the label of the former leader: a right is missing', fields);
    }
    this.#saidForbidden = true;
    return null;
  }
}
