/** A process of ours, put together as `elector-node.ts` does it, over a simulated client. */
import type { Report } from '../../src/election/state.ts';
import type { View } from '../../src/election/view.ts';
import type { Participant } from '../../src/elector/participant.ts';
import type { ApiAnswer, ApiRequestOptions, ApiWatchEvent } from '../../src/lock/api.ts';
import { silentLogger } from '../../src/logger.ts';
import type { PodLabel } from '../../src/outlets/pod-label.ts';
import { type Faults, levelOf } from './chances.ts';
import { Client } from './client.ts';
import type { Call, Cluster } from './cluster.ts';
import { LOCK_NAME, LOCK_NAMESPACE } from './lock-view.ts';
import type { FaultKind, MemberPlan, Plan } from './plan.ts';
import type { Pod, SimProcess } from './process.ts';
import type { Product } from './product.ts';
import { type FencedResource, type Habit, SimulatedWork, type WorkEvents } from './work.ts';

/** Who did something to the cluster. */
export type Cause =
  | { readonly type: 'member'; readonly sent: Sent }
  | { readonly type: 'go'; readonly process: SimProcess; readonly sentAtMs: number }
  | { readonly type: 'hand'; readonly what: string };

/** One request of a member on its way. */
export interface Sent {
  readonly member: Member;
  readonly call: Call;
  readonly sentAtMs: number;
  /** The member's own clocks at the send. */
  readonly monoMs: number;
  readonly bootMs: number;
  /** How many sights of the lock it had had. */
  readonly sightsBefore: number;
  /** It held the proof that no other process of its Pod lives. */
  readonly hadProof: boolean;
  answered: boolean;
  /** The member gave it up: its answer must change nothing. */
  abandoned: boolean;
}

/** What a member does, for the checkers. */
export interface MemberEvents {
  readonly onSend: (sent: Sent, options: ApiRequestOptions) => void;
  readonly onAnswer: (sent: Sent, answer: ApiAnswer) => void;
  readonly onWatchEvent: (member: Member, event: ApiWatchEvent) => void;
  readonly work: (member: Member) => WorkEvents;
  /** Something has just run in it. */
  readonly onTurn: (member: Member) => void;
  readonly onEnded: (member: Member, stuck: boolean) => void;
  readonly onReport: (member: Member, report: Report) => void;
}

export interface MemberParts {
  readonly plan: Plan;
  readonly product: Product;
  readonly cluster: Cluster<Cause>;
  readonly resource: FencedResource;
  readonly faults: Faults;
  readonly podNamed: (name: string) => Pod | undefined;
  readonly events: MemberEvents;
  readonly note: ((who: string, text: () => string) => void) | null;
}

export class Member {
  readonly plan: MemberPlan;
  readonly id: string;
  readonly processId: string;
  readonly process: SimProcess;
  readonly client: Client<Cause>;
  readonly work: SimulatedWork;
  readonly participant: Participant;
  readonly label: PodLabel;
  readonly #childKeepsProof: boolean;
  candidacy = true;
  /** When it was told to exit, true time; null before. */
  exitToldAtMs: number | null = null;

  constructor(plan: MemberPlan, process: SimProcess, parts: MemberParts) {
    const { product, cluster, events, faults, note } = parts;
    const level = (kind: FaultKind) => levelOf(faults, kind);
    const { pod, random, clock, agenda, title } = process;
    this.plan = plan;
    this.process = process;
    this.id = plan.name;
    process.onTurn = () => events.onTurn(this);
    this.#childKeepsProof = parts.plan.childrenKeepProof;
    this.processId = random.fork('process id').hex(12);
    if (!plan.canWatch) for (const verb of ['list', 'watch']) process.line.denied.add(`${verb} ${parts.plan.lockKind}`);

    this.client = new Client<Cause>({
      agenda,
      cluster,
      clock,
      faults,
      random: random.fork('client'),
      latencyMs: parts.plan.latencyMs,
      line: process.line,
      deliver: process.deliver,
      settle: process.settle,
      onArrival: (call) => {
        if (call.verb !== 'patch' || process.alive) return;
        // It may hit a new Pod of that name, where its writer knew no uid.
        pod.labelUnsure = true;
        const successor = parts.podNamed(call.name);
        if (successor !== undefined && !plan.hasPodUid) successor.labelUnsure = true;
      },
      onSend: (call, options) => this.#send(call, options, events),
      onAnswer: (cause, _call, answer) => {
        if (cause.type !== 'member') return;
        cause.sent.answered = true;
        events.onAnswer(cause.sent, answer);
      },
      onAbandon: (cause) => {
        if (cause.type === 'member') cause.sent.abandoned = true;
      },
      onWatchEvent: (event) => events.onWatchEvent(this, event),
      note: note === null ? null : (text) => note(title, text),
    });

    const habits = random.fork('habits');
    this.work = new SimulatedWork(
      {
        clock,
        agenda,
        random: random.fork('work'),
        resource: parts.resource,
        drawHabit: () => drawHabit(habits, level),
        events: events.work(this),
        alive: () => process.alive,
        mayEnd: () => level('ending-work') > 0,
        mayBeLate: () => level('late-work') + level('endless-work') > 0,
      },
      plan.canKillWork,
    );

    const { timings, problems } = product.deriveTimings(plan);
    if (problems.length > 0) throw new Error(`a plan with bad timings: ${problems.join()}`);
    const lock = new product.ObjectLock(this.client, product.codecs[parts.plan.lockKind], LOCK_NAMESPACE, LOCK_NAME);
    const podRef = { name: pod.name, namespace: 'default', uid: plan.hasPodUid ? pod.uid : '' };
    this.label = new product.PodLabel({
      api: this.client,
      clock,
      logger: silentLogger,
      pod: podRef,
      isLeading: () => this.view().isLeading,
    });
    const draws = random.fork('draws');
    this.participant = new product.Participant({
      config: {
        id: this.id,
        processId: this.processId,
        pod: podRef,
        timings,
        drainBudgetMs: plan.drainBudgetMs,
        releaseDelayMs: plan.releaseDelayMs,
        canKillWork: plan.canKillWork,
      },
      lock,
      clock,
      random: () => draws.next(),
      work: this.work,
      claimProof: () => this.#later(this.#claimProof()),
      labelStandby: (timeoutMs) => this.label.standbyOnce(timeoutMs).then((done) => this.#later(done)),
      onReport: (report) => {
        if (process.alive) events.onReport(this, report);
      },
      onChange: () => this.label.onView(this.view()),
    });
    void this.participant.ended.then(({ stuck }) => {
      this.label.stop();
      if (process.alive) events.onEnded(this, stuck);
    });
  }

  start(): void {
    this.process.act(() => {
      this.label.start();
      this.participant.start();
    });
  }

  view(): View {
    return this.participant.view();
  }

  /** The whole process ends, work and all. With `childLivesMs`, a child that does the work goes on for so long. */
  die(childLivesMs: number | null = null): void {
    const { pod } = this.process;
    this.process.alive = false;
    this.client.close();
    const hadProof = pod.proof === this.process;
    if (hadProof) pod.proof = null;
    if (childLivesMs === null) return;
    // It inherited the proof, and is why the next process of the Pod must wait.
    const lives = this.work.outlive(childLivesMs, () => {
      if (pod.proof === this.work) pod.proof = null;
    });
    if (lives && hadProof && this.#childKeepsProof) pod.proof = this.work;
  }

  #claimProof(): boolean {
    const { pod, alive } = this.process;
    if (!alive || (pod.proof !== null && pod.proof !== this.process)) return false;
    pod.proof = this.process;
    return true;
  }

  /** Whoever waits for this may come to stand still just here. */
  #later<T>(value: T): Promise<T> {
    return new Promise((resolve) => this.process.settle(() => resolve(value)));
  }

  #send(call: Call, options: ApiRequestOptions, events: MemberEvents): Cause {
    const { monoMs, bootMs } = this.process.pod.machine.reading();
    const sent: Sent = {
      member: this,
      call,
      sentAtMs: this.process.agenda.nowMs,
      monoMs,
      bootMs,
      sightsBefore: this.sights,
      hadProof: this.process.pod.proof === this.process,
      answered: false,
      abandoned: false,
    };
    events.onSend(sent, options);
    return { type: 'member', sent };
  }

  /** Newer sights of the lock that reached it so far; kept by the checkers. */
  sights = 0;
}

function drawHabit(random: { next(): number }, level: (kind: FaultKind) => number): Habit {
  // A fixed number of draws, whatever is switched on.
  const [part, ends, endsAfter, late, lateBy, endless] = [0, 0, 0, 0, 0, 0].map(() => random.next()) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const endsAfterMs = ends < level('ending-work') ? 200 + endsAfter * 30_000 : null;
  if (endless < level('endless-work')) return { endsAfterMs, stopsAtPart: Number.POSITIVE_INFINITY };
  if (late < level('late-work')) return { endsAfterMs, stopsAtPart: 1.01 + 3 * lateBy };
  return { endsAfterMs, stopsAtPart: part < 0.5 ? part * 0.02 : part * 0.95 };
}
