/** Coloured text as data: widths are counted, and lines cut, before any escape sequence is in them. */

export type Colour = 'plain' | 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface Piece {
  readonly text: string;
  readonly colour: Colour;
}

export type Line = readonly Piece[];

const CODES: Readonly<Record<Colour, string>> = {
  plain: '0',
  bold: '1',
  dim: '2',
  red: '1;31',
  green: '1;32',
  yellow: '33',
  cyan: '36',
};

/** With a width, the text is padded or cut to it. Every character counts as one column. */
export function piece(text: string, colour: Colour = 'plain', width?: number): Piece {
  return { text: width === undefined ? text : fit(text, width), colour };
}

/** Text for a terminal, at most `columns` wide. */
export function renderLine(line: Line, columns: number, withColours: boolean): string {
  let left = columns;
  let rendered = '';
  for (const { text, colour } of line) {
    const shown = fit(text, Math.min(left, lengthOf(text)));
    left -= lengthOf(shown);
    rendered += withColours && colour !== 'plain' && shown !== '' ? `\x1b[${CODES[colour]}m${shown}\x1b[0m` : shown;
  }
  return rendered.trimEnd();
}

export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + lengthOf(text), 0);
}

/** The first that is not too wide, else the last. */
export function widestThatFits(columns: number, variants: readonly Line[]): Line {
  return variants.find((line) => widthOf(line) <= columns) ?? variants.at(-1) ?? [];
}

export function lengthOf(text: string): number {
  return [...text].length;
}

function fit(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text + ' '.repeat(width - characters.length);
  // Blanks that do not fit are nothing lost.
  if (lengthOf(text.trimEnd()) <= width) return characters.slice(0, width).join('');
  return width <= 0 ? '' : `${characters.slice(0, width - 1).join('')}…`;
}
