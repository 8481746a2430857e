/**
 * A program on Kubernetes' own Go election package, as it behaves on the wire and towards its callbacks. Both versions
 * poll and see times in whole seconds. 0.17 waits its own lease duration, hands no context to its requests and releases
 * with a duration of 0; 0.37 waits the record's, renews from what it wrote last, and when it releases it reads the lock,
 * then asks its memory whether it leads.
 */
import type { StageClock } from './clock.ts';
import { Context } from './context.ts';
import { GoLock, type GoRecord, type GoVersion } from './go-lock.ts';
import type { Line } from './line.ts';
import type { Platform } from './platform.ts';

export interface GoConfig {
  readonly version: GoVersion;
  readonly id: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly releaseOnCancel: boolean;
  /** Of the HTTP client. */
  readonly requestTimeoutMs: number;
  /** In [0, 1). */
  readonly random: number;
}

export interface GoCallbacks {
  /** The context ends when the term has ended, by this package's account. */
  readonly onStartedLeading: (context: Context) => void;
  readonly onStoppedLeading: () => void;
  readonly onNewLeader: (id: string) => void;
}

const JITTER_FACTOR = 1.2;

export class GoElector {
  readonly #config: GoConfig;
  readonly #callbacks: GoCallbacks;
  readonly #clock: StageClock;
  readonly #lock: GoLock;
  #observed: { readonly record: GoRecord; readonly atMs: number } | null = null;
  /** The record as it was read last, as text; writes do not touch it. */
  #read = '';
  #reported = '';

  constructor(config: GoConfig, callbacks: GoCallbacks, platform: Platform, clock: StageClock, line: Line) {
    this.#config = config;
    this.#callbacks = callbacks;
    this.#clock = clock;
    this.#lock = new GoLock(platform, line, config.version, config.requestTimeoutMs);
  }

  isLeader(): boolean {
    return this.#observed?.record.holder === this.#config.id;
  }

  leader(): string {
    return this.#observed?.record.holder ?? '';
  }

  /** As its health adaptor judges it; null is well. */
  check(tolerableMs: number): string | null {
    if (!this.isLeader() || this.#observed === null) return null;
    const elapsedMs = this.#clock.now().monoMs - this.#observed.atMs;
    return elapsedMs > this.#config.leaseDurationMs + tolerableMs
      ? 'failed election to renew leadership on lease reports'
      : null;
  }

  /** One campaign and one term. */
  async run(context: Context): Promise<void> {
    if (await this.#acquire(context)) {
      const term = new Context(context);
      this.#callbacks.onStartedLeading(term);
      await this.#renew(context);
      term.cancel();
    }
    this.#callbacks.onStoppedLeading();
  }

  async #acquire(context: Context): Promise<boolean> {
    const { retryPeriodMs, random } = this.#config;
    while (!context.isDone) {
      const acquired = await this.#tryAcquireOrRenew(context);
      this.#report();
      if (acquired) return true;
      await context.sleep(this.#clock, retryPeriodMs * (1 + JITTER_FACTOR * random));
    }
    return false;
  }

  async #renew(context: Context): Promise<void> {
    const { retryPeriodMs, renewDeadlineMs, releaseOnCancel } = this.#config;
    while (!context.isDone) {
      const attempt = Context.withTimeout(context, this.#clock, renewDeadlineMs);
      const renewed = await this.#renewWithin(attempt);
      attempt.cancel();
      this.#report();
      if (!renewed) break;
      await context.sleep(this.#clock, retryPeriodMs);
    }
    if (releaseOnCancel) await this.#release();
  }

  /** Tries at the beginning and at every tick of the retry period, until it works or time is up. */
  async #renewWithin(context: Context): Promise<boolean> {
    const { version, retryPeriodMs } = this.#config;
    let tickAtMs = this.#clock.now().monoMs + retryPeriodMs;
    while (!context.isDone) {
      const attempt = this.#tryAcquireOrRenew(context);
      // 0.17 does not end a request that is late; it leaves it behind.
      const renewed = version === '0.17' ? await context.race(attempt) : await attempt;
      if (renewed === true) return true;
      const nowMs = this.#clock.now().monoMs;
      if (nowMs < tickAtMs) await context.sleep(this.#clock, tickAtMs - nowMs);
      while (tickAtMs <= this.#clock.now().monoMs) tickAtMs += retryPeriodMs;
    }
    return false;
  }

  async #tryAcquireOrRenew(context: Context): Promise<boolean> {
    const { version, id, leaseDurationMs } = this.#config;
    const { wallMs, monoMs } = this.#clock.now();
    const mine: GoRecord = {
      holder: id,
      durationSeconds: Math.floor(leaseDurationMs / 1000),
      acquireTimeMs: wallMs,
      renewTimeMs: wallMs,
      transitions: 0,
    };
    if (version === '0.37' && this.#observed !== null && this.isLeader() && this.#isValid(monoMs)) {
      const { acquireTimeMs, transitions } = this.#observed.record;
      if (await this.#writes({ ...mine, acquireTimeMs, transitions }, context)) return true;
    }
    const { type, record: old } = await this.#lock.get(context);
    if (type === 'missing') {
      const created = await this.#lock.create(mine, context);
      if (created.type === 'ok') this.#observe(mine);
      return created.type === 'ok';
    }
    if (old === undefined) return false;
    const text = asText(old);
    if (text !== this.#read) {
      this.#observe(old);
      this.#read = text;
    }
    if (old.holder !== '' && this.#isValid(monoMs) && !this.isLeader()) return false;
    const { acquireTimeMs, transitions } = old;
    const record = this.isLeader()
      ? { ...mine, acquireTimeMs, transitions }
      : { ...mine, transitions: transitions + 1 };
    return this.#writes(record, context);
  }

  async #release(): Promise<void> {
    const { version, renewDeadlineMs } = this.#config;
    if (version === '0.17') {
      if (!this.isLeader() || this.#observed === null) return;
      const { transitions } = this.#observed.record;
      const nobody = { holder: '', durationSeconds: 0, acquireTimeMs: null, renewTimeMs: null, transitions };
      if ((await this.#lock.update(nobody, new Context())).type === 'ok') this.#observe(nobody);
      return;
    }
    const context = Context.withTimeout(null, this.#clock, renewDeadlineMs);
    for (;;) {
      const { record: old } = await this.#lock.get(context);
      // Whose record was read is not looked at.
      if (old === undefined || !this.isLeader()) break;
      const { wallMs } = this.#clock.now();
      const { transitions } = old;
      const nobody = { holder: '', durationSeconds: 1, acquireTimeMs: wallMs, renewTimeMs: wallMs, transitions };
      const { type } = await this.#lock.update(nobody, context);
      if (type === 'ok') this.#observe(nobody);
      if (type !== 'conflict') break;
    }
    context.cancel();
  }

  async #writes(record: GoRecord, context: Context): Promise<boolean> {
    const { type } = await this.#lock.update(record, context);
    if (type === 'ok') this.#observe(record);
    return type === 'ok';
  }

  #observe(record: GoRecord): void {
    this.#observed = { record, atMs: this.#clock.now().monoMs };
  }

  #isValid(nowMs: number): boolean {
    if (this.#observed === null) return false;
    const { version, leaseDurationMs } = this.#config;
    const { record, atMs } = this.#observed;
    return atMs + (version === '0.17' ? leaseDurationMs : record.durationSeconds * 1000) > nowMs;
  }

  #report(): void {
    const leader = this.leader();
    if (leader === this.#reported) return;
    this.#reported = leader;
    this.#callbacks.onNewLeader(leader);
  }
}

/** Times in whole seconds: a renewal within the same second is no change. */
function asText(record: GoRecord): string {
  const seconds = (ms: number | null) => (ms === null ? null : Math.floor(ms / 1000));
  return JSON.stringify({
    ...record,
    acquireTimeMs: seconds(record.acquireTimeMs),
    renewTimeMs: seconds(record.renewTimeMs),
  });
}
