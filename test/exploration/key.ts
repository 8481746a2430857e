/**
 * The canonical key of a world: two worlds with one key have the same future, so that only one of them is explored. It
 * is a hash of 64 bits of the numbers that `key/` writes down: among 10⁸ worlds the chance that any two that differ
 * have the same is 3 in 10,000.
 */
import { orderOf } from './key/order.ts';
import { writeWorld } from './key/world.ts';
import { KeyWriter } from './key/writer.ts';
import type { Setting } from './setting.ts';
import type { World } from './world.ts';

const writer = new KeyWriter();

/** The key, as two words of 32 bits in `out`. */
export function keyOf(setting: Setting, world: World, out: Uint32Array): void {
  write(setting, world);
  hash(writer.cells, writer.length, out);
}

/** All of what is hashed. */
export function keyText(setting: Setting, world: World): string {
  write(setting, world);
  return writer.cells.subarray(0, writer.length).join();
}

function write(setting: Setting, world: World): void {
  const order = orderOf(setting, world);
  const place: number[] = [];
  for (let at = 0; at < order.length; at += 1) place[order[at] ?? 0] = at;
  writer.begin(setting, world, place);
  writeWorld(world, order, writer);
  writer.end();
}

/** Two hashes of 32 bits that have nothing in common but their input. */
function hash(cells: Int32Array, length: number, out: Uint32Array): void {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (let i = 0; i < length; i += 1) {
    const value = cells[i] ?? 0;
    a = Math.imul(a ^ value, 0x2c1b3c6d);
    a ^= a >>> 15;
    b = Math.imul(b ^ (value + 0x7f4a7c15), 0x297a2d39);
    b ^= b >>> 13;
  }
  a = Math.imul(a ^ (a >>> 16), 0x45d9f3b);
  b = Math.imul(b ^ (b >>> 16), 0x119de1f3);
  out[0] = (a ^ (a >>> 15)) >>> 0;
  out[1] = (b ^ (b >>> 14)) >>> 0;
}
