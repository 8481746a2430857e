/**
 * The grammar of Go's `flag` package, exactly, because manifests written for the original rely on it. Pure: arguments
 * in, values out. It knows booleans from the rest and nothing more; what a value means is judged elsewhere.
 */

export interface FlagSpec {
  readonly name: string;
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
    }
  /** `-h` or `-help`, met before any error. */
  | { readonly type: 'help' }
  /** In the words of Go's package. */
  | { readonly type: 'error'; readonly message: string };

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
]);

export function parseGoFlags(args: readonly string[], specs: readonly FlagSpec[]): ParsedFlags {
  const values = new Map<string, string | boolean>();
  const parsed = (positionals: readonly string[], rest: readonly string[]) => {
    return { type: 'parsed', values, positionals, rest } as const;
  };
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (word === '--') return parsed([], args.slice(i + 1));
    // A lone dash is a word, not a flag.
    if (word.length < 2 || !word.startsWith('-')) return parsed(args.slice(i), []);

    const [, name, value] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) return error(`bad flag syntax: ${word}`);
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) {
      if (name === 'help' || name === 'h') return { type: 'help' };
      return error(`flag provided but not defined: -${name}`);
    }
    if (spec.isBoolean) {
      // A boolean never takes the next word: `-b true` leaves `true` as a positional.
      const truth = value === undefined ? true : BOOLEANS.get(value);
      if (truth === undefined) return error(`invalid boolean value ${JSON.stringify(value)} for -${name}: parse error`);
      values.set(name, truth);
    } else {
      // Any next word is the value, even one that looks like a flag.
      const taken = value ?? args[++i];
      if (taken === undefined) return error(`flag needs an argument: -${name}`);
      values.set(name, taken);
    }
  }
  return parsed([], []);
}

function error(message: string): ParsedFlags {
  return { type: 'error', message };
}
