/**
 * Breadth first over every reachable world, so that the first finding has a shortest trace. Of a world that was explored
 * remain its key and from where it was reached.
 */
import { actionName } from './action.ts';
import { act, actionsOf } from './actions.ts';
import type { Draft } from './draft.ts';
import { keyOf } from './key.ts';
import { Layers } from './layers.ts';
import { Paths } from './paths.ts';
import { restlessness } from './rest.ts';
import type { Setting } from './setting.ts';
import { StateSet } from './state-set.ts';
import type { World } from './world.ts';

export interface Limits {
  readonly depth: number;
  readonly states: number;
  readonly milliseconds: number;
  /** Only this invariant counts, `S5` say; paths that break another end there. */
  readonly invariant?: string;
  /** Of one world in so many it is tried whether it comes to rest well; by default of none. */
  readonly restOneIn?: number;
  /** So many worlds of one depth are kept; others are made again. */
  readonly mostKept?: number;
}

export interface Progress {
  readonly states: number;
  readonly transitions: number;
  /** Every world with a shortest path up to this long was visited, and everything that follows from it in one action. */
  readonly depth: number;
  /** Worlds that were found and not explored yet. */
  readonly frontier: number;
}

export interface Exploration extends Progress {
  /** No world was left unexplored. */
  readonly fixpoint: boolean;
  /** Where nothing is promised, and how many transitions led there: those paths ended. */
  readonly exemptions: ReadonlyMap<string, number>;
  readonly finding: { readonly text: string; readonly trace: readonly string[] } | null;
}

/** After so many worlds the clock is read, and `onProgress` is told how far this is. */
const CLOCK_EVERY = 64;

export function explore(
  setting: Setting,
  start: World,
  limits: Limits,
  elapsedMs: () => number,
  onProgress: (progress: Progress) => void = () => {},
): Exploration {
  const paths = new Paths();
  const layers = new Layers(setting, paths, start, limits.mostKept);
  const isNew = newness(setting);
  const exemptions = new Map<string, number>();
  let states = isNew(start) ? 1 : 0;
  let transitions = 0;
  let depth = 0;
  for (; depth < limits.depth; depth += 1) {
    const [from, to] = layers.range;
    if (from === to) break;
    for (let id = from; id < to; id += 1) {
      if (id % CLOCK_EVERY === 0) {
        onProgress({ states, transitions, depth, frontier: states - id });
        if (elapsedMs() > limits.milliseconds || states >= limits.states) {
          return { states, transitions, depth, frontier: states - id, fixpoint: false, exemptions, finding: null };
        }
      }
      const world = layers.worldOf(id);
      const actions = actionsOf(setting, world);
      for (const [index, action] of actions.entries()) {
        const draft = act(setting, world, action);
        transitions += 1;
        let text = findingOf(draft, limits, exemptions);
        if (text === null && !hasEnded(draft) && isNew(draft.world)) {
          states += 1;
          layers.add(draft.world, id, index);
          if (isTried(states, limits)) text = sought(restlessness(setting, draft.world), limits);
        }
        if (text === null) continue;
        const trace = traceTo(setting, start, [...paths.indexesTo(id), index]);
        const finding = { text, trace };
        return { states, transitions, depth, frontier: states - id, fixpoint: false, exemptions, finding };
      }
    }
    layers.advance();
  }
  const [first, end] = layers.range;
  const frontier = end - first;
  return { states, transitions, depth, frontier, fixpoint: frontier === 0, exemptions, finding: null };
}

// ------------------------------------------------------------------------------------------------------- helpers

function newness(setting: Setting): (world: World) => boolean {
  const known = new StateSet();
  const key = new Uint32Array(2);
  return (world) => {
    keyOf(setting, world, key);
    return known.add(key[0] ?? 0, key[1] ?? 0);
  };
}

/** What an action has led to, if that is what is looked for; the others are counted. */
function findingOf({ finding, exempted }: Draft, limits: Limits, exemptions: Map<string, number>): string | null {
  const text = exempted === null ? sought(finding, limits) : null;
  const why = exempted ?? (finding !== null && text === null ? 'another invariant is looked for' : null);
  if (why !== null) exemptions.set(why, (exemptions.get(why) ?? 0) + 1);
  return text;
}

function sought(finding: string | null, { invariant = '' }: Limits): string | null {
  return finding?.startsWith(invariant) ? finding : null;
}

function hasEnded({ finding, exempted }: Draft): boolean {
  return finding !== null || exempted !== null;
}

function isTried(states: number, { restOneIn }: Limits): boolean {
  return restOneIn !== undefined && states % restOneIn === 0;
}

/** The names of the actions that were taken, by their places among those that were possible. */
function traceTo(setting: Setting, start: World, indexes: readonly number[]): string[] {
  const names: string[] = [];
  let world = start;
  for (const index of indexes) {
    const action = actionsOf(setting, world)[index];
    if (action === undefined) throw new Error('a trace leads out of the world that it was found in');
    names.push(actionName(setting, action));
    world = act(setting, world, action).world;
  }
  return names;
}
