/** What a person sees: a screen full of lines, drawn from the state. No terminal and no clock in here. */

import { describeLock, formatMs, type HandOver } from './hand-over.ts';
import { leaseEndsAtMs } from './lock-state.ts';
import { type Colour, type Line, lengthOf, piece } from './paint.ts';
import type { DemoState, MemberState } from './state.ts';
import { isAlive, leaderAt } from './state.ts';

export interface Frame {
  readonly nowMs: number;
  readonly columns: number;
  readonly rows: number;
  /** Of the embedded API. */
  readonly url: string;
  /** What the demo answers to the last key; empty for nothing. */
  readonly message: string;
}

const KEYS: readonly (readonly [key: string, meaning: string])[] = [
  ['s', 'stop'],
  ['k', 'kill'],
  ['p', 'pause'],
  ['c', 'cut off'],
];
/** Wide enough for the address of each member. */
const WIDE_COLUMNS = 104;
const MOST_HAND_OVERS_SHOWN = 12;
const BAR_WIDTH = 30;

/** Exactly `rows` lines; each may be too wide still. */
export function drawScreen(state: DemoState, frame: Frame): readonly Line[] {
  const top = [
    drawTitle(state, frame),
    [],
    drawLeader(state, frame),
    [],
    ...drawMembers(state, frame),
    [],
    ...drawLock(state, frame),
    [],
  ];
  const bottom = [[piece(` ${frame.message}`, 'yellow')], drawKeys()];
  const room = Math.max(0, frame.rows - top.length - bottom.length);
  const middle = drawLists(state, room);
  const filler = Array.from({ length: room - middle.length }, (): Line => []);
  // On a terminal that is too low the keys stay: without them nobody gets out.
  return [...top, ...middle, ...filler].slice(0, Math.max(0, frame.rows - bottom.length)).concat(bottom);
}

function drawTitle(state: DemoState, { nowMs, columns, url }: Frame): Line {
  const title = ' k8s-elector demo';
  const about = `   ${state.members.length} electors, ttl ${state.ttlMs / 1000}s, API ${url}`;
  const time = formatTime(nowMs - state.startedAtMs, 0);
  const gap = Math.max(2, columns - lengthOf(title) - lengthOf(about) - lengthOf(time) - 1);
  return [piece(title, 'bold'), piece(about, 'dim'), piece(' '.repeat(gap)), piece(time)];
}

function drawLeader(state: DemoState, frame: Frame): Line {
  const { nowMs, columns } = frame;
  const leader = leaderAt(state, nowMs);
  const { term } = state;
  const left =
    leader === null || term === null
      ? [piece('nobody', 'yellow'), piece(whyNobody(state, nowMs))]
      : [
          piece(leader, 'green'),
          piece(` for ${formatAge(nowMs - term.sinceMs)}   term ${term.term}   fencing token `),
          piece(term.token, 'bold'),
        ];
  const isSafe = state.overlaps.length === 0;
  const verdict = isSafe ? piece('never two leaders', 'green') : piece('TWO LED AT ONCE', 'red');
  const line = [piece(' LEADER  ', 'bold'), ...left];
  const width = line.reduce((sum, { text }) => sum + lengthOf(text), 0);
  return [...line, piece(' '.repeat(Math.max(2, columns - width - lengthOf(verdict.text) - 1))), verdict];
}

function whyNobody({ lock }: DemoState, nowMs: number): string {
  if (lock === null) return ': there is no lock yet';
  if (lock.holder === '') return ': the lock is free';
  const leftMs = leaseEndsAtMs(lock) - nowMs;
  return `: the lease of ${lock.holder} ${leftMs > 0 ? `runs out in ${formatAge(leftMs)}` : 'has run out'}`;
}

function drawMembers(state: DemoState, frame: Frame): Line[] {
  const isWide = frame.columns >= WIDE_COLUMNS;
  const header = [
    piece(' MEMBER', 'bold', 9),
    piece('STATE', 'bold', 17),
    piece('TERM', 'bold', 6),
    piece('GET /', 'bold', 37),
    piece('POD LABEL', 'bold', 13),
    ...(isWide ? [piece('ADDRESS', 'bold')] : []),
  ];
  const rows = state.members.map((member): Line => {
    const [shown, colour] = shownState(state, member, frame.nowMs);
    const { text, colour: answerColour } = shownAnswer(member);
    return [
      piece(` ${member.name}`, isAlive(member) ? 'plain' : 'dim', 9),
      piece(shown, colour, 17),
      piece(String(member.view?.term ?? '-'), isAlive(member) ? 'plain' : 'dim', 6),
      piece(text, answerColour, 37),
      piece(member.label || '-', member.label === 'leader' ? 'green' : 'plain', 13),
      ...(isWide ? [piece(`http://127.0.0.1:${member.port}/`, 'dim')] : []),
    ];
  });
  return [header, ...rows];
}

function shownState(state: DemoState, member: MemberState, nowMs: number): readonly [string, Colour] {
  const { standing, view, sinceMs, exitCode } = member;
  switch (standing) {
    case 'running':
      if (leaderAt(state, nowMs) === member.name) return ['leading', 'green'];
      return view?.phase === 'standby' ? ['standby', 'plain'] : ['stopping', 'yellow'];
    case 'paused':
    case 'cut off':
      return [`${standing} ${formatAge(nowMs - sinceMs)}`, 'yellow'];
    case 'stopped':
    case 'failed':
      return [`${standing}${exitCode === null ? '' : `, exit ${exitCode}`}`, standing === 'failed' ? 'red' : 'dim'];
    case 'killed':
      return ['killed', 'red'];
    case 'starting':
    case 'stopping':
      return [standing, 'yellow'];
  }
}

function shownAnswer(member: MemberState): { readonly text: string; readonly colour: Colour } {
  const { answer } = member;
  if (!isAlive(member) || answer === null) return { text: '-', colour: 'dim' };
  if (answer.type === 'silent') return { text: 'no answer', colour: 'yellow' };
  const text = `is_leader: ${answer.isLeader}, leader: ${JSON.stringify(answer.leader)}`;
  return { text, colour: answer.isLeader ? 'green' : 'plain' };
}

function drawLock(state: DemoState, { nowMs }: Frame): Line[] {
  const { lock } = state;
  const name = piece(` LOCK  ${state.lockName}`, 'bold');
  if (lock === null) return [[name, piece('   not there yet')], []];
  const about = `   holder ${JSON.stringify(lock.holder)}   version ${lock.version}   transitions ${lock.transitions}`;
  if (lock.holder === '') return [[name, piece(about)], [piece(' free')]];
  const leftMs = Math.max(0, leaseEndsAtMs(lock) - nowMs);
  const filled = Math.min(BAR_WIDTH, Math.round((leftMs / lock.durationMs) * BAR_WIDTH));
  const colour = leftMs > lock.durationMs / 2 ? 'green' : leftMs > 0 ? 'yellow' : 'red';
  const bar = [
    piece(' '),
    piece('█'.repeat(filled), colour),
    piece('░'.repeat(BAR_WIDTH - filled), 'dim'),
    piece(leftMs > 0 ? ` runs out in ${formatAge(leftMs)}` : ' has run out'),
    piece(`, renewed ${formatAge(nowMs - lock.writtenAtMs)} ago`),
  ];
  return [[name, piece(about)], bar];
}

/** Hand-overs and events share what room there is; both newest first. */
function drawLists(state: DemoState, room: number): Line[] {
  const forHandOvers = Math.min(Math.ceil((room - 3) / 2), MOST_HAND_OVERS_SHOWN);
  if (forHandOvers <= 0) return [];
  const { startedAtMs } = state;
  const handOvers = state.handOvers.toReversed().slice(0, forHandOvers);
  const events = state.notes.toReversed().slice(0, room - 3 - Math.max(1, handOvers.length));
  return [
    [piece(' HAND-OVERS', 'bold')],
    ...(handOvers.length === 0 ? [[piece(' none yet', 'dim')]] : []),
    ...handOvers.map((handOver) => drawHandOver(handOver, startedAtMs)),
    [],
    [piece(' EVENTS', 'bold')],
    ...events.map((note) => [piece(` ${formatTime(note.atMs - startedAtMs)}  `, 'dim'), piece(note.text)]),
  ];
}

export function drawHandOver(handOver: HandOver, startedAtMs: number): Line {
  const { from, to, cause, atMs, tookMs } = handOver;
  const who = from === '' ? `first: ${to}` : `${from} → ${to}`;
  return [
    piece(` ${formatTime(atMs - startedAtMs)}  `, 'dim'),
    piece(who, 'plain', 15),
    piece(cause, 'cyan', 9),
    piece(formatMs(tookMs).padStart(7), 'bold'),
    piece(`  ${describeLock(handOver)}`),
  ];
}

function drawKeys(): Line {
  const line = KEYS.flatMap(([key, meaning]) => [piece(` ${key}`, 'cyan'), piece(` ${meaning} `)]);
  const rest = [
    piece('the leader', 'dim'),
    piece('   b', 'cyan'),
    piece(' bring back'),
    piece('   q', 'cyan'),
    piece(' quit'),
  ];
  return [...line, ...rest];
}

/** `1:02.34`, or without decimals `1:02`. */
export function formatTime(ms: number, decimals: 0 | 2 = 2): string {
  const hundredths = Math.max(0, Math.floor(ms / 10));
  const seconds = Math.floor(hundredths / 100);
  const whole = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return decimals === 0 ? whole : `${whole}.${String(hundredths % 100).padStart(2, '0')}`;
}

function formatAge(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}
