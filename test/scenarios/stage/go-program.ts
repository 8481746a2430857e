/**
 * Two programs on the Go package: the usual one, with a callback that leads while its context lasts, and the original
 * sidecar (0.17, with a Pod label and an HTTP answer), as it is documented and was observed.
 */
import { pods } from '../../../src/dev/kinds.ts';
import { Context } from './context.ts';
import type { Answer, Elector, Place } from './elector.ts';
import { GoElector } from './go-elector.ts';
import { GoPanic, type GoVersion } from './go-lock.ts';
import { LOCK_NAMESPACE, STATUS_LABEL } from './platform.ts';
import { StageWork } from './work.ts';

export type GoKind = 'client-go 0.37' | 'client-go 0.17' | 'original';

/** Between two campaigns of the original. */
const ORIGINAL_RESTS_MS = 1_000;
/** What the health adaptor tolerates beyond the lease, as Kubernetes' own programs set it. */
const TOLERABLE_MS = 20_000;

export class GoProgram implements Elector {
  readonly name: string;
  readonly id: string;
  readonly place: Place;
  readonly podUid: string;
  readonly timings: Elector['timings'];
  readonly log: string[] = [];
  readonly terms = { started: 0, stopped: 0 };
  readonly #kind: GoKind;
  readonly #work: StageWork;
  readonly #context = new Context();
  #elector: GoElector;
  #leads = false;
  #working: Promise<void> = Promise.resolve();
  /** The last one that was reported; the original answers with it. */
  #reported = '';

  constructor(kind: GoKind, place: Place) {
    const { clock, ledger, transcript, name, options, platform } = place;
    this.#kind = kind;
    this.name = name;
    this.id = options.id ?? name;
    this.place = place;
    const { ttlMs = 15_000, renewDeadlineMs, retryPeriodMs } = options;
    const [deadlinePart, retryPart] = kind === 'original' ? [1 / 3, 1 / 6] : [2 / 3, 2 / 15];
    this.timings = {
      leaseDurationMs: ttlMs,
      renewDeadlineMs: renewDeadlineMs ?? ttlMs * deadlinePart,
      retryPeriodMs: retryPeriodMs ?? ttlMs * retryPart,
    };
    const labels = options.pod !== undefined && kind === 'original';
    this.podUid = labels ? platform.addPod(name, options.pod?.namespace ?? LOCK_NAMESPACE, options.pod?.hasLabels) : '';
    this.#work = new StageWork(clock, options.work ?? {}, {
      running: (running) => ledger.set('works', name, running),
      say: (text) => transcript.say(name, text),
    });
    this.#elector = this.#newElector();
  }

  start(): void {
    if (this.podUid !== '') void this.#label('standby');
    void this.#run().catch((error: unknown) => this.#panics(error));
  }

  stop(): void {
    this.#context.cancel();
  }

  stepDown(): void {
    this.place.transcript.say(this.name, 'has no way to step down but to end');
    this.stop();
  }

  die(): void {
    const { clock, line } = this.place;
    clock.end();
    line.close();
    this.#claims(false);
    this.place.ledger.set('works', this.name, false);
  }

  isLeading(): boolean {
    return this.#leads;
  }

  answer(): Answer {
    if (this.#kind === 'original') return { is_leader: this.#reported === this.id, leader: this.#reported };
    return { is_leader: this.#elector.isLeader(), leader: this.#elector.leader() };
  }

  illness(): string | null {
    return this.#kind === 'original' ? null : this.#elector.check(TOLERABLE_MS);
  }

  /** There is nothing that grows with each term and is told to the work. */
  token(): string {
    return '';
  }

  look(): number {
    const { clock, ledger } = this.place;
    if (clock.isOver) return Number.POSITIVE_INFINITY;
    ledger.set('leads', this.name, this.#claimed() && !clock.isStanding);
    ledger.set('works', this.name, this.#work.isRunning && !clock.isStanding);
    return Number.POSITIVE_INFINITY;
  }

  async #run(): Promise<void> {
    const { clock, transcript, options } = this.place;
    while (!this.#context.isDone) {
      await this.#elector.run(this.#context);
      if (clock.isOver) return;
      if (options.campaignsOnce === true) {
        transcript.say(this.name, 'goes on without the election');
        return;
      }
      if (this.#context.isDone) break;
      if (this.#kind === 'original') await this.#context.sleep(clock, ORIGINAL_RESTS_MS);
      // Whatever the last one had observed is forgotten.
      this.#elector = this.#newElector();
    }
    const code = this.#kind === 'original' ? 255 : 0;
    // The usual program sees to its own work before it ends; the package does not.
    if (code === 0) await this.#working;
    transcript.say(this.name, `exits ${code}${code === 0 ? '' : ', with a stack dump'}`);
    this.die();
  }

  #panics(error: unknown): void {
    if (!(error instanceof GoPanic)) throw error;
    this.place.transcript.say(this.name, `crashes: panic: ${error.message}`);
    this.die();
  }

  #newElector(): GoElector {
    const { clock, transcript, platform, line, options } = this.place;
    const version: GoVersion = this.#kind === 'client-go 0.37' ? '0.37' : '0.17';
    const config = {
      version,
      id: this.id,
      ...this.timings,
      releaseOnCancel: options.releasesOnCancel ?? true,
      requestTimeoutMs: options.clientTimeoutMs ?? Number.POSITIVE_INFINITY,
      random: options.random ?? 0.5,
    };
    const callbacks = {
      onStartedLeading: (term: Context) => {
        this.terms.started += 1;
        transcript.say(this.name, 'LEADS (OnStartedLeading)');
        this.#claims(true);
        if (this.podUid !== '') void this.#label('leader');
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#working = promise;
        this.#work.start(null, resolve);
        term.signal.addEventListener('abort', () => this.#endTerm('its context is cancelled'));
      },
      onStoppedLeading: () => {
        this.#endTerm('OnStoppedLeading');
        // A process that ends does not wait for this.
        if (this.podUid !== '' && !this.#context.isDone) void this.#label('standby');
      },
      onNewLeader: (leader: string) => {
        this.#reported = leader;
        this.look();
        this.log.push(`new leader elected: ${leader}`);
        if (options.tellsAll === true) transcript.say(this.name, `logs "new leader elected: ${leader}"`);
      },
    };
    return new GoElector(config, callbacks, platform, clock, line);
  }

  #endTerm(how: string): void {
    if (!this.#leads) return;
    this.terms.stopped += 1;
    this.place.transcript.say(this.name, `leads no more (${how})`);
    this.#claims(false);
    this.#work.stop(how, Number.POSITIVE_INFINITY);
  }

  #claims(leads: boolean): void {
    this.#leads = leads;
    this.place.ledger.set('leads', this.name, this.#claimed() && !this.place.clock.isOver);
  }

  /** The usual program leads while its callback's context lasts; the original is believed for what it answers. */
  #claimed(): boolean {
    return this.#kind === 'original' ? this.answer().is_leader : this.#leads;
  }

  /** A JSON patch: it fails on a Pod without a map of labels, and nobody tries again. */
  async #label(status: string): Promise<void> {
    const { line, platform, options } = this.place;
    // It looks for its Pod where the election is.
    const namespace = LOCK_NAMESPACE;
    const found = platform.store.get(pods, namespace, this.name);
    const hasLabels = options.pod?.hasLabels !== false;
    if (found.code === 200 && !hasLabels)
      line.meets('patch', { status: { code: 422, message: 'the path /metadata/labels is missing' } });
    const resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' };
    const body = { metadata: { labels: { [STATUS_LABEL]: status } } };
    await line.patch(resource, namespace, this.name, body, { timeoutMs: Number.POSITIVE_INFINITY });
  }
}
