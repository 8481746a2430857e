/** All that is known in the demo, as plain data. How each event changes it stands in `state.ts`. */
import type { Answer } from './event.ts';
import type { Cause, HandOver } from './hand-over.ts';
import type { LockState } from './lock-state.ts';
import type { SeenView } from './member-line.ts';
import type { Overlap, Span } from './span.ts';

/** One line for people. */
export interface Note {
  /** When it was so; some hear of it later. */
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
  /** When its present process first knew the lock; null before. */
  readonly upAtMs: number | null;
  /** The last one it told; null before the first. */
  readonly view: SeenView | null;
  /** The last answer of `GET /`; null without a process. */
  readonly answer: Answer | null;
  /** When that was asked for. */
  readonly askedAtMs: number;
  /** When last something became known of it that its answers must agree with. */
  readonly newsAtMs: number;
  /** Of its Pod; empty for none. */
  readonly label: string;
  /** What was done to it that may cost it the leadership, or has; until it leads again. */
  readonly cause: { readonly cause: Cause; readonly atMs: number } | null;
  /** How its last process ended; null for one that a signal ended, or none. */
  readonly exitCode: number | null;
}

export interface Term {
  /** Of the demo, or a guest. */
  readonly member: string;
  /** Null for a guest, which does not tell. */
  readonly term: number | null;
  readonly token: string;
  readonly sinceMs: number;
}

export interface DemoState {
  readonly startedAtMs: number;
  /** Of the latest event. */
  readonly atMs: number;
  readonly ttlMs: number;
  readonly lockName: string;
  readonly members: readonly MemberState[];
  readonly lock: LockState | null;
  /** The last term that began; over, perhaps. */
  readonly term: Term | null;
  /** The last time in which no member was there to lead; `toMs` is null while that lasts. */
  readonly absence: { readonly fromMs: number; readonly toMs: number | null } | null;
  /** Newest last. */
  readonly handOvers: readonly HandOver[];
  readonly spans: readonly Span[];
  /** Never anything in here. */
  readonly overlaps: readonly Overlap[];
  /** Answers of `GET /` so far. */
  readonly polls: number;
  /** For people, as they became known; newest last. */
  readonly notes: readonly Note[];
}
