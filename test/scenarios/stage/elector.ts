/** What every elector on a stage is to a story, whoever made it. */
import type { StageClock } from './clock.ts';
import type { Ledger } from './ledger.ts';
import type { Line } from './line.ts';
import type { Platform } from './platform.ts';
import type { Transcript } from './transcript.ts';
import type { Wording } from './wording.ts';
import type { WorkHabit } from './work.ts';

/** What a story may say of an elector; everything has a usual value. */
export interface ElectorOptions {
  readonly id?: string;
  readonly ttlMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  readonly wallSkewMs?: number;
  readonly work?: WorkHabit;
  /** Keeps a Pod label; the Pod stands in this namespace (the lock's is `default`). */
  readonly pod?: { readonly namespace?: string; readonly hasLabels?: boolean };
  /** In [0, 1): a standby's place in the herd, a poller's jitter. Default 0.5. */
  readonly random?: number;
  /** A Go program's HTTP client ends a request after this. The default of that client is never. */
  readonly clientTimeoutMs?: number;
  /** A Go program's `ReleaseOnCancel`. Default true. */
  readonly releasesOnCancel?: boolean;
  /** A Go program that calls the election once: when that returns it goes on without. */
  readonly campaignsOnce?: boolean;
  /** Its whole log belongs into the transcript, not only what is wrong and what begins and ends a term. */
  readonly tellsAll?: boolean;
  /** The process runs in the Pod of this former elector (rule 25). */
  readonly inPodOf?: Elector;
}

/** What a process is given. */
export interface Place {
  readonly platform: Platform;
  readonly transcript: Transcript;
  readonly ledger: Ledger;
  readonly clock: StageClock;
  readonly line: Line;
  readonly wording: Wording;
  /** As the transcript names it. */
  readonly name: string;
  readonly options: ElectorOptions;
}

/** The answer to `GET /`, and what it takes part in an election to be asked for. */
export interface Answer {
  readonly is_leader: boolean;
  readonly leader: string;
}

export interface Elector {
  readonly name: string;
  readonly id: string;
  readonly timings: {
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
  readonly place: Place;
  /** What it has logged. */
  readonly log: readonly string[];
  /** So many terms have begun and ended, as its work was told. */
  readonly terms: { readonly started: number; readonly stopped: number };
  start(): void;
  /** SIGTERM. */
  stop(): void;
  /** Gives the leadership up and stays. Go programs cannot. */
  stepDown(): void;
  /** From then on it does nothing: SIGKILL, or a crash of its own. */
  die(): void;
  /** Brings the ledger up to date; answers in how many milliseconds it stops leading if nothing else happens. */
  look(): number;
  isLeading(): boolean;
  answer(): Answer;
  /** Null: well. */
  illness(): string | null;
  /** The fencing token of the present term; empty without one. */
  token(): string;
  /** The uid of the Pod, where there is one. */
  readonly podUid: string;
}
