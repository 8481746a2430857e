/** What does not change along a path: who the members are, their durations in ticks, and what their world allows. */
import type * as product from '../../src/election/election.ts';
import { deriveTimings, type Timings } from '../../src/election/timings.ts';
import type * as view from '../../src/election/view.ts';

/** What is explored: the product, or the product without a line. */
export type Election = Pick<typeof product, 'step' | 'initialState'> & Pick<typeof view, 'isLeading'>;

/** Legal timings in which every duration that matters is few ticks long. */
export const TIMINGS = {
  /** A renewal has one chance before the renew deadline. */
  short: { leaseTicks: 3, deadlineTicks: 2 },
  /** Two chances; every duration is a whole tick. */
  long: { leaseTicks: 4, deadlineTicks: 3 },
  /** Room for a tick of drift each way. */
  wide: { leaseTicks: 5, deadlineTicks: 2 },
  /** Twice as long as `short`: the other half of a fleet whose TTL is being changed. */
  slow: { leaseTicks: 6, deadlineTicks: 4 },
} as const;
export type TimingsName = keyof typeof TIMINGS;

export const TICK_MS = 4_000;

export interface Setting {
  readonly election: Election;
  readonly members: readonly Profile[];
  /** Two containers of one Pod, under one id: the second never gets the Pod-wide proof. */
  readonly twins: boolean;
  /** How many ticks one text of a time lasts: above 1 as on ConfigMap and Endpoints. */
  readonly textTicks: number;
  /** The longest of all members'. */
  readonly leaseTicks: number;
  readonly deadlineTicks: number;
  readonly drainTicks: number;
  readonly goMember: boolean;
  /** By how many ticks clocks may differ from the world's, both ways together, before anything is found. */
  readonly driftTicks: number;
  /** Members of one kind that differ in nothing but their name are one. */
  readonly symmetric: boolean;
}

/** What a member is from its beginning. */
export interface Profile {
  readonly name: string;
  readonly timings: Timings;
  /** L, D. */
  readonly leaseTicks: number;
  readonly deadlineTicks: number;
  /** Without the right to list and watch it polls (rule 30). */
  readonly mayWatch: boolean;
  /** Those with one number are alike. */
  readonly kind: number;
}

export interface SettingOptions {
  readonly election: Election;
  readonly members: number;
  readonly timings: TimingsName;
  /** Of all members but the first; by default the same. */
  readonly otherTimings: TimingsName;
  readonly textTicks: number;
  readonly drainTicks: number;
  readonly twins: boolean;
  readonly goMember: boolean;
  /** So many members poll, the last ones. */
  readonly polling: number;
  readonly driftTicks: number;
}

const NAMES = ['alice', 'bob', 'carol', 'dave'];

export function settingOf(options: SettingOptions): Setting {
  const { election, twins, textTicks, drainTicks, goMember, driftTicks } = options;
  const members = NAMES.slice(0, options.members).map((name, slot) => {
    const timings = slot === 0 ? options.timings : options.otherTimings;
    const mayWatch = slot < options.members - options.polling;
    const kind = Object.keys(TIMINGS).indexOf(timings) * 2 + (mayWatch ? 0 : 1);
    const { leaseTicks, deadlineTicks } = TIMINGS[timings];
    return { name, timings: derive(leaseTicks, deadlineTicks), leaseTicks, deadlineTicks, mayWatch, kind };
  });
  const most = (of: (it: Profile) => number) => Math.max(...members.map(of));
  return {
    election,
    members,
    twins,
    textTicks,
    leaseTicks: most((it) => it.leaseTicks),
    deadlineTicks: most((it) => it.deadlineTicks),
    drainTicks,
    goMember,
    driftTicks,
    symmetric: !twins && new Set(members.map(({ kind }) => kind)).size < members.length,
  };
}

export function profileAt(setting: Setting, slot: number): Profile {
  const profile = setting.members[slot];
  if (profile === undefined) throw new Error(`no member ${slot}`);
  return profile;
}

function derive(leaseTicks: number, deadlineTicks: number): Timings {
  const { timings, problems } = deriveTimings({
    ttlMs: leaseTicks * TICK_MS,
    renewDeadlineMs: deadlineTicks * TICK_MS,
    retryPeriodMs: TICK_MS,
  });
  if (problems.length > 0) throw new Error(problems.join('; '));
  return timings;
}
