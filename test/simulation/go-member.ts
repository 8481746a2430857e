/**
 * A member built on Kubernetes' own Go election package, as it behaves on the wire: it polls, reads and writes whole
 * records, sees times in whole seconds, and keeps annotations that it does not know. 0.17 waits its own lease duration
 * and is refused when it releases a Lease; 0.37 waits the record's, renews from what it wrote last, and its release
 * consults its memory instead of what it has just read.
 */
import type { ApiAnswer } from '../../src/lock/api.ts';
import { goJson, isJsonObject, type JsonObject } from '../../src/lock/json.ts';
import { microTime, secondTime } from '../../src/lock/wire-time.ts';
import type { Faults } from './chances.ts';
import { Client } from './client.ts';
import type { Cluster } from './cluster.ts';
import { LEADER_ANNOTATION, LOCK_KINDS, LOCK_NAME, LOCK_NAMESPACE, viewLock } from './lock-view.ts';
import type { Cause } from './member.ts';
import type { GoPlan, Plan } from './plan.ts';
import type { SimProcess } from './process.ts';

interface GoRecord {
  readonly holder: string;
  readonly durationSeconds: number;
  readonly acquireTimeMs: number | null;
  readonly renewTimeMs: number | null;
  readonly transitions: number;
}

interface Observation {
  readonly text: string;
  readonly record: GoRecord;
  readonly atMs: number;
}

export interface GoParts {
  readonly plan: Plan;
  readonly cluster: Cluster<Cause>;
  readonly faults: Faults;
  readonly note: ((who: string, text: () => string) => void) | null;
}

/** A pause between two elections of the same process, as the original has it. */
const AGAIN_MS = 1000;

export class GoMember {
  readonly plan: GoPlan;
  readonly process: SimProcess;
  readonly client: Client<Cause>;
  readonly #parts: GoParts;
  #observed: Observation | null = null;
  /** The object as read or written last. */
  #object: JsonObject | null = null;
  #cancelled = false;

  constructor(plan: GoPlan, process: SimProcess, parts: GoParts) {
    this.plan = plan;
    this.process = process;
    this.#parts = parts;
    this.client = new Client<Cause>({
      agenda: process.agenda,
      cluster: parts.cluster,
      clock: process.clock,
      faults: parts.faults,
      random: process.random.fork('client'),
      latencyMs: parts.plan.latencyMs,
      line: process.line,
      deliver: process.deliver,
      settle: process.settle,
      onArrival: () => {},
      onSend: () => ({ type: 'go', process, sentAtMs: process.agenda.nowMs }),
      onAnswer: () => {},
      onAbandon: () => {},
      onWatchEvent: () => {},
      note: parts.note === null ? null : (text) => parts.note?.(process.title, text),
    });
  }

  start(): void {
    this.process.act(() => void this.#run());
  }

  /** Its context is cancelled: it releases, if it does that, and ends. */
  cancel(): void {
    this.#cancelled = true;
  }

  die(): void {
    this.process.alive = false;
    this.client.close();
  }

  async #run(): Promise<void> {
    const { retryPeriodMs, renewDeadlineMs, releaseOnCancel } = this.plan;
    while (!this.#cancelled) {
      while (!this.#cancelled && !(await this.#tryAcquireOrRenew())) await this.#sleep(this.#jittered(retryPeriodMs));
      let renewing = true;
      while (renewing && !this.#cancelled) {
        await this.#sleep(retryPeriodMs);
        const sinceMs = this.#monoMs();
        renewing = false;
        while (!this.#cancelled && !renewing && this.#monoMs() - sinceMs < renewDeadlineMs) {
          renewing = await this.#tryAcquireOrRenew();
          if (!renewing) await this.#sleep(retryPeriodMs);
        }
      }
      if (releaseOnCancel) await this.#release();
      await this.#sleep(AGAIN_MS);
    }
    this.die();
  }

  async #tryAcquireOrRenew(): Promise<boolean> {
    const { version } = this.plan;
    const nowMs = this.#wallMs();
    const mine: GoRecord = {
      holder: this.plan.id,
      durationSeconds: Math.floor(this.plan.leaseDurationMs / 1000),
      acquireTimeMs: nowMs,
      renewTimeMs: nowMs,
      transitions: 0,
    };
    const known = this.#observed;
    if (version === '0.37' && known !== null && this.#holds() && this.#isValid() && this.#object !== null) {
      const { acquireTimeMs, transitions } = known.record;
      if (await this.#write(this.#object, { ...mine, acquireTimeMs, transitions })) return true;
    }
    const answer = await this.#get();
    if (answer.type === 'error' && answer.code === 404) return this.#create(mine);
    if (answer.type !== 'ok') return false;
    this.#object = answer.body;
    this.#observe(answer.body);
    const old = this.#observed;
    if (old === null) return false;
    if (old.record.holder !== '' && this.#isValid() && !this.#holds()) return false;
    const { acquireTimeMs, transitions } = old.record;
    const record = this.#holds() ? { ...mine, acquireTimeMs, transitions } : { ...mine, transitions: transitions + 1 };
    return this.#write(answer.body, record);
  }

  async #release(): Promise<void> {
    const nowMs = this.#wallMs();
    if (this.plan.version === '0.17') {
      if (!this.#holds() || this.#object === null || this.#observed === null) return;
      const { transitions } = this.#observed.record;
      const record = { holder: '', durationSeconds: 0, acquireTimeMs: null, renewTimeMs: null, transitions };
      await this.#write(this.#object, record);
      return;
    }
    const answer = await this.#get();
    // What was read is not looked at: memory says whether it leads. That erases another's record now and then.
    if (answer.type !== 'ok' || !this.#holds() || this.#observed === null) return;
    const { transitions } = this.#observed.record;
    const record = { holder: '', durationSeconds: 1, acquireTimeMs: nowMs, renewTimeMs: nowMs, transitions };
    await this.#write(answer.body, record);
  }

  #holds(): boolean {
    return this.#observed?.record.holder === this.plan.id;
  }

  #isValid(): boolean {
    if (this.#observed === null) return false;
    const { record, atMs } = this.#observed;
    const durationMs = this.plan.version === '0.17' ? this.plan.leaseDurationMs : record.durationSeconds * 1000;
    return atMs + durationMs > this.#monoMs();
  }

  /** Only a change in whole seconds is a change. */
  #observe(object: JsonObject): void {
    const now = this.#look(object);
    if (this.#observed?.text !== now.text) this.#observed = now;
  }

  #look(object: JsonObject): Observation {
    const record = readRecord(object);
    const acquireTimeMs = wholeSeconds(record.acquireTimeMs);
    const renewTimeMs = wholeSeconds(record.renewTimeMs);
    const text = JSON.stringify({ ...record, acquireTimeMs, renewTimeMs });
    return { text, record, atMs: this.#monoMs() };
  }

  async #write(object: JsonObject, record: GoRecord): Promise<boolean> {
    const resource = LOCK_KINDS[this.#parts.plan.lockKind];
    const body = withRecord(object, resource.kind, record);
    const answer = await this.client.update(resource, LOCK_NAMESPACE, LOCK_NAME, body, this.#options());
    return this.#wrote(answer);
  }

  async #create(record: GoRecord): Promise<boolean> {
    const resource = LOCK_KINDS[this.#parts.plan.lockKind];
    const { apiVersion, kind } = resource;
    const bare = { apiVersion, kind, metadata: { name: LOCK_NAME, namespace: LOCK_NAMESPACE } };
    const answer = await this.client.create(resource, LOCK_NAMESPACE, withRecord(bare, kind, record), this.#options());
    return this.#wrote(answer);
  }

  #wrote(answer: ApiAnswer): boolean {
    if (answer.type !== 'ok') return false;
    this.#object = answer.body;
    this.#observed = this.#look(answer.body);
    return true;
  }

  #get(): Promise<ApiAnswer> {
    return this.client.get(LOCK_KINDS[this.#parts.plan.lockKind], LOCK_NAMESPACE, LOCK_NAME, this.#options());
  }

  #options() {
    return { timeoutMs: this.plan.requestTimeoutMs };
  }

  #jittered(ms: number): number {
    return ms * (1 + 1.2 * this.process.random.next());
  }

  #monoMs(): number {
    return this.process.clock.now().monoMs;
  }

  #wallMs(): number {
    return this.process.clock.now().wallMs;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.process.clock.setTimer(ms, resolve));
  }
}

function wholeSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / 1000);
}

function readRecord(object: JsonObject): GoRecord {
  const { holder, durationSeconds, acquireTime, renewTime, transitions } = viewLock(object);
  return {
    holder,
    durationSeconds: durationSeconds ?? 0,
    acquireTimeMs: acquireTime === '' ? null : Date.parse(acquireTime),
    renewTimeMs: renewTime === '' ? null : Date.parse(renewTime),
    transitions,
  };
}

function withRecord(object: JsonObject, kind: string, record: GoRecord): JsonObject {
  const { holder, durationSeconds, acquireTimeMs, renewTimeMs, transitions } = record;
  if (kind === 'Lease') {
    const spec = {
      holderIdentity: holder,
      leaseDurationSeconds: durationSeconds,
      acquireTime: acquireTimeMs === null ? null : microTime(acquireTimeMs),
      renewTime: renewTimeMs === null ? null : microTime(renewTimeMs),
      leaseTransitions: transitions,
    };
    return { ...object, spec };
  }
  const text = goJson({
    holderIdentity: holder,
    leaseDurationSeconds: durationSeconds,
    acquireTime: acquireTimeMs === null ? null : secondTime(acquireTimeMs),
    renewTime: renewTimeMs === null ? null : secondTime(renewTimeMs),
    leaderTransitions: transitions,
  });
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  const annotations = isJsonObject(metadata.annotations) ? metadata.annotations : {};
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [LEADER_ANNOTATION]: text } } };
}
