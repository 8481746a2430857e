/**
 * One election of three programs: this one, a stand-in for the original (client-go 0.17) and an elector of today's
 * Kubernetes package. Who claims to lead is what each says itself, on one clock.
 */
import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { type ClusterWorld, clusterWorld, fullRights, type LockType, lockPath } from '../support/cluster-world.ts';
import { type Claim, history, overlaps, until } from '../support/elector-process.ts';
import type { GoPeer } from './harness/build.ts';
import { startCluster } from './harness/cluster.ts';
import { claims as peerClaims, startPeer } from './harness/peer-process.ts';
import { freePort } from './harness/ports.ts';
import { at } from './harness/requests.ts';

const cluster = await startCluster({ audit: true });
after(() => cluster.stop());

/** Below 4 s a fleet with Go members is not safe: they see times in whole seconds. */
const TTL_SECONDS = 4;
const OUR_DEADLINE_NS = (TTL_SECONDS * 2e9) / 3;
/** The longest lease, a poll of the slowest, and processes that share two cores. */
const HAND_OVER_WITHIN_MS = 15_000;

type Kind = 'ours' | GoPeer;

/** A candidate over all its restarts. */
interface Member {
  readonly id: string;
  readonly kind: Kind;
  start(): Promise<void>;
  leads(): boolean;
  /** Whom it names; empty while it does not run or knows nobody. */
  leader(): Promise<string>;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  pause(): void;
  resume(): void;
  claims(): readonly Claim[];
}

interface Run {
  leads(): boolean;
  leader(): Promise<string>;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<unknown>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  claims(): readonly Claim[];
}

async function member(
  t: TestContext,
  world: ClusterWorld,
  lockType: LockType,
  id: string,
  kind: Kind,
): Promise<Member> {
  const start = kind === 'ours' ? await ourStarter(world, lockType, id) : peerStarter(t, world, lockType, id, kind);
  const ended: Claim[] = [];
  let run: Run | null = null;
  return {
    id,
    kind,
    async start() {
      run = await start();
    },
    leads: () => run?.leads() ?? false,
    leader: async () => (run === null ? '' : await run.leader()),
    async end(signal) {
      const ending = run;
      run = null;
      await ending?.end(signal);
      // A term that the process did not end, its end ended.
      const nowNs = Number(process.hrtime.bigint());
      ended.push(...(ending?.claims() ?? []).map((claim) => ({ ...claim, toNs: Math.min(claim.toNs, nowNs) })));
    },
    pause: () => run?.signal('SIGSTOP'),
    resume: () => run?.signal('SIGCONT'),
    claims: () => [...ended, ...(run?.claims() ?? [])],
  };
}

async function ourStarter(world: ClusterWorld, lockType: LockType, id: string): Promise<() => Promise<Run>> {
  // A Pod of its own for each process, as if it moved: a restart in the same Pod would lead again at once.
  return async () => {
    await world.kubectl('delete', 'pod', id, '--force', '--grace-period=0', '--ignore-not-found');
    const elector = await world.elector(id, `-ttl=${TTL_SECONDS}s`, `-lock-type=${lockType}`);
    return {
      leads() {
        const last = elector.lines.findLast(({ mono_ns }) => mono_ns !== undefined);
        return last?.msg === 'started leading';
      },
      leader: async () => (await elector.answer().catch(() => null))?.leader ?? '',
      end: (signal) => elector.end(signal),
      signal: (signal) => (signal === 'SIGSTOP' ? elector.pause() : elector.resume()),
      claims: () => elector.claims(),
    };
  };
}

function peerStarter(t: TestContext, { namespace }: ClusterWorld, lockType: LockType, id: string, peer: GoPeer) {
  return async (): Promise<Run> => {
    const httpPort = await freePort();
    const { adminKubeconfig: kubeconfig } = cluster;
    const options = { peer, kubeconfig, namespace, election: 'demo', id, ttlSeconds: TTL_SECONDS, lockType, httpPort };
    const started = await startPeer(options);
    t.after(() => started.end('SIGKILL'));
    return {
      leads: () => started.leading(),
      async leader() {
        const answer = await fetch(`http://127.0.0.1:${httpPort}/`).catch(() => null);
        return answer === null ? '' : String(at(await answer.json(), 'leader'));
      },
      end: (signal) => started.end(signal),
      signal: (signal) => void started.child.kill(signal),
      claims: () => peerClaims([started]),
    };
  };
}

async function untilOneLeads(members: readonly Member[], except: Member | null = null): Promise<Member> {
  const find = () => members.find((each) => each !== except && each.leads());
  await until('somebody leads', () => find() !== undefined, HAND_OVER_WITHIN_MS);
  const leader = find();
  assert.ok(leader, 'the leader is gone again');
  return leader;
}

/** One leads, and everybody names that one. */
async function untilAgreed(members: readonly Member[]): Promise<void> {
  let names: readonly string[] = [];
  await until(
    'all name the one who leads',
    async () => {
      names = await Promise.all(members.map((each) => each.leader()));
      const leading = members.filter((each) => each.leads());
      return leading.length === 1 && names.every((name) => name === leading[0]?.id);
    },
    HAND_OVER_WITHIN_MS,
  ).catch((error: unknown) => {
    throw new Error(`they name ${names.join(', ')}`, { cause: error });
  });
}

const FLEETS: Readonly<Record<LockType, readonly (readonly [string, Kind])[]>> = {
  leases: [
    ['alice', 'ours'],
    ['bob', 'clientgo-v0.17'],
    ['carol', 'clientgo-v0.37'],
  ],
  configmaps: [
    ['alice', 'ours'],
    ['bob', 'clientgo-v0.17'],
    ['carol', 'ours'],
  ],
  endpoints: [
    ['alice', 'ours'],
    ['bob', 'clientgo-v0.17'],
    ['carol', 'clientgo-v0.17'],
  ],
};

describe('a fleet of several programs', { concurrency: 3, timeout: 240_000 }, () => {
  for (const lockType of ['leases', 'configmaps', 'endpoints'] as const) {
    test(`on ${lockType}: each leads, follows and is followed; at no instant do two claim to`, async (t) => {
      const world = await clusterWorld(t, cluster, fullRights(lockType));
      const members: Member[] = [];
      for (const [id, kind] of FLEETS[lockType]) members.push(await member(t, world, lockType, id, kind));
      const [alice] = members;
      assert.ok(alice);
      await alice.start();
      await untilAgreed([alice]);
      await Promise.all(members.slice(1).map((each) => each.start()));
      await untilAgreed(members);
      assert.equal(alice.leads(), true);
      const note = { metadata: { annotations: { 'example.com/note': 'keep me' }, labels: { team: 'reports' } } };
      await cluster.admin('PATCH', lockPath(world.namespace, lockType), note);

      const order: Kind[] = [];
      for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGKILL', 'SIGTERM'] as const) {
        const leader = await untilOneLeads(members);
        order.push(leader.kind);
        await leader.end(signal);
        // While ours are away, a Go member must take over: it would seldom be faster otherwise.
        const away = leader.kind === 'ours' ? members.filter((each) => each.kind === 'ours' && each !== leader) : [];
        await Promise.all(away.map((each) => each.end('SIGTERM')));
        await untilOneLeads(members, leader);
        await Promise.all([leader, ...away].map((each) => each.start()));
        await untilAgreed(members);
      }
      const { body } = await world.lock(lockType);
      assert.deepEqual(
        [at(body, 'metadata', 'annotations', 'example.com/note'), at(body, 'metadata', 'labels', 'team')],
        ['keep me', 'reports'],
      );
      t.diagnostic(order.join(', '));
      assert.ok(order.includes('ours') && order.some((kind) => kind !== 'ours'), order.join(', '));
      assert.deepEqual(overlaps(members.flatMap((each) => each.claims())), []);
      await Promise.all(members.map((each) => each.end('SIGTERM')));
    });
  }

  test('the Pod of a Go member that led is put right by its name when ours takes over', async (t) => {
    const world = await clusterWorld(t, cluster);
    const bob = await member(t, world, 'leases', 'bob', 'clientgo-v0.17');
    await cluster.createPod(world.namespace, 'bob', { labels: { 'k8s-elector/status': 'leader' } });
    await bob.start();
    await untilAgreed([bob]);
    const alice = await member(t, world, 'leases', 'alice', 'ours');
    await alice.start();
    await untilAgreed([alice, bob]);
    await bob.end('SIGKILL');
    await untilOneLeads([alice]);
    await until(
      'the labels agree',
      async () => (await world.label('bob')) === 'standby' && (await world.label('alice')) === 'leader',
    );
  });
});

describe('under faults', { timeout: 240_000 }, () => {
  test('ours never claim beside anybody, nor without having just written the record', async (t) => {
    const world = await clusterWorld(t, cluster);
    const members: Member[] = [];
    for (const [id, kind] of [...FLEETS.leases, ['dave', 'ours']] as const) {
      members.push(await member(t, world, 'leases', id, kind));
    }
    await Promise.all(members.map((each) => each.start()));
    const pass = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const pauseLeader = async () => {
      const leader = await untilOneLeads(members);
      leader.pause();
      await pass(TTL_SECONDS + 1.5);
      leader.resume();
      await untilAgreed(members);
    };
    await pauseLeader();
    cluster.apiserver.pause();
    await pass(3);
    cluster.apiserver.resume();
    await pass(1);
    cluster.apiserver.pause();
    await pass(TTL_SECONDS + 1);
    cluster.apiserver.resume();
    await pauseLeader();
    await cluster.apiserver.kill();
    await pass(1);
    await cluster.apiserver.start();
    await pauseLeader();
    await untilAgreed(members);
    const claims = members.flatMap((each) => each.claims());
    await Promise.all(members.map((each) => each.end('SIGTERM')));

    const ours = members.filter(({ kind }) => kind === 'ours').map(({ id }) => id);
    t.diagnostic(history(members).leaders.join(', '));
    const writes = await writesOf(world.namespace);
    const wipes = wipesOf(writes, ours);
    for (const claim of claims.filter(({ id }) => ours.includes(id))) {
      const wipedNs = wipes.find((atNs) => atNs > claim.fromNs && atNs < claim.toNs);
      if (wipedNs !== undefined) assert.ok(claim.toNs - wipedNs < NOTICED_WITHIN_NS, 'led on over an emptied lock');
    }
    // What Go members do to each other is theirs, and so is the lock that they take after emptying it under its holder.
    const isOurs = (claim: Claim) => ours.includes(claim.id);
    const isWiped = ({ fromNs, toNs }: Claim) => wipes.some((atNs) => atNs > fromNs && atNs < toNs);
    const unsafe = overlaps(claims).filter(
      (pair) => pair.some(isOurs) && !pair.some((it) => isOurs(it) && isWiped(it)),
    );
    assert.deepEqual(unsafe, []);
    for (const claim of claims.filter(({ id }) => ours.includes(id))) {
      const own = writes.filter(({ holder }) => holder === claim.id).map(({ atNs }) => atNs);
      assert.ok(longestUncoveredNs(claim, own) <= OUR_DEADLINE_NS + CLOCKS_AGREE_NS, JSON.stringify({ claim, own }));
    }
  });
});

/** The audit log has the wall clock, claims the monotonic one. */
const CLOCKS_AGREE_NS = 20e6;
/** A leader that polls learns of it by its next renewal: a retry period and a request later. */
const NOTICED_WITHIN_NS = (TTL_SECONDS * 1e9) / 6 + 1e9;

interface Write {
  readonly holder: string;
  readonly user: string;
  /** When the API server received it. */
  readonly atNs: number;
}

/** Those of the lease that the API server applied, in order. */
async function writesOf(namespace: string): Promise<readonly Write[]> {
  const monoMinusWallNs = Number(process.hrtime.bigint()) - Date.now() * 1e6;
  const events = await cluster.auditEvents();
  return events
    .filter(
      (event) => at(event, 'objectRef', 'namespace') === namespace && at(event, 'objectRef', 'resource') === 'leases',
    )
    .filter(
      (event) =>
        /^(create|update)$/.test(String(at(event, 'verb'))) && Number(at(event, 'responseStatus', 'code')) < 300,
    )
    .map((event) => ({
      holder: String(at(event, 'requestObject', 'spec', 'holderIdentity')),
      user: String(at(event, 'user', 'username')),
      atNs: Date.parse(String(at(event, 'requestReceivedTimestamp'))) * 1e6 + monoMinusWallNs,
    }))
    .toSorted((one, other) => one.atNs - other.atNs);
}

/** Kubernetes' package, since 0.34, releases a lock that it once held without looking who holds it now. */
function wipesOf(writes: readonly Write[], ours: readonly string[]): readonly number[] {
  return writes.flatMap(({ holder, user, atNs }, index) => {
    const wiped = holder === '' && !user.startsWith('system:serviceaccount:');
    return wiped && ours.includes(writes[index - 1]?.holder ?? '') ? [atNs] : [];
  });
}

/** How long, at some instant of the claim, the last write of its holder lay back at most. */
function longestUncoveredNs({ fromNs, toNs }: Claim, writes: readonly number[]): number {
  const before = writes.filter((atNs) => atNs <= fromNs + CLOCKS_AGREE_NS);
  const inside = writes.filter((atNs) => atNs > fromNs + CLOCKS_AGREE_NS && atNs < toNs);
  const marks = [Math.max(...before), ...inside, toNs];
  return Math.max(...marks.slice(1).map((mark, index) => mark - (marks[index] ?? Number.NEGATIVE_INFINITY)));
}
