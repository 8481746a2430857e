/** The mutants that no test notices, each with the reason why that is right. */

export interface Explained {
  readonly file: string;
  readonly mutator: string;
  /** The source line in which it begins. */
  readonly on: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [];
