/**
 * One world: a cluster, members of ours, perhaps others, on true virtual time. First everything that its plan allows
 * goes wrong while safety is checked at every step; then faults end, and what must come true has to (liveness.ts).
 */
import { pods } from '../../src/dev/kinds.ts';
import type { StoreSnapshot } from '../../src/dev/store.ts';
import { withLightAborts } from './abort.ts';
import { Agenda } from './agenda.ts';
import { Checks, describeLock, type Violation } from './checks.ts';
import { Cluster } from './cluster.ts';
import { GoMember } from './go-member.ts';
import { liveOn } from './liveness.ts';
import { LOCK_NAME, LOCK_NAMESPACE, viewLock } from './lock-view.ts';
import { Machine } from './machine.ts';
import { type Cause, Member } from './member.ts';
import { faultsEndMs, type GoPlan, type MemberPlan, type Plan } from './plan.ts';
import { Pod, SimProcess } from './process.ts';
import type { Product } from './product.ts';
import { Random } from './random.ts';
import { Unpromised } from './unpromised.ts';
import { scheduleUpheaval } from './upheaval.ts';
import { FencedResource } from './work.ts';

export interface Outcome {
  readonly violation: Violation | null;
  readonly simulatedMs: number;
  readonly terms: number;
  /** Terms that another process began than the one before. */
  readonly failovers: number;
  /** What was not promised, and for how long in all. */
  readonly exemptions: ReadonlyMap<string, number>;
  readonly unpromisedMs: number;
  readonly events: number;
}

export type Transcript = (atMs: number, who: string, text: string) => void;

export async function runWorld(plan: Plan, product: Product, transcript: Transcript | null = null): Promise<Outcome> {
  // Once in a while the event loop gets its turn.
  await new Promise((resolve) => setImmediate(resolve));
  return withLightAborts(() => new Simulation(plan, product, transcript).run());
}

const { nextTick } = process;
const atNextTick = (resolve: () => void) => nextTick(resolve);

const SNAPSHOT_EVERY_MS = 20_000;

export class Simulation {
  readonly plan: Plan;
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly cluster: Cluster<Cause>;
  readonly checks: Checks;
  readonly unpromised: Unpromised;
  readonly resource = new FencedResource();
  readonly faults: { on: boolean; readonly levels: Plan['faults'] };
  readonly #product: Product;
  readonly #transcript: Transcript | null;
  /** Those that live, those whose child does, and the latest dead. */
  #members: Member[] = [];
  #goMembers: GoMember[] = [];
  readonly #pods: Pod[] = [];
  readonly #namesakes = new Set<Member>();
  readonly #byProcess = { starts: 0 };
  #unsettled = false;
  #events = 0;
  #snapshot: StoreSnapshot | null = null;

  constructor(plan: Plan, product: Product, transcript: Transcript | null) {
    this.plan = plan;
    this.random = new Random(`run ${plan.seed}`);
    this.faults = { on: true, levels: plan.faults };
    this.#product = product;
    this.#transcript = transcript;
    this.cluster = new Cluster(this.agenda, plan.lockKind);
    this.checks = new Checks({
      agenda: this.agenda,
      longestTtlMs: Math.max(
        ...plan.members.map((it) => Math.ceil(it.ttlMs / 1000) * 1000),
        ...plan.goMembers.map((it) => it.leaseDurationMs),
      ),
      members: () => this.#members,
      note: this.note,
    });
    this.unpromised = new Unpromised(this);
    this.cluster.onStale = () => this.unpromised.staleAnswer();
    this.cluster.onCommit = (before, after, cause) => this.checks.committed(before, after, cause);
    this.resource.onAccepted = (token) => this.checks.work.accepted(token);
  }

  async run(): Promise<Outcome> {
    try {
      const endMs = faultsEndMs(this.plan);
      this.#begin();
      scheduleUpheaval(this, endMs);
      await this.runUntil(endMs);
      if (this.checks.violation === null) await liveOn(this);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.checks.fail('no exception', text);
    }
    for (const member of this.liveMembers()) member.die();
    for (const go of this.liveGoMembers()) go.die();
    return {
      violation: this.checks.violation,
      simulatedMs: this.agenda.nowMs,
      terms: this.checks.work.terms,
      failovers: this.checks.work.failovers,
      exemptions: this.checks.exemptions.granted,
      unpromisedMs: this.checks.exemptions.totalMs,
      events: this.#events,
    };
  }

  /** False when a violation ended the world before. */
  async runUntil(untilMs: number, isEnough: () => boolean = () => false): Promise<boolean> {
    while (this.checks.violation === null) {
      const run = this.agenda.next(untilMs);
      if (run === null) return true;
      this.#events += 1;
      run();
      if (this.#unsettled) {
        this.#unsettled = false;
        // Every promise that this event has settled goes as far as it can: Node comes to its ticks when no promise is
        // left that could go on, and does not turn the event loop for it.
        await new Promise<void>(atNextTick);
      }
      this.checks.afterStep();
      if (isEnough()) return this.checks.violation === null;
    }
    return false;
  }

  // -------------------------------------------------------------------------------------------- who there is

  members(): readonly Member[] {
    return this.#members;
  }

  liveMembers(): Member[] {
    return this.#members.filter((it) => it.process.alive);
  }

  liveGoMembers(): GoMember[] {
    return this.#goMembers.filter((it) => it.process.alive);
  }

  processes(): SimProcess[] {
    return [...this.liveMembers(), ...this.liveGoMembers()].map((it) => it.process);
  }

  podsThere(): Pod[] {
    return this.#pods.filter((it) => !it.gone);
  }

  readonly note = (text: () => string): void => {
    this.#transcript?.(this.agenda.nowMs, '', text());
  };

  // -------------------------------------------------------------------------------------- processes come and go

  #begin(): void {
    const random = this.random.fork('begin');
    for (const plan of this.plan.members) {
      const draw = random.next();
      const inMs = random.chance(0.3) ? 0 : random.logBetween(1, 60_000);
      const pod = this.#newPod(plan.name, plan.drift, `pod ${plan.name}`);
      this.agenda.in(draw < 0.7 ? Math.min(inMs, 500) : inMs, () => this.#startMember(plan, pod));
    }
    for (const plan of this.plan.goMembers) {
      const inMs = random.logBetween(1, 60_000);
      this.agenda.in(inMs, () => this.#startGo(plan));
    }
    const snap = () => {
      this.#snapshot = this.cluster.store.snapshot();
      this.agenda.in(SNAPSHOT_EVERY_MS, snap);
    };
    if (this.plan.faults.has('rollback')) this.agenda.in(SNAPSHOT_EVERY_MS, snap);
  }

  #startMember(plan: MemberPlan, pod: Pod): Member {
    const title = `${plan.name}#${++this.#byProcess.starts}`;
    if (pod.machine.suspended) pod.machine.resume();
    const process = this.#newProcess(title, pod);
    const member = new Member(plan, process, {
      plan: this.plan,
      product: this.#product,
      cluster: this.cluster,
      resource: this.resource,
      faults: this.faults,
      podNamed: (name) => this.podsThere().find((it) => it.name === name),
      events: {
        ...this.checks.memberEvents,
        onTurn: (it) => this.checks.turned(it),
        onEnded: (ended, stuck) => {
          this.#note(title, () => `ends${stuck ? ', its work is stuck' : ''}`);
          if (ended.exitToldAtMs === null) this.checks.fail('L4', `${title} ended unasked`);
          ended.die();
        },
        onReport: (_, report) => this.#note(title, () => `** ${JSON.stringify(report)}`),
      },
      note: this.#transcript === null ? null : (who, text) => this.#note(who, text),
    });
    this.#buryTheDead();
    this.#members.push(member);
    this.unpromised.coldStart();
    this.#note(title, () => `starts, ttl ${plan.ttlMs} ms, process ${member.processId}, Pod ${pod.name}`);
    member.start();
    return member;
  }

  #startGo(plan: GoPlan): void {
    const title = `${plan.name}#${++this.#byProcess.starts}`;
    const machine = new Machine(this.agenda, this.random.fork(`machine ${title}`), 1 + plan.drift);
    const process = this.#newProcess(title, new Pod(plan.name, '', machine));
    const go = new GoMember(plan, process, {
      plan: this.plan,
      cluster: this.cluster,
      faults: this.faults,
      note: this.#transcript === null ? null : (who, text) => this.#note(who, text),
    });
    this.#goMembers = [...this.liveGoMembers(), go];
    this.checks.goStarted(process, plan);
    this.unpromised.coldStart();
    this.#note(title, () => `starts, Go ${plan.version}, ${plan.leaseDurationMs} ms`);
    go.start();
  }

  #newProcess(title: string, pod: Pod): SimProcess {
    return new SimProcess(title, pod, this.agenda, this.random.fork(`process ${title}`), () => {
      this.#unsettled = true;
    });
  }

  /** Worlds last long enough for a hundred processes, and nobody asks for those that are gone. */
  #buryTheDead(): void {
    const isThere = ({ process, work }: Member) => process.alive || work.outlives;
    for (const member of this.#members) if (!isThere(member)) this.checks.forget(member);
    this.#members = this.#members.filter(isThere);
  }

  #newPod(name: string, drift: number, stream: string): Pod {
    const body = { metadata: { name }, spec: { containers: [{ name: 'elector', image: 'elector' }] } };
    const answer = this.cluster.store.create(pods, 'default', body);
    const { uid } = answer.body.metadata as { uid?: string };
    if (uid === undefined) throw new Error(`cannot create a Pod: ${JSON.stringify(answer.body)}`);
    const pod = new Pod(name, uid, new Machine(this.agenda, this.random.fork(stream), 1 + drift));
    this.#pods.push(pod);
    return pod;
  }

  /** With `childLivesMs`, a child that does its work lives on for so long. */
  kill(member: Member, childLivesMs: number | null = null): void {
    member.die(childLivesMs);
  }

  /** The Pod is gone with everything in it. */
  losePod({ process: { pod } }: Member): void {
    for (const it of this.liveMembers()) if (it.process.pod === pod) it.die();
    this.#removePod(pod);
  }

  #removePod(pod: Pod): void {
    if (pod.gone) return;
    pod.gone = true;
    this.cluster.store.remove(pods, 'default', pod.name, { gracePeriodSeconds: 0 });
  }

  /** A container restarts in its Pod. */
  startAgainIn({ plan, process: { pod } }: Member, delayMs: number): void {
    this.agenda.in(delayMs, () => {
      if (!pod.gone && !this.liveMembers().some((it) => it.process.pod === pod)) this.#startMember(plan, pod);
    });
  }

  /** A new Pod of the same name, as a StatefulSet has it. */
  startAnewIn({ plan }: Member, delayMs: number): void {
    this.agenda.in(delayMs, () => {
      if (this.podsThere().some((it) => it.name === plan.name)) return;
      const pod = this.#newPod(plan.name, plan.drift, `pod ${plan.name} ${this.#pods.length}`);
      this.#startMember(plan, pod);
    });
  }

  /** SIGTERM; when it has ended, it starts again in the same Pod or another. */
  terminate(member: Member, againInMs: number | null): void {
    if (member.exitToldAtMs !== null) return;
    const { title } = member.process;
    this.#note(title, () => '!! SIGTERM');
    member.exitToldAtMs = this.agenda.nowMs;
    member.process.deliver(() => {
      member.participant.giveUp('SIGTERM', true);
      this.checks.work.expectExit(member);
    });
    if (againInMs === null) return;
    const whenEnded = () => {
      if (member.process.alive) this.agenda.in(500, whenEnded);
      else if (this.#namesakes.has(member)) return;
      else if (againInMs < 3000) this.startAgainIn(member, againInMs);
      else {
        if (this.liveMembers().some((it) => it.process.pod === member.process.pod)) return;
        this.#removePod(member.process.pod);
        this.startAnewIn(member, againInMs);
      }
    };
    whenEnded();
  }

  /** A second process in the same Pod, with the same id. */
  startTwin({ plan, process: { pod } }: Member): void {
    if (this.liveMembers().filter((it) => it.process.pod === pod).length > 1) return;
    this.note(() => `!! a second process in the Pod ${pod.name}`);
    pod.labelUnsure = true;
    this.#namesakes.add(this.#startMember(plan, pod));
  }

  /** A process with the same id elsewhere. */
  startNamesake({ plan }: Member): void {
    if (this.#namesakes.size > 3) return;
    this.note(() => `!! another process with the id ${plan.name}`);
    const podName = `${plan.name}-other-${this.#pods.length}`;
    this.#namesakes.add(this.#startMember(plan, this.#newPod(podName, plan.drift, podName)));
  }

  startGoAgainIn({ plan }: GoMember, delayMs: number): void {
    this.agenda.in(delayMs, () => {
      if (this.faults.on && !this.liveGoMembers().some((it) => it.plan.name === plan.name)) this.#startGo(plan);
    });
  }

  /** An etcd restored from a backup: nothing is promised until all have noticed, not even tokens. */
  rollBack(): void {
    if (this.#snapshot === null) return;
    const { truth, exemptions, work } = this.checks;
    this.note(() => '!! etcd is restored from a backup');
    work.forgetTokens();
    this.checks.staying.lied();
    this.resource.forget();
    exemptions.grantAfterRollback(this.agenda.nowMs, faultsEndMs(this.plan) + 4 * truth.longestMs);
    // Only the lock goes back: what became of the Pods is another story.
    const now = this.cluster.store.snapshot();
    const objects = new Map(now.objects);
    const key = `${this.cluster.lockKind.plural}/${LOCK_NAMESPACE}/${LOCK_NAME}`;
    const old = this.#snapshot.objects.get(key);
    if (old === undefined) objects.delete(key);
    else objects.set(key, old);
    const version = this.#snapshot.version;
    this.cluster.by({ type: 'hand', what: 'rollback' }, (store) => store.restore({ version, objects }));
  }

  /** Every member has a process again, and no Pod is left without one. */
  restorePods(): void {
    for (const pod of this.podsThere()) {
      if (this.liveMembers().some((it) => it.process.pod === pod)) continue;
      const plan = this.plan.members.find((it) => it.name === pod.name);
      if (plan === undefined) this.#removePod(pod);
      else this.#startMember(plan, pod);
    }
    for (const plan of this.plan.members) {
      if (this.podsThere().some((it) => it.name === plan.name)) continue;
      this.#startMember(plan, this.#newPod(plan.name, plan.drift, `pod ${plan.name} ${this.#pods.length}`));
    }
  }

  restartNow({ plan, process: { pod } }: Member): void {
    this.#startMember(plan, pod);
  }

  #note(who: string, text: () => string): void {
    this.#transcript?.(this.agenda.nowMs, who, text());
  }

  describeLock(): string {
    const lock = this.cluster.lock();
    return describeLock(lock === null ? null : viewLock(lock));
  }
}
