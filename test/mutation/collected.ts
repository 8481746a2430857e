/**
 * Stands in for `node:test` while mutants are tested: collects the tests that files declare instead of running them, so
 * that they can be run one by one, again and again, within one process. It knows only what the tests there use.
 */

export interface Collected {
  /** With the file's, and those of the groups that it is in. */
  readonly name: string;
  readonly run: () => unknown;
}

let collected: Collected[] = [];
let path: readonly string[] = [];

export function test(name: string, run: () => unknown): void {
  collected.push({ name: [...path, name].join(' > '), run });
}

export function describe(name: string, declare: () => void): void {
  path = [...path, name];
  declare();
  path = path.slice(0, -1);
}

/** What the files declare when they are imported. */
export async function collect(
  files: readonly string[],
  load: (file: string) => Promise<unknown>,
): Promise<readonly Collected[]> {
  collected = [];
  for (const file of files) {
    path = [file];
    await load(file);
  }
  return collected;
}
