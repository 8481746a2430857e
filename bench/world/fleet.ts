/**
 * The candidates of one election, all running one program, each in a Pod of its own. It starts them, finds the leader,
 * ends and restarts them, and keeps everything that they said and answered, so that overlaps can be looked for.
 */
import type { Cluster } from '../../test/cluster/harness/cluster.ts';
import { freePort } from '../../test/cluster/harness/ports.ts';
import { until } from '../../test/cluster/harness/wait.ts';
import { Candidate, type Term } from './candidate.ts';
import { sleep } from './mono.ts';
import type { Answer } from './poller.ts';
import type { Commands, Program } from './programs.ts';
import { makeSeats, type Seat } from './seat.ts';
import { openTap, type Tap } from './tap.ts';

export interface FleetOptions {
  readonly cluster: Cluster;
  readonly commands: Commands;
  readonly program: Program;
  readonly size: number;
  readonly ttlSeconds?: number;
  /** Between two questions to each candidate; null asks nothing. */
  readonly pollEveryMs: number | null;
  /** Lets each candidate's connections pass through a tap. */
  readonly tapped?: boolean;
}

/** An answer "I lead". */
export interface Yes extends Answer {
  readonly candidate: Candidate;
}

const ELECTION = 'bench';
/** Large fleets are started in small groups: two cores start some processes at a time, not fifty. */
const START_TOGETHER = 3;

export class Fleet {
  readonly namespace: string;
  readonly election = ELECTION;
  /** Those that run, by Pod. */
  readonly members = new Map<string, Candidate>();
  /** Every answer "I lead" since the last `forgetAnswers`, in the order of receipt. */
  yes: Yes[] = [];
  readonly #options: FleetOptions;
  readonly #taps = new Map<string, Tap>();
  readonly #ended: Candidate[] = [];
  #onYes: (yes: Yes) => void = () => {};

  static async start(options: FleetOptions): Promise<Fleet> {
    const { namespace, seats } = await makeSeats(options.cluster, ELECTION, options.size);
    const fleet = new Fleet(options, namespace);
    for (let index = 0; index < seats.length; index += START_TOGETHER) {
      const group = seats.slice(index, index + START_TOGETHER);
      const members = await Promise.all(group.map((seat) => fleet.join(seat)));
      if (options.pollEveryMs !== null) await Promise.all(members.map((member) => untilSettled(member)));
    }
    await until('somebody leads', () => fleet.leaders.length === 1);
    return fleet;
  }

  private constructor(options: FleetOptions, namespace: string) {
    this.#options = options;
    this.namespace = namespace;
  }

  /** Starts a candidate in this Pod. */
  async join(seat: Seat): Promise<Candidate> {
    const { cluster, commands, program, ttlSeconds = 10, pollEveryMs, tapped } = this.#options;
    if (tapped && !this.#taps.has(seat.podName)) this.#taps.set(seat.podName, await openTap(cluster.url));
    const tap = this.#taps.get(seat.podName);
    const member = await Candidate.start({
      ...{ program, commands, seat, ttlSeconds, pollEveryMs, election: ELECTION, namespace: this.namespace },
      port: await freePort(),
      onAnswer: (candidate, answer) => this.#answered(candidate, answer),
      ...(tap === undefined ? {} : { env: tap.env }),
    });
    this.members.set(seat.podName, member);
    void member.exited().then(() => {
      this.#ended.push(member);
      if (this.members.get(seat.podName) === member) this.members.delete(seat.podName);
    });
    return member;
  }

  /** By their own words. */
  get leaders(): readonly Candidate[] {
    return [...this.members.values()].filter((member) => member.isLeading);
  }

  /** The one leader, once every member that is asked knows it and all have been left in peace for a moment. */
  async settled(restMs = 400): Promise<Candidate> {
    let leader: Candidate | undefined;
    await until('one leads and all know it', () => {
      const [first, second] = this.leaders;
      leader = first;
      if (first === undefined || second !== undefined) return false;
      if (this.#options.pollEveryMs === null) return true;
      return [...this.members.values()].every(({ lastAnswer }) => lastAnswer?.leader === first.id);
    });
    await sleep(restMs);
    if (leader?.isLeading !== true) return this.settled(restMs);
    return leader;
  }

  forgetAnswers(): void {
    this.yes = [];
  }

  /** The first answer "I lead" of another than this one. */
  nextYes(other: Candidate): Promise<Yes> {
    return new Promise((resolve) => {
      this.#onYes = (yes) => {
        if (yes.candidate !== other) resolve(yes);
      };
    });
  }

  /** The first of the others to say in its log that it leads. */
  nextTerm(other: Candidate): Promise<{ readonly candidate: Candidate; readonly atMs: number }> {
    const others = [...this.members.values()].filter((member) => member !== other);
    return Promise.race(others.map(async (candidate) => ({ candidate, atMs: await candidate.leading() })));
  }

  pollEvery(intervalMs: number): void {
    for (const { poller } of this.members.values()) if (poller !== null) poller.intervalMs = intervalMs;
  }

  tapOf(candidate: Candidate): Tap | undefined {
    return this.#taps.get(candidate.id);
  }

  /** Of all that ever ran here, by their logs. */
  get terms(): readonly Term[] {
    return [...this.#ended, ...this.members.values()].flatMap(({ terms }) => terms);
  }

  async stop(): Promise<void> {
    const leaving = [...this.members.values()];
    for (const member of leaving) member.signal('SIGKILL');
    await Promise.all(leaving.map((member) => member.exited()));
    for (const tap of this.#taps.values()) tap.close();
  }

  #answered(candidate: Candidate, answer: Answer): void {
    if (!answer.isLeader) return;
    const yes = { ...answer, candidate };
    this.yes.push(yes);
    this.#onYes(yes);
  }
}

async function untilSettled(member: Candidate): Promise<void> {
  await until(`${member.id} knows a leader`, () => (member.lastAnswer?.leader ?? '') !== '').catch((error: unknown) => {
    throw new Error(`${member.id} found no leader:\n${member.log}`, { cause: error });
  });
}
