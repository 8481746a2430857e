/**
 * The composition root: wires connection, lock, participant, outlets and work into one participant of an election, and
 * takes them apart again. The only file that imports all of them; no decision is taken here.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Clock, systemClock, type Timer } from './clock.ts';
import type { LockType } from './config/lock-type.ts';
import type { ElectorOptions, NamingStyle } from './config/options.ts';
import { resolveSettings, type Settings } from './config/settings.ts';
import type { Config } from './election/state.ts';
import type { View } from './election/view.ts';
import { ViewFeed } from './elector/feed.ts';
import { Participant } from './elector/participant.ts';
import { claimPodProof } from './elector/pod-proof.ts';
import { logReport } from './elector/report-log.ts';
import { noWork, type Work } from './elector/work.ts';
import { type LeaderWork, workFunction } from './elector/work-function.ts';
import { ElectorError } from './errors.ts';
import { KubeClient } from './kube/client.ts';
import { connect } from './kube/connect.ts';
import type { ExplicitConnection } from './kube/explicit.ts';
import { type PodIdentity, readPodIdentity } from './kube/in-cluster.ts';
import { configMapCodec, endpointsCodec } from './lock/annotation.ts';
import { leaseCodec } from './lock/lease.ts';
import { ObjectLock } from './lock/object-lock.ts';
import type { RecordCodec } from './lock/record-codec.ts';
import { harmless, type Logger, silentLogger } from './logger.ts';
import { type HttpEndpoint, startHttpServer } from './outlets/http/server.ts';
import { PodLabel } from './outlets/pod-label.ts';
import { readVersion } from './version.ts';

/** What a program may give beside the configuration. */
export interface ElectorParts {
  /** Default: nothing is logged. */
  readonly logger?: Logger;
  /** The way to the API. Default: the configured kubeconfig file, else in-cluster; there is no fallback. */
  readonly connection?: ExplicitConnection;
  /** Default: the machine's clocks. Tests give their own. */
  readonly clock?: Clock;
  /** How problems and warnings name an option: `ttl`, or `-ttl` for who gave it as a flag. Default: `fields`. */
  readonly naming?: NamingStyle;
}

const CODECS: Readonly<Record<LockType, RecordCodec>> = {
  leases: leaseCodec,
  configmaps: configMapCodec,
  endpoints: endpointsCodec,
};

const REHEARSE_AFTER_MS = 300;

const BEFORE_START: View = {
  phase: 'starting',
  isLeading: false,
  validForMs: 0,
  leader: '',
  term: 0,
  token: null,
  transitions: 0,
  former: null,
  trouble: null,
};

/** A participant in one election. Runs once: a node that has stopped is not started again. */
export class ElectorNode {
  readonly #options: ElectorOptions;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #connection: ExplicitConnection | undefined;
  readonly #naming: NamingStyle | undefined;
  readonly #feed: ViewFeed;
  #participant: Participant | null = null;
  #run: Promise<void> | null = null;
  #stopReason: string | null = null;

  constructor(options: ElectorOptions, parts: ElectorParts = {}) {
    this.#options = options;
    this.#logger = harmless(parts.logger ?? silentLogger);
    this.#clock = parts.clock ?? systemClock;
    this.#connection = parts.connection;
    this.#naming = parts.naming;
    this.#feed = new ViewFeed(() => this.view(), this.#logger);
  }

  /**
   * Is this node the leader now? Computed at every call from the last proven renewal and the clocks, so it cannot be
   * stale: after a pause longer than the renew deadline the first call says false. It speaks of this instant only; ask
   * again before each thing that only a leader may do, or use `lead()`.
   */
  isLeader(): boolean {
    return this.view().isLeading;
  }

  /** Everything there is to know of the election at this moment. */
  view(): View {
    return this.#participant?.view() ?? BEFORE_START;
  }

  /**
   * The present view, then one after each change; a slow reader gets the latest. A change is another phase, leader,
   * term or trouble. A renewal is none, nor is time that passes: `validForMs` and `forMs` are of the moment in which the
   * view was read, and a leadership that ended while the process stood still is told when it runs again. Never fails;
   * ends when the node has stopped or the signal aborts.
   */
  changes(signal?: AbortSignal): AsyncIterable<View> {
    return this.#feed.changes(signal);
  }

  /**
   * Takes part until `stop()`. Resolves when it has stopped in good order: label set, lock released.
   *
   * Rejects with an ElectorError: `CONFIG_INVALID` (`problems` lists all), `CONNECTION_INVALID`, `HTTP_LISTEN_FAILED`,
   * `WORK_STUCK`, or `STATE_INVALID` when called twice. An API that cannot be reached is no failure: it is tried again
   * until it answers.
   */
  run(): Promise<void> {
    return this.#runOnce(noWork(), true);
  }

  /**
   * Takes part until the signal aborts, and calls `work` for each term that this node leads. When leadership ends, the
   * work's own signal aborts; once its promise has settled the lock is released. Work that returns by itself gives the
   * leadership up for some seconds, so that another gets it. Settles and rejects as `run()`; with `WORK_STUCK` when the
   * work did not end within its budget.
   */
  async lead(work: LeaderWork, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const onAbort = () => void this.stop('the signal aborted');
    if (signal?.aborted) return;
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#runOnce(workFunction(work, this.#logger), true);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Stops for good: not leading from this call on, then the work, the label, the release. Resolves when `run()` or
   * `lead()` has settled: after the work (`stopTimeout` at most) or `releaseDelay`, whichever is longer, and some 5 s
   * more at most when the API is slow. Never rejects: what went wrong is theirs to say. Without a run it resolves at
   * once, and one that is begun later ends before its first request. Further calls wait for the same end.
   */
  async stop(reason = 'stopped'): Promise<void> {
    this.#stopReason ??= reason;
    this.#participant?.giveUp(reason, true);
    await this.#run?.catch(() => {});
  }

  /** Watches without being a candidate; for `observe()`. */
  protected watchOnly(): Promise<void> {
    return this.#runOnce(noWork(), false);
  }

  #runOnce(work: Work, candidacy: boolean): Promise<void> {
    if (this.#run !== null) {
      const message = 'cannot run: this node runs already or has stopped; make a new one';
      return Promise.reject(new ElectorError('STATE_INVALID', message));
    }
    this.#run = this.#participate(work, candidacy).finally(() => this.#feed.end());
    return this.#run;
  }

  async #participate(work: Work, candidacy: boolean): Promise<void> {
    const settings = this.#settings(candidacy);
    const pod = this.#podIdentity(settings);
    const connection = await connect({
      clock: this.#clock,
      ...(this.#connection === undefined ? {} : { explicit: this.#connection }),
      ...(settings.kubeConfig === null ? {} : { kubeconfig: settings.kubeConfig }),
    });
    const client = new KubeClient({ connection, clock: this.#clock, version: readVersion() });
    const lock = new ObjectLock(client, CODECS[settings.lockType], settings.namespace, settings.name);
    const label = settings.podLabel && candidacy ? this.#podLabel(client, pod) : null;
    const config = configOf(settings, pod, work);
    const participant = this.#join(config, { lock, work, candidacy, label });
    let http: HttpEndpoint | null = null;
    let rehearsal: Timer | null = null;
    try {
      if (settings.http !== null) http = await this.#serve(settings, settings.http);
      this.#participant = participant;
      // A stop that came meanwhile ends it before the first request.
      if (this.#stopReason !== null) participant.giveUp(this.#stopReason, true);
      else {
        this.#logger.info('campaigning', { id: settings.id, lock: lock.path, api: connection.origin });
        label?.start();
        participant.start();
        if (candidacy) rehearsal = this.#rehearseLater(settings, config);
      }
      const { stuck } = await participant.ended;
      if (stuck) {
        const message = `the work of the leader did not stop within its budget; the lock ${lock.path} is left to expire`;
        throw new ElectorError('WORK_STUCK', message);
      }
    } finally {
      rehearsal?.cancel();
      label?.stop();
      await http?.close();
      client.close();
    }
  }

  #settings(candidacy: boolean): Settings {
    const { settings, problems, warnings } = resolveSettings(this.#options, process.env, hostname(), this.#naming);
    if (settings === null) {
      const message = `cannot elect a leader: ${problems.join('; ')}`;
      throw new ElectorError('CONFIG_INVALID', message, { problems });
    }
    if (candidacy) for (const warning of warnings) this.#logger.warn('configuration warning', { warning });
    return settings;
  }

  /** In a cluster the service account's token says it; elsewhere the Pod is looked for beside the lock. */
  #podIdentity(settings: Settings): PodIdentity {
    const elsewhere = this.#connection !== undefined || settings.kubeConfig !== null;
    const told = elsewhere ? null : readPodIdentity();
    const podNamespace = told?.podNamespace || settings.namespace;
    const podUid = told?.podName === settings.podName ? told.podUid : '';
    return { podName: settings.podName, podNamespace, podUid };
  }

  #podLabel(client: KubeClient, { podName, podNamespace, podUid }: PodIdentity): PodLabel {
    const label = new PodLabel({
      api: client,
      clock: this.#clock,
      logger: this.#logger,
      pod: { name: podName, namespace: podNamespace, uid: podUid },
      isLeading: () => this.isLeader(),
    });
    this.#feed.subscribe((view) => label.onView(view));
    return label;
  }

  #join(
    config: Config,
    parts: {
      readonly lock: ObjectLock;
      readonly work: Work;
      readonly candidacy: boolean;
      readonly label: PodLabel | null;
    },
  ): Participant {
    const { lock, work, candidacy, label } = parts;
    const context = { id: config.id, lock: lock.path };
    return new Participant({
      config,
      lock,
      clock: this.#clock,
      random: Math.random,
      work,
      candidacy,
      claimProof: () => this.#claimProof(config.pod.uid, lock.path),
      ...(label === null ? {} : { labelStandby: (timeoutMs: number) => label.standbyOnce(timeoutMs) }),
      onReport: (report) => logReport(this.#logger, context, report),
      onChange: () => this.#feed.announce(),
    });
  }

  async #claimProof(podUid: string, lockPath: string): Promise<boolean | null> {
    let never = false;
    const proof = await claimPodProof(podUid, lockPath, ({ code, reason }) => {
      never = code === 'unavailable';
      if (never) this.#logger.warn('no proof for a restarted container, which will wait for a lease', { reason });
    });
    return proof !== null || (never ? null : false);
  }

  /** Some time after the start, which it must not slow down. Without it only the first hand-over is slower. */
  #rehearseLater(settings: Settings, config: Config): Timer {
    const options = { config, codec: CODECS[settings.lockType], clock: this.#clock };
    return this.#clock.setTimer(REHEARSE_AFTER_MS, () => {
      import('./rehearsal/rehearsal.ts').then(({ rehearse }) => rehearse(options)).catch(() => {});
    });
  }

  #serve(settings: Settings, address: NonNullable<Settings['http']>): Promise<HttpEndpoint> {
    return startHttpServer({
      address,
      view: () => this.view(),
      nodeId: settings.id,
      ttlMs: settings.timings.leaseDurationMs,
      clock: this.#clock,
      logger: this.#logger,
    });
  }
}

function configOf(settings: Settings, pod: PodIdentity, work: Work): Config {
  return {
    id: settings.id,
    processId: randomUUID(),
    pod: { name: pod.podName, namespace: pod.podNamespace, uid: pod.podUid },
    timings: settings.timings,
    drainBudgetMs: settings.stopTimeoutMs,
    releaseDelayMs: settings.releaseDelayMs,
    canKillWork: work.kill !== undefined,
  };
}

class Observer extends ElectorNode {
  observe(): Promise<void> {
    return this.watchOnly();
  }
}

/**
 * Follows an election without being a candidate: the present view, then one after each change. It writes nothing. Ends
 * when the signal aborts, or when the loop over it is left; rejects as `ElectorNode.run()`.
 */
export async function* observe(
  options: Pick<ElectorOptions, 'name' | 'namespace' | 'lockType' | 'kubeConfig' | 'ttl'>,
  { signal, ...parts }: ElectorParts & { readonly signal?: AbortSignal } = {},
): AsyncGenerator<View, void> {
  const node = new Observer({ ...options, podLabel: false }, parts);
  const run = node.observe();
  // Seen at the end, by awaiting it; a failure meanwhile ends the feed.
  run.catch(() => {});
  try {
    yield* node.changes(signal);
  } finally {
    void node.stop('observed enough');
  }
  if (!signal?.aborted) await run;
}
