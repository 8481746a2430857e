/** What to explore: how many members, in what kind of world, and how often each thing may go wrong. */
import type { parseArgs } from 'node:util';
import { budgetsOf, NUISANCES, type Nuisance } from './nuisances.ts';
import { type Election, type Setting, settingOf, TIMINGS, type TimingsName } from './setting.ts';
import { newWorld, type World } from './world.ts';

export interface Plan extends Partial<Record<Nuisance | 'total', number>> {
  readonly members?: number;
  readonly timings?: TimingsName;
  readonly otherTimings?: TimingsName;
  readonly textTicks?: number;
  readonly drainTicks?: number;
  readonly twins?: boolean;
  readonly go?: boolean;
  readonly polling?: number;
  /** By how much clocks may differ before anything is found: by default as much as they will. */
  readonly driftTicks?: number;
}

export function begin(plan: Plan, election: Election): { readonly setting: Setting; readonly start: World } {
  const { timings = 'short' } = plan;
  const setting = settingOf({
    election,
    members: plan.members ?? 2,
    timings,
    otherTimings: plan.otherTimings ?? timings,
    textTicks: plan.textTicks ?? 1,
    drainTicks: plan.drainTicks ?? 2,
    twins: plan.twins ?? false,
    goMember: plan.go ?? false,
    polling: plan.polling ?? 0,
    driftTicks: plan.driftTicks ?? plan.drift ?? 0,
  });
  return { setting, start: newWorld(setting, budgetsOf(plan)) };
}

/** As a person would say it. */
export function planText(plan: Plan): string {
  const parts = Object.entries(plan).map(([name, value]) => (value === true ? name : `${name} ${value}`));
  return parts.length === 0 ? 'nothing goes wrong' : parts.join(', ');
}

// -------------------------------------------------------------------------------------------------- command line

export const PLAN_HELP = `  --members N         1 to 4 members (2)
  --alphabet LIST     what may go wrong, and how often on one path (cut=1,delete=1): any of
                      ${NUISANCES.slice(0, 10).join(', ')},
                      ${NUISANCES.slice(10).join(', ')};
                      total=N bounds their sum
  --timings NAME      durations in ticks: ${Object.keys(TIMINGS).join(', ')} (short)
  --other-timings N   of all members but the first (the same)
  --text-ticks N      so many ticks share one text of a time (1)
  --drain-ticks N     so long work may take that is asked to stop (2)
  --drift-ticks N     by so much clocks may differ (by as much as they will)
  --polling N         so many members may neither list nor watch (0)
  --twins             two containers of one Pod, under one id
  --go                one more member on Kubernetes' Go package`;

export const PLAN_OPTIONS = {
  members: { type: 'string' },
  alphabet: { type: 'string' },
  timings: { type: 'string' },
  'other-timings': { type: 'string' },
  'text-ticks': { type: 'string' },
  'drain-ticks': { type: 'string' },
  'drift-ticks': { type: 'string' },
  polling: { type: 'string' },
  twins: { type: 'boolean' },
  go: { type: 'boolean' },
} as const satisfies NonNullable<Parameters<typeof parseArgs>[0]>['options'];

type PlanFlags = ReturnType<typeof parseArgs<{ options: typeof PLAN_OPTIONS }>>['values'];

/** Null when no flag says anything of a plan. */
export function planOf(flags: PlanFlags): Plan | null {
  const plan: Plan = {
    ...(flags.members !== undefined && { members: Number(flags.members) }),
    ...(flags.timings !== undefined && { timings: timingsNamed(flags.timings) }),
    ...(flags['other-timings'] !== undefined && { otherTimings: timingsNamed(flags['other-timings']) }),
    ...(flags['text-ticks'] !== undefined && { textTicks: Number(flags['text-ticks']) }),
    ...(flags['drain-ticks'] !== undefined && { drainTicks: Number(flags['drain-ticks']) }),
    ...(flags['drift-ticks'] !== undefined && { driftTicks: Number(flags['drift-ticks']) }),
    ...(flags.polling !== undefined && { polling: Number(flags.polling) }),
    ...(flags.twins === true && { twins: true }),
    ...(flags.go === true && { go: true }),
    ...parseAlphabet(flags.alphabet ?? ''),
  };
  return Object.keys(plan).length === 0 ? null : plan;
}

/** The flags that say the same. */
export function flagsOf(plan: Plan): string {
  const { members, timings, otherTimings, textTicks, drainTicks, driftTicks, polling, twins, go, ...alphabet } = plan;
  const flag = (name: string, value: unknown) => (value === undefined ? [] : [`--${name} ${value}`]);
  const letters = Object.entries(alphabet).map(([name, count]) => `${name}=${count}`);
  return [
    ...flag('members', members ?? 2),
    ...flag('timings', timings),
    ...flag('other-timings', otherTimings),
    ...flag('text-ticks', textTicks),
    ...flag('drain-ticks', drainTicks),
    ...flag('drift-ticks', driftTicks),
    ...flag('polling', polling),
    ...(twins === true ? ['--twins'] : []),
    ...(go === true ? ['--go'] : []),
    ...(letters.length === 0 ? [] : [`--alphabet ${letters.join()}`]),
  ].join(' ');
}

/** `cut=1,delete=1,total=2`. */
function parseAlphabet(text: string): Plan {
  const plan: Partial<Record<Nuisance | 'total', number>> = {};
  for (const part of text.split(',').filter((it) => it !== '')) {
    const [name = '', count = '1'] = part.split('=');
    const known = [...NUISANCES, 'total' as const].find((it) => it === name);
    if (known === undefined) throw new Error(`alphabet: expected some of ${NUISANCES.join(', ')}, total; got ${name}`);
    plan[known] = Number(count);
  }
  return plan;
}

function timingsNamed(name: string): TimingsName {
  const known = Object.keys(TIMINGS).find((it): it is TimingsName => it === name);
  if (known === undefined) throw new Error(`timings: expected one of ${Object.keys(TIMINGS).join(', ')}; got ${name}`);
  return known;
}
