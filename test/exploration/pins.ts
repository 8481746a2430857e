/** What the explorer found of each negative control, as `discover.ts --pin` wrote it down. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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
  return JSON.parse(readFileSync(PINS_PATH, 'utf8')) as readonly Pin[];
}

/** The table of docs/internals/exploration.md. */
export function tableOf(pins: readonly Pin[]): readonly (readonly string[])[] {
  return pins.map(({ rule, defect, finding, states, trace }) => {
    const [invariant = ''] = finding.split(' ');
    return [defect, rule, 'explorer', invariant, `${states} states, ${trace.split(', ').length} actions`];
  });
}

export const TABLE_HEAD: readonly string[] = [
  'Control',
  'Rule',
  'Found by',
  'Invariant',
  'Worlds or states until found',
];
