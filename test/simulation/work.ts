/**
 * What a leader does in a world: it writes to a resource that looks at fencing tokens, and it stops when told, in time
 * or not. The resource is where two leaders would do harm, so it is the last judge.
 */
import type { Clock } from '../../src/clock.ts';
import type { FencingToken } from '../../src/election/view.ts';
import type { Work } from '../../src/elector/work.ts';
import type { Agenda } from './agenda.ts';
import { isNewer } from './lock-view.ts';
import type { Random } from './random.ts';

/** Accepts a write unless it has accepted one with a newer token. */
export class FencedResource {
  onAccepted: (token: FencingToken) => void = () => {};
  #newest = '';

  write(token: FencingToken): void {
    if (this.#newest !== '' && isNewer(this.#newest, token.version)) return;
    this.#newest = token.version;
    this.onAccepted(token);
  }

  /** The cluster's versions have gone back: its keeper starts afresh, as the docs say. */
  forget(): void {
    this.#newest = '';
  }
}

const WRITES_EVERY_MS = 2_000;

/** How the work of one term behaves. */
export interface Habit {
  /** Ends by itself after this, or null. */
  readonly endsAfterMs: number | null;
  /** Stops when told: this part of the time that it is given; more than 1 is too late, Infinity never. */
  readonly stopsAtPart: number;
}

export interface WorkEvents {
  readonly started: (term: number, token: FencingToken) => void;
  readonly told: (withinMs: number) => void;
  readonly stopped: (byItself: boolean) => void;
  readonly killed: () => void;
}

export interface WorkParts {
  readonly clock: Clock;
  readonly agenda: Agenda;
  readonly random: Random;
  readonly resource: FencedResource;
  readonly drawHabit: () => Habit;
  readonly events: WorkEvents;
  readonly alive: () => boolean;
  /** Does work still end by itself at present? */
  readonly mayEnd: () => boolean;
  /** Does it still ignore what it is told? */
  readonly mayBeLate: () => boolean;
}

interface Running {
  readonly token: FencingToken;
  readonly stopped: () => void;
  readonly habit: Habit;
  told: boolean;
  over: boolean;
}

export class SimulatedWork implements Work {
  kill?: () => void;
  readonly #parts: WorkParts;
  #running: Running | null = null;
  #childEnded: () => void = () => {};

  constructor(parts: WorkParts, canKill: boolean) {
    this.#parts = parts;
    if (canKill) this.kill = () => this.#kill();
  }

  /** A child that lives on though its process is dead. */
  outlives = false;

  start({ term, token }: { readonly term: number; readonly token: FencingToken }, stopped: () => void): void {
    const { clock, events, drawHabit, mayEnd, alive } = this.#parts;
    if (!alive()) return;
    const habit = drawHabit();
    const running = { stopped, habit, token, told: false, over: false };
    events.started(term, token);
    this.#running = running;
    if (habit.endsAfterMs !== null) {
      clock.setTimer(habit.endsAfterMs, () => {
        if (mayEnd()) this.#end(running, !running.told);
      });
    }
    this.#use(running, token);
  }

  stop(_reason: string, withinMs: number): void {
    const running = this.#running;
    if (!this.#parts.alive()) return;
    this.#parts.events.told(withinMs);
    if (running === null) return;
    running.told = true;
    const { stopsAtPart } = running.habit;
    const part = this.#parts.mayBeLate() ? stopsAtPart : Math.min(stopsAtPart, 0.9);
    if (part === Number.POSITIVE_INFINITY) return;
    this.#parts.clock.setTimer(part * withinMs, () => this.#end(running, false));
  }

  /** Somebody ends work that would never end. */
  finish(): void {
    if (this.#running?.told) this.#end(this.#running, false);
  }

  /** Its process is dead. A child goes on for a while, heeding nobody; false when there is none. */
  outlive(forMs: number, ended: () => void): boolean {
    const running = this.#running;
    if (running === null || this.kill === undefined) return false;
    const { agenda, random, resource } = this.#parts;
    const endsAtMs = agenda.nowMs + forMs;
    this.outlives = true;
    const write = () => {
      if (!this.outlives) return;
      if (agenda.nowMs >= endsAtMs) return this.endChild();
      resource.write(running.token);
      agenda.in(Math.min(random.waitMs(WRITES_EVERY_MS), endsAtMs - agenda.nowMs), write);
    };
    this.#childEnded = ended;
    write();
    return true;
  }

  /** The child that outlived its process ends. */
  endChild(): void {
    if (!this.outlives) return;
    this.outlives = false;
    this.#childEnded();
  }

  #kill(): void {
    const running = this.#running;
    if (running === null) return;
    this.#parts.events.killed();
    this.#parts.clock.setTimer(this.#parts.random.between(1, 30), () => this.#end(running, false));
  }

  #end(running: Running, byItself: boolean): void {
    if (running.over) return;
    running.over = true;
    this.#running = null;
    this.#parts.events.stopped(byItself);
    running.stopped();
  }

  /** Writes to the resource now and then, for as long as it runs, whether it leads or not. */
  #use(running: Running, token: FencingToken): void {
    const { clock, agenda, random, resource, alive } = this.#parts;
    clock.setTimer(random.waitMs(WRITES_EVERY_MS), () => {
      if (running.over || !alive()) return;
      agenda.in(random.chance(0.9) ? random.between(1, 20) : random.between(20, 8000), () => resource.write(token));
      this.#use(running, token);
    });
  }
}
