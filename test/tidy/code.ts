/**
 * Just enough of TypeScript's grammar to look at code without its comments and texts: a scanner, no parser. It knows
 * comments, strings, templates with what stands in their `${}`, and regular expressions.
 */

export interface Import {
  /** As it stands there: `../clock.ts`, `node:os`. */
  readonly from: string;
  /** `import type …`: gone at run time. */
  readonly isType: boolean;
  /** `import('…')`: loaded when it is needed. */
  readonly isLazy: boolean;
}

type Kind = 'code' | 'comment' | 'text' | 'pattern';
type Piece = readonly [kind: Kind, text: string];

/** The source with each comment replaced by a space, line breaks kept. */
export function withoutComments(source: string): string {
  return pieces(source)
    .map(([kind, text]) => (kind === 'comment' ? blank(text) : text))
    .join('');
}

/** What runs: comments, strings, template texts and regular expressions are blank, line breaks kept. */
export function codeOnly(source: string): string {
  return pieces(source)
    .map(([kind, text]) => (kind === 'code' ? text : blank(text)))
    .join('');
}

/** The comments alone, one text. */
export function commentsOnly(source: string): string {
  return pieces(source)
    .flatMap(([kind, text]) => (kind === 'comment' ? [text] : []))
    .join('\n');
}

/** Every import and re-export, types and lazy ones included. */
export function importsOf(source: string): readonly Import[] {
  const code = withoutComments(source);
  const fixed = /(?:^|[\n;])\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?'([^']+)'/g;
  const lazy = /(typeof\s+)?\bimport\(\s*'([^']+)'\s*\)/g;
  return [
    ...[...code.matchAll(fixed)].map(([, type, from = '']) => ({ from, isType: type !== undefined, isLazy: false })),
    ...[...code.matchAll(lazy)].map(([, type, from = '']) => ({ from, isType: type !== undefined, isLazy: true })),
  ];
}

/** The names that a module exports, re-exports included. */
export function exportsOf(source: string): ReadonlySet<string> {
  const code = codeOnly(source);
  const declared = /\bexport\s+(?:async\s+)?(?:function\*?|class|const|interface|type)\s+([A-Za-z_$][\w$]*)/g;
  const listed = /\bexport\s+(?:type\s+)?\{([^}]*)\}/g;
  const names = [...code.matchAll(listed)].flatMap(([, list = '']) => list.split(','));
  return new Set([
    ...[...code.matchAll(declared)].map(([, name = '']) => name),
    ...names.map((name) => name.trim().replace(/^type\s+/, '')).filter((name) => name !== ''),
  ]);
}

/** The line on which a match stands, from 1. */
export function lineAt(source: string, index: number): number {
  return source.slice(0, index).split('\n').length;
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

/** A regular expression may begin only where a value may: not after a name, a number or a closing bracket. */
const BEFORE_PATTERN = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|throw|await|yield))\s*$/;
const PATTERN = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\n\\])*\]|[^/\n\\[])+\/[a-z]*/y;

function pieces(source: string): readonly Piece[] {
  const found: Piece[] = [];
  let code = '';
  /** For each template that is open, how many braces are open inside its `${`. */
  const templates: number[] = [];
  let at = 0;
  const flush = () => {
    if (code !== '') found.push(['code', code]);
    code = '';
  };
  const take = (kind: Kind, end: number) => {
    flush();
    found.push([kind, source.slice(at, end)]);
    at = end;
  };
  while (at < source.length) {
    const here = source[at] ?? '';
    const two = source.slice(at, at + 2);
    if (two === '//') take('comment', endOr(source, source.indexOf('\n', at)));
    else if (two === '/*') take('comment', endOr(source, source.indexOf('*/', at), 2));
    else if (at === 0 && two === '#!') take('comment', endOr(source, source.indexOf('\n')));
    else if (here === "'" || here === '"') take('text', endOfString(source, at, here));
    else if (here === '`') {
      const end = endOfTemplate(source, at + 1);
      if (source.slice(end - 2, end) === '${') templates.push(0);
      take('text', end);
    } else if (here === '}' && templates.at(-1) === 0) {
      templates.pop();
      const end = endOfTemplate(source, at + 1);
      if (source.slice(end - 2, end) === '${') templates.push(0);
      take('text', end);
    } else {
      const before = found.length > 0 && code.trim() === '' ? lastCode(found) : code;
      PATTERN.lastIndex = at;
      const pattern = here === '/' && BEFORE_PATTERN.test(before) ? PATTERN.exec(source) : null;
      if (pattern !== null) take('pattern', at + pattern[0].length);
      else {
        const open = templates.length - 1;
        if (here === '{' && open >= 0) templates[open] = (templates[open] ?? 0) + 1;
        if (here === '}' && open >= 0) templates[open] = (templates[open] ?? 0) - 1;
        code += here;
        at += 1;
      }
    }
  }
  flush();
  return found;
}

/** What stood before, when only comments are between: a text counts as a value. */
function lastCode(found: readonly Piece[]): string {
  const last = found.findLast(([kind, text]) => kind !== 'comment' && text.trim() !== '');
  return last === undefined ? '' : last[0] === 'code' ? last[1] : 'x';
}

function endOr(source: string, index: number, length = 0): number {
  return index < 0 ? source.length : index + length;
}

function endOfString(source: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < source.length && source[at] !== quote && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** After the closing backtick, or after `${`. */
function endOfTemplate(source: string, start: number): number {
  let at = start;
  while (at < source.length) {
    if (source[at] === '\\') at += 2;
    else if (source[at] === '`') return at + 1;
    else if (source.startsWith('${', at)) return at + 2;
    else at += 1;
  }
  return at;
}
