/**
 * The embedded API with electors around it as processes: alice, bob and carol, each with a Pod that has no labels yet,
 * and known to the API by name, so that a fault can hit one of them alone.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { configMaps, endpoints, type Kind, leases, pods } from '../../src/dev/kinds.ts';
import type { Rule, User } from '../../src/dev/rights.ts';
import { type DevServer, startServer } from '../../src/dev/server.ts';
import { createStore, type Store } from '../../src/dev/store.ts';
import { at } from '../cluster/harness/requests.ts';
import { type ElectorProcess, type ElectorStart, freePort, startElector, until } from '../support/elector-process.ts';

export interface World {
  readonly store: Store;
  /** The API of now; `restartApi` makes a new one over the same objects, on the same port. */
  readonly api: () => DevServer;
  stopApi(): Promise<void>;
  startApi(): Promise<void>;
  /** What the candidate may do from now on; at first everything. */
  grant(id: string, rules: readonly Rule[]): void;
  /** Starts `node src/cli/main.ts` for this candidate. */
  elector(id: string, ...args: string[]): Promise<ElectorProcess>;
  /** As `elector`, with all that can be said of the process. */
  start(start: ElectorStart): Promise<ElectorProcess>;
  kubeconfig(id: string): string;
  /** The object that holds the lock `demo`; undefined while there is none. */
  lock(kind?: Kind): unknown;
  /** Holder, duration and transitions of a Lease. */
  record(): unknown;
  holder(): string;
  /** What stands in the label of the Pod; undefined when it has none. */
  label(pod: string): unknown;
}

export const IDS = ['alice', 'bob', 'carol'] as const;
export const TTL_MS = 3_000;

/** Without `up` the API is not there at first. */
export async function startWorld(t: TestContext, { up = true } = {}): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'k8s-elector-process-'));
  const port = await freePort();
  const store = createStore({ newUid: randomUUID, wallMs: Date.now });
  const users = new Map(IDS.map((id): [string, User] => [`token-of-${id}`, { name: id }]));
  let api: DevServer | null = null;

  for (const name of IDS) {
    const spec = { containers: [{ name: 'app', image: 'app' }] };
    store.create(pods, 'default', JSON.stringify({ kind: 'Pod', apiVersion: 'v1', metadata: { name }, spec }));
  }
  const read = (kind: Kind, name: string) => {
    const answer = store.get(kind, 'default', name);
    return answer.code === 200 ? answer.body : undefined;
  };
  const kubeconfig = (id: string) => {
    const path = join(dir, id);
    writeFileSync(path, kubeconfigContent(`http://127.0.0.1:${port}`, `token-of-${id}`));
    return path;
  };
  const start = (options: ElectorStart) => startElector(t, options);
  const world: World = {
    store,
    api() {
      if (api === null) throw new Error('the API is down');
      return api;
    },
    async startApi() {
      api = await startServer({ store, users, port });
    },
    async stopApi() {
      await api?.close();
      api = null;
    },
    grant: (id, rules) => void users.set(`token-of-${id}`, { name: id, rules }),
    start,
    elector: (id, ...args) =>
      start({
        id,
        args: [`-ttl=${TTL_MS}ms`, `-kubeconfig=${kubeconfig(id)}`, ...args],
        env: { ELECTOR_POD_NAME: id },
      }),
    kubeconfig,
    lock: (kind = leases) => read(kind, 'demo'),
    record() {
      const spec = at(read(leases, 'demo'), 'spec');
      return [at(spec, 'holderIdentity'), at(spec, 'leaseDurationSeconds'), at(spec, 'leaseTransitions')];
    },
    holder: () => String(at(read(leases, 'demo'), 'spec', 'holderIdentity') ?? ''),
    label: (pod) => at(read(pods, pod), 'metadata', 'labels', 'k8s-elector/status'),
  };
  if (up) await world.startApi();
  t.after(async () => {
    await world.stopApi();
    rmSync(dir, { recursive: true, force: true });
  });
  return world;
}

/** Starts one after the other: the first leads, and the others have seen it. */
export async function startFleet(world: World, ...ids: readonly string[]): Promise<readonly ElectorProcess[]> {
  const electors: ElectorProcess[] = [];
  for (const id of ids) {
    const elector = await world.elector(id);
    electors.push(elector);
    if (electors.length === 1) await elector.untilLeads();
    else await until(`${id} sees who leads`, async () => (await elector.answer().catch(() => null))?.leader === ids[0]);
  }
  return electors;
}

export { configMaps, endpoints, leases, pods };

function kubeconfigContent(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}
