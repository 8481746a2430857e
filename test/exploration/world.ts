/**
 * A world: a few members that run the shipped election, one lock, and what is under way between them. Plain data that
 * is replaced, never changed. Time is counted in ticks; what happens within a tick happens in the order of the actions.
 */
import type * as product from '../../src/election/election.ts';
import type { ReadOutcome, WriteOutcome } from '../../src/election/outcome.ts';
import type { LockWrite, Observed } from '../../src/election/record.ts';
import type { Config, Now, State } from '../../src/election/state.ts';
import { deriveTimings, type Timings } from '../../src/election/timings.ts';
import type * as view from '../../src/election/view.ts';
import { type GoMember, NO_GO_MEMBER } from './go-member.ts';
import { NO_LOCK, type Register } from './register.ts';

/** What is explored: the product, or the product without a line. */
export type Election = Pick<typeof product, 'step' | 'initialState'> & Pick<typeof view, 'isLeading'>;

/** What goes wrong in a world. Each kind has a budget for one path, and all together have one. */
export const NUISANCES = [
  /** A member's requests do not arrive at once: each may be applied, answered, late or never. */
  'cut',
  /** A member's watch events come late or never. */
  'deaf',
  /** A member stands still while time passes. */
  'pause',
  'crash',
  /** Of a dead member: in the same Pod, or as a recreated Pod of the same name. */
  'restart',
  /** Somebody asks a member to stop leading, or to exit. */
  'giveUp',
  /** Work that goes on after it was told to stop. */
  'slowWork',
  /** The lock is deleted, or deleted and created again as an empty object. */
  'delete',
  /** A hand empties the record, strips its seal too, or writes another holder. */
  'hand',
  /** A controller edits the lock's labels. */
  'label',
  /** A create arrives twice. */
  'double',
  /** The answer to an abandoned write still comes. */
  'late',
  /** A connection is reset: the member learns that the outcome is unknown. */
  'reset',
  /** The API refuses a write: it is busy. */
  'refuse',
  /** A member's clocks gain or lose a tick. Only where the timings leave room for it: `wide`, once. */
  'drift',
  /** A member's machine is suspended for a tick: its monotonic clock stands, its boot-time clock goes on. */
  'suspend',
] as const;
export type Nuisance = (typeof NUISANCES)[number];
export type Budgets = Readonly<Record<Nuisance | 'total', number>>;

/** What does not change along a path. */
export interface Setting {
  readonly election: Election;
  readonly names: readonly string[];
  /** Two containers of one Pod, under one id: the second never gets the Pod-wide proof. */
  readonly twins: boolean;
  readonly tickMs: number;
  /** How many ticks one text of a time lasts: above 1 as on ConfigMap and Endpoints. */
  readonly textTicks: number;
  readonly timings: Timings;
  /** L, D in ticks. */
  readonly leaseTicks: number;
  readonly deadlineTicks: number;
  readonly drainTicks: number;
  readonly goMember: boolean;
  /** By how many ticks clocks may differ from the world's, both ways together. */
  readonly driftTicks: number;
  /** Members that differ in nothing but their name are one. */
  readonly symmetric: boolean;
}

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
  /** The lock whose record and seal a hand has wiped; 0 for none. */
  readonly wipedUid: number;
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
  readonly queue: readonly (Observed | { readonly goneVersion: number })[];
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
  /** Did it learn of a deletion, or that a lock exists that it did not create? */
  readonly learntOfLock: boolean;
  /** The last lock on which this process saw a seal; 0 for none. */
  readonly sealedUid: number;
  /** Was it there when a hand wiped a seal? */
  readonly sawWipe: boolean;
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

/** Legal timings in which every duration that matters is few ticks long. */
export const TIMINGS = {
  /** A renewal has one chance before the renew deadline. */
  short: { tickMs: 4_000, leaseTicks: 3, deadlineTicks: 2 },
  /** Two chances; every duration is a whole tick. */
  long: { tickMs: 4_000, leaseTicks: 4, deadlineTicks: 3 },
  /** Room for a tick of drift each way. */
  wide: { tickMs: 4_000, leaseTicks: 5, deadlineTicks: 2 },
} as const;

export function settingOf(options: {
  readonly election: Election;
  readonly members: number;
  readonly timings?: keyof typeof TIMINGS;
  readonly textTicks?: number;
  readonly twins?: boolean;
  readonly goMember?: boolean;
  readonly driftTicks?: number;
}): Setting {
  const { tickMs, leaseTicks, deadlineTicks } = TIMINGS[options.timings ?? 'short'];
  const ttlMs = leaseTicks * tickMs;
  const { timings, problems } = deriveTimings({
    ttlMs,
    renewDeadlineMs: deadlineTicks * tickMs,
    retryPeriodMs: tickMs,
  });
  if (problems.length > 0) throw new Error(problems.join('; '));
  return {
    election: options.election,
    names: ['alice', 'bob', 'carol', 'dave'].slice(0, options.members),
    twins: options.twins ?? false,
    tickMs,
    textTicks: options.textTicks ?? 1,
    timings,
    leaseTicks,
    deadlineTicks,
    drainTicks: 2,
    goMember: options.goMember ?? false,
    driftTicks: options.driftTicks ?? 0,
    symmetric: options.twins !== true,
  };
}

const INCARNATIONS = 8;
const WALL_MS = 1_000_000_000;

export function processOf(slot: number, incarnation: number): number {
  return slot * INCARNATIONS + incarnation;
}

export function slotOf(process: number): number {
  return Math.floor(process / INCARNATIONS);
}

export function incarnationOf(process: number): number {
  return process % INCARNATIONS;
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
    learntOfLock: false,
    sealedUid: 0,
    sawWipe: false,
  };
}

export function newWorld(setting: Setting, left: Budgets): World {
  return {
    tick: 10,
    lock: NO_LOCK,
    members: setting.names.map((_, slot) => newMember(setting, slot, processOf(slot, 0), slot * INCARNATIONS)),
    messages: [],
    holds: [],
    go: NO_GO_MEMBER,
    left,
    deletedUid: 0,
    deletedTick: 0,
    wipedUid: 0,
  };
}

function configOf(setting: Setting, slot: number, process: number, pod: number): Config {
  const name = setting.twins ? 'twin' : (setting.names[slot] ?? 'nobody');
  return {
    id: name,
    processId: `process-${process}`,
    pod: { name, namespace: 'default', uid: setting.twins ? 'pod-0' : `pod-${pod}` },
    timings: setting.timings,
    drainBudgetMs: setting.drainTicks * setting.tickMs,
    releaseDelayMs: 0,
    canKillWork: false,
  };
}

export function nowOf(setting: Setting, world: World, member: Member): Now {
  const monoMs = world.tick * setting.tickMs + member.skewMs;
  return { monoMs, bootMs: monoMs + member.bootSkewMs, wallMs: WALL_MS + world.tick * setting.tickMs };
}

/** A time as it stands in the object: coarse where the lock's kind writes whole seconds. */
export function timeText(setting: Setting, wallMs: number): string {
  return String(Math.floor((wallMs - WALL_MS) / setting.tickMs / setting.textTicks));
}
