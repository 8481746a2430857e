/**
 * Lets everything heal: whoever stands still runs on, lines are up, answers come, work ends, and nothing more goes wrong.
 * Then, whatever has happened before, somebody leads before long (L1). Nobody is started or brought back for that: those
 * that are alive must manage.
 */
import type { Action, Verb } from './action.ts';
import { act, actionsOf } from './actions.ts';
import { goHolds } from './go-member.ts';
import type { Setting } from './setting.ts';
import { nowOf, type World } from './world.ts';

/** The first that is possible is taken. */
const HEALING: readonly Verb[] = [
  'resume',
  'go-resume',
  'heal',
  'listen',
  'answer',
  'deliver',
  'hear',
  'work-ends',
  'wake',
  'go-tries',
  'tick',
];

/** What goes wrong all the same; null when all is well, or where nothing is promised. */
export function restlessness(setting: Setting, from: World, story: string[] | null = null): string | null {
  if (from.members.every(({ life }) => life !== 'alive')) return null;
  // A wait of rule 17, an expiry, a rest after giving up (rule 21), and some more.
  const ticks = 3 * setting.leaseTicks + 8;
  let world = from;
  while (world.tick < from.tick + ticks) {
    const action = nextOf(actionsOf(setting, world));
    if (action === null) return 'L1 time stands still';
    const draft = act(setting, world, action, story);
    if (draft.exempted !== null) return null;
    if (draft.finding !== null) return draft.finding;
    world = draft.world;
    // One that led before must have renewed since.
    if (world.tick > from.tick + setting.deadlineTicks && isLed(setting, world)) return null;
  }
  if (world.members.every(({ life }) => life !== 'alive')) return null;
  return `L1 nobody leads within ${ticks} ticks in which nothing goes wrong`;
}

// ------------------------------------------------------------------------------------------------------- helpers

function nextOf(actions: readonly Action[]): Action | null {
  for (const verb of HEALING) {
    const found = actions.find((it) => it.verb === verb);
    if (found !== undefined) return found;
  }
  return null;
}

function isLed(setting: Setting, world: World): boolean {
  if (goHolds({ setting, world })) return true;
  return world.members.some((it) => it.life === 'alive' && setting.election.isLeading(it.state, nowOf(world, it)));
}
