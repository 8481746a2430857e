/**
 * All that is known in the demo, as plain data, and how each event changes it. What is drawn, judged and printed is
 * derived from this; nothing here reads a clock or starts anything.
 */
import type { DemoState, MemberState, Standing } from './demo-state.ts';
import type { Action, DemoEvent } from './event.ts';
import type { Cause } from './hand-over.ts';
import { lockAfter } from './lock-state.ts';
import type { SeenView } from './member-line.ts';
import { notesOf } from './note.ts';
import { findOverlaps, type Overlap, type Span, trackSpans } from './span.ts';
import { leaderAt, withAbsence, withGuestsTerm, withTerm } from './succession.ts';

export type { DemoState, MemberState } from './demo-state.ts';
export { guestAt, isAvailable, leaderAt, memberOf } from './succession.ts';

const KEPT_NOTES = 50;
const KEPT_OVERLAPS = 5;

export function initialState(options: {
  readonly startedAtMs: number;
  readonly ttlMs: number;
  readonly lockName: string;
  readonly members: readonly { readonly name: string; readonly port: number }[];
}): DemoState {
  const { startedAtMs } = options;
  const fresh = { ...freshProcess(startedAtMs), askedAtMs: startedAtMs, label: '', cause: null };
  return {
    ...options,
    atMs: startedAtMs,
    members: options.members.map((member) => ({ ...member, ...fresh })),
    lock: null,
    term: null,
    absence: null,
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
    atMs: Math.max(state.atMs, event.atMs),
    spans,
    overlaps: spans === state.spans ? state.overlaps : withOverlaps(state.overlaps, spans),
    polls: state.polls + (event.type === 'polled' && event.answer.type === 'answered' ? 1 : 0),
  };
  const next = withAbsence(apply(tracked, event), event.atMs);
  const notes = notesOf(event, state, next);
  return notes.length === 0 ? next : { ...next, notes: [...next.notes, ...notes].slice(-KEPT_NOTES) };
}

/** Has it a process at all? */
export function isAlive({ standing }: MemberState): boolean {
  return standing !== 'stopped' && standing !== 'killed' && standing !== 'failed';
}

/** Was the last answer asked for before something else became known, so that it may contradict that? */
export function isAnswerOld({ askedAtMs, newsAtMs }: MemberState): boolean {
  return askedAtMs < newsAtMs;
}

function apply(state: DemoState, event: DemoEvent): DemoState {
  switch (event.type) {
    case 'acted':
      return applyAction(state, event);
    case 'started':
      return changed(state, event.member, () => freshProcess(event.atMs));
    case 'said':
      if (event.line.type === 'started-leading') return applyNewTerm(state, event.member, event.line);
      if (event.line.type !== 'view') return state;
      return applyView(state, event.member, event.line.view, event.atMs);
    case 'exited':
      return changed(state, event.member, (member) => afterExit(member, event));
    case 'polled': {
      const { answer, sentAtMs } = event;
      return changed(state, event.member, (member) => (isAlive(member) ? { answer, askedAtMs: sentAtMs } : {}));
    }
    case 'lock-written': {
      const lock = lockAfter(state.lock, event.lock, event.atMs);
      return withGuestsTerm({ ...state, lock }, state.lock?.holder ?? '');
    }
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
    newsAtMs: atMs,
    ...(cause === undefined ? {} : { cause: { cause, atMs } }),
    ...(survived ? { cause: null } : {}),
  }));
}

function applyView(state: DemoState, name: string, view: SeenView, atMs: number): DemoState {
  return changed(state, name, (member) => {
    const known = member.view;
    const isNews = known === null || known.isLeading !== view.isLeading || known.leader !== view.leader;
    const news = isNews ? { view, newsAtMs: atMs } : { view };
    if (member.standing !== 'starting' || view.phase === 'starting') return news;
    return { ...news, standing: 'running', sinceMs: atMs, upAtMs: atMs };
  });
}

function applyNewTerm(
  state: DemoState,
  member: string,
  begun: { readonly atMs: number; readonly term: number; readonly token: string },
): DemoState {
  return changed(withTerm(state, member, begun), member, () => ({ cause: null, newsAtMs: begun.atMs }));
}

/** What cost the process before it the leadership stays in mind: it is why another may lead. */
function freshProcess(atMs: number) {
  const nothingYet = { upAtMs: null, view: null, answer: null, exitCode: null } as const;
  return { standing: 'starting', sinceMs: atMs, newsAtMs: atMs, ...nothingYet } as const;
}

/** It may have ended without the demo: by a hand in another terminal, or by itself. */
function afterExit(
  { standing }: MemberState,
  { atMs, code, signal }: DemoEvent & { type: 'exited' },
): Partial<MemberState> {
  const wasKilled = standing === 'killed' || signal !== null;
  const wasAsked = standing === 'stopping' || code === 0;
  const standingNow = wasAsked ? 'stopped' : wasKilled ? 'killed' : 'failed';
  const ended = { standing: standingNow, sinceMs: atMs, newsAtMs: atMs, answer: null, exitCode: code } as const;
  return standingNow === 'killed' && standing !== 'killed' ? { ...ended, cause: { cause: 'killed', atMs } } : ended;
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
