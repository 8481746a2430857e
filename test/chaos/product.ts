/**
 * The electors that are run: the sources of this moment, copied aside, so that whoever edits them meanwhile changes
 * nothing in a run that lasts; for a control with one of the defects in them that the simulator is tried with too.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Replacement } from '../support/mutant.ts';

export interface Product {
  /** Words before which only Node's own stand. */
  readonly command: readonly string[];
  readonly library: readonly string[];
  readonly compileCache: string;
}

const ROOT = join(import.meta.dirname, '..', '..');
const PROGRAMS = join('test', 'chaos', 'programs');

/** A replacement that does not match exactly once is an error: its rule has moved. */
export function copyProduct(dir: string, defect: readonly Replacement[]): Product {
  for (const path of ['src', PROGRAMS, 'package.json']) cpSync(join(ROOT, path), join(dir, path), { recursive: true });
  for (const { file, from, to } of defect) {
    const path = join(dir, 'src', file);
    const [before, after, more] = readFileSync(path, 'utf8').split(from);
    if (after === undefined || more !== undefined)
      throw new Error(`expected exactly one match in src/${file}: ${from}`);
    writeFileSync(path, `${before}${to}${after}`);
  }
  const compileCache = join(dir, 'compile-cache');
  mkdirSync(compileCache);
  const node = [process.execPath, '--import', pathToFileURL(join(dir, PROGRAMS, 'wall-clock.ts')).href];
  return {
    command: [...node, join(dir, 'src', 'cli', 'main.ts')],
    library: [...node, join(dir, PROGRAMS, 'worker.ts')],
    compileCache,
  };
}
