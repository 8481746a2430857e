/** What can happen next in a world, and what it leads to. */
import { type Action, actionName, type Doer, type Verb } from './action.ts';
import { CLOCKS, offerClocks } from './clocks.ts';
import { type Draft, draftOf, tells } from './draft.ts';
import { GO_MEMBER, goIsDue, offerGo } from './go-member.ts';
import { HAND_ACTIONS, offerHand } from './hand.ts';
import { checkWorld } from './invariants.ts';
import { hearsSoon, LINE, offerLine } from './line.ts';
import { settle } from './member.ts';
import { MESSAGES, offerMessage } from './messages.ts';
import { isDue, offerProcess, PROCESS } from './process.ts';
import type { Setting } from './setting.ts';
import { lockText } from './transcript.ts';
import { FIRST_TICK, type World } from './world.ts';

const DOERS: Record<Verb, Doer> = { ...CLOCKS, ...PROCESS, ...LINE, ...MESSAGES, ...HAND_ACTIONS, ...GO_MEMBER };

/** Everything that can happen, the likeliest first. Time passes only when nobody has anything left to do. */
export function actionsOf(setting: Setting, world: World): Action[] {
  const actions: Action[] = [];
  const offer = (verb: Verb, slot = -1, message = 0) => {
    actions.push({ verb, slot, message });
  };
  let restless = setting.goMember && goIsDue(world);
  for (let slot = 0; slot < world.members.length; slot += 1) {
    const member = world.members[slot];
    if (member === undefined) continue;
    offerProcess(setting, world, slot, member, offer);
    offerLine(world, slot, member, offer);
    restless ||= isDue(world, member) || hearsSoon(member);
  }
  for (const message of world.messages) offerMessage(world, message, offer);
  offerHand(setting, world, offer);
  if (setting.goMember) offerGo(world, offer);
  offerClocks(world, restless, offer);
  return actions;
}

/** What an action leads to. */
export function act(setting: Setting, world: World, action: Action, story: string[] | null = null): Draft {
  const draft = draftOf(setting, world, story);
  tells(draft, () => `t${world.tick - FIRST_TICK} ${actionName(setting, action)}  [${lockText(world.lock.observed)}]`);
  DOERS[action.verb](draft, action.slot, action.message);
  settle(draft);
  if (draft.finding === null && draft.exempted === null) checkWorld(draft);
  return draft;
}
