/** The world in which each control was found, as `discover.ts --pin` wrote it down. */
import { join } from 'node:path';
import { readPinsFrom } from '../support/pins.ts';

export const PINS_PATH = join(import.meta.dirname, 'pins.json');

export interface Pin {
  readonly rule: string;
  readonly defect: string;
  /** The first world, counted from 1, that is well with the product and not with the defect. */
  readonly seed: number;
  readonly invariant: string;
  readonly message: string;
}

export function readPins(): readonly Pin[] {
  return readPinsFrom(PINS_PATH);
}

/** The table of docs/internals/simulation.md. */
export function tableOf(pins: readonly Pin[]): readonly (readonly string[])[] {
  return pins.map(({ rule, defect, seed, invariant }) => {
    return [defect, rule, 'simulator', invariant, seed === 1 ? '1 world' : `${seed} worlds`];
  });
}
