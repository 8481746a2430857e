/**
 * A terminal as a full screen: the alternate buffer, keys one by one, and everything as it was when it is closed, also
 * when the process ends in another way. It knows nothing of what is drawn.
 */
import type { ReadStream, WriteStream } from 'node:tty';

export interface Terminal {
  size(): { readonly columns: number; readonly rows: number };
  /** One text per row, none wider than the screen. */
  draw(lines: readonly string[]): void;
  onKey(listener: (key: string) => void): void;
  onResize(listener: () => void): void;
  /** May be called again. */
  close(): void;
}

/** Alternate buffer, no cursor, no line wrap. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Between these a terminal that knows them shows nothing, so that no half frame is seen. */
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';
const CLEAR = '\x1b[2J';

export function openTerminal(stdin: ReadStream, stdout: WriteStream): Terminal {
  let isOpen = true;
  let drawn: readonly string[] | null = null;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    process.off('exit', close);
    stdin.setRawMode(false);
    stdin.pause();
    stdout.write(LEAVE);
  };
  process.on('exit', close);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  stdout.write(ENTER);
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    draw(lines) {
      if (!isOpen) return;
      const before = drawn;
      // Only what has changed: a line that is being marked with the mouse stays marked. Cleared before it is written,
      // since after a full line the cursor stands on its last character.
      const changes = lines.flatMap((line, row) => (line === before?.[row] ? [] : `\x1b[${row + 1};1H\x1b[2K${line}`));
      drawn = lines;
      if (changes.length === 0) return;
      stdout.write(`${BEGIN_FRAME}${before === null ? CLEAR : ''}${changes.join('')}${END_FRAME}`);
    },
    onKey(listener) {
      stdin.on('data', (text: string) => {
        // An escape sequence (an arrow, a function key) is no key of ours, and not the letters in it either.
        if (text.length > 1 && text.startsWith('\x1b')) return;
        for (const key of text) listener(key);
      });
    },
    onResize(listener) {
      stdout.on('resize', () => {
        drawn = null;
        listener();
      });
    },
    close,
  };
}
