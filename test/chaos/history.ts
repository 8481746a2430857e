/**
 * What a run of chaos leaves behind, as plain data: who said what about itself, what was seen from outside, and what was
 * done to whom. All instants are milliseconds of CLOCK_MONOTONIC, which every process of the machine shares. Nothing is
 * judged here.
 */

export type Program = 'command' | 'library' | 'clientgo-v0.17' | 'clientgo-v0.37';
export type LockKind = 'leases' | 'configmaps' | 'endpoints';

/** One process of one member. Its name is `alice#3`: the third process of alice in her election. */
export interface Life {
  readonly process: string;
  readonly member: string;
  readonly program: Program;
  readonly fromMs: number;
  /** The first answer to `GET /`; null if it never gave one. */
  readonly answeredAtMs: number | null;
  /** Of the signal that killed it, else of its end; null while it lives. */
  readonly toMs: number | null;
  /** Null while it lives. */
  readonly exit: Exit | null;
  /** While it stood still (SIGSTOP). */
  readonly pauses: readonly Span[];
  /** What it said of itself, in order. */
  readonly marks: readonly Mark[];
  /** What it answered when asked: each run is an unbroken row of answers "I lead". */
  readonly runs: readonly Run[];
  /** While it waited for a processor though it could have run. */
  readonly stalls: readonly Stall[];
}

export interface Exit {
  /** The last signal that it was sent to end it; null when it ended unasked. */
  readonly asked: 'SIGTERM' | 'SIGKILL' | null;
  readonly code: number | null;
  /** What it said last. */
  readonly lastLine: string;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Mark {
  readonly type: 'leading' | 'stopped';
  readonly atMs: number;
  /** Of a term that begins; null where the program has none. */
  readonly token: string | null;
  /** Why a term ended, in the program's own words. */
  readonly reason: string;
}

export interface Run {
  readonly firstSentMs: number;
  readonly firstReceivedMs: number;
  readonly lastSentMs: number;
  readonly lastReceivedMs: number;
  readonly answers: number;
}

export interface Stall extends Span {
  /** Who waited. */
  readonly of: string;
  /** At most the length of the span. */
  readonly waitedMs: number;
}

/** A row of accepted writes under one token, or a single refused one. */
export interface FencedWrites {
  readonly process: string;
  readonly token: string;
  /** Grows when etcd was restored: tokens do not order across that. */
  readonly epoch: number;
  readonly accepted: boolean;
  readonly firstReceivedMs: number;
  readonly lastReceivedMs: number;
  /** When the process last made sure, before it sent the last of these, that it leads. */
  readonly lastCheckedMs: number;
  readonly writes: number;
}

/** A change of the lock as a watch of our own saw it, or its deletion. */
export interface Sight {
  readonly atMs: number;
  readonly type: 'changed' | 'deleted';
  readonly version: string;
  /** Empty when vacant or unreadable. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** The seal says that its writer gave the lock up. */
  readonly released: boolean;
}

export const STRIKES = [
  'terminated',
  'killed',
  'killed, same Pod',
  'paused',
  'black hole',
  'black hole, delivered late',
  'half-open, requests lost',
  'half-open, answers lost',
  'reset',
  'slow drip',
  'delay',
  'cut after apply',
  'status',
  'expired certificate',
  'token rotated',
  'token revoked',
  'wall clock stepped',
  'lock deleted',
  'lock emptied',
  'lock taken by hand',
  'lock garbled',
  'lock relabelled',
  'API server killed',
  'API server hung',
  'API server restarted',
  'etcd killed',
  'etcd hung',
  'etcd restored',
] as const;
export type StrikeKind = (typeof STRIKES)[number];

/** Something that was done to an election. */
export interface Strike extends Span {
  readonly kind: StrikeKind;
  /** Members that were hit; empty: the lock itself, or the API and so everybody. */
  readonly members: readonly string[];
  /** How, in a few words. */
  readonly about: string;
}

export interface ElectionHistory extends Span {
  readonly name: string;
  readonly lockKind: LockKind;
  readonly ttlMs: number;
  readonly members: readonly { readonly name: string; readonly program: Program }[];
  readonly lives: readonly Life[];
  readonly fenced: readonly FencedWrites[];
  readonly sights: readonly Sight[];
  /** On the API as a whole too. */
  readonly strikes: readonly Strike[];
  /** Of the servers, of the conductor, whose proxies everything passes, and of answers of the API itself. */
  readonly commonStalls: readonly Stall[];
}

export function isOurs(program: Program): boolean {
  return program === 'command' || program === 'library';
}

/** Which of two tokens is older: by length, then by text. Below 0: the first. */
export function compareTokens(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : one > other ? 1 : 0;
}

export function intersects(one: Span, other: Span): boolean {
  return one.fromMs <= other.toMs && other.fromMs <= one.toMs;
}

/** How long of a span somebody waited: the one who waited longest, for they wait side by side. */
export function waited(stalls: readonly Stall[], within: Span): number {
  const sums = new Map<string, number>();
  for (const { of, fromMs, toMs, waitedMs } of stalls) {
    const insideMs = Math.min(toMs, within.toMs) - Math.max(fromMs, within.fromMs);
    if (insideMs > 0) sums.set(of, (sums.get(of) ?? 0) + Math.min(waitedMs, insideMs));
  }
  return Math.max(0, ...sums.values());
}
