/**
 * Keeps the label of this Pod in line with its role, and on winning puts right the one that the former leader could
 * not (rules 18d, 32). One request at a time; the latest role wins; what failed is tried again until the cluster
 * agrees. It never holds up the election: only `standbyOnce` is waited for, and that has a limit.
 *
 * A label follows leadership and does not prove it: between a lapse and the next patch that gets through, it lies.
 */
import type { Timer } from '../clock.ts';
import type { FormerLeader, View } from '../election/view.ts';
import { type ApiAnswer, saysRightIsMissing } from '../lock/api.ts';
import type { LogFields } from '../logger.ts';
import { FormerPod } from './former-pod.ts';
import { STATUS_LABEL, STATUS_LEADER, STATUS_STANDBY, TOKEN_ANNOTATION } from './label-names.ts';
import { backoffMs, describeAnswer, PODS, type PodLabelOptions, podPath, statusOf } from './pods.ts';

type Role =
  | { readonly type: 'standby' }
  | { readonly type: 'leader'; readonly version: string; readonly former: FormerLeader | null };

type Outcome =
  | { readonly type: 'agreed' }
  /** Not attempted: the role is not wanted any more. */
  | { readonly type: 'superseded' }
  | { readonly type: 'failed'; readonly retryInMs: number };

interface Attempt {
  readonly abort: AbortController;
  /** Begun for the one who waits in `standbyOnce`. */
  readonly hurried: boolean;
}

const STANDBY: Role = { type: 'standby' };

const REQUEST_BUDGET_MS = 5_000;
/** Where mostly only a person can help: a missing right, a Pod that is not there. The first retries come sooner. */
const SLOW_RETRY_MS = 60_000;
/** The API server gives up a request after this long: a patch without an answer cannot come later. */
const SETTLED_AFTER_MS = 60_000;

export class PodLabel {
  readonly #options: PodLabelOptions;
  readonly #former: FormerPod;
  /** Null until the start. */
  #wanted: Role | null = null;
  /** What the cluster said last; null while not known. */
  #agreed: Role | null = null;
  #attempt: Attempt | null = null;
  /** The next retry, or the confirmation of what is agreed. */
  #timer: Timer | null = null;
  #failures = 0;
  /** A patch went without an answer, so it may be applied after later ones. */
  #unsettled = false;
  #hurry: { readonly endsAtMonoMs: number; readonly done: () => void } | null = null;
  /** Winning role whose former leader has been seen to. */
  #relieved: Role | null = null;
  /** The trouble that was said last; what goes on is not said again. */
  #said = '';
  #stopped = false;

  constructor(options: PodLabelOptions) {
    this.#options = options;
    this.#former = new FormerPod(options);
  }

  /** Begins with `standby`, in the background. */
  start(): void {
    if (this.#wanted === null) this.#want(STANDBY);
  }

  /** While work stops, the label waits for it; the election says when, by `standbyOnce` (rule 18). */
  onView({ phase, isLeading, token, former }: View): void {
    if (phase === 'stopping') return;
    if (!isLeading || token === null) this.#want(STANDBY);
    else this.#want({ type: 'leader', version: token.version, former });
  }

  /**
   * One attempt at `standby`, whatever it answers; resolves within `timeoutMs`. A request that is under way has half
   * of that to end, so that the two are applied in order; then it is given up.
   */
  async standbyOnce(timeoutMs: number): Promise<void> {
    const agreed = this.#attempt === null && this.#agreed === STANDBY && !this.#unsettled;
    if (this.#stopped || agreed) {
      this.#want(STANDBY);
      return;
    }
    const { clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#attempt;
    const timers = [
      clock.setTimer(timeoutMs / 2, () => before?.abort.abort()),
      clock.setTimer(timeoutMs, () => this.#hurry?.done()),
    ];
    this.#hurry?.done();
    this.#hurry = {
      endsAtMonoMs: clock.now().monoMs + timeoutMs,
      done: () => {
        for (const timer of timers) timer.cancel();
        this.#hurry = null;
        resolve();
      },
    };
    this.#agreed = null;
    this.#want(STANDBY);
    this.#kick();
    await promise;
  }

  /** Sends nothing any more. The label stays as it is. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#former.cancel();
    this.#attempt?.abort.abort();
    this.#hurry?.done();
  }

  #want(role: Role): void {
    if (this.#wanted !== null && sameRole(this.#wanted, role)) return;
    this.#wanted = role;
    this.#former.cancel();
    this.#failures = 0;
    this.#kick();
  }

  #kick(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#attempt === null) void this.#reconcile();
  }

  async #reconcile(): Promise<void> {
    while (!this.#stopped && this.#wanted !== null && this.#wanted !== this.#agreed) {
      const role = this.#wanted;
      const attempt: Attempt = { abort: new AbortController(), hurried: this.#hurry !== null };
      this.#attempt = attempt;
      const outcome = await this.#apply(role, attempt.abort.signal);
      this.#attempt = null;
      if (this.#stopped) return;
      this.#agreed = outcome.type === 'agreed' ? role : null;
      if (attempt.hurried || this.#agreed === STANDBY) this.#hurry?.done();
      if (outcome.type === 'failed' && this.#wanted === role && this.#hurry === null) {
        this.#timer = this.#options.clock.setTimer(outcome.retryInMs, () => this.#kick());
        return;
      }
    }
    if (this.#unsettled) this.#confirmLater();
  }

  /** Repeats what is agreed once no earlier patch can be applied any more: it changes nothing, or puts it right. */
  #confirmLater(): void {
    this.#timer = this.#options.clock.setTimer(SETTLED_AFTER_MS, () => {
      this.#unsettled = false;
      this.#agreed = null;
      this.#kick();
    });
  }

  async #apply(role: Role, signal: AbortSignal): Promise<Outcome> {
    if (role.type === 'standby') return this.#setOwn(role, signal);
    if (!this.#isCurrent(role)) return { type: 'superseded' };
    if (role.former !== null && this.#relieved !== role) {
      this.#relieved = role;
      await this.#former.relieve(role.former);
      if (!this.#isCurrent(role)) return { type: 'superseded' };
    }
    const outcome = await this.#setOwn(role, signal);
    this.#isCurrent(role);
    return outcome;
  }

  /** Is this still the role? Leading is asked for anew: no label says `leader` because of a view from before a pause. */
  #isCurrent(role: Role): boolean {
    if (this.#wanted === role && !this.#options.isLeading()) this.#wanted = STANDBY;
    return this.#wanted === role;
  }

  async #setOwn(role: Role, signal: AbortSignal): Promise<Outcome> {
    const { api, clock, logger, pod } = this.#options;
    const leftMs = (this.#hurry?.endsAtMonoMs ?? Number.POSITIVE_INFINITY) - clock.now().monoMs;
    const timeoutMs = Math.max(1, Math.min(REQUEST_BUDGET_MS, leftMs));
    const status = role.type === 'leader' ? STATUS_LEADER : STATUS_STANDBY;
    const metadata = {
      ...(pod.uid === '' ? {} : { uid: pod.uid }),
      labels: { [STATUS_LABEL]: status },
      // A new token each term always moves the Pod's version: a late patch of another node, upon an older one, fails.
      ...(role.type === 'leader' ? { annotations: { [TOKEN_ANNOTATION]: role.version } } : {}),
    };
    const answer = await api.patch(PODS, pod.namespace, pod.name, { metadata }, { timeoutMs, signal });
    if (this.#stopped) return { type: 'superseded' };
    if (answer.type === 'ok' && statusOf(answer.body) === status) {
      logger.info('Pod label set', { pod: podPath(pod), status });
      this.#said = '';
      this.#failures = 0;
      return { type: 'agreed' };
    }
    if (answer.type === 'failed' || (answer.type === 'error' && answer.code >= 500)) this.#unsettled = true;
    return { type: 'failed', retryInMs: this.#retryInMs(answer, status) };
  }

  /** Says once what is wrong, and how long to wait. */
  #retryInMs(answer: ApiAnswer, status: string): number {
    const fields = { pod: podPath(this.#options.pod), status, error: describeAnswer(answer) };
    const code = answer.type === 'error' && answer.status !== null ? answer.code : 0;
    switch (code) {
      case 403:
        if (saysRightIsMissing(fields.error)) {
          this.#warnOnce('cannot keep the Pod label: grant patch on pods', { ...fields, missing: 'patch pods' });
        } else this.#warnOnce('cannot keep the Pod label: the API forbids it', fields);
        return backoffMs(this.#failures++, SLOW_RETRY_MS);
      case 404:
        this.#warnOnce(
          'cannot keep the Pod label: no such Pod; check its name and namespace, or set -pod-label=false',
          fields,
        );
        return backoffMs(this.#failures++, SLOW_RETRY_MS);
      case 422:
        this.#warnOnce('cannot keep the Pod label: refused by a policy, or another Pod has this name now', fields);
        return backoffMs(this.#failures++, SLOW_RETRY_MS);
      default:
        this.#warnOnce('cannot set the Pod label for now, trying again', fields);
        return Math.max(backoffMs(this.#failures++), (answer.type === 'error' && answer.retryAfterMs) || 0);
    }
  }

  #warnOnce(message: string, fields: LogFields): void {
    if (this.#said !== message) this.#options.logger.warn(message, fields);
    this.#said = message;
  }
}

function sameRole(a: Role, b: Role): boolean {
  if (a.type === 'standby' || b.type === 'standby') return a.type === b.type;
  return a.version === b.version;
}
