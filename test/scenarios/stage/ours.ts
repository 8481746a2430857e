/** An elector of ours, put together from the real parts as `src/elector-node.ts` does it, on a stage. */
import { deriveTimings, type Timings } from '../../../src/election/timings.ts';
import type { View } from '../../../src/election/view.ts';
import { Participant } from '../../../src/elector/participant.ts';
import { logReport } from '../../../src/elector/report-log.ts';
import { ObjectLock } from '../../../src/lock/object-lock.ts';
import type { LogFields, Logger } from '../../../src/logger.ts';
import { Routes } from '../../../src/outlets/http/routes.ts';
import { PodLabel } from '../../../src/outlets/pod-label.ts';
import type { Answer, Elector, Place } from './elector.ts';
import { LOCK_NAME, LOCK_NAMESPACE } from './platform.ts';
import { inSeconds } from './transcript.ts';
import { StageWork } from './work.ts';

const DRAIN_BUDGET_MS = 25_000;

export class OurElector implements Elector {
  readonly name: string;
  readonly id: string;
  readonly place: Place;
  readonly podUid: string;
  readonly timings: Timings;
  readonly participant: Participant;
  readonly log: string[] = [];
  #started = 0;
  #stopped = 0;
  readonly #work: StageWork;
  readonly #label: PodLabel | null;
  readonly #routes: Routes;
  #exits = false;

  constructor(place: Place) {
    const { platform, clock, line, ledger, transcript, name, options } = place;
    const { id = name, ttlMs = 15_000, renewDeadlineMs, retryPeriodMs, random = 0.5 } = options;
    const { timings, problems } = deriveTimings({
      ttlMs,
      ...(renewDeadlineMs === undefined ? {} : { renewDeadlineMs }),
      ...(retryPeriodMs === undefined ? {} : { retryPeriodMs }),
    });
    if (problems.length > 0) throw new RangeError(problems.join('; '));
    this.name = name;
    this.id = id;
    this.timings = timings;
    this.place = place;
    const namespace = options.pod?.namespace ?? LOCK_NAMESPACE;
    this.podUid = options.inPodOf?.podUid ?? podUidOf(place, namespace);
    const pod = { name: options.inPodOf?.name ?? name, namespace, uid: this.podUid };
    const logger = this.#logger();
    this.#work = new StageWork(clock, options.work ?? {}, {
      running: (running) => {
        if (running) this.#started += 1;
        else this.#stopped += 1;
        ledger.set('works', name, running);
      },
      say: (text) => transcript.say(name, text),
    });
    this.#label =
      options.pod === undefined
        ? null
        : new PodLabel({ api: line, clock, logger, pod, isLeading: () => this.isLeading() });
    const lock = new ObjectLock(line, platform.codec, LOCK_NAMESPACE, LOCK_NAME);
    this.participant = new Participant({
      config: {
        id,
        processId: `process-of-${name}`,
        pod,
        timings,
        drainBudgetMs: DRAIN_BUDGET_MS,
        releaseDelayMs: 0,
        canKillWork: options.work?.canBeKilled === true,
      },
      lock,
      clock,
      random: () => random,
      work: this.#work,
      claimProof: async () => (this.podUid === '' ? null : platform.claimProof(this.podUid, this)),
      ...(this.#label === null ? {} : { labelStandby: (ms: number) => this.#label?.standbyOnce(ms) ?? done() }),
      onReport: (report) => logReport(logger, { id, lock: lock.path }, report),
      onChange: () => {
        this.#label?.onView(this.#view());
        this.look();
      },
    });
    this.#routes = new Routes({
      view: () => this.#view(),
      wallMs: () => clock.now().wallMs,
      nodeId: id,
      ttlMs: timings.leaseDurationMs,
    });
    void this.participant.ended.then(({ stuck }) => {
      this.#label?.stop();
      if (this.#exits) transcript.say(name, `exits ${stuck ? 1 : 0}`);
      this.look();
    });
  }

  get terms() {
    return { started: this.#started, stopped: this.#stopped };
  }

  start(): void {
    this.#label?.start();
    this.participant.start();
  }

  stop(): void {
    this.#exits = true;
    this.participant.giveUp('SIGTERM', true);
  }

  stepDown(): void {
    this.participant.giveUp('told to step down', false);
  }

  die(): void {
    const { clock, line, ledger, platform } = this.place;
    clock.end();
    line.close();
    platform.leavePod(this.podUid, this);
    ledger.set('works', this.name, false);
    ledger.set('leads', this.name, false);
  }

  /** Says in the ledger whether it leads at this instant: nobody tells when a lease runs out. */
  look(): number {
    const { clock, ledger } = this.place;
    if (clock.isOver) return Number.POSITIVE_INFINITY;
    const { isLeading, validForMs } = this.#view();
    ledger.set('leads', this.name, isLeading && !clock.isStanding);
    ledger.set('works', this.name, this.#work.isRunning && !clock.isStanding);
    return isLeading ? validForMs : Number.POSITIVE_INFINITY;
  }

  isLeading(): boolean {
    return this.#view().isLeading;
  }

  answer(): Answer {
    const { is_leader, leader } = JSON.parse(this.#routes.answer('GET', '/').body) as Answer;
    return { is_leader, leader };
  }

  illness(): string | null {
    const { code, body } = this.#routes.answer('GET', '/healthz');
    if (code === 200) return null;
    const { reason, message } = JSON.parse(body) as { reason: string; message: string };
    return `${code} ${reason}: ${message}`;
  }

  token(): string {
    return this.#view().token?.version ?? '';
  }

  #view(): View {
    return this.participant.view();
  }

  /** The log as a person would read it, without what every line repeats. */
  #logger(): Logger {
    const log = (level: string) => (message: string, fields: LogFields) => {
      const { id: _, lock: __, mono_ns: ___, ...rest } = fields;
      const shown = Object.entries(rest).map(([key, value]) => shownField(key, value));
      const text = [message, ...shown].join(' ');
      this.log.push(text);
      if (level === 'quiet' && !TOLD.has(message) && this.place.options.tellsAll !== true) return;
      this.place.transcript.say(this.name, `logs "${message}"${shown.length === 0 ? '' : ` ${shown.join(' ')}`}`);
    };
    const withFields = (level: string) => (message: string, fields?: LogFields) => log(level)(message, fields ?? {});
    return {
      debug: withFields('quiet'),
      info: withFields('quiet'),
      warn: withFields('loud'),
      error: withFields('loud'),
    };
  }
}

/** Of what is only for information, this much belongs into every story. */
const TOLD: ReadonlySet<string> = new Set(['started leading', 'stepping down as leader']);

function shownField(key: string, value: unknown): string {
  if (key.endsWith('_ms')) return `${key.slice(0, -'_ms'.length)}=${inSeconds(Number(value))}s`;
  return `${key}=${typeof value === 'string' && value.includes(' ') ? `"${value}"` : value}`;
}

function podUidOf({ platform, name, options }: Place, namespace: string): string {
  return options.pod === undefined ? '' : platform.addPod(name, namespace, options.pod.hasLabels);
}

async function done(): Promise<void> {}
