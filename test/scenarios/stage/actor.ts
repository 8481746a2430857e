/** An elector as a story handles it: what is done to it stands in the transcript, in the words of the story. */
import type { Rule } from '../../../src/dev/rights.ts';
import type { Elector } from './elector.ts';
import type { Fate, Verb } from './line.ts';

/** The narrator's column. */
export const STORY = 'story';

export class Actor {
  readonly elector: Elector;

  constructor(elector: Elector) {
    this.elector = elector;
  }

  get name(): string {
    return this.elector.name;
  }

  /** SIGTERM. */
  stop(): void {
    this.#story('is told to stop (SIGTERM)');
    this.elector.stop();
  }

  stepDown(): void {
    this.#story('is told to step down, and to stay');
    this.elector.stepDown();
  }

  crash(): void {
    this.#story('crashes');
    this.elector.die();
  }

  /** SIGSTOP, a starved CPU, a long garbage collection: its clocks go on. */
  pause(): void {
    this.#story('stands still (SIGSTOP)');
    this.elector.place.clock.pause();
    this.elector.look();
  }

  resume(): void {
    this.#story('goes on');
    this.elector.place.clock.resume();
  }

  /** A laptop's lid, a live migration: its monotonic clock stands still too. */
  suspend(): void {
    this.#story("'s machine is suspended");
    this.elector.place.clock.suspend();
    this.elector.look();
  }

  wake(): void {
    this.#story("'s machine goes on");
    this.elector.place.clock.resume();
  }

  cutOff(): void {
    this.#story('is cut off from the API; nothing tells it');
    this.elector.place.line.cut();
  }

  /** What it sends arrives, and nothing comes back. */
  losesAnswers(): void {
    this.#story('gets no answers from now on; what it sends arrives');
    this.elector.place.line.cut('answers');
  }

  /** What was held up arrives. */
  getsAnswers(): void {
    this.#story('gets the answers that were held up');
    this.elector.place.line.mend();
  }

  reconnect(): void {
    this.#story('reaches the API again');
    this.elector.place.line.mend();
  }

  halfOpen(): void {
    this.#story("'s connection goes half-open: no answer on it any more, no reset; a new connection would work");
    this.elector.place.line.halfOpen();
  }

  losesEvents(): void {
    this.#story("'s watch falls silent");
    this.elector.place.line.silenceWatches();
  }

  /** `how` tells it: "'s next write is answered with 500". */
  meets(how: string, verb: Verb | 'any', fate: Fate, times = 1): void {
    this.#story(how);
    this.elector.place.line.meets(verb, fate, times);
  }

  may(how: string, rules: readonly Rule[] | null): void {
    this.#story(how);
    this.elector.place.platform.grant(this.name, rules);
  }

  /** Somebody asks `GET /`. */
  asked(): void {
    const { is_leader, leader } = this.elector.answer();
    const answer = `is_leader ${is_leader}, leader ${JSON.stringify(leader)}`;
    const { transcript, clock } = this.elector.place;
    transcript.say('curl', `${this.name}/ → ${clock.isOver ? 'nobody there: it has ended' : answer}`);
  }

  /** Somebody asks for its health. */
  probed(): void {
    this.elector.place.transcript.say('probe', `${this.name} ${this.elector.illness() ?? 'is well'}`);
  }

  #story(what: string): void {
    this.elector.place.transcript.say(STORY, `${this.name}${what.startsWith("'") ? '' : ' '}${what}`);
  }
}
