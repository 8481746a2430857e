/**
 * A world: a few members that run the shipped election, one lock, and what is under way between them. Plain data that
 * is replaced, never changed. Time is counted in ticks; what happens within a tick happens in the order of the actions.
 */
import type { ReadOutcome, WriteOutcome } from '../../src/election/outcome.ts';
import type { LockWrite } from '../../src/election/record.ts';
import type { Config, Now, State } from '../../src/election/state.ts';
import { type GoMember, NO_GO_MEMBER } from './go-member.ts';
import type { LockEvent } from './lock-event.ts';
import type { Budgets } from './nuisances.ts';
import { NO_LOCK, type Register } from './register.ts';
import { profileAt, type Setting, TICK_MS } from './setting.ts';

export interface World {
  readonly tick: number;
  readonly lock: Register;
  readonly members: readonly Member[];
  /** Requests that did not have their answers yet, oldest first. */
  readonly messages: readonly Message[];
  /** Records that were applied and neither released nor run out, oldest first (S4). */
  readonly holds: readonly Hold[];
  readonly go: GoMember;
  readonly left: Budgets;
  /** The last lock that was deleted, and when; 0 for none. */
  readonly deletedUid: number;
  readonly deletedTick: number;
  /** Was one deleted before it, and when was one last deleted within two lease durations of another? 0 for never. */
  readonly deletedTwice: boolean;
  readonly deletedAgainTick: number;
  /** The lock whose record and seal a hand has wiped; 0 for none. */
  readonly wipedUid: number;
  /** What etcd can be restored from, and when it was last restored; 0 for never. */
  readonly backup: Register | null;
  readonly restoredTick: number;
}

export interface Member {
  readonly life: 'not-started' | 'alive' | 'dead' | 'ended';
  readonly process: number;
  readonly pod: number;
  readonly state: State;
  readonly paused: boolean;
  readonly cut: boolean;
  readonly deaf: boolean;
  /** From the application of a LIST on, until the watch ends, changes of the lock are kept for this member. */
  readonly streaming: boolean;
  readonly queue: readonly LockEvent[];
  readonly work: 'none' | 'running' | 'stopping';
  readonly workTerm: number;
  readonly slowWork: boolean;
  /** Was it seen not leading since its term began? */
  readonly interrupted: boolean;
  /** Local instant of the latest send of a write that was applied (S7). */
  readonly appliedSentMs: number;
  /** By how much the monotonic clock is ahead of the world's, and the boot-time clock of that. */
  readonly skewMs: number;
  readonly bootSkewMs: number;
  /** The first lock of which this process saw anything of another's; Infinity for none. */
  readonly firstUid: number;
  /** The last lock of which this process learnt anything, but for the last that it created; and that; 0 for none. */
  readonly lastUid: number;
  readonly ownUid: number;
  /** Did it learn of a deletion, or that a lock exists that it did not create? */
  readonly learntOfLock: boolean;
  /** The last lock on which this process saw a seal; 0 for none. */
  readonly sealedUid: number;
  /** Was it there when a hand wiped a seal? */
  readonly sawWipe: boolean;
  /** What the last holder that this process saw said of its duration; its own at first. */
  readonly heldSeconds: number;
}

export type Message = WriteMessage | ReadMessage;

interface Asked {
  readonly slot: number;
  readonly process: number;
  readonly pod: number;
  /** Attempt or read. */
  readonly number: number;
  readonly stage: 'asked' | 'answered';
}

export interface WriteMessage extends Asked {
  readonly type: 'write';
  readonly write: LockWrite;
  readonly sentMs: number;
  readonly sentTick: number;
  readonly answer: WriteOutcome | null;
  /** The lock of another by which a create was refused; 0 for none. */
  readonly metUid: number;
  /** The member has given it up, or is dead; it may still be applied. */
  readonly abandoned: boolean;
}

export interface ReadMessage extends Asked {
  readonly type: 'read';
  readonly via: 'get' | 'list';
  readonly newestAtSend: string;
  readonly answer: ReadOutcome | null;
}

export interface Hold {
  readonly process: number;
  readonly pod: number;
  readonly tick: number;
}

// ------------------------------------------------------------------------------------------------------- building

const INCARNATIONS = 8;
export const WALL_MS = 1_000_000_000;
/** Nothing has happened before this tick. */
export const FIRST_TICK = 10;

export function processOf(slot: number, incarnation: number): number {
  return slot * INCARNATIONS + incarnation;
}

export function slotOf(process: number): number {
  return Math.floor(process / INCARNATIONS);
}

export function incarnationOf(process: number): number {
  return process % INCARNATIONS;
}

/** How long others must respect what this process has written, or a hand, or the Go member. */
export function leaseTicksOf(setting: Setting, process: number): number {
  return process < 0 ? setting.leaseTicks : profileAt(setting, slotOf(process)).leaseTicks;
}

/** Each member has clocks of its own, so that a mix-up of clocks shows. */
export function newMember(setting: Setting, slot: number, process: number, pod: number): Member {
  return {
    life: 'not-started',
    process,
    pod,
    state: setting.election.initialState(configOf(setting, slot, process, pod)),
    paused: false,
    cut: false,
    deaf: false,
    streaming: false,
    queue: [],
    work: 'none',
    workTerm: 0,
    slowWork: false,
    interrupted: false,
    appliedSentMs: Number.NEGATIVE_INFINITY,
    skewMs: 1_000_000 * (slot + 1),
    bootSkewMs: 7_000_000,
    firstUid: Number.POSITIVE_INFINITY,
    lastUid: 0,
    ownUid: 0,
    learntOfLock: false,
    sealedUid: 0,
    sawWipe: false,
    heldSeconds: profileAt(setting, slot).timings.leaseDurationSeconds,
  };
}

export function newWorld(setting: Setting, left: Budgets): World {
  return {
    tick: FIRST_TICK,
    lock: NO_LOCK,
    members: setting.members.map((_, slot) => newMember(setting, slot, processOf(slot, 0), slot * INCARNATIONS)),
    messages: [],
    holds: [],
    go: NO_GO_MEMBER,
    left,
    deletedUid: 0,
    deletedTick: 0,
    deletedTwice: false,
    deletedAgainTick: 0,
    wipedUid: 0,
    backup: null,
    restoredTick: 0,
  };
}

function configOf(setting: Setting, slot: number, process: number, pod: number): Config {
  const { name: own, timings } = profileAt(setting, slot);
  const name = setting.twins ? 'twin' : own;
  return {
    id: name,
    processId: `process-${process}`,
    pod: { name, namespace: 'default', uid: setting.twins ? 'pod-0' : `pod-${pod}` },
    timings,
    drainBudgetMs: setting.drainTicks * TICK_MS,
    releaseDelayMs: 0,
    canKillWork: false,
  };
}

export function nowOf(world: World, member: Member): Now {
  const monoMs = world.tick * TICK_MS + member.skewMs;
  return { monoMs, bootMs: monoMs + member.bootSkewMs, wallMs: WALL_MS + world.tick * TICK_MS };
}

/** A time as it stands in the object: coarse where the lock's kind writes whole seconds. */
export function timeText(setting: Setting, wallMs: number): string {
  return String(timeNumber(setting, wallMs));
}

export function timeNumber(setting: Setting, wallMs: number): number {
  return Math.floor((wallMs - WALL_MS) / TICK_MS / setting.textTicks);
}
