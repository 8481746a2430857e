/** The kinds of worlds that are explored when nobody asks for one, each with everything that can go wrong in it. */
import { NUISANCES, type Nuisance } from './nuisances.ts';
import type { Plan } from './plan.ts';

export interface Kind {
  readonly name: string;
  readonly plan: Plan;
  /** Beyond what goes wrong everywhere. */
  readonly also?: readonly Nuisance[];
}

/** What the timings must leave room for, and what erases the promises of everything else, have kinds of their own. */
const NOT_EVERYWHERE: readonly Nuisance[] = ['drift', 'suspend', 'rollback'];

export const KINDS: readonly Kind[] = [
  { name: 'two members', plan: {} },
  { name: 'two, a renewal has two chances', plan: { timings: 'long' } },
  { name: 'two, whole-second times', plan: { textTicks: 2 } },
  { name: 'two, clocks drift, machines sleep', plan: { timings: 'wide' }, also: ['drift', 'suspend'] },
  { name: 'two, TTLs 12 s and 24 s', plan: { otherTimings: 'slow' } },
  { name: 'two, one polls', plan: { polling: 1 } },
  { name: 'two that poll', plan: { polling: 2 } },
  { name: 'two containers of one Pod', plan: { twins: true } },
  { name: 'two, etcd is restored', plan: {}, also: ['rollback'] },
  { name: 'one beside a Go member', plan: { members: 1, go: true } },
  { name: 'two beside a Go member', plan: { go: true } },
  { name: 'three members', plan: { members: 3 } },
  { name: 'three, TTLs 12 s and 24 s, one polls', plan: { members: 3, otherTimings: 'slow', polling: 1 } },
];

/** How many things go wrong on each path, and how many of them may be a line that is cut: that makes most worlds. */
export interface Round {
  readonly total: number;
  readonly cut: number;
}

export const ROUNDS: readonly Round[] = [
  { total: 1, cut: 1 },
  { total: 2, cut: 0 },
  { total: 3, cut: 0 },
  { total: 2, cut: 1 },
  { total: 2, cut: 2 },
  { total: 3, cut: 1 },
  { total: 4, cut: 0 },
  { total: 3, cut: 3 },
  { total: 4, cut: 4 },
];

/** Whichever things they are; clocks drift once at most. */
export function planOfRound({ plan, also = [] }: Kind, { total, cut }: Round): Plan {
  const wanted = NUISANCES.filter((it) => !NOT_EVERYWHERE.includes(it) || also.includes(it));
  const each = Object.fromEntries(wanted.map((it) => [it, it === 'drift' ? 1 : total]));
  return { ...plan, ...each, cut, total };
}
