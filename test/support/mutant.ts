/**
 * Loads the sources with lines of a rule taken out, to show what goes wrong without it. The sources are copied aside
 * and changed there; a replacement that does not match exactly once is an error, so that a test can never pass because
 * its rule has moved.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SRC = join(import.meta.dirname, '../../src');

export interface Replacement {
  /** Below `src/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The module at `path` below `src/`, as it would be without what the replacements take out. */
export function loadMutant<Module>(path: string, replacements: readonly Replacement[]): Promise<Module> {
  return copySources(replacements)(path);
}

/** For several modules of the same changed sources: loads them by their paths below `src/`. */
export function copySources(replacements: readonly Replacement[]): <Module>(path: string) => Promise<Module> {
  const folder = mkdtempSync(join(tmpdir(), 'k8s-elector-mutant-'));
  folders.push(folder);
  const copy = join(folder, 'src');
  cpSync(SRC, copy, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const { file, from, to } of replacements) {
    const source = readFileSync(join(copy, file), 'utf8');
    const matches = source.split(from).length - 1;
    if (matches !== 1) throw new Error(`expected exactly one match in src/${file}, got ${matches}: ${from}`);
    writeFileSync(
      join(copy, file),
      source.replace(from, () => to),
    );
  }
  return async <Module>(path: string) => (await import(pathToFileURL(join(copy, path)).href)) as Module;
}

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
