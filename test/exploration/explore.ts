/**
 * Breadth first over every reachable world, so that the first finding has a shortest trace. Worlds are kept for the
 * present and the next depth only; of all others remain their keys and, for the trace, from where they were reached.
 */
import { act, actionName, actionsOf } from './actions.ts';
import { keyOf } from './key.ts';
import { StateSet } from './state-set.ts';
import type { Setting, World } from './world.ts';

export interface Limits {
  readonly depth: number;
  readonly states: number;
  readonly milliseconds: number;
  /** Only this invariant counts, `S5` say; paths that break another end there. */
  readonly invariant?: string;
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  readonly exempted: number;
  /** Every state with a shortest path up to this long was visited, and everything that follows from it in one action. */
  readonly depth: number;
  /** No state was left unexplored. */
  readonly fixpoint: boolean;
  readonly finding: { readonly text: string; readonly trace: readonly string[] } | null;
}

export function explore(
  setting: Setting,
  start: World,
  limits: Limits,
  elapsedMs: () => number,
  onDepth: (depth: number, states: number, frontier: number) => void = () => {},
): Exploration {
  const known = new StateSet();
  const key = new Uint32Array(2);
  const isNew = (world: World) => {
    keyOf(setting, world, key);
    return known.add(key[0] ?? 0, key[1] ?? 0);
  };
  const path = new Path();
  isNew(start);
  let frontier: { readonly world: World; readonly node: number }[] = [{ world: start, node: path.add(-1, 0) }];
  let transitions = 0;
  let exempted = 0;
  let depth = 0;
  for (; frontier.length > 0 && depth < limits.depth; depth += 1) {
    const next: typeof frontier = [];
    const isLast = depth + 1 === limits.depth;
    for (const { world, node } of frontier) {
      if (known.size >= limits.states || elapsedMs() > limits.milliseconds) {
        return { states: known.size, transitions, exempted, depth, fixpoint: false, finding: null };
      }
      const actions = actionsOf(setting, world);
      for (let index = 0; index < actions.length; index += 1) {
        const action = actions[index];
        if (action === undefined) continue;
        const draft = act(setting, world, action);
        transitions += 1;
        const elsewhere = draft.finding !== null && !draft.finding.startsWith(limits.invariant ?? '');
        if (draft.exempted !== null || elsewhere) {
          exempted += 1;
        } else if (draft.finding !== null) {
          const trace = traceTo(setting, start, [...path.indexesTo(node), index]);
          const finding = { text: draft.finding, trace };
          return { states: known.size, transitions, exempted, depth, fixpoint: false, finding };
        } else if (isNew(draft.world) && !isLast) {
          next.push({ world: draft.world, node: path.add(node, index) });
        }
      }
    }
    frontier = next;
    onDepth(depth + 1, known.size, frontier.length);
  }
  const fixpoint = frontier.length === 0 && depth < limits.depth;
  return { states: known.size, transitions, exempted, depth, fixpoint, finding: null };
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

/** From where each world was reached: five bytes each. */
class Path {
  #from = new Int32Array(1 << 16);
  #index = new Uint8Array(1 << 16);
  #count = 0;

  add(from: number, index: number): number {
    if (this.#count === this.#from.length) {
      const larger = new Int32Array(this.#count * 2);
      larger.set(this.#from);
      this.#from = larger;
      const largerIndex = new Uint8Array(this.#count * 2);
      largerIndex.set(this.#index);
      this.#index = largerIndex;
    }
    this.#from[this.#count] = from;
    this.#index[this.#count] = index;
    this.#count += 1;
    return this.#count - 1;
  }

  indexesTo(node: number): number[] {
    const indexes: number[] = [];
    for (let at = node; (this.#from[at] ?? -1) >= 0; at = this.#from[at] ?? -1) indexes.push(this.#index[at] ?? 0);
    return indexes.reverse();
  }
}
