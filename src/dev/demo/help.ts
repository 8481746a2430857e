/** The page that says what the screen's words mean, and how to take part from another terminal. */
import { commandLines, type Invitation, wrapped } from './invitation.ts';
import { type Line, piece } from './paint.ts';

const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  ['fencing token', 'the version of the lock when the term began: every later leader has a greater one'],
  ['term', 'counts how often this process has led'],
  ['version', 'of the lock object: greater after each write, so after each renewal'],
  ['transitions', 'how often the lock went to another holder'],
  ['ttl', 'a standby that has seen no renewal for so long takes the lock; who starts waits as long first'],
  ['GET / says', 'is_leader and leader: what an application asks, here curl 127.0.0.1:PORT'],
  ['Pod label', "k8s-elector/status on the member's Pod, for a Service to select the leader by"],
  ['check', 'no two may lead at one instant, by the answers of GET / (each asked 10 times a second) and by the logs'],
  ['hand-over', 'timed from what was done to the leader until the next one leads'],
];
const WORD_WIDTH = 15;

/** One page where all of it fits, else one after the other. */
export function helpPages(invitation: Invitation | null, columns: number, rows: number): readonly (readonly Line[])[] {
  const words = WORDS.flatMap(([word, meaning]) =>
    wrapped(meaning.split(' '), columns - WORD_WIDTH - 2).map((line, index): Line => {
      return [piece(index === 0 ? ` ${word}` : '', 'cyan', WORD_WIDTH + 1), piece(line)];
    }),
  );
  const guest = invitation === null ? [] : drawInvitation(invitation, columns);
  const together = [...guest, [], ...words];
  if (together.length <= rows) return [together];
  return [...inPages(guest, rows), ...inPages(words, rows)];
}

function inPages(lines: readonly Line[], rows: number): readonly (readonly Line[])[] {
  const perPage = Math.max(1, rows);
  const count = Math.ceil(lines.length / perPage);
  return Array.from({ length: count }, (_, page) => lines.slice(page * perPage, (page + 1) * perPage));
}

/** Nothing stands beside the command, so that it can be copied. */
function drawInvitation(invitation: Invitation, columns: number): readonly Line[] {
  const text = (words: string) => wrapped(words.split(' '), columns - 2).map((line) => [piece(` ${line}`)]);
  return [
    [piece(' A GUEST', 'bold'), piece(': a fourth elector, in another terminal')],
    ...commandLines(invitation, columns - 2).map((line): Line => [piece(` ${line}`, 'cyan')]),
    ...text('or a program with the library, from the same file, which goes with the demo:'),
    ...wrapped(invitation.library.split(' '), columns - 2).map((line): Line => [piece(` ${line}`, 'cyan')]),
  ];
}
