/**
 * Schedules: lists of things that can happen to an election, drawn by fast-check, and a theatre that lets them happen.
 * What would break a promise that the rules do not make (docs/internals/rules.md) is passed over: a second deletion, one
 * that meets a cold start or a create on its way, a Go elector that takes what a hand emptied. So is an action that
 * makes no sense where it comes: every part of a list is a list.
 */
import fc from 'fast-check';
import type { Event } from '../../src/election/state.ts';
import { Invariants } from './invariants.ts';
import { answerTo, type Election, lost, type Member, Scene, seeded, type Views } from './scene.ts';
import { GO_TIME } from './stories.ts';

type OfMember =
  /** Its requests wait. */
  | 'hold'
  /** What waits is delivered, in order, and what follows at once. */
  | 'flow'
  | 'deliver-oldest'
  | 'deliver-newest'
  /** Applied, and the answer is lost, or comes twice. */
  | 'apply-only'
  | 'apply-and-reset'
  | 'deliver-twice'
  | 'drop'
  | 'reset'
  | 'overload'
  | 'forbid'
  | 'deafen'
  | 'undeafen'
  | 'replay-events'
  | 'repeat-event'
  | 'end-watch'
  | 'expire-watch'
  | 'fail-watch'
  | 'pause'
  | 'suspend-machine'
  | 'resume-timer-first'
  | 'resume-answers-first'
  | 'crash'
  | 'restart-container'
  | 'recreate-pod'
  | 'step-down'
  | 'terminate'
  | 'fall-ill'
  | 'recover'
  | 'finish-work';
type OfLock =
  | 'delete'
  | 'recreate-empty'
  | 'roll-back'
  /** A Go elector of alice's id. */
  | 'namesake-writes'
  | 'edit-labels'
  | 'empty'
  | 'garble'
  | 'kate-takes'
  | 'kate-renews'
  | 'kate-releases';

export type Action =
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'member'; readonly member: number; readonly what: OfMember }
  | { readonly type: 'lock'; readonly what: OfLock };

export interface Schedule {
  readonly seed: number;
  readonly cast: readonly Role[];
  readonly actions: readonly Action[];
}

interface Role {
  readonly ttlMs: number;
  readonly clockRate: number;
  readonly slowWork: boolean;
  readonly polls: boolean;
  readonly releaseDelayMs: number;
  /** Has the first member's id, and runs in its Pod. */
  readonly twin: boolean;
  /** Its very first requests wait already. */
  readonly slowStart: boolean;
}

const MOSTLY: readonly OfMember[] = ['hold', 'flow', 'deliver-oldest', 'deliver-newest', 'drop', 'apply-only', 'reset'];
const NETWORK: readonly OfMember[] = [
  ...MOSTLY,
  'apply-and-reset',
  'deliver-twice',
  'overload',
  'forbid',
  'deafen',
  'undeafen',
  'replay-events',
  'repeat-event',
  'end-watch',
  'expire-watch',
  'fail-watch',
];
const LIVES: readonly OfMember[] = [
  'pause',
  'suspend-machine',
  'resume-timer-first',
  'resume-answers-first',
  'crash',
  'restart-container',
  'recreate-pod',
  'step-down',
  'terminate',
  'fall-ill',
  'recover',
  'finish-work',
];
const HANDS: readonly OfLock[] = ['edit-labels', 'empty', 'garble', 'kate-takes', 'kate-renews', 'kate-releases'];
const DELETIONS: readonly OfLock[] = ['delete', 'recreate-empty'];
/** What no leader has to stop for, while its own requests are answered in time. */
const HARMLESS: readonly OfMember[] = [
  'deafen',
  'undeafen',
  'replay-events',
  'repeat-event',
  'end-watch',
  'expire-watch',
  'fail-watch',
];

const member = fc.nat({ max: 3 });
const ofMember = (what: readonly OfMember[]): fc.Arbitrary<Action> =>
  fc.record({ type: fc.constant('member' as const), member, what: fc.constantFrom(...what) });
const ofLock = (what: readonly OfLock[]): fc.Arbitrary<Action> =>
  fc.record({ type: fc.constant('lock' as const), what: fc.constantFrom(...what) });
const pass: fc.Arbitrary<Action> = fc.record({
  type: fc.constant('pass' as const),
  ms: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 4_000 }), fc.constantFrom(1_500, 2_500, 6_000, 10_000)),
});

const role: fc.Arbitrary<Role> = fc.record({
  ttlMs: fc.constantFrom(10_000, 10_000, 4_000, 25_000),
  clockRate: fc.constantFrom(1, 1, 0.99, 1.01),
  slowWork: fc.boolean(),
  polls: fc.constantFrom(false, false, true),
  releaseDelayMs: fc.constantFrom(0, 0, 3_000),
  twin: fc.constantFrom(false, false, false, true),
  slowStart: fc.constantFrom(false, false, true),
});
const plainRole: fc.Arbitrary<Role> = fc.record({
  ttlMs: fc.constant(10_000),
  clockRate: fc.constant(1),
  slowWork: fc.constant(false),
  polls: fc.boolean(),
  releaseDelayMs: fc.constant(0),
  twin: fc.constant(false),
  slowStart: fc.constant(false),
});

function schedules(roles: fc.Arbitrary<Role>, action: fc.Arbitrary<Action>, maxLength: number): fc.Arbitrary<Schedule> {
  return fc.record({
    seed: fc.nat({ max: 999 }),
    cast: fc.array(roles, { minLength: 2, maxLength: 3 }),
    actions: fc.array(action, { maxLength, size: 'max' }),
  });
}

export const anySchedule = schedules(
  role,
  fc.oneof(
    { arbitrary: pass, weight: 8 },
    { arbitrary: ofMember(MOSTLY), weight: 8 },
    { arbitrary: ofMember(NETWORK), weight: 6 },
    { arbitrary: ofMember(LIVES), weight: 3 },
    { arbitrary: ofLock(HANDS), weight: 2 },
    { arbitrary: ofLock(DELETIONS), weight: 1 },
  ),
  60,
);

/** With what can make two leaders, for a theatre that is lawless. */
export const lawlessSchedule = schedules(
  role,
  fc.oneof(
    { arbitrary: pass, weight: 8 },
    { arbitrary: ofMember(NETWORK), weight: 10 },
    { arbitrary: ofMember(LIVES), weight: 3 },
    { arbitrary: ofLock(['roll-back', 'namesake-writes', ...DELETIONS, ...HANDS]), weight: 3 },
  ),
  60,
);

export const harmlessSchedule = schedules(
  plainRole,
  fc.oneof(
    { arbitrary: pass, weight: 3 },
    { arbitrary: ofMember(HARMLESS), weight: 3 },
    { arbitrary: ofLock(['edit-labels']), weight: 1 },
  ),
  60,
);

const NAMES = ['alice', 'bob', 'carol'];

/** Plays schedules, with a check after every action. */
export class Theatre {
  readonly scene: Scene;
  readonly invariants: Invariants;
  readonly #random: () => number;
  /** The uid of the lock that each member was told of last; empty when it was only told that there is one. */
  readonly #told = new Map<Member, string>();
  readonly #lawless: boolean;
  #processes = 0;
  #deleted = false;
  #emptied = false;
  /** No member may start cold before this. */
  #noColdStartBeforeMs = 0;

  /** In a lawless one nothing is passed over that could make two leaders, and two leaders are not looked for. */
  constructor(
    { seed, cast }: Schedule,
    {
      lawless = false,
      ...mutant
    }: { readonly lawless?: boolean; readonly election?: Election; readonly views?: Views } = {},
  ) {
    this.scene = new Scene(mutant);
    this.invariants = new Invariants(this.scene);
    this.invariants.exempt = lawless;
    this.#lawless = lawless;
    const { onStep } = this.scene;
    this.scene.onStep = (it, event, effects) => {
      this.#noteSight(it, event);
      onStep(it, event, effects);
    };
    this.#random = seeded(seed);
    for (const [i, role] of cast.entries()) this.#start(NAMES[i] ?? `member-${i}`, role, `pod-${role.twin ? 0 : i}`);
  }

  play(actions: readonly Action[]): readonly string[] {
    for (const action of actions) {
      this.#act(action);
      this.invariants.check();
      if (this.invariants.broken.length > 0) break;
    }
    return this.invariants.broken;
  }

  /** All faults end; a leader must be there soon. */
  heal(): readonly string[] {
    for (const it of this.scene.members) {
      if (it.dead || it.ended !== null) continue;
      it.resume();
      it.reconnect();
      it.slowWork = false;
      it.finishWork();
      if (!it.state.candidacy) it.handle({ type: 'candidacy', on: true, reason: 'well again' });
    }
    // The longest TTL three times: a wait for a deletion, an expiry after it, and what was left of a rest.
    for (let i = 0; i < 75; i += 1) {
      this.scene.pass(1_000);
      this.invariants.check();
    }
    const candidates = this.scene.members.filter((it) => it.awake);
    if (candidates.length > 0 && this.scene.leaders().length !== 1) {
      const leaders = this.scene.leaders().join() || 'none';
      this.invariants.broken.push(`L1 after all faults have ended these lead: ${leaders}`);
    }
    return this.invariants.broken;
  }

  #act(action: Action): void {
    switch (action.type) {
      case 'pass':
        this.scene.pass(action.ms);
        return;
      case 'member': {
        const actor = this.scene.members[action.member % this.scene.members.length];
        if (actor !== undefined) this.#toMember(actor, action.what);
        return;
      }
      case 'lock':
        this.#toLock(action.what);
        return;
    }
  }

  #toMember(actor: Member, what: OfMember): void {
    const { lock } = this.scene;
    const { watch } = actor.state.reading;
    const [oldest] = actor.held;
    const newest = actor.held.at(-1);
    const events = lock.eventsAfter('0');
    switch (what) {
      case 'hold':
        actor.line = 'held';
        return;
      case 'flow':
        actor.line = 'up';
        while (actor.held[0] !== undefined) actor.deliver(actor.held[0]);
        return;
      case 'deliver-oldest':
        if (oldest !== undefined) actor.deliver(oldest);
        return;
      case 'deliver-newest':
        if (newest !== undefined) actor.deliver(newest);
        return;
      case 'apply-only':
        if (oldest !== undefined) actor.apply(oldest);
        return;
      case 'apply-and-reset':
        if (oldest === undefined) return;
        actor.apply(oldest);
        actor.handle(lost(oldest));
        return;
      case 'deliver-twice': {
        if (oldest === undefined) return;
        const answer = actor.apply(oldest);
        actor.handle(answer);
        actor.handle(answer);
        return;
      }
      case 'drop':
        if (oldest !== undefined) actor.drop(oldest);
        return;
      case 'reset':
        // It may still arrive: it stays on the line.
        if (oldest !== undefined) actor.handle(lost(oldest));
        return;
      case 'overload':
        if (oldest === undefined) return;
        actor.drop(oldest);
        actor.handle(
          oldest.type === 'read'
            ? answerTo(oldest, { type: 'failed', message: '429', retryAfterMs: 5_000 })
            : answerTo(oldest, { type: 'refused', code: 429, message: '429', retryAfterMs: 5_000 }),
        );
        return;
      case 'forbid':
        if (oldest === undefined) return;
        actor.drop(oldest);
        actor.handle(
          oldest.type === 'read'
            ? answerTo(oldest, { type: 'forbidden', message: '403' })
            : answerTo(oldest, { type: 'refused', code: 403, message: '403' }),
        );
        return;
      case 'deafen':
        actor.deaf = true;
        return;
      case 'undeafen':
        actor.deaf = false;
        return;
      case 'replay-events':
        for (const event of events.slice(-5)) actor.hear(event);
        return;
      case 'repeat-event': {
        const event = events[Math.floor(this.#random() * events.length)];
        if (event !== undefined) actor.hear(event);
        return;
      }
      case 'end-watch':
      case 'expire-watch':
      case 'fail-watch':
        if (watch === null) return;
        actor.handle({
          type: 'watchEnded',
          watch: watch.watch,
          reason: what === 'end-watch' ? 'ended' : what === 'expire-watch' ? 'expired' : 'failed',
          message: what,
        });
        return;
      case 'pause':
        actor.pause();
        return;
      case 'suspend-machine':
        if (actor.awake) actor.suspend(12_000 * this.#random());
        return;
      case 'resume-timer-first':
        if (actor.paused) actor.resume('timer');
        return;
      case 'resume-answers-first':
        if (actor.paused) actor.resume('answers');
        return;
      case 'crash':
        actor.crash();
        return;
      case 'restart-container':
        this.#restart(actor, actor.config.pod.uid);
        return;
      case 'recreate-pod':
        this.#restart(actor, `pod-again-${this.#processes}`);
        return;
      case 'step-down':
        actor.giveUp(false);
        return;
      case 'terminate':
        actor.giveUp(true);
        return;
      case 'fall-ill':
        actor.handle({ type: 'candidacy', on: false, reason: 'ill' });
        return;
      case 'recover':
        actor.handle({ type: 'candidacy', on: true, reason: 'well again' });
        return;
      case 'finish-work':
        actor.finishWork();
        return;
    }
  }

  #toLock(what: OfLock): void {
    const { lock } = this.scene;
    if (lock.observed === null) return;
    const kate = { holderIdentity: 'kate', leaseDurationSeconds: 10, renewTime: `${GO_TIME} ${lock.version}` };
    switch (what) {
      case 'delete':
      case 'recreate-empty':
        if (this.#deletionIsUnpromised()) return;
        this.#deleted = true;
        this.#noColdStartBeforeMs = this.scene.nowMs + 26_000;
        if (what === 'delete') lock.delete();
        else lock.foreign({}, { recreate: true });
        return;
      case 'roll-back': {
        const sights = lock.eventsAfter('0').filter((it) => it.type === 'present');
        const to = sights[Math.floor(this.#random() * sights.length)];
        if (to !== undefined) lock.rollBack(to.observed);
        return;
      }
      case 'namesake-writes':
        lock.foreign({ ...kate, holderIdentity: 'alice' });
        return;
      case 'edit-labels':
        lock.editLabels();
        return;
      case 'empty':
        if (lock.holder === '' || lock.holder === 'kate') return;
        this.#emptied = true;
        lock.foreign({ holderIdentity: '', leaseDurationSeconds: 1 });
        return;
      case 'garble':
        if (lock.holder === '' || lock.holder === 'kate') return;
        this.#emptied = true;
        lock.foreign('unreadable');
        return;
      case 'kate-takes':
        if (lock.seal?.released !== true || lock.holder !== '' || this.#emptied) return;
        lock.foreign({ ...kate, leaseTransitions: lock.record.leaseTransitions + 1 });
        return;
      case 'kate-renews':
        if (lock.holder === 'kate') lock.foreign(kate);
        return;
      case 'kate-releases':
        if (lock.holder === 'kate') lock.foreign({ ...kate, holderIdentity: '', leaseDurationSeconds: 1 });
        return;
    }
  }

  /**
   * A second one; one that meets a member which never saw the lock, or does not know yet how long its present holder's
   * TTL is; one that meets a create on its way from a member which has not seen this lock.
   */
  #deletionIsUnpromised(): boolean {
    if (this.#lawless) return false;
    const holderMs = 1_000 * (this.scene.lock.seal?.leaseDurationSeconds ?? 0);
    const present = this.scene.members.filter((it) => !it.dead && it.ended === null);
    return this.#deleted || present.some((it) => this.#isBlind(it, holderMs));
  }

  #isBlind(it: Member, holderMs: number): boolean {
    const told = this.#told.get(it);
    const longestMs = Math.max(it.config.timings.leaseDurationMs, it.state.sight.lastDurationMs);
    const creates = it.held.some((request) => request.type === 'write' && request.write.on === null);
    return told === undefined || longestMs < holderMs || (creates && told !== this.scene.lock.observed?.uid);
  }

  /** The late answer to an abandoned request tells nothing. */
  #noteSight(it: Member, event: Event): void {
    const { sight, writing } = it.state;
    if (event.type === 'writeAnswered') {
      const isLate = it.sent.some((request) => request.type === 'write' && request.attempt > event.attempt);
      if (event.outcome.type === 'conflict' && !isLate && writing.inFlight === null) {
        this.#told.set(it, this.#told.get(it) ?? '');
      }
    }
    if (sight.known !== null) this.#told.set(it, sight.known.uid);
    else if (event.type === 'watched' && event.event.type === 'gone') this.#told.set(it, this.#told.get(it) ?? '');
  }

  /** A process of the same id, in the same Pod or another, after the last one is dead. */
  #restart(before: Member, podUid: string): void {
    if ((this.scene.nowMs < this.#noColdStartBeforeMs && !this.#lawless) || this.scene.members.length > 7) return;
    if (!before.dead && before.ended === null) before.crash();
    this.#start(before.name, roleOf(before), podUid);
  }

  #start(
    name: string,
    { ttlMs, clockRate, slowWork, polls, releaseDelayMs, twin, slowStart }: Role,
    podUid: string,
  ): void {
    this.#processes += 1;
    // The proof is free: it dies with the process that held it.
    const held = this.scene.members.some((it) => it.config.pod.uid === podUid && !it.dead && it.ended === null);
    const it = this.scene.member(name, {
      ...(twin ? { id: 'alice' } : {}),
      ttlMs,
      clockRate,
      releaseDelayMs,
      podUid,
      proof: !held,
      processId: `process-${this.#processes}`,
      canKillWork: true,
      rights: polls ? 'no-watch' : 'all',
      random: seeded(this.#processes + 1_000 * this.#random()),
    });
    it.slowWork = slowWork;
    if (slowStart) it.line = 'held';
    it.handle({ type: 'started' });
  }
}

function roleOf({ options, slowWork }: Member): Role {
  return {
    ttlMs: options.ttlMs ?? 10_000,
    clockRate: options.clockRate ?? 1,
    slowWork,
    polls: options.rights === 'no-watch',
    releaseDelayMs: options.releaseDelayMs ?? 0,
    twin: options.id !== undefined,
    slowStart: false,
  };
}
