/**
 * A stage for scripted elections: pure members on one clock over one compare-and-swap register. Unless a script takes a
 * member's line, requests are applied and answered at once and watches deliver at once, so that nothing happens by
 * chance. Whoever leads, or whose work runs, at the same time as another's is noted by name.
 */
import * as product from '../../src/election/election.ts';
import type { ReadOutcome, WriteOutcome } from '../../src/election/outcome.ts';
import type { Config, Effect, Event, Now, Report, State } from '../../src/election/state.ts';
import { deriveTimings } from '../../src/election/timings.ts';
import { isLeading, type View, viewOf } from '../../src/election/view.ts';
import { type LockEvent, Register } from './register.ts';

export type Election = Pick<typeof product, 'step' | 'initialState'>;
/** What a member's view is computed by: the product's, or a mutant's. */
export type Views = { readonly isLeading: typeof isLeading; readonly viewOf: typeof viewOf };
export type ReadRequest = Extract<Effect, { type: 'read' }>;
export type WriteRequest = Extract<Effect, { type: 'write' }>;
export type Request = ReadRequest | WriteRequest;

export interface SceneOptions {
  readonly election?: Election;
  readonly views?: Views;
  readonly wholeSeconds?: boolean;
}

export interface MemberOptions {
  readonly id?: string;
  readonly ttlMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  readonly podUid?: string;
  readonly processId?: string;
  readonly releaseDelayMs?: number;
  readonly drainBudgetMs?: number;
  readonly canKillWork?: boolean;
  /** Does it get the Pod-wide proof when it asks? Default false. */
  readonly proof?: boolean;
  readonly candidacy?: boolean;
  /** A number, or a generator of them, in [0, 1). By default nothing is drawn: every delay is at its shortest. */
  readonly random?: number | (() => number);
  /** `list-only`: a watch is refused; `no-watch`: a list is, too. */
  rights?: 'all' | 'list-only' | 'no-watch';
  /** How fast its clocks go; 1 is exact. */
  readonly clockRate?: number;
  /** How far its wall clock is off. */
  readonly wallOffsetMs?: number;
}

/** More than this at one instant is a member that hammers: in the world it would burn its CPU and the API's. */
const MOST_STEPS_AT_ONCE = 5_000;

export class Hammering extends Error {
  override readonly name = 'Hammering';
}

export class Scene {
  readonly members: Member[] = [];
  /** Two or more that led at the same instant, by id and time. */
  readonly overlaps: string[] = [];
  /** Two or more whose work ran at the same instant. */
  readonly workOverlaps: string[] = [];
  readonly lock: Register;
  readonly election: Election;
  readonly views: Views;
  /** True time: every member's clocks are derived from it. */
  nowMs = 1_000;
  /** Called when the lock has changed, before anybody hears of it. */
  onChange: (event: LockEvent) => void = () => {};
  /** Called after every step of a member, when its effects have been carried out. */
  onStep: (member: Member, event: Event, effects: readonly Effect[]) => void = () => {};
  /** Called when a member's write was put to the register. */
  onWrite: (member: Member, request: WriteRequest, outcome: WriteOutcome) => void = () => {};
  #steps = { atMs: 0, count: 0 };
  readonly #spreading: LockEvent[] = [];

  constructor({ election = product, views = { isLeading, viewOf }, wholeSeconds = false }: SceneOptions = {}) {
    this.election = election;
    this.views = views;
    this.lock = new Register(wholeSeconds);
    this.lock.onEvent = (event) => {
      this.onChange(event);
      this.#spread(event);
    };
  }

  member(name: string, options: MemberOptions = {}): Member {
    const member = new Member(this, name, options);
    this.members.push(member);
    return member;
  }

  /** A member that has started and had its answers. */
  start(name: string, options: MemberOptions = {}): Member {
    const member = this.member(name, options);
    member.handle({ type: 'started' });
    return member;
  }

  /** One that has started and read the lock once; whatever it asks for next is on its line, which holds everything. */
  startHeld(name: string, options: MemberOptions = {}): Member {
    const member = this.member(name, options);
    member.line = 'held';
    member.handle({ type: 'started' });
    member.deliver();
    return member;
  }

  /** Lets time pass; members wake in order, but for those that are paused or dead. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const next = this.members
        .filter((it) => it.awake && it.wakesAtMs <= untilMs)
        .sort((a, b) => a.wakesAtMs - b.wakesAtMs)[0];
      if (next === undefined) break;
      this.nowMs = Math.max(this.nowMs, next.wakesAtMs);
      next.wake();
    }
    this.nowMs = untilMs;
    this.check();
  }

  leaders(): string[] {
    return this.members.filter((it) => it.isLeading()).map((it) => it.name);
  }

  check(): void {
    const leaders = this.leaders();
    if (leaders.length > 1) this.overlaps.push(`${leaders.join('+')} at ${this.nowMs}`);
    const workers = this.members.filter((it) => it.awake && !it.unaware && it.working !== 0).map((it) => it.name);
    if (workers.length > 1) this.workOverlaps.push(`${workers.join('+')} at ${this.nowMs}`);
  }

  countStep(member: Member): void {
    const count = this.#steps.atMs === this.nowMs ? this.#steps.count + 1 : 1;
    this.#steps = { atMs: this.nowMs, count };
    if (count > MOST_STEPS_AT_ONCE) throw new Hammering(`${member.name} took ${count} steps at ${this.nowMs}`);
  }

  /** Every member hears the events in their order, also when one of them writes upon what it has just heard. */
  #spread(event: LockEvent): void {
    this.#spreading.push(event);
    if (this.#spreading.length > 1) return;
    for (let next = this.#spreading[0]; next !== undefined; next = this.#spreading[0]) {
      for (const member of this.members) member.hear(next);
      this.#spreading.shift();
    }
  }
}

export class Member {
  readonly name: string;
  readonly scene: Scene;
  readonly config: Config;
  readonly options: MemberOptions;
  readonly reports: Report[] = [];
  /** Terms as they started and stopped, in order: `+1`, `-1`. */
  readonly terms: string[] = [];
  /** Requests that stand on a held line, oldest first. */
  readonly held: Request[] = [];
  /** Every request that was ever sent. */
  readonly sent: Request[] = [];
  state: State;
  /** By its own monotonic clock, as the core asked. */
  wakeAtMs = Number.POSITIVE_INFINITY;
  /** `held`: requests wait for the script. A function answers in the API's stead; null is a black hole. */
  line: 'up' | 'held' | ((request: Request) => Event | null) = 'up';
  /** Watch events are lost. */
  deaf = false;
  /** SIGSTOP: handles nothing until `resume()`. */
  paused = false;
  dead = false;
  /** Work that goes on until `finishWork()` or a kill. */
  slowWork = false;
  /** Work that takes its time to die, too. */
  slowKill = false;
  /** A label that is not done until its deadline. */
  slowLabel = false;
  /** The term whose work runs; 0 when none does. */
  working = 0;
  ended: { readonly stuck: boolean } | null = null;
  /** For how long its machine has been suspended: the monotonic clock stood still, the boot-time clock did not. */
  suspendedMs = 0;
  /** Its machine was suspended, and nothing has happened since that would tell it so. */
  unaware = false;
  /** By how much its wall clock was set back. */
  wallSetBackMs = 0;
  #queue: Event[] = [];
  #handling = false;

  constructor(scene: Scene, name: string, options: MemberOptions) {
    this.scene = scene;
    this.name = name;
    this.options = options;
    const { ttlMs = 10_000, renewDeadlineMs, retryPeriodMs } = options;
    this.config = {
      id: options.id ?? name,
      processId: options.processId ?? `process-of-${name}`,
      pod: { name, namespace: 'default', uid: options.podUid ?? '' },
      timings: deriveTimings({
        ttlMs,
        ...(renewDeadlineMs === undefined ? {} : { renewDeadlineMs }),
        ...(retryPeriodMs === undefined ? {} : { retryPeriodMs }),
      }).timings,
      drainBudgetMs: options.drainBudgetMs ?? 25_000,
      releaseDelayMs: options.releaseDelayMs ?? 0,
      canKillWork: options.canKillWork ?? false,
    };
    this.state = scene.election.initialState(this.config, options.candidacy);
  }

  get awake(): boolean {
    return !this.paused && !this.dead && this.ended === null;
  }

  now(): Now {
    const ownMs = this.scene.nowMs * this.#rate;
    return {
      monoMs: ownMs - this.suspendedMs,
      bootMs: ownMs + 5_000,
      wallMs: Date.UTC(2026, 0, 1) + this.scene.nowMs + (this.options.wallOffsetMs ?? 0) - this.wallSetBackMs,
    };
  }

  /** `wakeAtMs` in true time; never early for want of digits. */
  get wakesAtMs(): number {
    if (this.#rate === 1 && this.suspendedMs === 0) return this.wakeAtMs;
    return Math.ceil((this.wakeAtMs + this.suspendedMs) / this.#rate + 1e-6);
  }

  isLeading(): boolean {
    return !this.dead && this.scene.views.isLeading(this.state, this.now());
  }

  view(): View {
    return this.scene.views.viewOf(this.state, this.now());
  }

  /** One event after another; what comes to a paused member waits, what comes to a dead one is lost. */
  handle(event: Event): void {
    if (this.dead || this.ended !== null) return;
    this.#queue.push(event);
    if (this.#handling || this.paused) return;
    this.#handling = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    this.#handling = false;
  }

  wake(): void {
    this.wakeAtMs = Number.POSITIVE_INFINITY;
    this.handle({ type: 'woke' });
  }

  /** A watch event, unless this member is deaf to it. */
  hear(event: LockEvent): void {
    const { watch } = this.state.reading;
    if (this.deaf || watch === null) return;
    this.handle({ type: 'watched', watch: watch.watch, event });
  }

  /** Takes the oldest request off the line and puts it to the register; nobody is answered. */
  apply(request: Request | undefined = this.held[0]): Event {
    if (request === undefined) throw new Error(`${this.name} has no such request on its line`);
    this.drop(request);
    return this.execute(request);
  }

  /** Applies and answers the oldest held request. */
  deliver(request: Request | undefined = this.held[0]): void {
    this.handle(this.apply(request));
  }

  /** Puts a request to the register, and returns what would be answered. */
  execute(request: Request): Event {
    const { lock } = this.scene;
    if (request.type === 'write') {
      const outcome = lock.write(request.write);
      this.scene.onWrite(this, request, outcome);
      return answerTo(request, outcome);
    }
    if (request.via === 'list' && this.options.rights === 'no-watch') {
      return answerTo(request, { type: 'forbidden', message: 'no list' });
    }
    const from = request.via === 'list' ? { watchFrom: lock.version } : {};
    const { observed } = lock;
    return answerTo(request, observed === null ? { type: 'missing', ...from } : { type: 'found', observed, ...from });
  }

  /** Takes a held request off the line: it never arrives. */
  drop(request: Request | undefined = this.held[0]): void {
    const at = request === undefined ? -1 : this.held.indexOf(request);
    if (at === -1) throw new Error(`${this.name} has no such request on its line`);
    this.held.splice(at, 1);
  }

  heldWrite(): WriteRequest | undefined {
    return this.held.filter((it) => it.type === 'write').at(-1);
  }

  heldRead(): ReadRequest | undefined {
    return this.held.filter((it) => it.type === 'read').at(-1);
  }

  /** Neither its requests arrive nor its watch delivers, as behind a broken switch. */
  cutOff(): void {
    this.deaf = true;
    this.line = 'held';
  }

  /** The network is back; what was on the line is lost. */
  reconnect(): void {
    this.deaf = false;
    this.line = 'up';
    this.held.length = 0;
  }

  crash(): void {
    this.dead = true;
    this.working = 0;
    this.#queue = [];
  }

  pause(): void {
    this.paused = true;
  }

  /** A late timer fires before what has arrived meanwhile is handled, or after it. */
  resume(first: 'timer' | 'answers' = 'timer'): void {
    this.paused = false;
    const waiting = this.#queue;
    this.#queue = [];
    if (first === 'timer') this.#wakeIfDue();
    for (const event of waiting) this.handle(event);
    if (first === 'answers') this.#wakeIfDue();
    this.scene.check();
  }

  /** Its machine is suspended for so long. No timer is due afterwards that was not before. */
  suspend(ms: number): void {
    this.pause();
    this.scene.pass(ms);
    this.suspendedMs += ms;
    this.unaware = true;
    this.resume();
  }

  giveUp(exit = true): void {
    this.handle({ type: 'giveUp', reason: exit ? 'SIGTERM' : 'asked to step down', exit });
  }

  finishWork(): void {
    const term = this.working;
    if (term === 0) return;
    this.working = 0;
    this.handle({ type: 'workStopped', term });
  }

  said(type: Report['type']): number {
    return this.reports.filter((it) => it.type === type).length;
  }

  #wakeIfDue(): void {
    if (this.wakesAtMs <= this.scene.nowMs) this.wake();
  }

  /** Effects may come in one step with others: they are all carried out before the next event is handled. */
  #step(event: Event): void {
    const { scene } = this;
    scene.countStep(this);
    this.unaware = false;
    const { random = 0 } = this.options;
    const { state, effects } = scene.election.step(
      this.state,
      event,
      this.now(),
      typeof random === 'number' ? random : random(),
    );
    this.state = state;
    for (const effect of effects) this.#carryOut(effect);
    scene.check();
    scene.onStep(this, event, effects);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'read':
      case 'write':
        this.sent.push(effect);
        this.#send(effect);
        return;
      case 'watch':
        if (this.options.rights === 'list-only') {
          this.handle({ type: 'watchEnded', watch: effect.watch, reason: 'forbidden', message: 'no watch' });
          return;
        }
        for (const event of this.scene.lock.eventsAfter(effect.from)) this.hear(event);
        return;
      case 'wake':
        this.wakeAtMs = effect.atMs;
        return;
      case 'claimProof':
        this.handle({ type: 'proof', held: this.options.proof ?? false });
        return;
      case 'startWork':
        this.working = effect.term;
        this.terms.push(`+${effect.term}`);
        return;
      case 'stopWork':
        this.terms.push(`-${effect.term}`);
        if (!this.slowWork) this.finishWork();
        return;
      case 'killWork':
        this.terms.push(`kill ${effect.term}`);
        if (!this.slowKill) this.finishWork();
        return;
      case 'labelStandby':
        if (!this.slowLabel) this.handle({ type: 'labelDone', term: effect.term });
        return;
      case 'report':
        this.reports.push(effect.report);
        return;
      case 'ended':
        this.ended = { stuck: effect.stuck };
        return;
      case 'abortRead':
      case 'abortWrite':
      case 'stopWatch':
        // What was sent may still arrive: scripts and schedules say whether it does.
        return;
    }
  }

  #send(request: Request): void {
    if (this.line === 'held') this.held.push(request);
    else {
      const answer = this.line === 'up' ? this.execute(request) : this.line(request);
      if (answer !== null) this.handle(answer);
    }
  }

  get #rate(): number {
    return this.options.clockRate ?? 1;
  }
}

export function answerTo(request: ReadRequest, outcome: ReadOutcome): Event;
export function answerTo(request: WriteRequest, outcome: WriteOutcome): Event;
export function answerTo(request: Request, outcome: ReadOutcome | WriteOutcome): Event;
export function answerTo(request: Request, outcome: ReadOutcome | WriteOutcome): Event {
  return request.type === 'read'
    ? { type: 'readAnswered', read: request.read, outcome: outcome as ReadOutcome }
    : { type: 'writeAnswered', attempt: request.attempt, outcome: outcome as WriteOutcome };
}

/** Connection reset, or no answer that can be used: nobody knows whether it was applied. */
export function lost(request: Request): Event {
  return request.type === 'read'
    ? answerTo(request, { type: 'failed', message: 'connection reset' })
    : answerTo(request, { type: 'unknown', message: 'connection reset' });
}

/** Small, fast, and the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
