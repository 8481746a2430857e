/**
 * One world: a cluster, members of ours, perhaps others, on true virtual time. First everything that its plan allows
 * goes wrong while safety is checked at every step; then faults end, and what must come true has to (liveness.ts).
 */
import { pods } from '../../src/dev/kinds.ts';
import type { StoreSnapshot } from '../../src/dev/store.ts';
import { Agenda } from './agenda.ts';
import { Checks, describeLock, type Violation } from './checks.ts';
import { LONGEST_DELAY_MS } from './client.ts';
import { Cluster } from './cluster.ts';
import { GoMember } from './go-member.ts';
import { liveOn } from './liveness.ts';
import { LOCK_NAME, LOCK_NAMESPACE, viewLock } from './lock-view.ts';
import { Machine } from './machine.ts';
import { type Cause, Member } from './member.ts';
import type { FaultKind, GoPlan, MemberPlan, Plan } from './plan.ts';
import { Pod, SimProcess } from './process.ts';
import type { Product } from './product.ts';
import { Random } from './random.ts';
import { scheduleUpheaval } from './upheaval.ts';
import { FencedResource } from './work.ts';

export interface Outcome {
  readonly violation: Violation | null;
  readonly simulatedMs: number;
  readonly terms: number;
  /** What was not promised, and for how long in all. */
  readonly exemptions: ReadonlyMap<string, number>;
  readonly unpromisedMs: number;
  readonly events: number;
}

export type Transcript = (atMs: number, who: string, text: string) => void;

export async function runWorld(plan: Plan, product: Product, transcript: Transcript | null = null): Promise<Outcome> {
  // Once in a while the event loop gets its turn.
  await new Promise((resolve) => setImmediate(resolve));
  return new Simulation(plan, product, transcript).run();
}

const SNAPSHOT_EVERY_MS = 20_000;

export class Simulation {
  readonly plan: Plan;
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly cluster: Cluster<Cause>;
  readonly checks: Checks;
  readonly resource = new FencedResource();
  faulty = true;
  readonly #product: Product;
  readonly #transcript: Transcript | null;
  readonly #members: Member[] = [];
  readonly #goMembers: GoMember[] = [];
  readonly #pods: Pod[] = [];
  readonly #namesakes = new Set<Member>();
  readonly #memberOf = new Map<SimProcess, Member>();
  readonly #byProcess = { starts: 0 };
  #unsettled = false;
  #events = 0;
  #snapshot: StoreSnapshot | null = null;
  #lastDeletionMs = Number.NEGATIVE_INFINITY;
  #lastLieMs = Number.NEGATIVE_INFINITY;
  #disturbedAtMs = Number.NEGATIVE_INFINITY;

  constructor(plan: Plan, product: Product, transcript: Transcript | null) {
    this.plan = plan;
    this.random = new Random(`run ${plan.seed}`);
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
    this.cluster.onStale = () => this.staleAnswer();
    this.cluster.onCommit = (before, after, cause) => this.checks.committed(before, after, cause);
    this.resource.onAccepted = (token) => this.checks.work.accepted(token);
  }

  async run(): Promise<Outcome> {
    try {
      const faultsEndMs = this.plan.minutes * 60_000;
      this.#begin();
      scheduleUpheaval(this, faultsEndMs);
      await this.runUntil(faultsEndMs);
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
      exemptions: this.checks.exemptions.granted,
      unpromisedMs: this.checks.exemptions.totalMs,
      events: this.#events,
    };
  }

  /** False when a violation ended the world before. */
  async runUntil(untilMs: number, isEnough: () => boolean = () => false): Promise<boolean> {
    while (this.checks.violation === null) {
      const entry = this.agenda.next(untilMs);
      if (entry === null) return true;
      this.#events += 1;
      entry.run();
      if (this.#unsettled) {
        this.#unsettled = false;
        // Every promise that this event has settled goes as far as it can: Node comes to its ticks when no promise is
        // left that could go on, and does not turn the event loop for it.
        await new Promise<void>((resolve) => process.nextTick(resolve));
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

  level(kind: FaultKind): number {
    return this.faulty ? (this.plan.faults.get(kind) ?? 0) : 0;
  }

  /** Somebody stands still or is cut off: two deletions are no longer far enough apart (rules.md). */
  disturbed(): void {
    this.#disturbedAtMs = this.agenda.nowMs;
  }

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
      level: (kind) => this.level(kind),
      events: {
        ...this.checks.memberEvents,
        onEnded: (ended, stuck) => {
          this.#note(title, () => `ends${stuck ? ', its work is stuck' : ''}`);
          if (ended.exitToldAtMs === null) this.checks.fail('L4', `${title} ended unasked`);
          ended.die();
        },
        onReport: (_, report) => this.#note(title, () => `** ${JSON.stringify(report)}`),
      },
      note: this.#transcript === null ? null : (who, text) => this.#note(who, text),
    });
    this.#members.push(member);
    this.#memberOf.set(process, member);
    this.#coldStart();
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
      level: (kind) => this.level(kind),
      note: this.#transcript === null ? null : (who, text) => this.#note(who, text),
    });
    this.#goMembers.push(go);
    this.checks.goStarted(process, plan);
    this.#coldStart();
    this.#note(title, () => `starts, Go ${plan.version}, ${plan.leaseDurationMs} ms`);
    go.start();
  }

  #newProcess(title: string, pod: Pod): SimProcess {
    return new SimProcess(title, pod, this.agenda, this.random.fork(`process ${title}`), (process) => {
      this.#unsettled = true;
      const member = this.#memberOf.get(process);
      if (member !== undefined) this.checks.turned(member);
    });
  }

  #newPod(name: string, drift: number, stream: string): Pod {
    const body = { metadata: { name }, spec: { containers: [{ name: 'elector', image: 'elector' }] } };
    const answer = this.cluster.store.create(pods, 'default', JSON.stringify(body));
    const { uid } = answer.body.metadata as { uid?: string };
    if (uid === undefined) throw new Error(`cannot create a Pod: ${JSON.stringify(answer.body)}`);
    const pod = new Pod(name, uid, new Machine(this.agenda, this.random.fork(stream), 1 + drift));
    this.#pods.push(pod);
    return pod;
  }

  kill(member: Member): void {
    member.die();
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
      if (this.faulty && !this.liveGoMembers().some((it) => it.plan.name === plan.name)) this.#startGo(plan);
    });
  }

  // -------------------------------------------------------- what is not promised (rules.md), as it comes to happen

  /** A process that knows nothing of a lock that was deleted or emptied may take its place at once. */
  #coldStart(): void {
    const { truth, exemptions } = this.checks;
    const { orphaned } = truth;
    if (!truth.ever || orphaned === null) return;
    if (this.agenda.nowMs > orphaned.atMs + 2 * truth.longestMs) return;
    exemptions.grant(
      'a deletion or a hand meets a cold start',
      this.agenda.nowMs,
      this.agenda.nowMs + 2 * truth.longestMs,
    );
  }

  #grantIf(reason: string | false): void {
    if (reason === false) return;
    const { truth, exemptions } = this.checks;
    // A displaced leader lapses within its own duration; what is on the way may still displace one.
    exemptions.grant(reason, this.agenda.nowMs, this.agenda.nowMs + LONGEST_DELAY_MS + 2 * truth.longestMs);
  }

  #someoneIsCold(): boolean {
    return this.liveMembers().some((it) => !this.checks.hasSeen(it));
  }

  /**
   * With different TTLs: a member that never saw the present holder's record waits less than that holder may believe
   * in itself, once record and seal are gone.
   */
  #holderIsUnderrated(): boolean {
    const { truth, leading } = this.checks;
    return this.liveMembers().some((it) => leading.waitsMs(it) < truth.lastDurationMs);
  }

  /** A stale answer says that the lock is gone or empty, as a deletion does: within 2L it is the second of two. */
  staleAnswer(): void {
    this.#lastLieMs = this.agenda.nowMs;
    const { truth } = this.checks;
    const reachMs = 2 * truth.longestMs;
    const recent = this.agenda.nowMs - this.#lastDeletionMs < reachMs || truth.orphaned !== null;
    this.#grantIf(recent && 'a deletion around an answer from a stale cache');
  }

  #wasLiedTo(): boolean {
    return this.agenda.nowMs - this.#lastLieMs < 2 * this.checks.truth.longestMs + LONGEST_DELAY_MS;
  }

  lockIsDeleted(): void {
    const { truth } = this.checks;
    const sinceMs = this.agenda.nowMs - this.#lastDeletionMs;
    this.#grantIf(this.liveGoMembers().length > 0 && 'a deletion meets a Go elector');
    this.#grantIf(this.#someoneIsCold() && 'a deletion meets a cold start');
    this.#grantIf(sinceMs < 2 * truth.longestMs && 'two deletions within two lease durations');
    this.#grantIf(this.#disturbedAtMs > this.#lastDeletionMs && sinceMs < 1e9 && 'two deletions around a long pause');
    this.#grantIf(
      this.#holderIsUnderrated() && 'a deletion meets a member that never saw the longer TTL of the holder',
    );
    this.#grantIf(this.#wasLiedTo() && 'a deletion around an answer from a stale cache');
    this.#grantIf(this.checks.createsUnderWay(LONGEST_DELAY_MS) && 'a create in flight while the lock comes and goes');
    this.#lastDeletionMs = this.agenda.nowMs;
  }

  lockIsEmptied(wiped: boolean): void {
    this.#grantIf(this.liveGoMembers().length > 0 && 'a Go elector takes a lock that a hand emptied');
    const ofGo = this.checks.truth.writer?.type === 'go';
    this.#grantIf(ofGo && 'a Go record emptied by a hand looks like one that was released');
    this.#grantIf(wiped && this.#holderIsUnderrated() && 'a seal wiped before a member saw it');
    this.#grantIf(this.#wasLiedTo() && 'a lock emptied around an answer from a stale cache');
    const { truth, leading } = this.checks;
    const { lock } = truth;
    const unseen = lock !== null && this.liveMembers().some((it) => !leading.hasSeenTerm(it, lock));
    this.#grantIf(wiped && unseen && 'a seal wiped before a member saw it');
  }

  lockIsForged(): void {
    this.#grantIf('a record forged by hand');
  }

  /** An etcd restored from a backup: nothing is promised until all have noticed, not even tokens. */
  rollBack(): void {
    if (this.#snapshot === null) return;
    const { truth, exemptions, work } = this.checks;
    this.note(() => '!! etcd is restored from a backup');
    work.forget();
    this.resource.forget();
    exemptions.grantAfterRollback(this.agenda.nowMs, this.plan.minutes * 60_000 + 4 * truth.longestMs);
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
