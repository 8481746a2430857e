/** What the explorer found of each negative control, as `discover.ts --pin` wrote it down. */
import { join } from 'node:path';
import { readPinsFrom } from '../support/pins.ts';

export const PINS_PATH = join(import.meta.dirname, 'pins.json');

export interface Pin {
  readonly rule: string;
  readonly defect: string;
  /** The invariant first: `S4 bob begins a term before alice's record has run out`. */
  readonly finding: string;
  /** How many worlds were visited until then. */
  readonly states: number;
  /** The actions of a shortest way there, separated by commas. */
  readonly trace: string;
}

export function readPins(): readonly Pin[] {
  return readPinsFrom(PINS_PATH);
}

/** The table of docs/internals/exploration.md. */
export function tableOf(pins: readonly Pin[]): readonly (readonly string[])[] {
  return pins.map(({ rule, defect, finding, states, trace }) => {
    const [invariant = ''] = finding.split(' ');
    return [defect, rule, 'explorer', invariant, `${states} states, ${trace.split(', ').length} actions`];
  });
}
