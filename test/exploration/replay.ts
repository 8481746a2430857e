/** Goes one path, by the names of its actions, and tells it. */
import { act, actionName, actionsOf } from './actions.ts';
import type { Setting, World } from './world.ts';

export interface Replay {
  readonly story: readonly string[];
  readonly finding: string | null;
  /** The first action that was not possible; null when all were. In another election a path may lead elsewhere. */
  readonly strandedAt: string | null;
}

export function replay(setting: Setting, start: World, trace: readonly string[]): Replay {
  const story: string[] = [];
  let world = start;
  for (const name of trace) {
    const action = actionsOf(setting, world).find((it) => actionName(setting, it) === name);
    if (action === undefined) return { story, finding: null, strandedAt: name };
    const draft = act(setting, world, action, story);
    if (draft.exempted !== null) story.push(`exempted: ${draft.exempted}`);
    if (draft.finding !== null) {
      story.push(`VIOLATION ${draft.finding}`);
      return { story, finding: draft.finding, strandedAt: null };
    }
    world = draft.world;
  }
  return { story, finding: null, strandedAt: null };
}
