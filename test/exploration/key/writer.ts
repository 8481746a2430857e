/**
 * Writes a world down as numbers, one cell each, so that two worlds with the same numbers have the same future:
 *
 *  - Instants are relative to now and rounded up to ticks: members only ever ask whether one has come. What has come
 *    long ago is just past; how long ago counts only where it is said so.
 *  - Versions, texts of times, and the attempt numbers of each process are only compared: their ranks are written.
 *  - Members are numbered by their places in an order that their names do not decide (`order.ts`).
 */
import type { Observed } from '../../../src/election/record.ts';
import type { LocalInstant, State, Term } from '../../../src/election/state.ts';
import { isGone, type LockEvent } from '../lock-event.ts';
import { originOf } from '../register.ts';
import { type Setting, TICK_MS } from '../setting.ts';
import { incarnationOf, slotOf, timeNumber, WALL_MS, type World } from '../world.ts';
import { Ranks } from './ranks.ts';

/** For an instant, a lock or a time that there is none of. */
export const NONE = -99;
const NEVER = 9_999;
const MOST_CELLS = 16_384;
const MOST_CHANGES = 4_096;
const ATTEMPT_BITS = 7;

export class KeyWriter {
  readonly cells = new Int32Array(MOST_CELLS);
  length = 0;
  readonly #versions = new Ranks(MOST_CHANGES, 30);
  readonly #times = new Ranks(MOST_CHANGES, 30);
  readonly #attempts = new Ranks(32 << ATTEMPT_BITS, ATTEMPT_BITS);
  /** In which key a sight of the lock was last written in full, by the number of its change; and as which. */
  readonly #metIn = new Int32Array(MOST_CHANGES);
  readonly #metAs = new Int32Array(MOST_CHANGES);
  #key = 0;
  #met = 0;
  #presentUid = 0;
  #baseTransitions = 0;
  #place: readonly number[] = [];
  #setting: Setting | null = null;
  #world: World | null = null;
  #monoMs = 0;
  #bootMs = 0;

  begin(setting: Setting, world: World, place: readonly number[]): void {
    this.#setting = setting;
    this.#world = world;
    this.#place = place;
    this.length = 0;
    this.#key += 1;
    this.#met = 0;
    const { observed } = world.lock;
    const isReadable = observed !== null && observed.record !== 'unreadable';
    this.#presentUid = isReadable ? originOf(observed).uid : 0;
    this.#baseTransitions = isReadable ? observed.record.leaseTransitions : 0;
  }

  /** What follows is on this member's clocks. */
  onClocks(monoMs: number, bootMs: number): void {
    this.#monoMs = monoMs;
    this.#bootMs = bootMs;
  }

  end(): void {
    this.#versions.apply(this.cells);
    this.#times.apply(this.cells);
    this.#attempts.apply(this.cells);
  }

  get setting(): Setting {
    if (this.#setting === null) throw new Error('no key was begun');
    return this.#setting;
  }

  get world(): World {
    if (this.#world === null) throw new Error('no key was begun');
    return this.#world;
  }

  put(value: number): void {
    this.cells[this.length] = value;
    this.length += 1;
  }

  flags(a: boolean, b = false, c = false, d = false, e = false, f = false, g = false, h = false): void {
    const low = (a ? 1 : 0) + (b ? 2 : 0) + (c ? 4 : 0) + (d ? 8 : 0);
    this.put(low + (e ? 16 : 0) + (f ? 32 : 0) + (g ? 64 : 0) + (h ? 128 : 0));
  }

  /** An instant of which only matters how long it is until then. */
  due(atMs: number): void {
    const ticks = Math.ceil((atMs - this.#monoMs) / TICK_MS);
    this.put(ticks <= 0 ? 0 : Math.min(ticks, NEVER));
  }

  dueOrNone(atMs: number | null): void {
    if (atMs === null) this.put(NONE);
    else this.due(atMs);
  }

  /** One of which matters how many ticks ago it was, up to `most`. */
  past(atMs: number, most: number): void {
    this.put(Math.max(Math.ceil((atMs - this.#monoMs) / TICK_MS), -most));
  }

  /** Both clocks count where a leader's time is measured; they differ only after a suspension. */
  instant(at: LocalInstant, most: number): void {
    this.past(at.monoMs, most);
    this.put(Math.max(Math.ceil((at.bootMs - this.#bootMs) / TICK_MS), -most));
  }

  /**
   * For texts of times that count by the own clocks from an instant on. They only grow, so all that matters is where
   * between two of them, where they are coarse, this member now is.
   */
  phaseSince({ monoMs, bootMs, wallMs }: Term['acquiredAt']): void {
    const elapsedMs = Math.max(this.#monoMs - monoMs, this.#bootMs - bootMs);
    const lagTicks = Math.round((WALL_MS - wallMs - elapsedMs) / TICK_MS) + this.world.tick;
    const { textTicks } = this.setting;
    this.put(((lagTicks % textTicks) + textTicks) % textTicks);
  }

  /** By how much the boot-time clock went further than the other since then. */
  aheadMs(since: LocalInstant): number {
    return Math.max(0, this.#bootMs - since.bootMs - (this.#monoMs - since.monoMs));
  }

  /** By the world's time. */
  ticksAgo(tick: number, most: number): void {
    this.put(Math.max(tick - this.world.tick, -most));
  }

  version(value: number): void {
    this.#versions.add(this.length, value);
    this.put(value);
  }

  versionText(text: string): void {
    this.version(text === '' ? 0 : Number(text));
  }

  time(value: number): void {
    this.#times.add(this.length, value);
    this.put(value);
  }

  timeOf(wallMs: number): void {
    this.time(timeNumber(this.setting, wallMs));
  }

  attempt(process: number, value: number): void {
    if (value >= 1 << ATTEMPT_BITS) throw new Error(`more attempts than a key can hold: ${value}`);
    const cell = (process << ATTEMPT_BITS) + value;
    this.#attempts.add(this.length, cell);
    this.put(cell);
  }

  process(it: number): void {
    this.put(it < 0 ? it : (this.#place[slotOf(it)] ?? 0) * 8 + incarnationOf(it));
  }

  uid(uid: number): void {
    this.put(uid - this.world.lock.uids);
  }

  /** One sight of the lock: in full where it is met first, by its version afterwards. */
  sight(it: Observed | null): void {
    if (it === null) {
      this.put(-1);
      return;
    }
    const { version, change, uid, by, tick, emptied } = originOf(it);
    const { backup, restoredTick } = this.world;
    this.version(version);
    const isMet = this.#metIn[change] === this.#key;
    // Where etcd may be or was restored, one version can be two changes.
    if (backup !== null || restoredTick > 0) this.put(isMet ? (this.#metAs[change] ?? 0) : this.#met);
    if (isMet) return;
    this.#metIn[change] = this.#key;
    this.#metAs[change] = this.#met;
    this.#met += 1;
    this.uid(uid);
    this.process(by);
    this.ticksAgo(tick, this.setting.leaseTicks);
    this.flags(emptied, it.sealMatches.renewTime, it.sealMatches.transitions);
    this.#content(it, uid);
  }

  event(it: LockEvent): void {
    if (!isGone(it)) {
      this.sight(it);
      return;
    }
    this.put(-1);
    this.version(it.goneVersion);
    this.uid(it.goneUid);
  }

  /** `acquireTime` never differs alone. Transitions of different locks are not compared. */
  #content({ record, seal }: Observed, uid: number): void {
    if (record === 'unreadable' || seal === 'unreadable') throw new Error('no such lock in this world');
    const { leaseTransitions } = record;
    this.#holder(record.holderIdentity);
    this.put(record.leaseDurationSeconds ?? NONE);
    this.put(uid === this.#presentUid ? leaseTransitions - this.#baseTransitions : 0);
    if (record.renewTime === null) this.put(NONE);
    else this.time(Number(record.renewTime));
    if (seal === null) {
      this.put(-1);
      return;
    }
    const writer = Number(seal.processId.slice(8));
    this.process(writer);
    this.attempt(writer, seal.attempt);
    this.put(seal.podUid === '' ? NONE : Number(seal.podUid.slice(4)) % 8);
    this.flags(seal.released);
    this.put(seal.leaseTransitions - leaseTransitions);
  }

  #holder(holder: string): void {
    if (holder === '') {
      this.put(-1);
      return;
    }
    const slot = this.setting.members.findIndex(({ name }) => name === holder);
    this.put(slot === -1 ? 50 + holder.length : (this.#place[slot] ?? 0));
  }
}

export function processNumber(state: State): number {
  return Number(state.config.processId.slice(8));
}
