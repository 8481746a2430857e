/** The members as a table, one row each; in columns that fit the width. */

import type { DemoState, MemberState } from './demo-state.ts';
import { formatAge } from './format.ts';
import { type Colour, type Line, type Piece, piece } from './paint.ts';
import { isAlive, isAnswerOld } from './state.ts';
import { leaderAt } from './succession.ts';

interface Column {
  readonly title: string;
  readonly width: number;
  cell(member: MemberState, state: DemoState, nowMs: number): readonly [text: string, colour: Colour];
}

const NAME: Column = { title: ' MEMBER', width: 8, cell: (member) => [` ${member.name}`, ofProcess(member)] };
const STATE: Column = { title: 'STATE', width: 16, cell: shownState };
const TERM: Column = {
  title: 'TERM',
  width: 5,
  cell: (member) => [String(member.view?.term ?? '-'), ofProcess(member)],
};
const PORT: Column = { title: 'PORT', width: 7, cell: ({ port }) => [String(port), 'dim'] };
const ADDRESS: Column = {
  title: 'ADDRESS',
  width: 25,
  cell: ({ port }) => [`http://127.0.0.1:${port}/`, 'dim'],
};
const ANSWER: Column = {
  title: 'GET / SAYS',
  width: 35,
  cell: (member) =>
    shownAnswer(member, (isLeader, leader) => `is_leader: ${isLeader}, leader: ${JSON.stringify(leader)}`),
};
const SHORT_ANSWER: Column = {
  title: 'GET / SAYS',
  width: 18,
  cell: (member) => shownAnswer(member, (isLeader, leader) => `${isLeader}, ${JSON.stringify(leader)}`),
};
const LABEL: Column = {
  title: 'POD LABEL',
  width: 9,
  cell: ({ label }) => [label || '-', label === 'leader' ? 'green' : 'plain'],
};

/** Widest first. */
const LAYOUTS: readonly (readonly Column[])[] = [
  [NAME, STATE, TERM, ADDRESS, ANSWER, LABEL],
  [NAME, STATE, TERM, PORT, ANSWER, LABEL],
  [NAME, STATE, PORT, SHORT_ANSWER, LABEL],
];

export function drawMembers(state: DemoState, nowMs: number, columns: number): readonly Line[] {
  const layout = LAYOUTS.find((each) => each.reduce((sum, { width }) => sum + width, 0) <= columns) ?? [NAME, STATE];
  const header = layout.map(({ title, width }) => piece(title, 'bold', width));
  const rows = state.members.map((member) =>
    layout.map(({ cell, width }): Piece => {
      const [text, colour] = cell(member, state, nowMs);
      return piece(text, colour, width);
    }),
  );
  return [header, ...rows];
}

function ofProcess(member: MemberState): Colour {
  return isAlive(member) ? 'plain' : 'dim';
}

function shownState(member: MemberState, state: DemoState, nowMs: number): readonly [string, Colour] {
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

function shownAnswer(
  member: MemberState,
  describe: (isLeader: boolean, leader: string) => string,
): readonly [string, Colour] {
  const { answer } = member;
  if (!isAlive(member)) return ['-', 'dim'];
  // An answer from before would stand here beside a state that it does not know.
  if (answer === null || isAnswerOld(member)) return ['asking', 'dim'];
  if (answer.type === 'silent') return ['no answer', 'yellow'];
  return [describe(answer.isLeader, answer.leader), answer.isLeader ? 'green' : 'plain'];
}
