/** Time: it passes by ticks, and a member's clocks may differ from it. */
import type { ClockVerb, Doer, Offer } from './action.ts';
import { type Draft, own, spend } from './draft.ts';
import { may } from './nuisances.ts';
import { TICK_MS } from './setting.ts';
import { leaseTicksOf, type World } from './world.ts';

export function offerClocks({ members, left }: World, restless: boolean, offer: Offer): void {
  if (!restless) offer('tick');
  const mayDrift = may(left, 'drift');
  const maySuspend = may(left, 'suspend');
  if (!mayDrift && !maySuspend) return;
  members.forEach(({ life }, slot) => {
    if (life !== 'alive') return;
    if (mayDrift) offer('clock-gains', slot);
    if (restless) return;
    if (mayDrift) offer('clock-loses', slot);
    if (maySuspend) offer('suspend', slot);
  });
}

export const CLOCKS: Record<ClockVerb, Doer> = {
  tick: passTick,
  'clock-gains': (draft, slot) => {
    spend(draft, 'drift');
    own(draft, slot).skewMs += TICK_MS;
  },
  'clock-loses': (draft, slot) => {
    spend(draft, 'drift');
    passTick(draft);
    own(draft, slot).skewMs -= TICK_MS;
  },
  suspend: (draft, slot) => {
    spend(draft, 'suspend');
    passTick(draft);
    const member = own(draft, slot);
    member.skewMs -= TICK_MS;
    member.bootSkewMs += TICK_MS;
  },
};

// ------------------------------------------------------------------------------------------------------- helpers

function passTick({ world, setting }: Draft): void {
  world.tick += 1;
  // A record that has run out matters to nobody's term.
  const isLive = (it: World['holds'][number]) =>
    it.tick + leaseTicksOf(setting, it.process) > world.tick - setting.deadlineTicks;
  if (!world.holds.every(isLive)) world.holds = world.holds.filter(isLive);
}
