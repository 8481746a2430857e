/** What a leader does on a stage: nothing but run, and end some time after it is told to. */
import type { Work } from '../../../src/elector/work.ts';
import type { StageClock } from './clock.ts';
import { inSeconds } from './transcript.ts';

export interface WorkHabit {
  /** How long it goes on after it was told to stop. 0 (the default) says nothing in the transcript. */
  readonly stopsAfterMs?: number;
  /** Ends by itself after this. */
  readonly endsAfterMs?: number;
  /** May it be killed, as a child process may? */
  readonly canBeKilled?: boolean;
}

export interface WorkEvents {
  readonly running: (running: boolean) => void;
  readonly say: (text: string) => void;
}

/** For both sides: ours drives it as `Work`, a Go elector through the context that it hands to its callback. */
export class StageWork implements Work {
  kill?: () => void;
  readonly #clock: StageClock;
  readonly #habit: WorkHabit;
  readonly #events: WorkEvents;
  #stopped: (() => void) | null = null;
  #told = false;

  constructor(clock: StageClock, habit: WorkHabit, events: WorkEvents) {
    this.#clock = clock;
    this.#habit = habit;
    this.#events = events;
    if (habit.canBeKilled === true) {
      this.kill = () => {
        this.#events.say('its work is killed');
        this.finish();
      };
    }
  }

  get isRunning(): boolean {
    return this.#stopped !== null;
  }

  start(_term: unknown, stopped: () => void): void {
    this.#stopped = stopped;
    this.#told = false;
    this.#events.running(true);
    const { endsAfterMs } = this.#habit;
    if (endsAfterMs === undefined) return;
    this.#clock.setTimer(endsAfterMs, () => {
      if (this.#stopped !== stopped) return;
      this.#events.say('its work ends by itself');
      this.finish();
    });
  }

  stop(_reason: string, withinMs: number): void {
    const { stopsAfterMs = 0 } = this.#habit;
    if (this.#stopped === null || this.#told) return;
    this.#told = true;
    if (stopsAfterMs === 0) {
      this.finish();
      return;
    }
    const budget = withinMs < Number.POSITIVE_INFINITY ? `, within ${inSeconds(withinMs)} s` : '';
    this.#events.say(`its work is told to stop${budget}`);
    const stopped = this.#stopped;
    this.#clock.setTimer(stopsAfterMs, () => {
      if (this.#stopped !== stopped) return;
      this.#events.say('its work has stopped');
      this.finish();
    });
  }

  /** It ends, told or not. */
  finish(): void {
    const stopped = this.#stopped;
    this.#stopped = null;
    this.#events.running(false);
    stopped?.();
  }
}
