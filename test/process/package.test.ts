/** What is published: packed from a clean copy, installed elsewhere, and run by its name. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { usage } from '../../src/cli/usage.ts';
import { readVersion } from '../../src/version.ts';
import { startWorld } from './embedded-world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** The working tree without what git or npm leaves out: building must need nothing else. */
const SOURCES = [
  'src',
  'scripts',
  'deploy',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'LICENSE',
  'README.md',
];

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function command(file: string, args: readonly string[], cwd: string): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { cwd }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

describe('the package', { timeout: 120_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'k8s-elector-package-'));
  const copy = join(dir, 'copy');
  /** Where somebody installed it; its dependencies are those of the working tree, so that nothing is downloaded. */
  const installed = join(dir, 'somewhere', 'node_modules', 'k8s-elector');
  const elector = join(dir, 'somewhere', 'node_modules', '.bin', 'elector');

  before(async () => {
    for (const name of SOURCES.filter((each) => existsSync(join(ROOT, each)))) {
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const packed = await command('npm', ['pack', '--silent', '--pack-destination', dir], copy);
    assert.equal(packed.code, 0, packed.stdout + packed.stderr);
    const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz')) ?? '';
    mkdirSync(installed, { recursive: true });
    const unpacked = await command('tar', ['-xzf', join(dir, tarball), '--strip-components=1', '-C', installed], dir);
    assert.equal(unpacked.code, 0, unpacked.stderr);
    // What npm does with `bin` and the dependencies.
    mkdirSync(join(elector, '..'));
    symlinkSync(join('..', 'k8s-elector', manifest().bin.elector), elector);
    symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  function manifest(): { bin: { elector: string }; engines: { node: string } } {
    return JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  }

  test('holds what runs, the manifests and the licence, and neither sources nor tests', () => {
    assert.deepEqual(
      readdirSync(installed)
        .filter((name) => name !== 'README.md')
        .toSorted(),
      ['LICENSE', 'deploy', 'dist', 'node_modules', 'package.json'],
    );
    const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
    const others = files.filter(
      (file) => !/\.(js|d\.ts)$/.test(file) && !statSync(join(installed, 'dist', file)).isDirectory(),
    );
    assert.deepEqual(others, []);
  });

  test('is run by its name, from anywhere', async () => {
    assert.deepEqual(await command(elector, ['-version'], '/'), {
      code: 0,
      stdout: `k8s-elector ${readVersion()}\n`,
      stderr: '',
    });
    assert.deepEqual(await command(elector, ['--help'], '/'), { code: 0, stdout: '', stderr: usage() });
  });

  test('elects', async (t) => {
    const world = await startWorld(t);
    const args = [`-kubeconfig=${world.kubeconfig('alice')}`, '-ttl=2s'];
    const alice = await world.start({ id: 'alice', args, main: elector, env: { ELECTOR_POD_NAME: 'alice' } });
    await alice.untilLeads();
    assert.deepEqual(await alice.end(), { code: 0, signal: null });
    assert.deepEqual(world.record(), ['', 1, 0]);
  });

  test('is a library with types', async () => {
    const use = `import { ElectorNode } from 'k8s-elector'; console.log(typeof new ElectorNode({ name: 'demo' }).isLeader)`;
    const ran = await command(process.execPath, ['--input-type=module', '--eval', use], join(dir, 'somewhere'));
    assert.deepEqual(ran, { code: 0, stdout: 'function\n', stderr: '' });
    assert.equal(existsSync(join(installed, 'dist', 'index.d.ts')), true);
  });

  test('says one clear line on a Node that is too old', async (t) => {
    const old = '/usr/bin/node';
    const version = existsSync(old) ? (await command(old, ['--version'], '/')).stdout.trim().slice(1) : '';
    if (version === '' || Number(version.split('.')[0]) >= 22) return t.skip('no older Node on this machine');
    const main = join(installed, manifest().bin.elector);
    const stderr = `elector needs Node 22.19 or newer, this is ${version}: update Node\n`;
    assert.deepEqual(await command(old, [main, '-version'], '/'), { code: 1, stdout: '', stderr });
  });
});
