/**
 * The grammar of Go's `flag` package, exactly, because manifests written for the original rely on it. Pure: arguments
 * in, values out. It knows booleans from the rest and nothing more; what a value means is judged elsewhere.
 *
 * Go stops at the first error. Here reading goes on after it, to name every mistake at once, as far as it is certain
 * which words are flags.
 */
import { meantBy, type Named } from './near-miss.ts';

export interface FlagSpec extends Named {
  readonly isBoolean: boolean;
}

export type ParsedFlags =
  | {
      readonly type: 'parsed';
      /** What was given, by flag name; the last repeat wins. */
      readonly values: ReadonlyMap<string, string | boolean>;
      /** From the first word that is not a flag: that word ends the flags, whatever follows. */
      readonly positionals: readonly string[];
      /** The words after `--`. */
      readonly rest: readonly string[];
      /** The first is Go's only one, in its words. */
      readonly problems: readonly string[];
      /** Flags that a problem is about: what they were to be is not known. */
      readonly unclear: ReadonlySet<string>;
      /** The words after a flag of which nobody knows whether it takes the first of them. */
      readonly unread: readonly string[];
    }
  /** `-h` or `-help`, met before any error. */
  | { readonly type: 'help' };

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
]);

export function parseGoFlags(args: readonly string[], specs: readonly FlagSpec[]): ParsedFlags {
  const values = new Map<string, string | boolean>();
  const problems: string[] = [];
  const unclear = new Set<string>();
  const parsed = (end: { positionals?: readonly string[]; rest?: readonly string[]; unread?: readonly string[] }) => {
    return { type: 'parsed', values, positionals: [], rest: [], problems, unclear, unread: [], ...end } as const;
  };
  const refuse = (message: string, about?: FlagSpec) => {
    problems.push(message);
    if (about !== undefined) unclear.add(about.name);
  };
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (word === '--') return parsed({ rest: args.slice(i + 1) });
    // A lone dash is a word, not a flag.
    if (word.length < 2 || !word.startsWith('-')) return parsed({ positionals: args.slice(i) });

    const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) {
      if (name === 'help' || name === 'h') {
        if (problems.length === 0) return { type: 'help' };
        continue;
      }
      const meant = name === undefined ? undefined : meantBy(name, specs);
      if (name === undefined) refuse(`bad flag syntax: ${word}`);
      else refuse(`flag provided but not defined: -${name}${hint(meant)}`, meant);
      if (word.includes('=') || meant?.isBoolean) continue;
      if (meant !== undefined) i++;
      else if (!isFlagOrEnd(args[i + 1])) return parsed({ unread: args.slice(i + 1) });
    } else if (spec.isBoolean) {
      // A boolean never takes the next word: `-b true` leaves `true` as a positional.
      const truth = value === undefined ? true : BOOLEANS.get(value);
      if (truth !== undefined) values.set(spec.name, truth);
      else {
        const text = JSON.stringify(value);
        refuse(`invalid boolean value ${text} for -${name}: parse error (expected true or false)`, spec);
      }
    } else {
      // Any next word is the value, even one that looks like a flag.
      const taken = value ?? args[++i];
      if (taken === undefined) refuse(`flag needs an argument: -${name}`, spec);
      else values.set(spec.name, taken);
    }
  }
  return parsed({});
}

/** Whatever stood before it: a value that begins so is rare. */
function isFlagOrEnd(word: string | undefined): boolean {
  return word === undefined || /^--?([a-z_]|$)/i.test(word);
}

function hint(meant: FlagSpec | undefined): string {
  return meant === undefined ? '' : ` (did you mean -${meant.name}?)`;
}
