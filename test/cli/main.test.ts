/** The command as a process of its own: exit codes, streams, signals. Everything finer is tested in `run.test.ts`. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { usage } from '../../src/cli/usage.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const UNHURRIED = fileURLToPath(new URL('./fixtures/unhurried.ts', import.meta.url));

function elector(args: readonly string[], nodeArgs: readonly string[] = []) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [...nodeArgs, MAIN, ...args], (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

test('--help writes the usage to stderr and exits 0', async () => {
  assert.deepEqual(await elector(['--help']), { code: 0, stdout: '', stderr: usage() });
});

test('-version writes to stdout and exits 0', async () => {
  const { code, stdout, stderr } = await elector(['-version']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^k8s-elector \d+\.\d+\.\d+\n$/);
});

test('a missing election exits 2', async () => {
  const stderr = "missing required value: election name was not specified (see '--help' for usage)\n";
  assert.deepEqual(await elector([]), { code: 2, stdout: '', stderr });
});

test('an older Node gets one clear line and exit code 1', async () => {
  const pretend = (version: string) => [
    '--import',
    `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`,
  ];
  for (const version of ['20.19.0', '22.18.0']) {
    const stderr = `elector needs Node 22.19 or newer, this is ${version}: update Node\n`;
    assert.deepEqual(await elector(['-version'], pretend(version)), { code: 1, stdout: '', stderr });
  }
  assert.equal((await elector(['-version'], pretend('22.19.0'))).code, 0);
});

test('the oldest Node is the one that package.json promises', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.equal(manifest.engines.node, '>=22.19.0');
});

test('main.ts imports nothing before it has looked at the version', () => {
  assert.doesNotMatch(readFileSync(MAIN, 'utf8'), /^import /m);
});

test('a reader of stderr that went away changes nothing', async () => {
  const child = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.destroy();
  const [code] = await once(child, 'exit');
  assert.equal(code, 2);
});

/** Starts the command around a node that takes its time, and waits until it runs. */
async function started(manner: 'quick' | 'stuck') {
  const child: ChildProcess = spawn(process.execPath, [UNHURRIED, manner], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    child.emit('said');
  });
  const exited = once(child, 'exit');
  const said = async (text: string) => {
    while (!stderr.includes(text)) await Promise.race([once(child, 'said'), exited.then(() => assert.fail(stderr))]);
  };
  await said('ready\n');
  return { child, exited, said };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} stops in good order with exit code 0`, async () => {
    const { child, exited } = await started('quick');
    child.kill(signal);
    assert.deepEqual(await exited, [0, null]);
  });
}

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  test(`a second ${signal} exits at once with ${code}`, async () => {
    const { child, exited, said } = await started('stuck');
    child.kill(signal);
    await said(`stopping on ${signal}\n`);
    child.kill(signal);
    assert.deepEqual(await exited, [code, null]);
  });
}
