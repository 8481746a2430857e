/**
 * Compiles `src/` into `dist/`, from nothing, so that no file of an earlier build is packed. The command is made
 * executable, because a folder that is linked or copied, unlike an installed package, keeps the mode that it has here.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
rmSync(join(root, 'dist'), { recursive: true, force: true });

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status, error } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
if (error !== undefined) throw error;
if (status === 0) chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755);
process.exitCode = status ?? 1;
