/**
 * What is compared, each ready to be started: the product as it is published (compiled), the floor (its types
 * stripped, so that it starts as fast as it can) and the Go peer. The product is compiled into a folder of the run, so
 * that what somebody builds meanwhile changes nothing in it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { goPeer } from '../../test/cluster/harness/build.ts';

export type Program = 'product' | 'floor' | 'peer';
export type Commands = Readonly<Record<Program, readonly string[]>>;

const ROOT = join(import.meta.dirname, '..', '..');

export async function preparePrograms(dir: string): Promise<Commands> {
  const node = pinnedNode();
  const product = join(dir, 'product');
  compile(node, join(product, 'dist'));
  cpSync(join(ROOT, 'package.json'), join(product, 'package.json'));
  const floor = join(dir, 'floor');
  mkdirSync(floor);
  writeFileSync(join(floor, 'package.json'), '{"type":"module"}');
  const source = readFileSync(join(ROOT, 'bench', 'floor.ts'), 'utf8');
  writeFileSync(join(floor, 'floor.js'), stripTypeScriptTypes(source));
  return {
    product: [node, join(product, 'dist', 'cli', 'main.js')],
    floor: [node, join(floor, 'floor.js')],
    peer: [await goPeer('clientgo-v0.37')],
  };
}

/** As `npm run build` does it, but to a folder of its own. */
function compile(node: string, outDir: string): void {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', outDir, '--declaration', 'false'];
  spawnSync(node, [tsc, ...options], { stdio: 'inherit' });
  if (!existsSync(join(outDir, 'cli', 'main.js'))) {
    throw new Error('cannot measure the product: it was not compiled; run `npm run check` to see why');
  }
}

/** The Node that the project pins, whatever Node runs the bench. */
function pinnedNode(): string {
  const path = join(ROOT, 'node_modules', '.bin', 'node');
  return existsSync(path) ? realpathSync(path) : process.execPath;
}
