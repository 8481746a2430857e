/** What a person sees: a screen full of lines, drawn from the state. No terminal and no clock in here. */

import type { DemoState } from './demo-state.ts';
import { formatAge, formatTime } from './format.ts';
import { describeHow, describeTime, type HandOver } from './hand-over.ts';
import { helpPages } from './help.ts';
import { commandLines, type Invitation } from './invitation.ts';
import { drawCheck, drawLeader } from './leader-lines.ts';
import { leaseEndsAtMs } from './lock-state.ts';
import { drawMembers } from './member-table.ts';
import { type Line, piece, widestThatFits, widthOf } from './paint.ts';

export interface Frame {
  readonly nowMs: number;
  readonly columns: number;
  readonly rows: number;
  /** Of the embedded API. */
  readonly url: string;
  readonly invitation: Invitation | null;
  /** What the demo answers to the last key; empty for nothing. */
  readonly message: string;
  /** From 0: a page about the words instead; null for none. */
  readonly helpPage: number | null;
}

/** Below this not everything has a place. */
const LEAST_COLUMNS = 60;
const LEAST_ROWS = 14;
/** From here on there are blank lines between the parts. */
const LOOSE_ROWS = 24;
/** From here on the guest's command has a place of its own. */
const ROOMY_ROWS = 30;
const MOST_HAND_OVERS_SHOWN = 12;
const BAR_WIDTH = 30;

/** Exactly `rows` lines; each may be too wide still. */
export function drawScreen(state: DemoState, frame: Frame): readonly Line[] {
  const { columns, rows } = frame;
  if (frame.helpPage !== null) return drawHelpPage(state, frame, frame.helpPage);
  const isSmall = columns < LEAST_COLUMNS || rows < LEAST_ROWS;
  const top = isSmall ? drawEssence(state, frame) : drawTop(state, frame);
  const bottom = [...drawFoot(frame, isSmall), drawKeys(columns)];
  const room = Math.max(0, rows - top.length - bottom.length);
  const middle = isSmall ? [] : drawLists(state, room, rows >= LOOSE_ROWS);
  // On a terminal that is too low the keys stay: without them nobody gets out.
  return filled([...top, ...middle], rows - bottom.length).concat(bottom.slice(-Math.max(1, rows)));
}

function drawTop(state: DemoState, frame: Frame): Line[] {
  const { nowMs, columns } = frame;
  const gap: Line[] = frame.rows >= LOOSE_ROWS ? [[]] : [];
  return [
    ...[drawTitle(state, frame), ...gap],
    ...[drawLeader(state, nowMs), drawCheck(state, columns), ...gap],
    ...[...drawMembers(state, nowMs, columns), ...gap],
    ...[...drawLock(state, frame), ...gap],
  ];
}

/** For a window in which not even the members have a place. */
function drawEssence(state: DemoState, { nowMs, columns }: Frame): Line[] {
  const last = state.handOvers.at(-1);
  const handOver = last === undefined ? [] : [drawHandOver(last, state.startedAtMs)];
  return [drawLeader(state, nowMs), drawCheck(state, columns), ...handOver];
}

/** After the last page there is none. */
export function helpPageAfter(page: number | null, frame: Frame): number | null {
  const next = page === null ? 0 : page + 1;
  return next < pagesOf(frame).length ? next : null;
}

function pagesOf({ invitation, columns, rows }: Frame): readonly (readonly Line[])[] {
  return helpPages(invitation, columns, rows - 2);
}

function drawHelpPage(state: DemoState, frame: Frame, page: number): readonly Line[] {
  const pages = pagesOf(frame);
  // The window may have been smaller.
  const shown = pages[Math.min(page, pages.length - 1)] ?? [];
  const isLast = page >= pages.length - 1;
  const keys = [piece(' h', 'cyan'), piece(isLast ? ' back' : ' more'), piece('   q', 'cyan'), piece(' quit')];
  return [drawTitle(state, frame), ...filled(shown, frame.rows - 2), keys];
}

function filled(lines: readonly Line[], rows: number): Line[] {
  const most = Math.max(0, rows);
  return [...lines.slice(0, most), ...Array.from({ length: most - lines.length }, (): Line => [])];
}

function drawTitle(state: DemoState, { nowMs, columns, url }: Frame): Line {
  const title = piece(' k8s-elector demo', 'bold');
  const ttl = `ttl ${state.ttlMs / 1000}s`;
  const time = piece(formatTime(nowMs - state.startedAtMs, 0));
  const { length } = state.members;
  const address = url.slice(url.indexOf('//') + 2);
  const variants = [`   ${length} electors, ${ttl}, API ${url}`, `  ${ttl}, API ${address}`, `  ${ttl}`];
  const lines = variants.map((about): Line => [title, piece(about, 'dim'), piece('  '), time]);
  const line = widestThatFits(columns - 1, lines);
  return line.toSpliced(-1, 0, piece(' '.repeat(Math.max(0, columns - 1 - widthOf(line)))));
}

function drawLock(state: DemoState, { nowMs, columns }: Frame): Line[] {
  const { lock } = state;
  const name = piece(` LOCK  ${state.lockName}`, 'bold');
  if (lock === null) return [[name, piece('   not there yet')], []];
  const holder = `holder ${JSON.stringify(lock.holder)}`;
  const about = widestThatFits(columns, [
    [name, piece(`   ${holder}   version ${lock.version}   transitions ${lock.transitions}`)],
    [name, piece(`  ${holder}  version ${lock.version}  transitions ${lock.transitions}`)],
    [name, piece(`  ${JSON.stringify(lock.holder)}  version ${lock.version}  transitions ${lock.transitions}`)],
  ]);
  if (lock.holder === '') return [about, [piece(' free')]];
  const leftMs = leaseEndsAtMs(lock) - nowMs;
  const share = Math.max(0, leftMs) / lock.durationMs;
  const full = Math.min(BAR_WIDTH, Math.round(share * BAR_WIDTH));
  const bar = [
    piece(' '),
    piece('█'.repeat(full), share > 0.5 ? 'green' : 'yellow'),
    piece('░'.repeat(BAR_WIDTH - full), 'dim'),
  ];
  const left = leftMs > 0 ? ` runs out in ${formatAge(leftMs)}` : ` ran out ${formatAge(-leftMs)} ago`;
  const renewed = `, renewed ${formatAge(nowMs - lock.writtenAtMs)} ago`;
  return [
    about,
    widestThatFits(columns, [
      [...bar, piece(left), piece(renewed)],
      [...bar, piece(left)],
    ]),
  ];
}

/** Hand-overs and events share what room there is; both newest first. */
function drawLists(state: DemoState, room: number, isLoose: boolean): Line[] {
  const gap: Line[] = isLoose ? [[]] : [];
  const forLines = room - 2 - gap.length;
  const forHandOvers = Math.min(Math.ceil(forLines / 2), MOST_HAND_OVERS_SHOWN);
  if (forHandOvers <= 0) return [];
  const { startedAtMs } = state;
  const handOvers = state.handOvers.toReversed().slice(0, forHandOvers);
  // What was told late stands where it belongs.
  const notes = state.notes.toSorted((a, b) => a.atMs - b.atMs).toReversed();
  const events = notes.slice(0, forLines - Math.max(1, handOvers.length));
  return [
    [piece(' HAND-OVERS', 'bold')],
    ...(handOvers.length === 0 ? [[piece(' none yet', 'dim')]] : []),
    ...handOvers.map((handOver) => drawHandOver(handOver, startedAtMs)),
    ...gap,
    [piece(' EVENTS', 'bold')],
    ...events.map((note) => [piece(` ${formatTime(note.atMs - startedAtMs)}  `, 'dim'), piece(note.text)]),
  ];
}

export function drawHandOver(handOver: HandOver, startedAtMs: number): Line {
  const { from, to, cause, atMs } = handOver;
  const who = from === '' ? `first: ${to}` : `${from} → ${to}`;
  return [
    piece(` ${formatTime(atMs - startedAtMs)}  `, 'dim'),
    piece(who, 'plain', 15),
    piece(cause, 'cyan', 9),
    piece(describeTime(handOver).padStart(7), 'bold'),
    piece(`  ${describeHow(handOver)}`),
  ];
}

/** Above the keys: what the last key was answered, else how to take part. */
function drawFoot({ message, invitation, columns, rows }: Frame, isSmall: boolean): Line[] {
  const said = message === '' ? [] : [[piece(` ${message}`, 'yellow')]];
  if (isSmall) {
    const small: Line = [piece(` window too small: ${LEAST_COLUMNS}x${LEAST_ROWS} shows all`, 'yellow')];
    return said.length > 0 ? said : [small];
  }
  if (invitation === null || rows < LOOSE_ROWS) return said;
  const hint: Line = [
    piece(' GUEST   '),
    piece('h', 'cyan'),
    piece(' shows the command for a fourth elector of yours'),
  ];
  if (rows < ROOMY_ROWS) return said.length > 0 ? said : [hint];
  const command = commandLines(invitation, columns - 2).map((line): Line => [piece(` ${line}`, 'cyan')]);
  return [
    [],
    [piece(' GUEST', 'bold'), piece('  a fourth elector, in another terminal (h tells more):')],
    ...command,
    said[0] ?? [],
  ];
}

function drawKeys(columns: number): Line {
  const key = (name: string, meaning: string) => [piece(` ${name}`, 'cyan'), piece(` ${meaning}`)];
  const way = [...key('s', 'stop'), ...key(' k', 'kill'), ...key(' p', 'pause'), ...key(' c', 'cut off')];
  const out = [...key(' h', 'help'), ...key(' q', 'quit')];
  return widestThatFits(columns, [
    [...way, piece(' the leader', 'dim'), ...key('  b', 'bring back'), ...key('  h', 'help'), ...key('  q', 'quit')],
    [...way, ...key(' b', 'back'), ...out],
    out,
  ]);
}
