/**
 * The worlds of the depth that is explored now, and of the next. They are kept as long as they are few; of more than that
 * only the paths are, and each world is made again from the last depth that was kept when its turn comes. Worlds come in
 * the order in which they were found, so that neighbours share most of their way: that costs some 2 actions a world,
 * while a world that is kept costs 2 kB.
 */
import { act, actionsOf } from './actions.ts';
import type { Paths } from './paths.ts';
import type { Setting } from './setting.ts';
import type { World } from './world.ts';

const MOST_KEPT = 100_000;

interface Layer {
  /** The number of its first world. */
  readonly from: number;
  /** All of them, or null where they were too many. */
  readonly worlds: readonly World[] | null;
}

export class Layers {
  readonly #setting: Setting;
  readonly #paths: Paths;
  readonly #mostKept: number;
  #layer: Layer;
  /** The number of the first world of the next depth. */
  #to = 1;
  #next: World[] | null = [];
  /** The last layer of which all worlds are there, and how far back that is. */
  #base: Layer;
  #levels = 0;
  /** The way from there to the last world that was made again. */
  #ids: number[] = [];
  #worlds: World[] = [];

  constructor(setting: Setting, paths: Paths, start: World, mostKept = MOST_KEPT) {
    this.#setting = setting;
    this.#paths = paths;
    this.#mostKept = mostKept;
    this.#layer = { from: paths.add(-1, 0), worlds: [start] };
    this.#base = this.#layer;
  }

  /** The numbers of the worlds of this depth: from the first up to, not including, the second. */
  get range(): readonly [from: number, to: number] {
    return [this.#layer.from, this.#to];
  }

  worldOf(id: number): World {
    return this.#layer.worlds?.[id - this.#layer.from] ?? this.#madeAgain(id);
  }

  /** A world of the next depth: what the action at place `index` makes of world `from`. */
  add(world: World, from: number, index: number): void {
    this.#paths.add(from, index);
    if (this.#next !== null && this.#next.push(world) > this.#mostKept) this.#next = null;
  }

  /** On to the next depth. */
  advance(): void {
    this.#layer = { from: this.#to, worlds: this.#next };
    this.#to = this.#paths.size;
    this.#next = [];
    if (this.#layer.worlds === null) {
      this.#levels += 1;
    } else {
      this.#base = this.#layer;
      this.#levels = 0;
    }
    this.#ids = [];
    this.#worlds = [];
  }

  #madeAgain(id: number): World {
    const way: number[] = [];
    let level = this.#levels;
    let at = id;
    for (; level > 0 && this.#ids[level] !== at; level -= 1) {
      way[level] = at;
      at = this.#paths.from(at);
    }
    if (level === 0) this.#put(0, at, this.#base.worlds?.[at - this.#base.from]);
    for (level += 1; level <= this.#levels; level += 1) {
      const next = way[level] ?? -1;
      this.#put(level, next, this.#after(this.#worlds[level - 1], this.#paths.index(next)));
    }
    return this.#worlds[this.#levels] ?? lost(id);
  }

  #put(level: number, id: number, world: World | undefined): void {
    this.#ids[level] = id;
    this.#worlds[level] = world ?? lost(id);
  }

  #after(world: World | undefined, index: number): World | undefined {
    const action = world && actionsOf(this.#setting, world)[index];
    return world && action && act(this.#setting, world, action).world;
  }
}

function lost(id: number): never {
  throw new Error(`the way to world ${id} is lost`);
}
