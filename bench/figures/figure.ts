/** What a figure is given and what it gives back. */
import type { Cluster } from '../../test/cluster/harness/cluster.ts';
import type { Overlaps } from '../world/overlaps.ts';
import type { Commands } from '../world/programs.ts';

export interface Bench {
  readonly cluster: Cluster;
  readonly commands: Commands;
  readonly overlaps: Overlaps;
  /** A few of everything: to see that it works, not to judge. */
  readonly quick: boolean;
  /** Progress, for a person. */
  say(text: string): void;
}

/** One line of the table. */
export interface Row {
  readonly figure: string;
  readonly demanded: string;
  readonly measured: string;
  readonly floor: string;
  readonly peer: string;
  readonly holds: boolean;
}

export interface Measurement {
  readonly rows: readonly Row[];
  /** Every single value, for the file. */
  readonly raw: unknown;
}

/** A name for `--only`, and how it is measured. */
export interface Figure {
  readonly name: string;
  measure(bench: Bench): Promise<Measurement>;
}

export function ms(value: number): string {
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(1)} ms`;
}

export function times(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)}×`;
}
