/** All that is known in the demo, as plain data. How each event changes it stands in `state.ts`. */
import type { Answer } from './event.ts';
import type { Cause, HandOver } from './hand-over.ts';
import type { LockState } from './lock-state.ts';
import type { SeenView } from './member-line.ts';
import type { Overlap, Span } from './span.ts';

/** One line for people. */
export interface Note {
  readonly atMs: number;
  readonly text: string;
}

/** What the demo did to a member, or saw of its process; what the member thinks of itself is its view. */
export type Standing = 'starting' | 'running' | 'stopping' | 'paused' | 'cut off' | 'stopped' | 'killed' | 'failed';

export interface MemberState {
  readonly name: string;
  /** Of `GET /`, on 127.0.0.1. */
  readonly port: number;
  readonly standing: Standing;
  /** Since when; on the shared clock. */
  readonly sinceMs: number;
  /** The last one it told; null before the first. */
  readonly view: SeenView | null;
  /** The last answer of `GET /`; null without a process. */
  readonly answer: Answer | null;
  /** Of its Pod; empty for none. */
  readonly label: string;
  /** What was done to it that may cost it the leadership. */
  readonly cause: { readonly cause: Cause; readonly atMs: number } | null;
  /** How its last process ended; null for one that a signal ended, or none. */
  readonly exitCode: number | null;
}

export interface Term {
  readonly member: string;
  readonly term: number;
  readonly token: string;
  readonly sinceMs: number;
}

export interface DemoState {
  readonly startedAtMs: number;
  readonly ttlMs: number;
  readonly lockName: string;
  readonly members: readonly MemberState[];
  readonly lock: LockState | null;
  /** The last term that began; over, perhaps. */
  readonly term: Term | null;
  /** Newest last. */
  readonly handOvers: readonly HandOver[];
  readonly spans: readonly Span[];
  /** Never anything in here. */
  readonly overlaps: readonly Overlap[];
  readonly polls: number;
  /** For people; newest last. */
  readonly notes: readonly Note[];
}
