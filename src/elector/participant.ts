/**
 * The shell around the election: turns its effects into requests, timers and work, and their answers into events. It
 * decides nothing, and keeps nothing but what is under way.
 */
import type { Clock, Timer } from '../clock.ts';
import { initialState, step } from '../election/election.ts';
import { shownLeader } from '../election/leading.ts';
import type { Config, Effect, Event, Report, State } from '../election/state.ts';
import { isLeading, type View, viewOf } from '../election/view.ts';
import type { Lock, LockWatch } from '../lock/lock.ts';
import type { Work } from './work.ts';

/** A Pod-wide proof whose name is taken is tried again after this (rule 25). */
const PROOF_RETRY_MS = 500;

/**
 * Timers stand still while the machine is suspended. So that a leader's work hears soon after that its time is over, and
 * not with the next renewal, a leader wakes this often at least. A standby does not.
 */
const LEADER_WAKES_MS = 1_000;

export interface ParticipantOptions {
  readonly config: Config;
  readonly lock: Lock;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly work: Work;
  /** False: only observes, until told otherwise. Default true. */
  readonly candidacy?: boolean;
  /** Resolves to whether this process holds the Pod-wide proof; null when it never can. */
  readonly claimProof?: () => Promise<boolean | null>;
  /** One attempt to set the Pod's label to standby; resolves whatever comes of it. */
  readonly labelStandby?: (timeoutMs: number) => Promise<void>;
  readonly onReport?: (report: Report) => void;
  /** Called after every step that changed something to be seen. */
  readonly onChange?: () => void;
}

export class Participant {
  /** Resolves when it has ended for good; `stuck` when work outlived its budget (rule 20). */
  readonly ended: Promise<{ readonly stuck: boolean }>;

  readonly #options: ParticipantOptions;
  readonly #queue: Event[] = [];
  readonly #reads = new Map<number, AbortController>();
  readonly #writes = new Map<number, AbortController>();
  #state: State;
  /** As shown at the last step: it changes with time alone, too. */
  #leader = '';
  #running = false;
  #wake: Timer | null = null;
  #proofRetry: Timer | null = null;
  #watch: LockWatch | null = null;
  #resolveEnded: (how: { readonly stuck: boolean }) => void = () => {};

  constructor(options: ParticipantOptions) {
    this.#options = options;
    this.#state = initialState(options.config, options.candidacy);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Computed from state and clock at every call (rule 3). */
  view(): View {
    return viewOf(this.#state, this.#options.clock.now());
  }

  start(): void {
    this.#dispatch({ type: 'started' });
  }

  /** Stops leading, work first; with `exit`, for good. */
  giveUp(reason: string, exit: boolean): void {
    this.#dispatch({ type: 'giveUp', reason, exit });
  }

  setCandidacy(on: boolean, reason: string): void {
    this.#dispatch({ type: 'candidacy', on, reason });
  }

  /** One event at a time: what happens during a step waits for its end. */
  #dispatch(event: Event): void {
    this.#queue.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#running = false;
    }
  }

  #step(event: Event): void {
    const { clock, random, onChange } = this.#options;
    const before = this.#state;
    const now = clock.now();
    const { state, effects } = step(before, event, now, random());
    this.#state = state;
    // The same wake-up, but in a role in which it may have to come in pieces.
    if (state.role.type !== before.role.type) this.#wakeAt(state.wakeAtMs);
    for (const effect of effects) this.#carryOut(effect);
    const leader = shownLeader(state, now);
    if (isSeen(before, state) || leader !== this.#leader) onChange?.();
    this.#leader = leader;
  }

  #carryOut(effect: Effect): void {
    const { lock, work, clock, onReport, labelStandby } = this.#options;
    switch (effect.type) {
      case 'read': {
        const request = this.#request(this.#reads, effect.read, effect.deadlineAtMs);
        const answer = effect.via === 'list' ? lock.list(request) : lock.get(request);
        void answer.then((outcome) => {
          this.#reads.delete(effect.read);
          this.#dispatch({ type: 'readAnswered', read: effect.read, outcome });
        });
        return;
      }
      case 'write': {
        const request = this.#request(this.#writes, effect.attempt, effect.deadlineAtMs);
        void lock.write(effect.write, request).then((outcome) => {
          this.#writes.delete(effect.attempt);
          this.#dispatch({ type: 'writeAnswered', attempt: effect.attempt, outcome });
        });
        return;
      }
      case 'abortRead':
        this.#reads.get(effect.read)?.abort();
        return;
      case 'abortWrite':
        this.#writes.get(effect.attempt)?.abort();
        return;
      case 'watch':
        this.#watch = lock.watch(effect.from, effect.timeoutSeconds, (event) => {
          if (event.type === 'end') this.#dispatch({ ...event, type: 'watchEnded', watch: effect.watch });
          else this.#dispatch({ type: 'watched', watch: effect.watch, event });
        });
        return;
      case 'stopWatch':
        this.#watch?.stop();
        this.#watch = null;
        return;
      case 'wake':
        this.#wakeAt(effect.atMs);
        return;
      case 'claimProof':
        this.#claimProof();
        return;
      case 'startWork':
        work.start(effect, () => this.#dispatch({ type: 'workStopped', term: effect.term }));
        return;
      case 'stopWork':
        work.stop(effect.reason, Math.max(0, effect.endsAtMs - clock.now().monoMs));
        return;
      case 'killWork':
        work.kill?.();
        return;
      case 'labelStandby': {
        const done = () => this.#dispatch({ type: 'labelDone', term: effect.term });
        if (labelStandby === undefined) done();
        else void labelStandby(Math.max(0, effect.deadlineAtMs - clock.now().monoMs)).then(done, done);
        return;
      }
      case 'report':
        onReport?.(effect.report);
        return;
      case 'ended':
        this.#wake?.cancel();
        this.#proofRetry?.cancel();
        this.#resolveEnded({ stuck: effect.stuck });
        return;
    }
  }

  #request(under: Map<number, AbortController>, number: number, deadlineAtMs: number) {
    const controller = new AbortController();
    under.set(number, controller);
    const timeoutMs = Math.max(0, deadlineAtMs - this.#options.clock.now().monoMs);
    return { timeoutMs, signal: controller.signal };
  }

  #wakeAt(atMs: number): void {
    const { clock } = this.#options;
    this.#wake?.cancel();
    this.#wake = null;
    if (atMs === Number.POSITIVE_INFINITY) return;
    const delayMs = atMs - clock.now().monoMs;
    const isPiece = this.#state.role.type !== 'candidate' && delayMs > LEADER_WAKES_MS;
    this.#wake = clock.setTimer(isPiece ? LEADER_WAKES_MS : delayMs, () => {
      this.#wake = null;
      // A leader has nothing to do in between, unless its time was over while the machine slept.
      if (isPiece && isLeading(this.#state, clock.now())) this.#wakeAt(atMs);
      else this.#dispatch({ type: 'woke' });
    });
  }

  #claimProof(): void {
    const { claimProof, clock } = this.#options;
    if (claimProof === undefined || this.#state.role.type === 'ended') return;
    const retry = () => {
      this.#proofRetry = clock.setTimer(PROOF_RETRY_MS, () => this.#claimProof());
    };
    void claimProof().then((held) => {
      if (held === true) this.#dispatch({ type: 'proof', held });
      else if (held === false) retry();
    }, retry);
  }
}

/** Is there anything in it that a view would show? */
function isSeen(before: State, state: State): boolean {
  return (
    state.role !== before.role ||
    state.sight !== before.sight ||
    state.reading.trouble?.reason !== before.reading.trouble?.reason ||
    state.writing.trouble?.reason !== before.writing.trouble?.reason
  );
}
