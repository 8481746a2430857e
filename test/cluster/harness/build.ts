/**
 * Programs built with Go for the tests: Kubernetes' API server with its etcd and kubectl, and the peer electors. Each
 * build is done once and kept outside the clone, under a name that its inputs determine. Nothing here runs them.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeError } from '../../../src/errors.ts';

export interface KubernetesBinaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
}

export type GoPeer = 'clientgo-v0.17' | 'clientgo-v0.37';

const MODULE_DIR = dirname(dirname(fileURLToPath(import.meta.url)));
const PEERS_DIR = join(MODULE_DIR, 'peers');
const PROGRESS_EVERY_MS = 15_000;

/** From `KUBEBUILDER_ASSETS` where that is set (the field's convention for bringing your own), else built. */
export async function kubernetesBinaries(): Promise<KubernetesBinaries> {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets !== undefined && assets !== '') return binariesIn(assets);
  return binariesIn(
    await built({
      what: 'etcd, kube-apiserver and kubectl',
      takes: 'some five minutes on two cores, once',
      name: 'kubernetes',
      moduleDir: MODULE_DIR,
      inputs: ['go.mod', 'go.sum'],
      ldflags: await versionFlags(),
      packages: [
        'k8s.io/kubernetes/cmd/kube-apiserver',
        'k8s.io/kubernetes/cmd/kubectl',
        // The root of this module is the etcd command; Go names the program after the folder.
        'go.etcd.io/etcd/server/v3',
      ],
      renamed: { server: 'etcd' },
    }),
  );
}

/** The path of a test elector written in Go (`peers/`). */
export async function goPeer(name: GoPeer): Promise<string> {
  const moduleDir = join(PEERS_DIR, name);
  const shared = (await readdir(join(PEERS_DIR, 'peer'))).filter((file) => file.endsWith('.go'));
  const dir = await built({
    what: `the peer elector ${name}`,
    takes: 'some seconds to minutes, once',
    name,
    moduleDir,
    inputs: ['go.mod', 'go.sum', 'main.go', ...shared.sort().map((file) => join('..', 'peer', file))],
    ldflags: '-s -w',
    packages: ['.'],
    renamed: {},
  });
  return join(dir, name);
}

interface Build {
  readonly what: string;
  readonly takes: string;
  readonly name: string;
  readonly moduleDir: string;
  /** Files of the module whose text, with the flags, determines the result. */
  readonly inputs: readonly string[];
  readonly ldflags: string;
  readonly packages: readonly string[];
  readonly renamed: Readonly<Record<string, string>>;
}

/** The folder that holds the programs. It appears whole or not at all, however many processes build at a time. */
async function built(build: Build): Promise<string> {
  const flags = ['-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags', build.ldflags];
  const hash = createHash('sha256').update(JSON.stringify([process.arch, flags, build.packages]));
  for (const input of build.inputs) hash.update(await readFile(join(build.moduleDir, input)));
  const root = cacheRoot();
  const dir = join(root, `${build.name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(dir)) return dir;

  await mkdir(root, { recursive: true });
  const unfinished = await mkdtemp(join(root, `.${build.name}-`));
  try {
    await goBuild(build, [...flags, '-o', `${unfinished}/`, ...build.packages]);
    for (const [from, to] of Object.entries(build.renamed)) await rename(join(unfinished, from), join(unfinished, to));
    await rename(unfinished, dir).catch((error: unknown) => {
      // Another process was faster, and its result is the same.
      if (!existsSync(dir)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return dir;
}

function cacheRoot(): string {
  const own = process.env.K8S_ELECTOR_CACHE;
  if (own !== undefined && own !== '') return own;
  const xdg = process.env.XDG_CACHE_HOME;
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'k8s-elector');
}

/** Without these, kubectl cannot parse the version of the server or of itself. */
async function versionFlags(): Promise<string> {
  const goMod = await readFile(join(MODULE_DIR, 'go.mod'), 'utf8');
  const version = /^\s*k8s\.io\/kubernetes v(\d+)\.(\d+)\.\d+/m.exec(goMod);
  if (version === null) throw new Error(`cannot build Kubernetes: ${MODULE_DIR}/go.mod requires no k8s.io/kubernetes`);
  const [text, major, minor] = version;
  const value = text.trim().split(' ')[1];
  const set = { gitVersion: value, gitMajor: major, gitMinor: minor };
  return ['-s -w', ...Object.entries(set).map(([key, to]) => `-X k8s.io/component-base/version.${key}=${to}`)].join(
    ' ',
  );
}

/** `-v` makes Go name each package as it is compiled: a long wait shows what it waits for. */
async function goBuild(build: Build, args: readonly string[]): Promise<void> {
  const startedAt = performance.now();
  let output = '';
  let compiled = 0;
  const say = (text: string) => process.stderr.write(`building ${build.what}: ${text}\n`);
  const ticker = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    say(`${seconds} s so far, ${compiled} packages compiled, last ${output.trimEnd().split('\n').at(-1) || 'none'}`);
  }, PROGRESS_EVERY_MS);
  say(`started; takes ${build.takes}`);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      const go = spawn('go', ['build', '-v', ...args], {
        cwd: build.moduleDir,
        env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      go.stderr.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-20_000);
        compiled += text.split('\n').length - 1;
      });
      go.on('error', reject);
      go.on('close', resolve);
    });
    if (code !== 0) throw new Error(`go build exited with ${code}:\n${output.trimEnd()}\n`);
  } catch (error) {
    throw new Error(
      `cannot build ${build.what}: ${missingGo(error) ? 'there is no `go` command' : describeError(error)}; install Go 1.26 ` +
        'or newer and let it reach a module proxy, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and ' +
        'kubectl (the peer electors need Go all the same)',
      { cause: error },
    );
  } finally {
    clearInterval(ticker);
  }
  say(`done after ${Math.round((performance.now() - startedAt) / 1000)} s`);
}

function missingGo(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function binariesIn(dir: string): KubernetesBinaries {
  const binaries = {
    etcd: join(dir, 'etcd'),
    kubeApiserver: join(dir, 'kube-apiserver'),
    kubectl: join(dir, 'kubectl'),
  };
  const missing = Object.values(binaries).filter((path) => !existsSync(path));
  if (missing.length > 0) {
    throw new Error(
      `cannot start Kubernetes: no ${missing.join(', no ')}; set KUBEBUILDER_ASSETS to a folder that has all three, or unset it ` +
        'and remove this folder if it is in the cache',
    );
  }
  return binaries;
}
