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
import { after, before, describe, type TestContext, test } from 'node:test';
import { usage } from '../../src/cli/usage.ts';
import { readVersion } from '../../src/version.ts';
import { startWorld } from './embedded-world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** The working tree without what git or npm leaves out: building must need nothing else. */
const SOURCES = [
  'src',
  'scripts',
  'deploy',
  'docs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'LICENSE',
  'CONTRIBUTING.md',
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

async function electsWith(t: TestContext, main: string): Promise<void> {
  const world = await startWorld(t);
  const args = [`-kubeconfig=${world.kubeconfig('alice')}`, '-ttl=2s'];
  const alice = await world.start({ id: 'alice', args, main, env: { ELECTOR_POD_NAME: 'alice' } });
  await alice.untilLeads();
  assert.deepEqual(await alice.end(), { code: 0, signal: null });
  assert.deepEqual(world.record(), ['', 1, 0]);
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

  test('holds what runs, the manifests, the documents and the licence, and neither sources nor tests', () => {
    const documents = ['CONTRIBUTING.md', 'LICENSE', 'README.md'];
    const folders = ['deploy', 'dist', 'docs', 'node_modules'];
    assert.deepEqual(readdirSync(installed).toSorted(), [...documents, ...folders, 'package.json']);
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
    await electsWith(t, elector);
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

  describe('as an image, by the instructions of deploy/Dockerfile', () => {
    const instructions = readInstructions(join(ROOT, 'deploy', 'Dockerfile'));
    const wordsOf = (name: string) => instructions.filter(([first]) => first === name).map(([, ...words]) => words);
    const root = join(dir, 'image');

    /** Nothing is downloaded: each base is an empty folder, and what npm would install is the working tree's. */
    before(() => {
      const stages = new Map<string, string>();
      let stage = '';
      let folder = '';
      for (const [name, ...words] of instructions) {
        if (name === 'FROM') {
          stage = words[2] === undefined ? root : join(dir, `stage-${words[2]}`);
          if (words[2] !== undefined) stages.set(words[2], stage);
        } else if (name === 'WORKDIR') {
          folder = join(stage, words[0] ?? '');
          mkdirSync(folder, { recursive: true });
        } else if (name === 'COPY') {
          const [, from] = /^--from=(.+)/.exec(words[0] ?? '') ?? [];
          const context = from === undefined ? copy : (stages.get(from) ?? '');
          const sources = words.slice(from === undefined ? 0 : 1, -1);
          for (const source of sources) {
            const to = join(folder, words.at(-1) ?? '');
            const isFile = statSync(join(context, source)).isFile();
            cpSync(join(context, source), isFile ? join(to, source) : to, { recursive: true });
          }
        } else if (words.join(' ').startsWith('npm ci ')) {
          symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
        }
      }
    });

    test('its Node is the one that the tests are run on, in every stage', () => {
      const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
      const base = `node:${devDependencies.node}-slim`;
      assert.deepEqual(
        wordsOf('FROM').map(([name]) => name),
        [base, base],
      );
    });

    test('the lockfile from which it installs is that of the package', async () => {
      const [[program = '', ...args] = []] = wordsOf('RUN');
      assert.deepEqual([program, ...args], ['npm', 'ci', '--omit=dev', '--ignore-scripts']);
      // Compares the two and downloads nothing; in a folder of its own, because it clears away what is installed.
      const alone = join(dir, 'locked');
      for (const name of ['package.json', 'package-lock.json']) cpSync(join(ROOT, name), join(alone, name));
      const { code, stderr } = await command(program, [...args, '--dry-run', '--offline'], alone);
      assert.equal(code, 0, stderr);
    });

    test('it holds what runs, and is run by its entry point, from anywhere', async (t) => {
      const [entry = []] = wordsOf('ENTRYPOINT');
      const [program, main = '', ...others] = JSON.parse(entry.join(' '));
      assert.deepEqual([program, others], ['node', []]);
      assert.deepEqual(readdirSync(join(root, main, '..', '..', '..')).toSorted(), [
        'LICENSE',
        'dist',
        'node_modules',
        'package-lock.json',
        'package.json',
      ]);
      await electsWith(t, join(root, main));
    });

    test('its user is the one of the manifests, and not root', () => {
      const [user = []] = wordsOf('USER');
      assert.deepEqual(user, ['65532:65532']);
      for (const manifest of ['native-sidecar.yaml', 'classic/classic-sidecar.yaml']) {
        assert.match(readFileSync(join(ROOT, 'deploy', manifest), 'utf8'), /^ +runAsUser: 65532$/m);
      }
    });
  });
});

/** Each instruction as its words. */
function readInstructions(path: string): readonly (readonly string[])[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(' '));
}
