/**
 * What a person reads: one line for each thing that happened, at its time, with who did it. What happens again and
 * again without news (a renewal, a poll) is folded into one line, up to the next news of anybody.
 */

interface Line {
  readonly atMs: number;
  readonly actor: string;
  text: string;
  /** Lines of one actor with the same key are folded. */
  routine: Routine | null;
}

/** `text` says it once, `folded` says it for several. */
export interface Routine {
  readonly key: string;
  /** A poll without news goes on across whatever others do; the story's turns end everything else. */
  readonly kind: 'poll' | 'renewal';
  readonly detail: string;
  readonly folded: (details: readonly string[]) => string;
}

/** A line whose end comes later, such as a request that waits for its answer. */
export interface OpenLine {
  close(ending: string, routine?: { readonly text: string } & Routine): void;
  /** There will be no answer. */
  giveUp(): void;
}

/** An answer that takes longer gets a line of its own. */
const AT_ONCE_MS = 50;
const LONGEST_LINE = 118;
const ACTOR_WIDTH = 8;

export class Transcript {
  readonly #nowMs: () => number;
  readonly #lines: Line[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  say(actor: string, text: string): void {
    this.#lines.push({ atMs: this.#nowMs(), actor, text, routine: null });
  }

  open(actor: string, text: string): OpenLine {
    const line: Line = { atMs: this.#nowMs(), actor, text: `${text} → no answer`, routine: null };
    this.#lines.push(line);
    return {
      close: (ending, routine) => {
        const tookMs = this.#nowMs() - line.atMs;
        if (tookMs > AT_ONCE_MS) {
          line.text = `${text} …`;
          this.say(actor, `${text} → ${ending}, ${inSeconds(tookMs)} s after it was sent`);
          return;
        }
        line.text = routine?.text ?? `${text} → ${ending}`;
        line.routine = routine ?? null;
      },
      giveUp: () => {
        line.text = `${text} → no answer for ${inSeconds(this.#nowMs() - line.atMs)} s, given up`;
        line.routine = failing(line.text);
      },
    };
  }

  render(): string {
    const width = Math.max(...this.#lines.map(({ actor }) => actor.length), ACTOR_WIDTH);
    return fold(this.#lines)
      .map(({ time, actor, text }) => wrap(`${time.padStart(17)}  ${actor.padEnd(width)} `, text))
      .join('\n');
  }
}

/** The same failure several times. */
export function failing(text: string): Routine {
  return { key: text, kind: 'renewal', detail: '', folded: (all) => `${all.length} times: ${text}` };
}

export function inSeconds(ms: number): string {
  return (Math.round(ms) / 1000).toFixed(3);
}

interface Folded {
  readonly actor: string;
  readonly time: string;
  readonly text: string;
}

/** Folds what is routine, up to what is news for it. */
function fold(lines: readonly Line[]): readonly Folded[] {
  const actors = new Set(lines.filter(({ routine }) => routine !== null).map(({ actor }) => actor));
  const groups: { readonly lines: Line[] }[] = [];
  const open = new Map<string, Line[]>();
  for (const line of lines) {
    const { actor, routine } = line;
    if (routine === null) {
      // What this one did before is over; a story's turn is one for everybody's renewals.
      for (const [key, [first]] of open) {
        const ownLine = first?.actor === actor;
        if (ownLine || (!actors.has(actor) && first?.routine?.kind === 'renewal')) open.delete(key);
      }
      groups.push({ lines: [line] });
      continue;
    }
    const key = `${actor} ${routine.key}`;
    const group = open.get(key);
    if (group !== undefined) {
      group.push(line);
      continue;
    }
    const first = [line];
    open.set(key, first);
    groups.push({ lines: first });
  }
  return groups.map(({ lines: [first, ...more] }) => {
    if (first === undefined) throw new Error('a group of no lines');
    const { atMs, actor, text, routine } = first;
    const last = more.at(-1);
    if (last === undefined || routine === null) return { actor, time: inSeconds(atMs), text };
    const details = [first, ...more].map((line) => line.routine?.detail ?? '');
    return { actor, time: `${inSeconds(atMs)}–${inSeconds(last.atMs)}`, text: routine.folded(details) };
  });
}

/** Breaks between words; what follows stands below the text. */
function wrap(head: string, text: string): string {
  const room = LONGEST_LINE - head.length;
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length + 1 > room) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return `${head}${lines.join(`\n${' '.repeat(head.length + 2)}`)}`.trimEnd();
}
