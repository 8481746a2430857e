/** What to explore: how many members, in what kind of world, and how often each thing may go wrong. */
import {
  type Budgets,
  type Election,
  NUISANCES,
  type Nuisance,
  newWorld,
  type Setting,
  settingOf,
  type TIMINGS,
  type World,
} from './world.ts';

export interface Plan extends Partial<Record<Nuisance | 'total', number>> {
  readonly members?: number;
  readonly timings?: keyof typeof TIMINGS;
  readonly textTicks?: number;
  readonly twins?: boolean;
  readonly go?: boolean;
}

export function begin(plan: Plan, election: Election): { readonly setting: Setting; readonly start: World } {
  const setting = settingOf({
    election,
    members: plan.members ?? 2,
    timings: plan.timings ?? 'short',
    textTicks: plan.textTicks ?? 1,
    twins: plan.twins ?? false,
    goMember: plan.go ?? false,
    driftTicks: plan.drift ?? 0,
  });
  return { setting, start: newWorld(setting, budgetsOf(plan)) };
}

/** What is not mentioned does not happen; without a total, the sum of all. */
export function budgetsOf(plan: Plan): Budgets {
  const each = Object.fromEntries(NUISANCES.map((it) => [it, plan[it] ?? 0])) as Record<Nuisance, number>;
  const sum = Object.values(each).reduce((total, it) => total + it, 0);
  return { ...each, total: plan.total ?? sum };
}

/** `cut=1,delete=1,total=2`. */
export function parseAlphabet(text: string): Plan {
  const plan: Partial<Record<Nuisance | 'total', number>> = {};
  for (const part of text.split(',').filter((it) => it !== '')) {
    const [name = '', count = '1'] = part.split('=');
    const known = [...NUISANCES, 'total' as const].find((it) => it === name);
    if (known === undefined) throw new Error(`alphabet: expected some of ${NUISANCES.join(', ')}, total; got ${name}`);
    plan[known] = Number(count);
  }
  return plan;
}
