/**
 * One member of an election over all its processes: its Pod, its token, its proxy, its wall clock. It can be started
 * and brought back; what is done to it otherwise is done to its parts, by the faults.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../bench/world/mono.ts';
import { type GoPeer, goPeer } from '../cluster/harness/build.ts';
import type { Cluster } from '../cluster/harness/cluster.ts';
import { freePort } from '../cluster/harness/ports.ts';
import { succeeded, textAt } from '../cluster/harness/requests.ts';
import { inClusterEnv, type ServiceAccountFiles } from '../cluster/harness/service-account-files.ts';
import { ACCOUNT } from '../support/cluster-world.ts';
import type { LockKind, Program } from './history.ts';
import { MemberProcess } from './member-process.ts';
import type { Product } from './product.ts';
import type { ProxyCertificates } from './proxy/certificates.ts';
import { FaultProxy } from './proxy/fault-proxy.ts';
import type { FencedResource } from './resource.ts';

/** Where a member lives. */
export interface Home {
  readonly cluster: Cluster;
  readonly certificates: ProxyCertificates;
  readonly resource: FencedResource;
  readonly product: Product;
  readonly election: string;
  readonly namespace: string;
  readonly lockKind: LockKind;
  readonly ttlMs: number;
}

export interface MemberOptions {
  readonly name: string;
  readonly program: Program;
  /** `secret`: the token names no Pod but can be revoked in a moment. */
  readonly credentials: 'pod' | 'secret';
  /** 1, but for a member that must be found out. */
  readonly clockRate: number;
}

export class Member {
  readonly options: MemberOptions;
  readonly proxy: FaultProxy;
  readonly processes: MemberProcess[] = [];
  /** Something is being done to it, or it has not yet recovered from that. */
  busy = false;
  readonly #home: Home;
  readonly #files: ServiceAccountFiles;
  readonly #wallClockFile: string;
  #podUid: string;
  #secrets = 0;
  #secret: string | null = null;
  #replaced: Promise<void> = Promise.resolve();
  #started: Promise<unknown> = Promise.resolve();

  static async create(home: Home, options: MemberOptions): Promise<Member> {
    const dir = mkdtempSync(join(home.cluster.dir, 'member-'));
    const proxy = await FaultProxy.open({
      ...{ apiUrl: home.cluster.url, apiCaPem: home.cluster.caPem, certificate: home.certificates.good },
      socketPath: join(dir, 'proxy'),
    });
    const { cluster, certificates, namespace } = home;
    const podUid = await cluster.createPod(namespace, options.name, { serviceAccount: ACCOUNT });
    const files = inClusterEnv(dir, proxy.url, { token: 'to come', caPem: certificates.caPem, namespace });
    const member = new Member(home, options, { proxy, files, podUid, wallClockFile: join(dir, 'wall-clock') });
    member.setWallClock(0);
    await member.renewToken();
    return member;
  }

  private constructor(
    home: Home,
    options: MemberOptions,
    parts: {
      readonly proxy: FaultProxy;
      readonly files: ServiceAccountFiles;
      readonly podUid: string;
      readonly wallClockFile: string;
    },
  ) {
    this.options = options;
    this.proxy = parts.proxy;
    this.#home = home;
    this.#files = parts.files;
    this.#podUid = parts.podUid;
    this.#wallClockFile = parts.wallClockFile;
  }

  get name(): string {
    return this.options.name;
  }

  get current(): MemberProcess | null {
    const last = this.processes.at(-1);
    return last?.runs === true ? last : null;
  }

  /** One process at a time: whoever asks while one runs, or is about to, gets that one. */
  start(clockAheadSeconds = 0): Promise<MemberProcess> {
    this.#started = this.#started.then(async () => this.current ?? (await this.#start(clockAheadSeconds)));
    return this.#started as Promise<MemberProcess>;
  }

  async #start(clockAheadSeconds: number): Promise<MemberProcess> {
    const { election } = this.#home;
    const { name: member, program } = this.options;
    const name = `${election}/${member}#${this.processes.length + 1}`;
    const port = await freePort();
    const process = await MemberProcess.start({
      ...{ name, member, program, port, clockAheadSeconds },
      command: await this.#command(name, port),
      seat: { podName: member, podUid: this.#podUid, folder: this.#files.dir, env: this.#files.env },
      env: {
        ELECTOR_POD_NAME: member,
        NODE_COMPILE_CACHE: this.#home.product.compileCache,
        CHAOS_WALL_CLOCK: this.#wallClockFile,
      },
    });
    this.processes.push(process);
    return process;
  }

  /** Off by so much; a process that runs is to be told with SIGUSR2. */
  setWallClock(offsetMs: number): void {
    writeFileSync(this.#wallClockFile, String(Math.round(offsetMs)));
  }

  /** As kubelet does it: a new token, all files replaced at once. */
  async renewToken(): Promise<void> {
    this.#files.rotate({ token: await retried(() => this.#newToken()) });
  }

  /** The files are there, and hold nothing. */
  blankFiles(): void {
    this.#files.rotate({ token: '', caPem: '' });
  }

  async fillFiles(): Promise<void> {
    const token = await retried(() => this.#newToken());
    this.#files.rotate({ token, caPem: this.#home.certificates.caPem });
  }

  /** Takes effect some ten seconds later: the API server remembers good tokens. */
  async revokeToken(): Promise<void> {
    const { cluster, namespace } = this.#home;
    const secret = this.#secret;
    if (secret === null) throw new Error(`cannot revoke the token of ${this.name}: it is bound to its Pod`);
    await retried(() => cluster.admin('DELETE', `/api/v1/namespaces/${namespace}/secrets/${secret}`));
  }

  /** A Pod of the same name in place of the old one, as a StatefulSet makes it. No process may run. */
  replacePod(): Promise<void> {
    this.#replaced = this.#replaced.then(() => this.#replacePod());
    return this.#replaced;
  }

  async #replacePod(): Promise<void> {
    const { cluster, namespace } = this.#home;
    await retried(() =>
      cluster.admin('DELETE', `/api/v1/namespaces/${namespace}/pods/${this.name}?gracePeriodSeconds=0`),
    );
    this.#podUid = await retried(() => cluster.createPod(namespace, this.name, { serviceAccount: ACCOUNT }));
    await this.renewToken();
  }

  /** After etcd was restored: are Pod and token still known? */
  async isKnown(): Promise<boolean> {
    const { cluster, namespace } = this.#home;
    const { body } = await retried(() => cluster.admin('GET', `/api/v1/namespaces/${namespace}/pods/${this.name}`));
    return textAt(body, 'metadata', 'uid') === this.#podUid;
  }

  close(): void {
    this.proxy.close();
    rmSync(this.#wallClockFile, { force: true });
  }

  async #newToken(): Promise<string> {
    const { cluster, namespace } = this.#home;
    if (this.options.credentials === 'pod') {
      return cluster.tokenFor(namespace, ACCOUNT, { pod: { name: this.name, uid: this.#podUid } });
    }
    this.#secrets += 1;
    const name = `${this.name}-${this.#secrets}`;
    const secrets = `/api/v1/namespaces/${namespace}/secrets`;
    const secret = succeeded('make a secret', await cluster.admin('POST', secrets, { metadata: { name } }));
    const reference = { apiVersion: 'v1', kind: 'Secret', name, uid: textAt(secret, 'metadata', 'uid') };
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${ACCOUNT}/token`;
    const spec = { expirationSeconds: 3600, boundObjectRef: reference };
    const token = textAt(succeeded('ask for a token', await cluster.admin('POST', path, { spec })), 'status', 'token');
    this.#secret = name;
    return token;
  }

  async #command(processName: string, port: number): Promise<readonly string[]> {
    const { election, namespace, lockKind, ttlMs, resource, product } = this.#home;
    const { name, program, clockRate } = this.options;
    const flags = ['--election=demo', `--namespace=${namespace}`, `--id=${name}`, `--ttl=${ttlMs}ms`];
    flags.push(`--http=127.0.0.1:${port}`, `--lock-type=${lockKind}`);
    switch (program) {
      case 'command':
        return [...product.command, ...flags, '--log-format=json'];
      case 'library': {
        const own = [
          `--process=${processName}`,
          `--resource=${resource.urlFor(election)}`,
          `--clock-rate=${clockRate}`,
        ];
        return [...product.library, ...flags, ...own];
      }
      default:
        return [await goPeer(program satisfies GoPeer), ...flags];
    }
  }
}

const RETRY_EVERY_MS = 300;
const RETRY_FOR_MS = 60_000;

/** The administrator's own hands need the API as well, and the API may be down. */
export async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  const endsAtMs = performance.now() + RETRY_FOR_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > endsAtMs) throw error;
      await sleep(RETRY_EVERY_MS);
    }
  }
}
