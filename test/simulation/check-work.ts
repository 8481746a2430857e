/** S2, S3, S10 and L4: the work that leading drives, its tokens, and the end of both. */
import type { FencingToken } from '../../src/election/view.ts';
import type { StayingChecks } from './check-staying.ts';
import type { Fail, World } from './checks.ts';
import { isNewer, isReleasing, isWrittenBy, LOCK_NAME } from './lock-view.ts';
import type { Member, Sent } from './member.ts';
import type { WorkEvents } from './work.ts';

/** Label and release together (rule 18), and something for a killed child to die. */
const FAREWELL_MS = 4_000 + 1_000;

interface Told {
  readonly monoMs: number;
  readonly endsMonoMs: number;
}

interface WorkBook {
  term: number;
  running: boolean;
  /** When it was told to stop, by its machine's monotonic clock, and until when. */
  told: Told | null;
  /** It gave up by itself or was told to: then the lock is kept while it works. */
  lastWriteAtMs: number;
}

export class WorkChecks {
  readonly #world: World;
  readonly #staying: StayingChecks;
  readonly #fail: Fail;
  readonly #books = new Map<Member, WorkBook>();
  /** The versions that began terms, as the cluster committed them, in that order. */
  readonly #order = new Map<string, number>();
  readonly #tokens = new Set<string>();
  #newestStarted: string = '';
  #newestAccepted = -1;
  terms = 0;
  /** Terms that another process began than the one before. */
  failovers = 0;
  #lastLeader: Member | null = null;

  constructor(world: World, staying: StayingChecks, fail: Fail) {
    this.#world = world;
    this.#staying = staying;
    this.#fail = fail;
  }

  sent({ member, call }: Sent): void {
    if (call.name !== LOCK_NAME || call.verb === 'get' || call.verb === 'list') return;
    const book = this.#book(member);
    book.lastWriteAtMs = this.#world.agenda.nowMs;
    // S10
    if (book.running && call.body !== null && isReleasing(call.body))
      this.#fail('S10', `${member.process.title} releases while its work runs`);
  }

  /** A member wrote itself into the lock. */
  committed(version: string): void {
    this.#order.set(version, this.#order.size);
  }

  events(member: Member): WorkEvents {
    const { title } = member.process;
    return {
      started: (term, token) => this.#started(member, term, token),
      told: (withinMs) => {
        const book = this.#book(member);
        if (!book.running && book.told !== null) this.#fail('S9', `${title} stops work that has stopped`);
        if (book.told !== null) this.#fail('S9', `${title} stops the work of a term twice`);
        const monoMs = member.process.pod.machine.monoMs();
        book.told = { monoMs, endsMonoMs: monoMs + withinMs };
        if (!isDrainBudget(member, book.told)) this.#staying.lost(member);
        this.#expectRenewal(member, book);
      },
      stopped: () => {
        this.#book(member).running = false;
      },
      killed: () => {},
    };
  }

  /** L4: what was told to exit ends in time. */
  expectExit(member: Member): void {
    const { machine } = member.process.pod;
    const endsMonoMs = machine.monoMs() + member.plan.drainBudgetMs + FAREWELL_MS;
    const look = () => {
      if (!member.process.alive) return;
      const leftMs = endsMonoMs - machine.monoMs();
      const undisturbedMs = this.#world.agenda.nowMs - member.process.disturbedAtMs;
      // What stood still until after its drain budget has the rest of the way before it.
      if (leftMs > 0 || !(undisturbedMs > FAREWELL_MS)) {
        this.#world.agenda.in(Math.max(leftMs / machine.rate, 100), look);
      } else {
        this.#fail('L4', `${member.process.title} has not ended ${FAREWELL_MS} ms after its drain budget`);
      }
    };
    this.#world.agenda.in(100, look);
  }

  accepted(token: FencingToken): void {
    if (this.#world.exemptions.holdAfterRollback(this.#world.agenda.nowMs)) return;
    const order = this.#order.get(token.version) ?? -1;
    if (order < this.#newestAccepted) this.#fail('S2', `the resource accepts the older token ${token.version}`);
    this.#newestAccepted = Math.max(order, this.#newestAccepted);
  }

  forget(member: Member): void {
    this.#books.delete(member);
  }

  /** The cluster went back: tokens do not order across it. */
  forgetTokens(): void {
    this.#order.clear();
    this.#tokens.clear();
    this.#newestStarted = '';
    this.#newestAccepted = -1;
  }

  #started(member: Member, term: number, token: FencingToken): void {
    const { title } = member.process;
    const book = this.#book(member);
    this.terms += 1;
    if (this.#lastLeader !== null && this.#lastLeader !== member) this.failovers += 1;
    this.#lastLeader = member;
    if (book.running) this.#fail('S9', `${title} starts work while the last term's runs`);
    if (book.term > 0 && book.told === null) this.#fail('S9', `${title} starts term ${term} without ending the last`);
    this.#world.began(member, term);
    const { exemptions, agenda } = this.#world;
    // S3
    if (exemptions.holdAfterRollback(agenda.nowMs)) this.forgetTokens();
    if (this.#tokens.has(token.version)) this.#fail('S3', `${title} starts with the token ${token.version} again`);
    if (!this.#order.has(token.version) && !exemptions.holdAfterRollback(agenda.nowMs)) {
      this.#fail('S3', `${title} starts with the token ${token.version}, which is no version of a write of its own`);
    }
    const grows = this.#newestStarted === '' || isNewer(token.version, this.#newestStarted);
    if (!grows && !exemptions.holdAt(agenda.nowMs)) {
      this.#fail('S3', `${title} starts with the token ${token.version} after ${this.#newestStarted}`);
    }
    if (grows) this.#newestStarted = token.version;
    this.#tokens.add(token.version);
    book.term = term;
    book.running = true;
    book.told = null;
    this.#staying.started(member);
    this.#checkAlone(member);
  }

  /** S10: nobody's work runs beside another's, but work that does not keep to what it was told. */
  #checkAlone(member: Member): void {
    const { exemptions, agenda, truth } = this.#world;
    if (exemptions.holdAt(agenda.nowMs)) return;
    for (const [other, { running, told }] of this.#books) {
      if (other === member || !running || !other.process.alive || told === null) continue;
      const { process, plan } = other;
      // What stood still could not stop.
      if (agenda.nowMs - process.disturbedAtMs < truth.longestMs + plan.drainBudgetMs) continue;
      const monoMs = process.pod.machine.monoMs();
      if (monoMs > told.endsMonoMs - 1) continue;
      // It gave up, was promised its drain budget, and could not renew meanwhile. Rule 18 cuts the budget then, but
      // has no way to tell the work; that it does renew is looked at below.
      if (isDrainBudget(other, told)) continue;
      this.#fail('S10', `${member.process.title} starts work while that of ${process.title} may still run`);
    }
  }

  /** While work drains after giving up, the lock is renewed: within a renew deadline at the latest. */
  #expectRenewal(member: Member, book: WorkBook): void {
    const { term } = book;
    const { agenda } = this.#world;
    const { machine } = member.process.pod;
    const toldAtMs = agenda.nowMs;
    const lockBefore = this.#world.truth.lock;
    if (lockBefore === null || !isWrittenBy(lockBefore, member.id, member.processId)) return;
    // Where the last renewal worked, the next is due within a retry period; where it did not, a lapse may come first.
    const { renewDeadlineMs, retryPeriodMs } = member.plan;
    if (this.#world.proofLeftMs(member) < renewDeadlineMs - retryPeriodMs) return;
    // Work that outlives its budget is not renewed for (rule 20).
    const withinMs = 0.95 * renewDeadlineMs;
    if (member.plan.drainBudgetMs < withinMs + 10) return;
    agenda.in(withinMs / machine.rate, () => {
      if (book.term !== term || !book.running || !member.process.alive) return;
      const { exemptions } = this.#world;
      if (member.process.disturbedAtMs >= toldAtMs || exemptions.holdAt(agenda.nowMs)) return;
      if (this.#staying.wasLiedTo || !this.#keepsTheLock(member)) return;
      // A loss that nobody chose is not renewed.
      if (book.told !== null && isDrainBudget(member, book.told) && book.lastWriteAtMs < toldAtMs) {
        this.#fail('S10', `${member.process.title} does not renew the lock while its work drains`);
      }
    });
  }

  #keepsTheLock(member: Member): boolean {
    const { lock } = this.#world.truth;
    return lock !== null && isWrittenBy(lock, member.id, member.processId);
  }

  #book(member: Member): WorkBook {
    let book = this.#books.get(member);
    if (book === undefined) {
      book = { term: 0, running: false, told: null, lastWriteAtMs: Number.NEGATIVE_INFINITY };
      this.#books.set(member, book);
    }
    return book;
  }
}

/** Giving up, not a loss: it shows in the time that the work is given. */
function isDrainBudget({ plan }: Member, { monoMs, endsMonoMs }: Told): boolean {
  return Math.abs(endsMonoMs - monoMs - plan.drainBudgetMs) < 1;
}
