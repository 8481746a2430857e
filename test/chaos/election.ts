/**
 * One election of the run: its namespace with account and rights, its members, a watch on its lock, and the strikes on
 * record. It knows who claims to lead; it strikes nobody.
 */
import { monoMs, sleep } from '../../bench/world/mono.ts';
import type { Cluster } from '../cluster/harness/cluster.ts';
import { ACCOUNT, fullRights, lockPath } from '../support/cluster-world.ts';
import {
  type ElectionHistory,
  isOurs,
  type LockKind,
  type Program,
  type Stall,
  type Strike,
  type StrikeKind,
} from './history.ts';
import { LockWatch } from './lock-watch.ts';
import { type Home, Member, type MemberOptions } from './member.ts';
import type { MemberProcess } from './member-process.ts';

export interface ElectionPlan {
  readonly name: string;
  readonly lockKind: LockKind;
  readonly ttlMs: number;
  readonly members: readonly MemberOptions[];
}

export class Election {
  readonly plan: ElectionPlan;
  readonly members: readonly Member[];
  readonly lockPath: string;
  readonly cluster: Cluster;
  readonly startedAtMs = monoMs();
  /** Lock deleted by hand for the last time. */
  deletedAtMs = Number.NEGATIVE_INFINITY;
  readonly #watch: LockWatch;
  readonly #strikes: OpenStrike[] = [];

  static async create(
    plan: ElectionPlan,
    world: Pick<Home, 'cluster' | 'certificates' | 'resource' | 'product'>,
  ): Promise<Election> {
    const { cluster } = world;
    const namespace = await cluster.createNamespace('chaos');
    await cluster.createServiceAccount(namespace, ACCOUNT);
    await cluster.bindRole(namespace, ACCOUNT, fullRights(plan.lockKind));
    const home = { ...world, namespace, election: plan.name, lockKind: plan.lockKind, ttlMs: plan.ttlMs };
    const members: Member[] = [];
    for (const options of plan.members) members.push(await Member.create(home, options));
    return new Election(plan, cluster, namespace, members);
  }

  private constructor(plan: ElectionPlan, cluster: Cluster, namespace: string, members: readonly Member[]) {
    this.plan = plan;
    this.cluster = cluster;
    this.members = members;
    this.lockPath = lockPath(namespace, plan.lockKind);
    this.#watch = new LockWatch(cluster, namespace, plan.lockKind);
  }

  get hasGoMembers(): boolean {
    return this.members.some(({ options }) => !isOurs(options.program));
  }

  /** The one whose process says that it leads; null when none does, or more than one. */
  get leader(): Member | null {
    const [first, second] = this.members.filter(({ current }) => current?.leads === true);
    return second === undefined ? (first ?? null) : null;
  }

  /** Those that nothing is being done to. */
  get well(): readonly Member[] {
    return this.members.filter(({ busy, current }) => !busy && current?.isAwake === true);
  }

  /** Everybody is well and names the one who leads. */
  get isSettled(): boolean {
    const { leader } = this;
    return (
      leader !== null &&
      this.well.length === this.members.length &&
      this.well.every((it) => it.current?.names === leader.name)
    );
  }

  /** False when it did not come to that in time. */
  async untilSo(isSo: () => boolean, withinMs: number): Promise<boolean> {
    const endsAtMs = monoMs() + withinMs;
    while (!isSo()) {
      if (monoMs() > endsAtMs) return false;
      await sleep(10);
    }
    return true;
  }

  /** Begins a strike; it lasts until it is ended. */
  strike(kind: StrikeKind, members: readonly Member[], about: string): OpenStrike {
    const strike = new OpenStrike(
      kind,
      members.map(({ name }) => name),
      about,
    );
    this.#strikes.push(strike);
    return strike;
  }

  get processes(): readonly MemberProcess[] {
    return this.members.flatMap(({ processes }) => processes);
  }

  history(fenced: ElectionHistory['fenced'], commonStalls: readonly Stall[]): ElectionHistory {
    const { name, lockKind, ttlMs } = this.plan;
    const members = this.members.map(({ options }): { name: string; program: Program } => options);
    return {
      ...{ name, lockKind, ttlMs, fenced, commonStalls },
      ...{ fromMs: this.startedAtMs, toMs: monoMs() },
      members: members.map(({ name: member, program }) => ({ name: member, program })),
      lives: this.processes.map((process) => process.life()),
      sights: this.#watch.sights,
      strikes: this.#strikes.map((strike) => strike.record()),
    };
  }

  async stop(): Promise<void> {
    this.#watch.stop();
    for (const process of this.processes) if (process.runs) process.signal('SIGKILL');
    await Promise.all(this.processes.map(({ exited }) => exited));
    for (const member of this.members) member.close();
  }
}

export class OpenStrike {
  readonly kind: StrikeKind;
  readonly #members: readonly string[];
  readonly #fromMs = monoMs();
  #about: string;
  #toMs: number | null = null;

  constructor(kind: StrikeKind, members: readonly string[], about: string) {
    this.kind = kind;
    this.#members = members;
    this.#about = about;
  }

  also(about: string): void {
    this.#about += `, ${about}`;
  }

  end(): void {
    this.#toMs ??= monoMs();
  }

  record(): Strike {
    return {
      ...{ kind: this.kind, members: this.#members, about: this.#about },
      ...{ fromMs: this.#fromMs, toMs: this.#toMs ?? monoMs() },
    };
  }
}
