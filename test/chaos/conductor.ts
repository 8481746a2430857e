/**
 * Runs the elections and strikes them: one fault after the other in each election, now and then one beside it, and rarely
 * a disaster for all. It waits for recovery, but judges nothing; what happened is handed back as it is.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { monoMs, sleep } from '../../bench/world/mono.ts';
import { type Cluster, startCluster } from '../cluster/harness/cluster.ts';
import { Random } from '../simulation/random.ts';
import type { Replacement } from '../support/mutant.ts';
import { Election, type ElectionPlan } from './election.ts';
import { BELONGING_FAULTS } from './faults/belongings.ts';
import { type Disaster, drawDisasters } from './faults/disasters.ts';
import type { Fault } from './faults/fault.ts';
import { LOCK_FAULTS } from './faults/lock.ts';
import { PROCESS_FAULTS } from './faults/processes.ts';
import { requestFaults } from './faults/requests.ts';
import { WAY_FAULTS } from './faults/ways.ts';
import type { ElectionHistory } from './history.ts';
import type { Member } from './member.ts';
import { copyProduct } from './product.ts';
import { proxyCertificates } from './proxy/certificates.ts';
import { FencedResource } from './resource.ts';
import { ApiWait, CpuWait } from './stalls.ts';

export interface ChaosPlan {
  readonly seed: number;
  readonly minutes: number;
  readonly elections: readonly ElectionPlan[];
  /** Between the end of one disaster and the next; null for none. */
  readonly disasterEverySeconds: number | null;
  /** Only these kinds of faults; null for all. */
  readonly only: readonly string[] | null;
  /** For a control: what is wrong with our electors. */
  readonly defect: readonly Replacement[];
}

export interface Outcome {
  readonly elections: readonly ElectionHistory[];
  /** What the conductor itself could not do, one sentence each. */
  readonly problems: readonly string[];
  /** Of elections in which not everybody agreed on one leader soon after the last fault, with what members said last. */
  readonly unsettled: readonly string[];
}

export interface Watcher {
  /** Each minute, and when something notable happens. */
  readonly onProgress: (text: string) => void;
}

const PROGRESS_EVERY_MS = 60_000;
const SETTLES_WITHIN_MS = 30_000;
const RECOVERS_WITHIN_MS = 60_000;

export async function conduct(plan: ChaosPlan, { onProgress }: Watcher): Promise<Outcome> {
  const cluster = await startCluster();
  const resource = await FencedResource.open();
  const conductor = new Conductor(plan, cluster, resource, onProgress);
  try {
    return await conductor.run();
  } finally {
    await conductor.stop();
    resource.close();
    await cluster.stop();
  }
}

class Conductor {
  readonly #plan: ChaosPlan;
  readonly #cluster: Cluster;
  readonly #resource: FencedResource;
  readonly #say: (text: string) => void;
  readonly #random: Random;
  readonly #stalls: readonly (CpuWait | ApiWait)[];
  readonly #problems: string[] = [];
  #elections: readonly Election[] = [];
  #faults: readonly Fault[] = [];
  #endsAtMs = Number.POSITIVE_INFINITY;
  #disasterUnderWay = false;
  /** Elections in which something goes on that a disaster must not meet. */
  #fragile = 0;

  constructor(plan: ChaosPlan, cluster: Cluster, resource: FencedResource, say: (text: string) => void) {
    this.#plan = plan;
    this.#cluster = cluster;
    this.#resource = resource;
    this.#say = say;
    this.#random = new Random(plan.seed);
    const servers = () => [cluster.apiserver.pid() ?? 0, cluster.etcd.pid() ?? 0];
    this.#stalls = [
      new CpuWait('servers', servers, 'all'),
      new CpuWait('conductor', () => [process.pid], 'main'),
      new ApiWait(() => cluster.admin('GET', '/api/v1/namespaces/default')),
    ];
    const processes = () => this.#elections.flatMap((election) => election.processes);
    resource.clockOffsetMs = (name) =>
      1000 * (processes().find((it) => it.name === name)?.start.clockAheadSeconds ?? 0);
  }

  async run(): Promise<Outcome> {
    const dir = join(this.#cluster.dir, 'proxies');
    mkdirSync(dir);
    const certificates = await proxyCertificates(dir);
    const product = copyProduct(join(this.#cluster.dir, 'product'), this.#plan.defect);
    const world = { cluster: this.#cluster, certificates, resource: this.#resource, product };
    const all = [...PROCESS_FAULTS, ...WAY_FAULTS, ...requestFaults(certificates), ...BELONGING_FAULTS, ...LOCK_FAULTS];
    this.#faults = all.filter(({ kind }) => this.#plan.only?.includes(kind) ?? true);
    this.#elections = await Promise.all(this.#plan.elections.map((election) => Election.create(election, world)));
    for (const { members } of this.#elections) for (const member of members) await member.start();
    for (const election of this.#elections) {
      if (!(await this.#untilSettled(election, RECOVERS_WITHIN_MS))) {
        throw new Error(`cannot begin: nobody leads: ${whatTheySaid(election)}`);
      }
    }
    this.#say('all elections have a leader; the faults begin');

    this.#endsAtMs = monoMs() + this.#plan.minutes * 60_000;
    const progress = setInterval(() => this.#reportProgress(), PROGRESS_EVERY_MS);
    await Promise.all([...this.#elections.map((election) => this.#upset(election)), this.#disasters()]);
    clearInterval(progress);

    this.#say('the faults are over; every election must settle');
    const unsettled: string[] = [];
    for (const election of this.#elections) {
      if (await this.#untilSettled(election, SETTLES_WITHIN_MS)) continue;
      unsettled.push(whatTheySaid(election));
    }
    const stalls = this.#stalls.flatMap((it) => it.stalls);
    const elections = this.#elections.map((it) => it.history(this.#resource.writesTo(it.plan.name), stalls));
    return { elections, problems: this.#problems, unsettled };
  }

  async stop(): Promise<void> {
    for (const stalls of this.#stalls) stalls.stop();
    await Promise.all(this.#elections.map((election) => election.stop()));
  }

  get #isOver(): boolean {
    return monoMs() >= this.#endsAtMs;
  }

  /** One election: one fault after the other, each after the recovery from the last, sometimes one beside another. */
  async #upset(election: Election): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for (let round = 1; !this.#isOver; round += 1) {
      const random = this.#random.fork(`${election.plan.name}, round ${round}`);
      // The judge sees who ended unasked; the run goes on with all.
      await Promise.all(election.members.filter((it) => it.current === null && !it.busy).map((it) => it.start()));
      const ready = () => this.#isOver || (election.leader !== null && election.well.length >= 2);
      if (!(await election.untilSo(ready, RECOVERS_WITHIN_MS))) {
        this.#problems.push(`${election.plan.name}: no leader and two well members for a minute before round ${round}`);
      }
      await sleep(random.logBetween(30, 600));
      if (this.#isOver) break;
      const chosen = this.#choose(election, random, underWay.size === 0);
      if (chosen === null) continue;
      const blow = this.#strike(election, chosen.fault, chosen.target, random);
      underWay.add(blow);
      void blow.finally(() => underWay.delete(blow));
      // Now and then the next comes beside it, as it does beside one that takes long; there are never more than two.
      if (chosen.fault.onLock === true) await blow;
      else if (!random.chance(0.3)) await Promise.race([blow, sleep(2 * election.plan.ttlMs)]);
      if (underWay.size > 1) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  #choose(
    election: Election,
    random: Random,
    alone: boolean,
  ): { readonly fault: Fault; readonly target: Member } | null {
    const { leader, well } = election;
    const standbys = well.filter((member) => member !== leader);
    const atLeader = random.chance(0.8);
    const standby = random.pickAny(standbys);
    const target = atLeader && leader !== null && well.includes(leader) ? leader : standby;
    const lockMayBeStruck = alone && election.isSettled && !this.#disasterUnderWay;
    const fitting = this.#faults.filter(({ onLock, fits }) => {
      return target !== null && fits(target, election) && (onLock !== true || lockMayBeStruck);
    });
    const total = fitting.reduce((sum, { weight }) => sum + weight, 0);
    let draw = random.next() * total;
    const fault = fitting.find(({ weight }) => {
      draw -= weight;
      return draw < 0;
    });
    return fault === undefined || target === null ? null : { fault, target };
  }

  async #strike(election: Election, fault: Fault, target: Member, random: Random): Promise<void> {
    const onLock = fault.onLock === true;
    target.busy = !onLock;
    this.#fragile += onLock ? 1 : 0;
    try {
      await fault.strike({ election, target, random });
      if (onLock) await this.#untilSettled(election, RECOVERS_WITHIN_MS);
      else await this.#untilWell(election, target);
    } catch (error) {
      this.#problems.push(`${election.plan.name}: ${fault.kind} of ${target.name} could not be done: ${String(error)}`);
    } finally {
      this.#fragile -= onLock ? 1 : 0;
      if (target.current === null) await target.start();
      target.busy = false;
    }
  }

  async #untilWell(election: Election, target: Member): Promise<void> {
    // Gone again: a disaster took its Pod.
    const isWell = () => target.current === null || (target.current.isAwake && target.current.names !== '');
    if (await election.untilSo(isWell, RECOVERS_WITHIN_MS)) return;
    const said = target.current?.lastLine;
    this.#problems.push(`${election.plan.name}: ${target.name} was not well a minute after its fault; it said ${said}`);
  }

  #untilSettled(election: Election, withinMs: number): Promise<boolean> {
    return election.untilSo(() => election.isSettled, withinMs);
  }

  async #disasters(): Promise<void> {
    const { disasterEverySeconds } = this.#plan;
    if (disasterEverySeconds === null) return;
    const random = this.#random.fork('disasters');
    for (let round = 1; ; round += 1) {
      for (const [index, disaster] of drawDisasters(random.fork(`round ${round}`)).entries()) {
        const waitMs = 1000 * disasterEverySeconds * random.between(0.7, 1.3);
        // The end belongs to recovery.
        if (monoMs() + waitMs > this.#endsAtMs - 10_000) return;
        await sleep(waitMs);
        await this.#disaster(disaster, random.fork(`round ${round}, ${index}`));
      }
    }
  }

  async #disaster(disaster: Disaster, random: Random): Promise<void> {
    while (this.#fragile > 0) await sleep(10);
    this.#disasterUnderWay = true;
    this.#say(disaster.kind);
    try {
      await disaster.strike({ cluster: this.#cluster, elections: this.#elections, resource: this.#resource, random });
    } catch (error) {
      this.#problems.push(`${disaster.kind} could not be done: ${String(error)}`);
    }
    this.#disasterUnderWay = false;
  }

  #reportProgress(): void {
    const left = Math.max(0, Math.round((this.#endsAtMs - monoMs()) / 60_000));
    const terms = this.#elections.map(({ plan, processes }) => {
      const count = processes.flatMap((it) => it.life().marks).filter(({ type }) => type === 'leading').length;
      return `${plan.name} ${count}`;
    });
    this.#say(`${left} minutes left; terms so far: ${terms.join(', ')}`);
  }
}

function whatTheySaid({ plan, members }: Election): string {
  const said = members.map(({ name, processes }) => `${name}: ${processes.at(-1)?.lastLine}`);
  return `${plan.name}: ${said.join(' | ')}`;
}
