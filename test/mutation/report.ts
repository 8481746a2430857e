/** What Stryker reports, as far as it is judged here: each mutant, where it is and what became of it. */

export interface Mutant {
  /** `src/election/seal.ts`. */
  readonly file: string;
  readonly line: number;
  /** Stryker's name of what was done: `ConditionalExpression`, `StringLiteral`. */
  readonly mutator: string;
  /** The source line in which it begins, without indentation. */
  readonly on: string;
  readonly from: string;
  readonly to: string;
  readonly survived: boolean;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** Of the schema of mutation-testing reports, version 2. Lines and columns count from 1. */
interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string;
        readonly mutants: readonly {
          readonly mutatorName: string;
          readonly replacement?: string;
          readonly location: { readonly start: Position; readonly end: Position };
          readonly status: string;
        }[];
      }
    >
  >;
}

const SURVIVED: ReadonlySet<string> = new Set(['Survived', 'NoCoverage']);
const KILLED: ReadonlySet<string> = new Set(['Killed', 'Timeout']);

/** The mutants of valid programs. Throws where the report has something that was not foreseen. */
export function mutantsOf(json: string): readonly Mutant[] {
  const { files } = JSON.parse(json) as Report;
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.flatMap(({ mutatorName, replacement = '', location: { start, end }, status }): Mutant[] => {
      if (status === 'RuntimeError' || status === 'CompileError' || status === 'Ignored') return [];
      if (!SURVIVED.has(status) && !KILLED.has(status)) throw new Error(`${file}:${start.line}: ${status}?`);
      const lines = source.split('\n');
      return [
        {
          file,
          line: start.line,
          mutator: mutatorName,
          on: (lines[start.line - 1] ?? '').trim(),
          from: oneLine(between(lines, start, end)),
          to: oneLine(replacement),
          survived: SURVIVED.has(status),
        },
      ];
    }),
  );
}

function between(lines: readonly string[], start: Position, end: Position): string {
  return lines
    .slice(start.line - 1, end.line)
    .map((line, i, all) =>
      line.slice(i === 0 ? start.column - 1 : 0, i === all.length - 1 ? end.column - 1 : undefined),
    )
    .join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
