/** A member's process: it starts, runs, stands still, dies, comes back; its work; and what is asked of it. */
import type { Doer, Offer, ProcessVerb } from './action.ts';
import { type Draft, own, spend, tell } from './draft.ts';
import { bury, endWork } from './member.ts';
import { may } from './nuisances.ts';
import type { Setting } from './setting.ts';
import { incarnationOf, type Member, newMember, nowOf, processOf, type World } from './world.ts';

export function offerProcess(setting: Setting, world: World, slot: number, member: Member, offer: Offer): void {
  const { left } = world;
  const { life, state, paused, work } = member;
  if (life === 'not-started') offer('start', slot);
  if (life === 'dead' && may(left, 'restart')) {
    offer('restart', slot);
    // Twins share the one Pod there is.
    if (!setting.twins) offer('replace-pod', slot);
  }
  if (life !== 'alive') return;
  const { type: role } = state.role;
  if (paused) {
    offer('resume', slot);
  } else {
    if (isDue(world, member)) offer('wake', slot);
    if (may(left, 'giveUp') && role === 'leader') offer('give-up', slot);
    if (may(left, 'giveUp') && (role === 'leader' || role === 'candidate')) offer('exit', slot);
    if (may(left, 'pause')) offer('pause', slot);
  }
  if (work === 'stopping' && !paused) offer('work-ends', slot);
  if (work === 'running' && !member.slowWork && may(left, 'slowWork')) offer('slow', slot);
  if (may(left, 'crash')) offer('crash', slot);
}

/** Would it do something now, unless it stands still? */
export function isDue(world: World, member: Member): boolean {
  return member.life === 'alive' && !member.paused && member.state.wakeAtMs <= nowOf(world, member).monoMs;
}

export const PROCESS: Record<ProcessVerb, Doer> = {
  start: (draft, slot) => {
    own(draft, slot).life = 'alive';
    tell(draft, slot, { type: 'started' });
  },
  wake: (draft, slot) => tell(draft, slot, { type: 'woke' }),
  pause: (draft, slot) => {
    spend(draft, 'pause');
    own(draft, slot).paused = true;
  },
  resume: (draft, slot) => {
    own(draft, slot).paused = false;
  },
  crash: (draft, slot) => {
    spend(draft, 'crash');
    bury(draft, slot, 'dead');
  },
  restart: (draft, slot) => comesBack(draft, slot, 0),
  'replace-pod': (draft, slot) => comesBack(draft, slot, 1),
  'give-up': (draft, slot) => asks(draft, slot, false),
  exit: (draft, slot) => asks(draft, slot, true),
  slow: (draft, slot) => {
    spend(draft, 'slowWork');
    own(draft, slot).slowWork = true;
  },
  'work-ends': (draft, slot) => {
    own(draft, slot).slowWork = false;
    endWork(draft, slot);
  },
};

// ------------------------------------------------------------------------------------------------------- helpers

function comesBack(draft: Draft, slot: number, newPods: number): void {
  spend(draft, 'restart');
  const before = own(draft, slot);
  const process = processOf(slot, incarnationOf(before.process) + 1);
  Object.assign(before, newMember(draft.setting, slot, process, before.pod + newPods), { life: 'alive' });
  tell(draft, slot, { type: 'started' });
}

function asks(draft: Draft, slot: number, exit: boolean): void {
  spend(draft, 'giveUp');
  tell(draft, slot, { type: 'giveUp', reason: 'asked', exit });
}
