/**
 * A real Kubernetes API for tests: etcd and kube-apiserver on loopback, with RBAC and admission policies. There are no
 * controllers, no scheduler and no kubelet: Pods and ServiceAccounts are objects that a test makes, a Pod never runs,
 * and a deleted namespace stays. Tokens are real ones, bound to their Pod. `K8S_ELECTOR_KEEP=1` keeps the folder with
 * the logs.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditFlags, readAuditEvents } from './audit.ts';
import { kubernetesBinaries } from './build.ts';
import { type Certificates, createCertificates } from './certificates.ts';
import { kubeconfigContent } from './kubeconfig-file.ts';
import { parseRequestCounts, type RequestCount } from './metrics.ts';
import { type Objects, objects } from './objects.ts';
import { freePort } from './ports.ts';
import { type Credentials, type Requester, requester, succeeded, textAt } from './requests.ts';
import { removeAtExit, type ServerProcess, serverProcess } from './server-process.ts';
import { inClusterEnv, type ServiceAccountFiles } from './service-account-files.ts';

export interface Cluster extends Objects {
  /** `https://127.0.0.1:port`; the same after a restart. */
  readonly url: string;
  readonly etcdUrl: string;
  readonly caFile: string;
  readonly caPem: string;
  readonly adminToken: string;
  readonly adminKubeconfig: string;
  /** For a test's own files too; removed at exit. */
  readonly dir: string;
  readonly etcd: ServerProcess;
  readonly apiserver: ServerProcess;

  /** May do everything. */
  readonly admin: Requester;
  as(credentials: Credentials): Requester;
  /** As the administrator unless another kubeconfig is given. */
  kubectl(args: readonly string[], options?: { kubeconfig?: string; input?: string }): Promise<CommandResult>;
  /** The path of a new kubeconfig file. */
  kubeconfig(credentials: Credentials): Promise<string>;
  /** A client certificate for this user, in PEM. */
  clientCertificate(user: string, group: string): Promise<{ readonly cert: string; readonly key: string }>;
  /** What a kubelet would mount into a container, in a new folder. */
  inCluster(namespace: string, token: string): Promise<ServiceAccountFiles>;

  /** Since the API server's last start. */
  requestCounts(): Promise<readonly RequestCount[]>;
  /** With `audit`: everything asked of leases, configmaps, endpoints and pods so far, bodies included. */
  auditEvents(): Promise<readonly unknown[]>;
  /**
   * Makes etcd forget its history. The API server still serves from its own memory what came since it started; after a
   * restart, a watch from an older version is answered with 410.
   */
  compact(): Promise<void>;
  /** Ends both servers at once. A cluster that is not stopped ends with the process. */
  stop(): Promise<void>;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let shared: Promise<Cluster> | undefined;

/** One cluster for all tests of a process; it ends with the process. */
export function sharedCluster(): Promise<Cluster> {
  shared ??= startCluster();
  return shared;
}

export async function startCluster(options: { readonly audit?: boolean } = {}): Promise<Cluster> {
  const binaries = await kubernetesBinaries();
  const dir = await mkdtemp(join(tmpdir(), 'k8s-elector-cluster-'));
  removeAtExit(dir);
  const certificates = await createCertificates(dir);
  const { caFile, caPem } = certificates;
  const adminToken = randomBytes(16).toString('hex');
  await writeFile(join(dir, 'tokens.csv'), `${adminToken},admin,admin,"system:masters"\n`);

  const etcdUrl = loopback('http', await freePort());
  const etcd = serverProcess({
    name: 'etcd',
    command: binaries.etcd,
    args: etcdFlags(dir, etcdUrl, loopback('http', await freePort())),
    logFile: join(dir, 'etcd.log'),
    ready: () => answersOk(async () => (await fetch(`${etcdUrl}/readyz`)).status),
  });
  const port = await freePort();
  const url = loopback('https', port);
  const admin = requester(url, caPem, { token: adminToken });
  const apiserver = serverProcess({
    name: 'kube-apiserver',
    command: binaries.kubeApiserver,
    args: [...apiserverFlags(dir, port, etcdUrl, certificates), ...(options.audit ? await auditFlags(dir) : [])],
    logFile: join(dir, 'kube-apiserver.log'),
    ready: () => answersOk(async () => (await admin('GET', '/readyz')).status),
  });
  await etcd.start();
  await apiserver.start();

  let kubeconfigs = 0;
  async function kubeconfig(credentials: Credentials): Promise<string> {
    kubeconfigs += 1;
    const path = join(dir, `kubeconfig-${kubeconfigs}`);
    await writeFile(path, kubeconfigContent(url, caPem, credentials), { mode: 0o600 });
    return path;
  }
  const adminKubeconfig = await kubeconfig({ token: adminToken });
  return {
    ...{ url, etcdUrl, caFile, caPem, adminToken, adminKubeconfig, dir, etcd, apiserver, admin, kubeconfig },
    ...objects(admin),
    as: (credentials) => requester(url, caPem, credentials),
    kubectl: (args, { kubeconfig: path = adminKubeconfig, input = '' } = {}) =>
      run(binaries.kubectl, ['--kubeconfig', path, '--cache-dir', join(dir, 'kubectl-cache'), ...args], input),
    async clientCertificate(user, group) {
      const files = await certificates.client(user, group);
      return { cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') };
    },
    inCluster: async (namespace, token) =>
      inClusterEnv(await mkdtemp(join(dir, 'service-account-')), url, { token, caPem, namespace }),
    async requestCounts() {
      return parseRequestCounts(String(succeeded('read the metrics', await admin('GET', '/metrics'))));
    },
    auditEvents: () => readAuditEvents(dir),
    compact: () => compact(etcdUrl),
    async stop() {
      await apiserver.kill();
      await etcd.kill();
    },
  };
}

function loopback(scheme: 'http' | 'https', port: number): string {
  return `${scheme}://127.0.0.1:${port}`;
}

function etcdFlags(dir: string, clientUrl: string, peerUrl: string): readonly string[] {
  return [
    '--name=test',
    `--data-dir=${join(dir, 'etcd')}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=test=${peerUrl}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function apiserverFlags(dir: string, port: number, etcdUrl: string, certificates: Certificates): readonly string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${dir}`,
    `--tls-cert-file=${certificates.server.cert}`,
    `--tls-private-key-file=${certificates.server.key}`,
    `--client-ca-file=${certificates.caFile}`,
    `--token-auth-file=${join(dir, 'tokens.csv')}`,
    `--service-account-key-file=${certificates.serviceAccount.publicKey}`,
    `--service-account-signing-key-file=${certificates.serviceAccount.privateKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--authorization-mode=RBAC',
    // It wants objects that only controllers make.
    '--disable-admission-plugins=ServiceAccount',
    '--endpoint-reconciler-type=none',
  ];
}

async function answersOk(ask: () => Promise<number>): Promise<boolean> {
  try {
    return (await ask()) === 200;
  } catch {
    return false;
  }
}

/** Over the JSON gateway of etcd's client port. */
async function compact(etcdUrl: string): Promise<void> {
  const post = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${etcdUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`etcd refused ${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const anyKey = Buffer.from('/').toString('base64');
  const revision = textAt(await post('/v3/kv/range', { key: anyKey }), 'header', 'revision');
  await post('/v3/kv/compaction', { revision, physical: true });
}

function run(command: string, args: readonly string[], input: string): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}
