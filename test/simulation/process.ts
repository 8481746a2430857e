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
  /** Which process has the Pod-wide proof. */
  proof: SimProcess | null = null;
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
  readonly #onTurn: (process: SimProcess) => void;

  /** `onTurn`: something has just run in it, and promises may wait to go on. */
  constructor(title: string, pod: Pod, agenda: Agenda, random: Random, onTurn: (process: SimProcess) => void) {
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
    const queues = timersFirst ? [this.#timers, this.#arrivals] : [this.#arrivals, this.#timers];
    for (const queue of queues) {
      for (const run of queue.splice(0)) {
        // Each in a turn of its own, as a starved process gets to them.
        this.agenda.in(0, () => this.#take(run, queue));
      }
    }
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
    this.#onTurn(this);
  }
}
