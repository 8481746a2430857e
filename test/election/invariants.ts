/**
 * What must hold at every step of every schedule, whatever arrives in whatever order. Watches a Scene from outside, in
 * true time, and collects what is broken. It knows what the rules promise, and nothing of how the election keeps it.
 */
import type { LockWrite, Observed } from '../../src/election/record.ts';
import type { Effect, Event } from '../../src/election/state.ts';
import type { Member, Scene, WriteRequest } from './scene.ts';

/** Clocks differ by as much each way. */
const DRIFT = 1.01;
/** Whoever sends more in one second has no pause between its requests. */
const MOST_REQUESTS_IN_A_SECOND = 40;

interface Ledger {
  /** Writes without an answer or an abort. */
  readonly outstanding: Set<number>;
  /** Own monotonic time at which each write was decided on. */
  readonly sentAtMs: Map<number, number>;
  /** The latest send of a write that was applied and claims the lock. */
  provenAtMs: number;
  /** The term that is or was the last to lead, and whether that is over. */
  term: number;
  over: boolean;
  readonly requestsAtMs: number[];
}

export class Invariants {
  readonly broken: string[] = [];
  /** From here on two leaders are not against what is promised (docs/internals/rules.md). */
  exempt = false;
  readonly #scene: Scene;
  readonly #ledgers = new Map<Member, Ledger>();
  /** When the record or the seal of a version last changed. */
  readonly #changedAtMs = new Map<string, number>();
  #newest: { readonly text: string; readonly changedAtMs: number } = { text: '', changedAtMs: 0 };

  constructor(scene: Scene) {
    this.#scene = scene;
    scene.onChange = (event) => {
      if (event.type === 'present') this.#noteChange(event.observed);
    };
    scene.onStep = (member, event, effects) => this.#afterStep(member, event, effects);
    scene.onWrite = (member, request, outcome) => {
      if (outcome.type === 'done') this.#afterWrite(member, request, outcome.observed);
    };
  }

  /** To be called after every action, and while time passes. */
  check(): void {
    const { overlaps, workOverlaps } = this.#scene;
    if (!this.exempt) {
      for (const overlap of overlaps) this.#break(`S1 two lead: ${overlap}`);
      for (const overlap of workOverlaps) this.#break(`S10 two work: ${overlap}`);
    }
    overlaps.length = 0;
    workOverlaps.length = 0;
    for (const member of this.#scene.members) this.#checkLeading(member);
  }

  #afterStep(member: Member, event: Event, effects: readonly Effect[]): void {
    const ledger = this.#ledger(member);
    if (event.type === 'writeAnswered') ledger.outstanding.delete(event.attempt);
    for (const effect of effects) this.#afterEffect(member, effect);
    // Whatever the network owes may never come: a read at least is always due. Only a killed child surely ends.
    const { role } = member.state;
    const waitsForChild = role.type === 'draining' && role.killed;
    if (member.ended === null && !waitsForChild && !Number.isFinite(member.wakeAtMs)) {
      this.#break(`L1 ${member.name} sleeps for ever`);
    }
    this.#checkLeading(member);
  }

  #afterEffect(member: Member, effect: Effect): void {
    const ledger = this.#ledger(member);
    const { monoMs } = member.now();
    switch (effect.type) {
      case 'abortWrite':
        ledger.outstanding.delete(effect.attempt);
        return;
      case 'write':
        ledger.outstanding.add(effect.attempt);
        ledger.sentAtMs.set(effect.attempt, monoMs);
        if (ledger.outstanding.size > 1) this.#break(`S14 ${member.name} has two writes in flight`);
        if (effect.write.seal.released && member.working !== 0)
          this.#break(`S10 ${member.name} releases while it works`);
        this.#checkRequest(member, effect.deadlineAtMs);
        return;
      case 'read':
        this.#checkRequest(member, effect.deadlineAtMs);
        return;
      default:
        return;
    }
  }

  #checkRequest(member: Member, deadlineAtMs: number): void {
    const { requestsAtMs } = this.#ledger(member);
    const { monoMs } = member.now();
    const timeoutMs = deadlineAtMs - monoMs;
    if (!(timeoutMs > 0 && timeoutMs <= member.config.timings.requestBudgetMs + 1e-6)) {
      this.#break(`S15 a request of ${member.name} has ${timeoutMs} ms`);
    }
    requestsAtMs.push(this.#scene.nowMs);
    while ((requestsAtMs[0] ?? 0) < this.#scene.nowMs - 1_000) requestsAtMs.shift();
    if (requestsAtMs.length > MOST_REQUESTS_IN_A_SECOND) this.#break(`S15 ${member.name} hammers`);
  }

  #afterWrite(member: Member, { attempt, write }: WriteRequest, after: Observed): void {
    const ledger = this.#ledger(member);
    // The answer of an identical PUT: nothing was written.
    if (after.version === write.on?.version) return;
    if (!write.seal.released) {
      ledger.provenAtMs = Math.max(ledger.provenAtMs, ledger.sentAtMs.get(attempt) ?? member.now().monoMs);
    }
    this.#checkTransitions(member, write);
    if (this.#mayReplace(member, write.on)) return;
    if (write.seal.released) this.#break(`S5 ${member.name} erases what is another's`);
    else if (!this.exempt) this.#break(`S4 ${member.name} takes what another holds`);
  }

  #checkTransitions(member: Member, { on, record }: LockWrite): void {
    if (on?.record === 'unreadable') return;
    const before = on?.record.leaseTransitions ?? 0;
    const acquires = on !== null && record.holderIdentity !== '' && on.record.holderIdentity !== record.holderIdentity;
    const expected = before + (acquires ? 1 : 0);
    if (record.leaseTransitions !== expected) {
      this.#break(`S11 ${member.name} writes ${record.leaseTransitions} transitions, expected ${expected}`);
    }
  }

  /** Vacant, one's own, expired, or of one's own Pod's dead process. Whether a vacancy was a release is S1's concern. */
  #mayReplace(member: Member, on: Observed | null): boolean {
    if (on === null || on.record === 'unreadable' || on.record.holderIdentity === '') return true;
    const seal = on.seal === 'unreadable' || !on.sealMatches.renewTime ? null : on.seal;
    if (seal?.processId === member.config.processId) return true;
    if (seal !== null && seal.podUid !== '' && seal.podUid === member.config.pod.uid && member.options.proof === true) {
      return true;
    }
    const seconds = Math.max(on.record.leaseDurationSeconds ?? 0, seal?.leaseDurationSeconds ?? 0);
    const durationMs = seconds > 0 ? seconds * 1_000 : member.config.timings.leaseDurationMs;
    const changedAtMs = this.#changedAtMs.get(on.version) ?? 0;
    return this.#scene.nowMs - changedAtMs >= durationMs / DRIFT - 1e-6;
  }

  #checkLeading(member: Member): void {
    const ledger = this.#ledger(member);
    const { term } = member.view();
    if (!member.isLeading()) {
      if (ledger.term === term) ledger.over = true;
      return;
    }
    if (ledger.term === term && ledger.over) this.#break(`S9 term ${term} of ${member.name} comes back to life`);
    ledger.term = term;
    ledger.over = false;
    const { monoMs, bootMs } = member.now();
    const sinceMs = monoMs - ledger.provenAtMs;
    if (sinceMs >= member.config.timings.renewDeadlineMs) {
      this.#break(`S7 ${member.name} leads ${sinceMs} ms after its last renewal, at ${bootMs}`);
    }
    const { presence, known } = member.state.sight;
    const seal = known?.seal === 'unreadable' ? null : known?.seal;
    const uid = member.view().token?.uid;
    if (presence !== 'present' || known?.uid !== uid || seal?.processId !== member.config.processId) {
      this.#break(`S8 ${member.name} leads, and knows that the lock is not its own`);
    }
    this.#checkTerms(member);
  }

  /** Started and stopped, alternately, each term once. */
  #checkTerms(member: Member): void {
    const told = member.terms.filter((it) => !it.startsWith('kill'));
    const last = told.at(-1);
    if (last !== `+${member.view().term}`) this.#break(`S9 ${member.name} leads, and was last told ${last}`);
    if (told.some((it, i) => it !== `${i % 2 === 0 ? '+' : '-'}${Math.floor(i / 2) + 1}`)) {
      this.#break(`S9 ${member.name} was told ${told.join()}`);
    }
  }

  /** An edit of labels changes neither. */
  #noteChange({ uid, version, record, seal }: Observed): void {
    const text = JSON.stringify([uid, record, seal]);
    if (text !== this.#newest.text) this.#newest = { text, changedAtMs: this.#scene.nowMs };
    this.#changedAtMs.set(version, this.#newest.changedAtMs);
  }

  #ledger(member: Member): Ledger {
    let ledger = this.#ledgers.get(member);
    if (ledger === undefined) {
      ledger = {
        outstanding: new Set(),
        sentAtMs: new Map(),
        provenAtMs: Number.NEGATIVE_INFINITY,
        term: 0,
        over: false,
        requestsAtMs: [],
      };
      this.#ledgers.set(member, ledger);
    }
    return ledger;
  }

  #break(what: string): void {
    this.broken.push(`${what} (${this.#scene.nowMs})`);
  }
}
