/**
 * All that is known in the demo, as plain data, and how each event changes it. What is drawn, judged and printed is
 * derived from this; nothing here reads a clock or starts anything.
 */
import type { DemoState, MemberState, Standing } from './demo-state.ts';
import type { Action, DemoEvent } from './event.ts';
import type { Cause, HandOver } from './hand-over.ts';
import { howFreed, lockAfter } from './lock-state.ts';
import type { SeenView } from './member-line.ts';
import { noteOf } from './note.ts';
import { findOverlaps, leadingSpan, type Overlap, type Span, trackSpans } from './span.ts';

export type { DemoState, MemberState } from './demo-state.ts';

const KEPT_HAND_OVERS = 50;
const KEPT_NOTES = 50;
const KEPT_OVERLAPS = 5;

export function initialState(options: {
  readonly startedAtMs: number;
  readonly ttlMs: number;
  readonly lockName: string;
  readonly members: readonly { readonly name: string; readonly port: number }[];
}): DemoState {
  const { startedAtMs } = options;
  const fresh = { standing: 'starting', sinceMs: startedAtMs, view: null, answer: null, label: '' } as const;
  return {
    ...options,
    members: options.members.map((member) => ({ ...member, ...fresh, cause: null, exitCode: null })),
    lock: null,
    term: null,
    handOvers: [],
    spans: [],
    overlaps: [],
    polls: 0,
    notes: [],
  };
}

export function reduce(state: DemoState, event: DemoEvent): DemoState {
  const spans = trackSpans(state.spans, event);
  const tracked = {
    ...state,
    spans,
    overlaps: spans === state.spans ? state.overlaps : withOverlaps(state.overlaps, spans),
    polls: state.polls + (event.type === 'polled' && event.answer.type === 'answered' ? 1 : 0),
  };
  const next = apply(tracked, event);
  const note = noteOf(event, state, next);
  return note === null ? next : { ...next, notes: [...next.notes, note].slice(-KEPT_NOTES) };
}

export function memberOf(state: DemoState, name: string): MemberState | undefined {
  return state.members.find((member) => member.name === name);
}

/** Has it a process that can lead, undisturbed? */
export function isAvailable({ standing }: MemberState): boolean {
  return standing === 'running';
}

/** Has it a process at all? */
export function isAlive({ standing }: MemberState): boolean {
  return standing !== 'stopped' && standing !== 'killed' && standing !== 'failed';
}

/** Who leads at this instant, by its own log; null while nobody does. */
export function leaderAt(state: DemoState, nowMs: number): string | null {
  return leadingSpan(state.spans, nowMs)?.member ?? null;
}

function apply(state: DemoState, event: DemoEvent): DemoState {
  switch (event.type) {
    case 'acted':
      return applyAction(state, event);
    case 'started': {
      const fresh = { standing: 'starting', sinceMs: event.atMs, view: null, answer: null, exitCode: null } as const;
      return changed(state, event.member, () => ({ ...fresh, cause: null }));
    }
    case 'said':
      if (event.line.type === 'started-leading') return applyNewTerm(state, event.member, event.line);
      if (event.line.type !== 'view') return state;
      return applyView(state, event.member, event.line.view, event.atMs);
    case 'exited':
      return changed(state, event.member, ({ standing }) => ({
        standing: standing === 'killed' ? 'killed' : standing === 'stopping' ? 'stopped' : 'failed',
        sinceMs: event.atMs,
        answer: null,
        exitCode: event.code,
      }));
    case 'polled':
      return changed(state, event.member, (member) => (isAlive(member) ? { answer: event.answer } : {}));
    case 'lock-written':
      return { ...state, lock: lockAfter(state.lock, event.lock, event.atMs) };
    case 'labelled':
      return changed(state, event.member, () => ({ label: event.label }));
  }
}

const STANDING_AFTER: Readonly<Record<Action, Standing>> = {
  start: 'starting',
  stop: 'stopping',
  kill: 'killed',
  pause: 'paused',
  resume: 'running',
  'cut-off': 'cut off',
  reconnect: 'running',
};

const CAUSE_OF: Readonly<Partial<Record<Action, Cause>>> = {
  stop: 'stopped',
  kill: 'killed',
  pause: 'paused',
  'cut-off': 'cut off',
};

function applyAction(state: DemoState, { member, action, atMs }: DemoEvent & { type: 'acted' }): DemoState {
  const cause = CAUSE_OF[action];
  // Back in time: it leads on, and what was done to it has cost it nothing.
  const survived = cause === undefined && leaderAt(state, atMs) === member;
  return changed(state, member, () => ({
    standing: STANDING_AFTER[action],
    sinceMs: atMs,
    ...(cause === undefined ? {} : { cause: { cause, atMs } }),
    ...(survived ? { cause: null } : {}),
  }));
}

function applyView(state: DemoState, member: string, view: SeenView, atMs: number): DemoState {
  return changed(state, member, ({ standing, sinceMs }) => {
    const isUp = standing === 'starting' && view.phase !== 'starting';
    return { view, standing: isUp ? 'running' : standing, sinceMs: isUp ? atMs : sinceMs };
  });
}

function applyNewTerm(
  state: DemoState,
  member: string,
  { atMs, term, token }: { readonly atMs: number; readonly term: number; readonly token: string },
): DemoState {
  const handOver = handOverTo(state, member, atMs);
  const next = {
    ...state,
    term: { member, term, token, sinceMs: atMs },
    handOvers: [...state.handOvers, handOver].slice(-KEPT_HAND_OVERS),
  };
  return changed(next, member, () => ({ cause: null }));
}

function handOverTo(state: DemoState, to: string, atMs: number): HandOver {
  const from = state.term?.member ?? '';
  if (from === '') {
    return { from, to, cause: 'start', atMs, tookMs: atMs - state.startedAtMs, lock: { type: 'new' } };
  }
  const lost = state.spans.findLast((span) => span.member === from && span.source === 'log' && span.fromMs < atMs);
  const because = memberOf(state, from)?.cause ?? { cause: 'lapsed' as const, atMs: lost?.toMs ?? atMs };
  return {
    from,
    to,
    cause: because.cause,
    atMs,
    tookMs: Math.max(0, atMs - because.atMs),
    lock: howFreed(state.lock, from, to, atMs),
  };
}

function withOverlaps(known: readonly Overlap[], spans: readonly Span[]): readonly Overlap[] {
  const found = findOverlaps(spans);
  const others = known.filter((overlap) => found.every(({ fromMs }) => fromMs !== overlap.fromMs));
  return [...others, ...found].slice(0, KEPT_OVERLAPS);
}

function changed(state: DemoState, name: string, change: (member: MemberState) => Partial<MemberState>): DemoState {
  const members = state.members.map((member) => (member.name === name ? { ...member, ...change(member) } : member));
  return { ...state, members };
}
