/**
 * One telling of a story: a platform, the electors of one side on it, and the time that passes. The same story is told
 * once with the peer's electors and once with ours.
 */
import { pods } from '../../../src/dev/kinds.ts';
import type { Store } from '../../../src/dev/store.ts';
import { Actor, STORY } from './actor.ts';
import { StageClock } from './clock.ts';
import type { Elector, ElectorOptions, Place } from './elector.ts';
import { type GoKind, GoProgram } from './go-program.ts';
import { Ledger } from './ledger.ts';
import { Line } from './line.ts';
import { OurElector } from './ours.ts';
import { LOCK_NAME, LOCK_NAMESPACE, type LockKind, Platform, STATUS_LABEL } from './platform.ts';
import { Transcript } from './transcript.ts';
import { Wording } from './wording.ts';

export type Side = 'ours' | GoKind;

export interface StartOptions extends ElectorOptions {
  /** Whoever is told of: a Go elector in our fleet. */
  readonly as?: Side;
}

const LONGEST_MS = 600_000;
/** More than this happens in no story; it would be hammering. */
const MOST_TURNS = 200_000;

export class Scene {
  readonly side: Side;
  readonly platform: Platform;
  readonly transcript: Transcript;
  readonly ledger: Ledger;
  readonly actors: Actor[] = [];
  /** Named instants, for the verdicts. */
  readonly marks = new Map<string, number>();
  #timings = '';

  constructor(side: Side, lockKind: LockKind = 'leases') {
    this.side = side;
    this.platform = new Platform(lockKind);
    const nowMs = () => this.platform.nowMs;
    this.transcript = new Transcript(nowMs);
    this.ledger = new Ledger(nowMs);
    this.#followLabels();
  }

  get nowMs(): number {
    return this.platform.nowMs;
  }

  /** Puts an elector on the stage and starts it. One that refuses its options is started with `instead`. */
  start(name: string, options: StartOptions = {}, instead?: StartOptions): Actor {
    const { as = this.side, ...rest } = options;
    const { platform, transcript, ledger } = this;
    const earlier = this.actors.filter((it) => it.name.split('#')[0] === name).length;
    const title = earlier === 0 ? name : `${name}#${earlier + 1}`;
    const clock = new StageClock(platform.time, rest.wallSkewMs === undefined ? {} : { wallSkewMs: rest.wallSkewMs });
    const wording = new Wording(title, platform, transcript);
    if (!platform.users.has(title)) platform.grant(title, null);
    const line = new Line(platform, title, clock, wording);
    const place: Place = {
      platform,
      transcript,
      ledger,
      clock,
      line,
      wording,
      name: title,
      options: { id: name, ...rest },
    };
    try {
      const elector = as === 'ours' ? new OurElector(place) : new GoProgram(as, place);
      this.#sayStart(elector);
      const actor = new Actor(elector);
      this.actors.push(actor);
      elector.start();
      return actor;
    } catch (error) {
      if (!(error instanceof RangeError) || instead === undefined) throw error;
      transcript.say(title, `exits 2: ${error.message}`);
      return this.start(name, instead);
    }
  }

  say(what: string): void {
    this.transcript.say(STORY, what);
  }

  mark(name: string): void {
    this.marks.set(name, this.nowMs);
  }

  /** Somebody does something to the cluster. */
  by(who: string, what: string, act: (store: Store) => void): void {
    this.transcript.say(who, what);
    this.platform.watching(who, () => act(this.platform.store));
  }

  deleteLock(): void {
    this.by('kubectl', 'deletes the lock', (store) => store.remove(this.platform.lockKind, LOCK_NAMESPACE, LOCK_NAME));
  }

  /** Changes fields of the lock's spec by hand; a merge patch. */
  editLock(what: string, change: object): void {
    this.by('kubectl', what, (store) => {
      const { code, body } = store.patch(this.platform.lockKind, LOCK_NAMESPACE, LOCK_NAME, JSON.stringify(change));
      if (code !== 200) throw new Error(`the story's edit was refused: ${JSON.stringify(body)}`);
    });
  }

  /** Puts a lock there, as somebody left it. */
  lockFrom(what: string, object: object): void {
    this.by(STORY, what, (store) => {
      const { apiVersion, kind } = this.platform.codec.resource;
      const metadata = { name: LOCK_NAME, namespace: LOCK_NAMESPACE };
      const { code, body } = store.create(
        this.platform.lockKind,
        LOCK_NAMESPACE,
        JSON.stringify({ apiVersion, kind, metadata, ...object }),
      );
      if (code !== 201) throw new Error(`the story's lock was refused: ${JSON.stringify(body)}`);
    });
  }

  /** The API answers everything with this code, or (null) works again. Open watches break off. */
  outage(code: number | null): void {
    this.say(code === null ? 'the API works again' : `the API answers every request with ${code}`);
    this.platform.outage = code;
    if (code !== null) this.platform.store.closeWatches();
  }

  async pass(ms: number): Promise<void> {
    await this.#run(this.nowMs + ms, () => false);
  }

  /** To an instant of the story. */
  async at(ms: number): Promise<void> {
    await this.#run(ms, () => false);
  }

  async until(what: string, holds: () => boolean, withinMs = LONGEST_MS): Promise<void> {
    const reached = await this.#run(this.nowMs + withinMs, holds);
    if (!reached) throw new Error(`not within ${withinMs / 1000} s: ${what}\n${this.transcript.render()}`);
  }

  async untilLeading(actor: Actor, withinMs = LONGEST_MS): Promise<void> {
    await this.until(`${actor.name} leads`, () => this.ledger.is('leads', actor.name), withinMs);
  }

  /** The electors that are neither dead nor have ended. */
  get electors(): readonly Elector[] {
    return this.actors.map(({ elector }) => elector);
  }

  async #run(untilMs: number, holds: () => boolean): Promise<boolean> {
    const { time } = this.platform;
    await time.run(0);
    for (let turns = 0; turns < MOST_TURNS; turns += 1) {
      const lapseInMs = Math.min(...this.electors.map((it) => it.look()), Number.POSITIVE_INFINITY);
      if (holds()) return true;
      const stepMs = Math.min(time.nextTimerInMs ?? Number.POSITIVE_INFINITY, lapseInMs);
      if (this.nowMs + stepMs > untilMs) {
        await time.run(untilMs - this.nowMs);
        for (const elector of this.electors) elector.look();
        return holds();
      }
      await time.run(stepMs);
    }
    throw new Error(`more than ${MOST_TURNS} turns: somebody hammers\n${this.transcript.render().slice(-4_000)}`);
  }

  /** Timings are told where they are news. */
  #sayStart({ name, timings, id }: Elector): void {
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = timings;
    const [l, d, r] = [leaseDurationMs, renewDeadlineMs, retryPeriodMs].map((ms) => `${Math.round(ms) / 1000} s`);
    const text = `lease duration ${l}, renew deadline ${d}, retry period ${r}`;
    const as = id === name ? '' : `, id ${id}`;
    this.transcript.say(name, `starts${as}${text === this.#timings ? '' : `: ${text}`}`);
    this.#timings = text;
  }

  #followLabels(): void {
    this.platform.store.watch(
      pods,
      () => true,
      { from: this.platform.store.version(), bookmarks: false },
      {
        event: (event) => {
          if (event.type === 'BOOKMARK' || event.type === 'ERROR') return;
          const { name, labels } = event.object.metadata;
          const labelled = event.type !== 'DELETED' && labels?.[STATUS_LABEL] === 'leader';
          this.ledger.set('labelled', name, labelled);
        },
        closed: () => this.#followLabels(),
      },
    );
  }
}
