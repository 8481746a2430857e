/**
 * All checkers of a world, and what each is told. They look from outside: at what members send and are sent, at the
 * store, at the work, and at the view that everybody else gets. The first violation ends the world.
 */
import type { ApiObject } from '../../src/dev/object.ts';
import type { Agenda } from './agenda.ts';
import { LeadingChecks } from './check-leading.ts';
import { StayingChecks } from './check-staying.ts';
import { WorkChecks } from './check-work.ts';
import { WriteChecks } from './check-writes.ts';
import { viewLock } from './lock-view.ts';
import type { Cause, Member, MemberEvents } from './member.ts';
import type { GoPlan } from './plan.ts';
import type { SimProcess } from './process.ts';
import { Exemptions, Truth } from './truth.ts';

export interface Violation {
  readonly invariant: string;
  readonly message: string;
  readonly atMs: number;
}

export type Fail = (invariant: string, message: string) => void;

/** Of another elector: when it sent the last write that was applied. */
export interface GoBook {
  readonly plan: GoPlan;
  renewedAtMs: number;
}

/** What checkers may know of the world. */
export interface World {
  readonly agenda: Agenda;
  readonly truth: Truth;
  readonly exemptions: Exemptions;
  members(): readonly Member[];
  goBooks(): Iterable<GoBook>;
  began(member: Member, term: number): void;
  /** Until the proof by an answer to its own write is over, by whichever clock of its machine ends it first. */
  proofLeftMs(member: Member): number;
}

export class Checks {
  violation: Violation | null = null;
  readonly truth: Truth;
  readonly exemptions: Exemptions;
  readonly leading: LeadingChecks;
  readonly writes: WriteChecks;
  readonly work: WorkChecks;
  readonly staying: StayingChecks;
  readonly #agenda: Agenda;
  readonly #goBooks = new Map<SimProcess, GoBook>();
  readonly #note: (text: () => string) => void;
  readonly #turned = new Set<Member>();
  /** POSTs of the lock that may still arrive. */
  readonly #creates = new Set<Sent>();

  constructor(parts: {
    readonly agenda: Agenda;
    readonly longestTtlMs: number;
    readonly members: () => readonly Member[];
    readonly note: (text: () => string) => void;
  }) {
    this.#agenda = parts.agenda;
    this.#note = parts.note;
    this.truth = new Truth(parts.longestTtlMs);
    this.exemptions = new Exemptions((text) => parts.note(() => `== ${text}`));
    const world: World = {
      agenda: parts.agenda,
      truth: this.truth,
      exemptions: this.exemptions,
      members: parts.members,
      goBooks: () => this.#goBooks.values(),
      began: (member, term) => this.leading.began(member, term),
      proofLeftMs: (member) => this.leading.proofLeftMs(member),
    };
    const fail: Fail = (invariant, message) => this.fail(invariant, message);
    this.leading = new LeadingChecks(world, fail);
    this.writes = new WriteChecks(world, fail);
    this.staying = new StayingChecks(world, fail);
    this.work = new WorkChecks(world, this.staying, fail);
  }

  fail(invariant: string, message: string): void {
    this.violation ??= { invariant, message, atMs: this.#agenda.nowMs };
  }

  goStarted(process: SimProcess, plan: GoPlan): void {
    this.#goBooks.set(process, { plan, renewedAtMs: Number.NEGATIVE_INFINITY });
  }

  /** For a member: what its requests, watches, work and end are told to. */
  readonly memberEvents: Omit<MemberEvents, 'onTurn' | 'onEnded' | 'onReport'> = {
    onSend: (sent, options) => {
      this.writes.sent(sent, options);
      this.work.sent(sent);
      if (sent.call.verb === 'create') this.#creates.add(sent);
    },
    onAnswer: (sent, answer) => this.leading.answered(sent, answer),
    onWatchEvent: (member, event) => this.leading.watched(member, event),
    work: (member) => this.work.events(member),
  };

  /** POSTs of the lock younger than this may still arrive. */
  createsUnderWay(withinMs: number): boolean {
    for (const sent of this.#creates) {
      if (this.#agenda.nowMs - sent.sentAtMs > withinMs) this.#creates.delete(sent);
    }
    return this.#creates.size > 0;
  }

  committed(before: ApiObject | null, after: ApiObject | null, cause: Cause | null): void {
    const was = before === null ? null : viewLock(before);
    const is = after === null ? null : viewLock(after);
    this.#note(() => `## ${describeCause(cause)}: ${describeLock(is)}`);
    if (cause?.type === 'member' && after !== null && is !== null) {
      this.#creates.delete(cause.sent);
      this.writes.committed(cause.sent, before, after);
      this.leading.committed(cause.sent, is);
      if (is.holder !== '') this.work.committed(is.version);
    }
    const book = cause?.type === 'go' ? this.#goBooks.get(cause.process) : undefined;
    // One that shares an id with a member of ours may take that one's record for its own.
    const ownsIt = was !== null && book !== undefined && was.holder === book.plan.id && !was.sealCounts;
    const isRelease = cause?.type === 'member' || (cause?.type === 'go' && ownsIt);
    this.truth.commit(after, cause, this.#agenda.nowMs, isRelease);
    this.staying.committed(is);
    if (cause?.type === 'go' && book !== undefined && is !== null) {
      if (is.holder !== '') {
        book.renewedAtMs = cause.sentAtMs;
        this.leading.checkBesideGo(book);
      } else if (!ownsIt && was !== null && was.holder !== '') {
        // The known defect: its late release erased another's record. Another Go elector may take that at once.
        this.#goMayTakeAtOnce();
      }
    }
  }

  turned(member: Member): void {
    this.#turned.add(member);
  }

  /** After everything that one event led to. */
  afterStep(): void {
    for (const member of this.#turned) {
      this.#turned.delete(member);
      this.leading.afterTurn(member);
    }
  }

  /** It is gone for good. */
  forget(member: Member): void {
    this.leading.forget(member);
    this.writes.forget(member);
    this.work.forget(member);
    this.staying.forget(member);
  }

  hasSeen(member: Member): boolean {
    return this.leading.hasSeen(member);
  }

  /** Whatever follows from a lock that a Go elector finds empty or missing lasts until the displaced have lapsed. */
  #goMayTakeAtOnce(): void {
    this.exemptions.grant(
      'a Go elector may take a lock that another Go elector emptied',
      this.#agenda.nowMs,
      this.#agenda.nowMs + 2 * this.truth.longestMs,
    );
  }
}

type Sent = Extract<Cause, { type: 'member' }>['sent'];

function describeCause(cause: Cause | null): string {
  switch (cause?.type) {
    case 'member':
      return cause.sent.member.process.title;
    case 'go':
      return cause.process.title;
    case 'hand':
      return `a hand (${cause.what})`;
    default:
      return 'the cluster';
  }
}

export function describeLock(view: ReturnType<typeof viewLock> | null): string {
  if (view === null) return 'no lock';
  const seal = view.sealCounts ? 'sealed' : view.seal === null ? 'no seal' : 'seal does not count';
  const holder = view.readable ? view.holder || 'nobody' : 'unreadable';
  return `lock ${view.uid} v${view.version} held by ${holder} for ${view.durationSeconds} s, term ${view.transitions}, ${seal}`;
}
