/**
 * The floor of the comparison: how fast a hand-over can be on this machine when nothing is safe. One LIST, one WATCH,
 * one PUT from the version last seen; no renew deadline, no unknown outcomes, no second thoughts. It must never be used
 * to elect anything; it shows what the safety of the product costs.
 *
 * It takes the flags of the product that it needs, runs on the same in-cluster configuration, answers the same
 * `GET /`, and reports its terms as the Go peer does: one line of JSON on stdout, on the monotonic clock.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parseArgs } from 'node:util';

/** Not imported: that would load a WebSocket client too. */
const { createServer } = process.getBuiltinModule('node:http');

interface Lease {
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly uid: string };
  readonly spec: {
    readonly holderIdentity: string;
    readonly leaseDurationSeconds: number;
    readonly acquireTime: string;
    readonly renewTime: string;
    readonly leaseTransitions: number;
  };
}

const { values: flags } = parseArgs({
  options: {
    election: { type: 'string', default: '' },
    namespace: { type: 'string', default: 'default' },
    id: { type: 'string', default: '' },
    http: { type: 'string', default: '' },
    ttl: { type: 'string', default: '10s' },
  },
});
const ttlSeconds = Number.parseInt(flags.ttl, 10);
const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
const server = { host: process.env.KUBERNETES_SERVICE_HOST, port: process.env.KUBERNETES_SERVICE_PORT };
const authorization = `Bearer ${readFileSync(`${folder}/token`, 'utf8').trim()}`;
const ca = readFileSync(`${folder}/ca.crt`);
const requests = new Agent({ keepAlive: true, ca });
const watches = new Agent({ keepAlive: true, ca });

const leases = `/apis/coordination.k8s.io/v1/namespaces/${flags.namespace}/leases`;
const lock = `${leases}/${flags.election}`;
const selected = `fieldSelector=metadata.name%3D${flags.election}`;
const pod = `/api/v1/namespaces/${flags.namespace}/pods/${process.env.ELECTOR_POD_NAME}`;

let lease: Lease | null = null;
let isLeading = false;
let writing = false;
let renewal: Promise<unknown> = Promise.resolve();
let timer: NodeJS.Timeout | undefined;

function call(method: string, path: string, body?: object, type = 'application/json') {
  return new Promise<{ readonly code: number; readonly body: unknown }>((resolve, reject) => {
    const content = body === undefined ? '' : JSON.stringify(body);
    const headers = { authorization, 'content-type': type, 'content-length': Buffer.byteLength(content) };
    const sent = request({ ...server, method, path, headers, agent: requests }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ code: response.statusCode ?? 0, body: JSON.parse(`${Buffer.concat(chunks)}`) }),
      );
    });
    sent.on('error', reject);
    sent.end(content);
  });
}

function setLabel(status: 'leader' | 'standby') {
  const patch = { metadata: { labels: { 'k8s-elector/status': status } } };
  return call('PATCH', pod, patch, 'application/merge-patch+json');
}

function report(event: 'leading' | 'stopped'): void {
  const monoNs = Number(process.hrtime.bigint());
  process.stdout.write(
    `${JSON.stringify({ event, id: flags.id, monoNs, holder: lease?.spec.holderIdentity ?? '' })}\n`,
  );
}

/** Writes itself, or nobody, over what was seen last. */
async function write(holderIdentity: string): Promise<boolean> {
  const now = new Date().toISOString().replace('Z', '000Z');
  const before = lease?.spec;
  const isRenewal = isLeading && holderIdentity !== '';
  const spec = {
    holderIdentity,
    leaseDurationSeconds: holderIdentity === '' ? 1 : ttlSeconds,
    acquireTime: isRenewal && before !== undefined ? before.acquireTime : now,
    renewTime: now,
    leaseTransitions: (before?.leaseTransitions ?? 0) + (isRenewal || holderIdentity === '' ? 0 : 1),
  };
  const metadata = { ...lease?.metadata, name: flags.election, namespace: flags.namespace };
  const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  const answer = lease === null ? await call('POST', leases, body) : await call('PUT', lock, body);
  if (answer.code >= 300) return false;
  lease = answer.body as Lease;
  return true;
}

async function campaign(): Promise<void> {
  if (isLeading || writing) return;
  writing = true;
  const won = await write(flags.id);
  writing = false;
  if (!won) return;
  isLeading = true;
  clearTimeout(timer);
  report('leading');
  timer = setInterval(
    () => {
      renewal = write(flags.id);
    },
    (ttlSeconds * 1000) / 6,
  );
  await setLabel('leader');
}

function see(seen: Lease): void {
  lease = seen;
  if (isLeading) return;
  clearTimeout(timer);
  if (seen.spec.holderIdentity === '') void campaign();
  else timer = setTimeout(() => void campaign(), seen.spec.leaseDurationSeconds * 1000);
}

function watch(from: string): void {
  const path = `${leases}?watch=1&${selected}&resourceVersion=${from}&timeoutSeconds=3600`;
  const headers = { authorization };
  request({ ...server, path, headers, agent: watches }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) see(JSON.parse(line).object);
    });
  }).end();
}

process.on('SIGTERM', async () => {
  if (isLeading) {
    isLeading = false;
    clearInterval(timer);
    report('stopped');
    await setLabel('standby');
    await renewal;
    await write('');
  }
  process.exit(0);
});

createServer((_request, response) => {
  const leader = lease?.spec.holderIdentity ?? '';
  const timestamp = `${new Date().toISOString().slice(0, 19)}Z`;
  const body = JSON.stringify({ is_leader: isLeading, leader, node: flags.id, timestamp });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}).listen(Number(flags.http.split(':').at(-1)), '127.0.0.1');

const list = (await call('GET', `${leases}?${selected}`)).body as {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Lease[];
};
const found = list.items[0];
if (found === undefined) await campaign();
else see(found);
watch(list.metadata.resourceVersion);
