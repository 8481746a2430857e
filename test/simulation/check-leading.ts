/** S1, S7, S8 and S9: who leads, on what proof, and that it ends at once. */
import type { ApiAnswer, ApiWatchEvent } from '../../src/lock/api.ts';
import { isJsonObject, type JsonObject } from '../../src/lock/json.ts';
import type { Fail, GoBook, World } from './checks.ts';
import { isNewer, isSeal, isWrittenBy, LOCK_NAME, type LockView, viewLock } from './lock-view.ts';
import type { Member, Sent } from './member.ts';
import { durationMs } from './truth.ts';

/** The boot-time clock is only read to so many milliseconds. */
const BOOT_TICK_MS = 10;

interface Book {
  /** The newest version of the lock that reached it, of a deletion too. */
  newest: string;
  /** Its writes that were applied, by attempt: a hand may have edited labels since, under a newer version. */
  readonly applied: Map<number, Sent>;
  /** The send of the newest applied write whose success it has learnt. */
  proven: { readonly monoMs: number; readonly bootMs: number } | null;
  /** The same, but of those whose own answer told it: it need not make use of reads. */
  acknowledged: Book['proven'];
  /** In this turn: it comes too late for a term that is over by then (rule 22). */
  answeredNow: Book['proven'];
  /** It is looked at again when its proof ends. */
  looksAgain: boolean;
  /** Of the last record with a holder that it saw. */
  seenDurationMs: number;
  /** Whose term it saw last. */
  seenTerm: string;
  /** In this turn it learnt that the lock is not its own. */
  learnt: string | null;
  leading: boolean;
  term: number;
  /** A term began in this turn. */
  began: boolean;
}

export class LeadingChecks {
  readonly #world: World;
  readonly #fail: Fail;
  readonly #books = new Map<Member, Book>();
  readonly #leaders = new Set<Member>();

  constructor(world: World, fail: Fail) {
    this.#world = world;
    this.#fail = fail;
  }

  // ------------------------------------------------------------------------------------------ what happens

  committed(sent: Sent, { seal }: LockView): void {
    const { applied } = this.#book(sent.member);
    if (isSeal(seal)) applied.set(seal.attempt, sent);
    if (applied.size > 50) for (const [first] of applied) return void applied.delete(first);
  }

  answered(asked: Sent, answer: ApiAnswer): void {
    const { member, call, abandoned, sightsBefore } = asked;
    if (abandoned || call.name !== LOCK_NAME) return;
    if (answer.type === 'ok') {
      const isRead = call.verb === 'get' || call.verb === 'list';
      if (!isRead && answer.code !== 200 && answer.code !== 201) return;
      const { items, metadata } = answer.body as { items?: readonly JsonObject[]; metadata?: unknown };
      if (items === undefined) {
        if (!isJsonObject(metadata)) return;
        const view = viewLock(answer.body);
        if (isSeal(view.seal) && this.#book(member).applied.get(view.seal.attempt) === asked) {
          this.#book(member).answeredNow = asked;
        }
        this.#sight(member, view, true);
      } else if (items[0] !== undefined) this.#sight(member, viewLock(items[0]), true);
      else if (sightsBefore === member.sights) this.#learn(member, 'an empty list');
    } else if (answer.type === 'error' && answer.code === 404 && answer.status?.details.name === LOCK_NAME) {
      if (sightsBefore === member.sights && call.verb === 'get') this.#learn(member, 'a NotFound');
    } else if (answer.type === 'error' && answer.code === 409) {
      // The lock is not as it was thought to be: what was asked before counts no more (rules 16 and 17).
      member.sights += 1;
    }
  }

  watched(member: Member, event: ApiWatchEvent): void {
    if (event.type === 'BOOKMARK' || event.type === 'END') return;
    const view = viewLock(event.object);
    if (event.type !== 'DELETED') {
      this.#sight(member, view, false);
    } else if (isNewer(view.version, this.#book(member).newest)) {
      this.#book(member).newest = view.version;
      member.sights += 1;
      this.#learn(member, 'a deletion');
    }
  }

  began(member: Member, term: number): void {
    const book = this.#book(member);
    if (term <= book.term) this.#fail('S9', `${member.process.title} begins term ${term} after term ${book.term}`);
    book.term = term;
    book.began = true;
  }

  forget(member: Member): void {
    this.#books.delete(member);
    this.#leaders.delete(member);
  }

  /** Has this member ever seen the lock? */
  hasSeen(member: Member): boolean {
    return member.sights > 0;
  }

  /** Has it seen that this holder holds the lock? */
  hasSeenTerm(member: Member, lock: LockView): boolean {
    return this.#book(member).seenTerm === termOf(lock);
  }

  proofLeftMs(member: Member): number {
    const { acknowledged } = this.#book(member);
    if (acknowledged === null) return 0;
    const { monoMs, bootMs } = member.process.pod.machine.reading();
    return member.plan.renewDeadlineMs - Math.max(monoMs - acknowledged.monoMs, bootMs - acknowledged.bootMs);
  }

  /** How long it would wait for a holder of whom nothing is left. */
  waitsMs(member: Member): number {
    return Math.max(member.plan.ttlMs, this.#book(member).seenDurationMs);
  }

  // ------------------------------------------------------------------------------------------ what must hold

  /** After everything that one event did to a member. */
  afterTurn(member: Member): void {
    const book = this.#book(member);
    const { process } = member;
    if (!process.alive) {
      this.#leaders.delete(member);
      return;
    }
    const view = member.view();
    if (view.isLeading) {
      if (book.learnt !== null) this.#fail('S8', `${process.title} leads after it learnt of ${book.learnt}`);
      if (!book.leading && !book.began) this.#fail('S9', `${process.title} leads in term ${view.term} again`);
      book.leading = true;
      this.#leaders.add(member);
      this.#checkProof(member, book);
      if (book.began) this.#checkAlone();
    } else {
      book.leading = false;
      this.#leaders.delete(member);
    }
    book.learnt = null;
    book.began = false;
    if (book.answeredNow !== null) book.acknowledged = book.answeredNow;
    book.answeredNow = null;
  }

  /** Whoever leads now; asked anew, since leading ends by itself. */
  leadersNow(): Member[] {
    return [...this.#leaders].filter((it) => it.process.alive && it.view().isLeading);
  }

  /** When somebody begins to lead, or another elector takes the lock. */
  #checkAlone(): void {
    const { exemptions, agenda } = this.#world;
    const leaders = this.leadersNow();
    for (const it of leaders) this.#checkProof(it, this.#book(it));
    if (exemptions.holdAt(agenda.nowMs)) return;
    if (leaders.length > 1) {
      this.#fail('S1', `${leaders.map((it) => it.process.title).join(' and ')} lead at the same time`);
    }
    for (const go of this.#world.goBooks()) this.checkBesideGo(go);
  }

  checkBesideGo(go: GoBook): void {
    const { exemptions, agenda, truth } = this.#world;
    if (exemptions.holdAt(agenda.nowMs) || truth.lock?.holder !== go.plan.id || truth.writer?.type !== 'go') return;
    // With our id it thinks itself leader as soon as one of ours is; ours stops when it hears of it.
    if (go.plan.id !== go.plan.name) return;
    if (agenda.nowMs - go.renewedAtMs >= go.plan.renewDeadlineMs * 0.99) return;
    const [leader] = this.leadersNow();
    if (leader !== undefined) this.#fail('S1', `${leader.process.title} leads beside ${go.plan.name}`);
  }

  #checkProof(member: Member, { proven }: Book): void {
    const { monoMs, bootMs } = member.process.pod.machine.reading();
    const deadlineMs = member.plan.renewDeadlineMs;
    const elapsedMs = proven === null ? Number.POSITIVE_INFINITY : monoMs - proven.monoMs;
    const bootElapsedMs = proven === null ? Number.POSITIVE_INFINITY : bootMs - proven.bootMs - BOOT_TICK_MS;
    if (Math.max(elapsedMs, bootElapsedMs) < deadlineMs) return;
    const past = Math.round(Math.max(elapsedMs, bootElapsedMs) - deadlineMs);
    this.#fail('S7', `${member.process.title} leads ${past} ms past its renew deadline`);
  }

  /** A watch proves nothing (rule 29). */
  #sight(member: Member, view: LockView, proves: boolean): void {
    const book = this.#book(member);
    const isMine = isWrittenBy(view, member.id, member.processId);
    const sent = proves && isMine && isSeal(view.seal) ? book.applied.get(view.seal.attempt) : undefined;
    if (sent !== undefined) this.#prove(member, book, sent);
    if (book.newest !== '' && !isNewer(view.version, book.newest)) return;
    book.newest = view.version;
    member.sights += 1;
    if (view.holder !== '') book.seenDurationMs = durationMs(view) ?? 0;
    book.seenTerm = termOf(view);
    if (!isMine) {
      this.#learn(member, `${view.holder === '' ? 'a vacant lock' : `the holder ${view.holder}`} in v${view.version}`);
    }
  }

  #learn(member: Member, what: string): void {
    this.#book(member).learnt = what;
  }

  #prove(member: Member, book: Book, { monoMs, bootMs }: Sent): void {
    if (book.proven !== null && book.proven.monoMs >= monoMs) return;
    book.proven = { monoMs, bootMs };
    if (book.looksAgain) return;
    book.looksAgain = true;
    this.#lookWhenProofEnds(member, book, monoMs);
  }

  /** Though nothing happens in the member then. */
  #lookWhenProofEnds(member: Member, book: Book, fromMs: number): void {
    const { machine } = member.process.pod;
    const leftMs = member.plan.renewDeadlineMs - (machine.monoMs() - fromMs);
    this.#world.agenda.in(Math.max(0, leftMs) / machine.rate + 0.01, () => {
      if (!member.process.alive) return;
      const { monoMs = fromMs } = book.proven ?? {};
      if (monoMs !== fromMs) return this.#lookWhenProofEnds(member, book, monoMs);
      book.looksAgain = false;
      if (member.view().isLeading) this.#checkProof(member, book);
      else book.leading = false;
    });
  }

  #book(member: Member): Book {
    let book = this.#books.get(member);
    if (book === undefined) {
      book = {
        newest: '',
        applied: new Map(),
        proven: null,
        acknowledged: null,
        answeredNow: null,
        looksAgain: false,
        seenDurationMs: 0,
        seenTerm: '',
        learnt: null,
        leading: false,
        term: 0,
        began: false,
      };
      this.#books.set(member, book);
    }
    return book;
  }
}

function termOf({ uid, holder, transitions }: LockView): string {
  return `${uid}/${holder}/${transitions}`;
}
