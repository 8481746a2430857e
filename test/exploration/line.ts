/** A member's line to the API: what it asks may be held up, what it watches may come late, never, or end. */
import type { Doer, LineVerb, Offer } from './action.ts';
import { type Draft, own, spend, tell } from './draft.ts';
import { may } from './nuisances.ts';
import type { Member, World } from './world.ts';

export function offerLine({ left }: World, slot: number, member: Member, offer: Offer): void {
  const { life, cut, deaf, paused } = member;
  if (life === 'dead' || life === 'ended') return;
  if (!cut && may(left, 'cut')) offer('cut', slot);
  if (!deaf && may(left, 'deaf')) offer('deafen', slot);
  if (life === 'not-started') return;
  if (cut) offer('heal', slot);
  if (deaf) offer('listen', slot);
  if (paused) return;
  if (hears(member)) offer('hear', slot);
  if (member.state.reading.watch !== null && may(left, 'watch')) {
    offer('watch-ends', slot);
    offer('watch-expires', slot);
  }
}

/** Is an event there that nothing holds up? */
export function hearsSoon(member: Member): boolean {
  return member.life === 'alive' && !member.paused && !member.deaf && hears(member);
}

export const LINE: Record<LineVerb, Doer> = {
  cut: (draft, slot) => {
    spend(draft, 'cut');
    own(draft, slot).cut = true;
  },
  heal: (draft, slot) => {
    own(draft, slot).cut = false;
  },
  hear: (draft, slot) => {
    const member = own(draft, slot);
    const [change, ...queue] = member.queue;
    if (change === undefined) throw new Error('nothing to hear');
    member.queue = queue;
    draft.inbox.push({ slot, change });
  },
  deafen: (draft, slot) => {
    spend(draft, 'deaf');
    own(draft, slot).deaf = true;
  },
  listen: (draft, slot) => {
    const member = own(draft, slot);
    member.deaf = false;
    // What was not heard until now never will be.
    member.queue = [];
  },
  'watch-ends': (draft, slot) => endsWatch(draft, slot, 'ended'),
  'watch-expires': (draft, slot) => endsWatch(draft, slot, 'expired'),
};

// ------------------------------------------------------------------------------------------------------- helpers

function hears({ queue, state }: Member): boolean {
  return queue.length > 0 && state.reading.watch !== null;
}

function endsWatch(draft: Draft, slot: number, reason: 'ended' | 'expired'): void {
  const { state } = own(draft, slot);
  const { watch } = state.reading;
  if (watch === null) throw new Error('no watch to end');
  spend(draft, 'watch');
  tell(draft, slot, { type: 'watchEnded', watch: watch.watch, reason, message: reason });
}
