/** The files of this project as a clone has them: what is installed, built or measured is left out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** As in .gitignore, which has the same list. */
const NOT_TRACKED: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', '.cache', 'coverage']);
const NOT_TRACKED_PATHS: ReadonlySet<string> = new Set(['bench/results']);

/** Every file below `folder`, relative to the root, sorted. */
export function filesBelow(folder = ''): readonly string[] {
  const found: string[] = [];
  const walk = (path: string) => {
    for (const entry of readdirSync(join(ROOT, path), { withFileTypes: true })) {
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      if (NOT_TRACKED.has(entry.name) || NOT_TRACKED_PATHS.has(child) || entry.name.endsWith('.tgz')) continue;
      if (entry.isDirectory()) walk(child);
      else found.push(child);
    }
  };
  if (folder === '' || existsSync(join(ROOT, folder))) walk(folder);
  return found.sort();
}

export function sourceFiles(folder = 'src'): readonly string[] {
  return filesBelow(folder).filter((path) => path.endsWith('.ts'));
}

export function documents(): readonly string[] {
  return filesBelow().filter((path) => path.endsWith('.md'));
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function exists(path: string): boolean {
  return existsSync(join(ROOT, path));
}
