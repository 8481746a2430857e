/** Goes one path, by the names of its actions, lets the world come to rest after it, and tells it. */
import { actionName } from './action.ts';
import { act, actionsOf } from './actions.ts';
import { restlessness } from './rest.ts';
import type { Setting } from './setting.ts';
import type { World } from './world.ts';

export interface Replay {
  readonly story: readonly string[];
  readonly finding: string | null;
  /** The first action that was not possible; null when all were. In another election a path may lead elsewhere. */
  readonly strandedAt: string | null;
}

export function replay(setting: Setting, start: World, trace: readonly string[]): Replay {
  const story: string[] = [];
  let world = start;
  let finding: string | null = null;
  for (const name of trace) {
    const action = actionsOf(setting, world).find((it) => actionName(setting, it) === name);
    if (action === undefined) return { story, finding: null, strandedAt: name };
    const draft = act(setting, world, action, story);
    world = draft.world;
    finding = draft.finding;
    if (finding !== null) break;
    if (draft.exempted === null) continue;
    story.push(`exempted: ${draft.exempted}`);
    return { story, finding: null, strandedAt: null };
  }
  if (finding === null) {
    story.push('from here on nothing more goes wrong');
    finding = restlessness(setting, world, story);
  }
  if (finding !== null) story.push(`VIOLATION ${finding}`);
  return { story, finding, strandedAt: null };
}
