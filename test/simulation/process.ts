/**
 * One process of a world, ours or another elector's: what comes to it waits while it is paused and is lost once it is
 * dead. A Pod is what processes share: a machine, a name, a uid and the proof of rule 25.
 */
import type { Agenda } from './agenda.ts';
import type { Line } from './client.ts';
import { type Machine, ProcessClock } from './machine.ts';
import type { Random } from './random.ts';

export class Pod {
  readonly name: string;
  /** As the API knows it. */
  readonly uid: string;
  readonly machine: Machine;
  /** Who has the Pod-wide proof: a process, or a child of one that is dead (rule 25). */
  proof: object | null = null;
  gone = false;
  /**
   * What its label shows is not promised: two processes have shared it, or a patch of a dead process arrived after its
   * successor's first, of which no successor can know.
   */
  labelUnsure = false;

  constructor(name: string, uid: string, machine: Machine) {
    this.name = name;
    this.uid = uid;
    this.machine = machine;
  }
}

export class SimProcess {
  /** For the transcript: `alice#2`. */
  readonly title: string;
  readonly pod: Pod;
  readonly agenda: Agenda;
  readonly random: Random;
  readonly clock: ProcessClock;
  readonly line: Line = { upCut: false, downCut: false, outage: null, denied: new Set() };
  alive = true;
  paused = false;
  /** True time of the last pause's or suspension's end, or now while it lasts. */
  disturbedAtMs = Number.NEGATIVE_INFINITY;
  readonly #timers: (() => void)[] = [];
  readonly #arrivals: (() => void)[] = [];
  /** What somebody in it was just about to hear when it came to stand still. */
  readonly #unheard: (() => void)[] = [];
  #stop: (() => void) | null = null;
  #knife: Knife | null = null;
  readonly #onTurn: () => void;
  /** The same, for whoever lives in it. */
  onTurn: () => void = () => {};

  /** `onTurn`: something has just run in it, and promises may wait to go on. */
  constructor(title: string, pod: Pod, agenda: Agenda, random: Random, onTurn: () => void) {
    this.title = title;
    this.pod = pod;
    this.agenda = agenda;
    this.random = random;
    this.#onTurn = onTurn;
    this.clock = new ProcessClock(pod.machine, random.fork('timers'), (run) => this.#take(run, this.#timers));
  }

  /** What the network brings. */
  readonly deliver = (run: () => void): void => this.#take(run, this.#arrivals);

  pause(): void {
    this.paused = true;
    this.disturbedAtMs = Number.POSITIVE_INFINITY;
  }

  /** What waited is handled now, timers first or last. */
  resume(): void {
    this.paused = false;
    this.disturbedAtMs = this.agenda.nowMs;
    const timersFirst = this.random.chance(0.5);
    const [first, second] = timersFirst ? [this.#timers, this.#arrivals] : [this.#arrivals, this.#timers];
    const queues = [this.#unheard, first, second];
    for (const queue of queues) {
      for (const run of queue.splice(0)) {
        // Each in a turn of its own, as a starved process gets to them.
        this.agenda.in(0, () => this.#take(run, queue));
      }
    }
  }

  /** The next promise that something from outside settles is where it comes to stand still: `stop` does it. */
  stopAtNextAwait(stop: () => void): void {
    this.#stop = stop;
  }

  /** Somebody in it waits for this; goes on now, or after standing still just here. */
  readonly settle = (run: () => void): void => {
    const stop = this.#stop;
    this.#stop = null;
    stop?.();
    if (this.paused) this.#unheard.push(run);
    else run();
  };

  /** So many turns from now it dies, after so many of the promises that go on in that turn. */
  dieWithin(turns: number, hops: number, die: () => void): void {
    this.#knife = { turns, hops, die };
  }

  /** Neither stops nor dies for what was planned before. */
  disarm(): void {
    this.#stop = null;
    this.#knife = null;
  }

  #take(run: () => void, queue: (() => void)[]): void {
    if (!this.alive) return;
    if (this.paused) {
      queue.push(run);
      return;
    }
    this.act(run);
  }

  /** Something happens in it now. */
  act(run: () => void): void {
    run();
    this.#onTurn();
    this.onTurn();
    if (this.#knife !== null) this.#cut(this.#knife);
  }

  #cut(knife: Knife): void {
    knife.turns -= 1;
    if (knife.turns > 0) return;
    this.#knife = null;
    // Each time round, every promise that can go on has gone one step further.
    const hop = () => {
      if (!this.alive) return;
      if (knife.hops <= 0) return knife.die();
      knife.hops -= 1;
      queueMicrotask(hop);
    };
    hop();
  }
}

interface Knife {
  turns: number;
  hops: number;
  readonly die: () => void;
}
