/** What a person types in another terminal to take part in the demo, as a guest. Pure text. */
import { basename } from 'node:path';

export interface Invitation {
  /** The words of the command, each fit for a shell. */
  readonly command: readonly string[];
  /** The same for a program that uses the library. */
  readonly library: string;
}

export function invite(options: {
  /** How the demo was started; a guest is started alike. */
  readonly program: readonly string[];
  readonly lock: string;
  readonly ttlMs: number;
  readonly kubeconfig: string;
}): Invitation {
  const { program, lock, kubeconfig } = options;
  const ttl = `${options.ttlMs / 1000}s`;
  const flags = [`-election=${lock}`, '-id=dave', `-ttl=${ttl}`, '-http=localhost:5010', '-pod-label=false'];
  const fields = `name: '${lock}', id: 'erin', ttl: '${ttl}', podLabel: false, kubeConfig: '${kubeconfig}'`;
  return {
    command: [...program, ...flags, `-kubeconfig=${kubeconfig}`].map(quoted),
    library: `new ElectorNode({ ${fields} })`,
  };
}

/** `elector` where it is installed, else by the path of its script, so that it works in any folder. */
export function programOf(script: string, env: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (basename(script) !== 'elector') return ['node', script];
  return env.npm_command === 'exec' ? ['npx', 'elector'] : ['elector'];
}

/** One command on several lines where one is too narrow: it can be copied as it stands. */
export function commandLines({ command }: Invitation, columns: number): readonly string[] {
  const lines = wrapped(command, columns - CONTINUES.length);
  return lines.map((line, index) => (index < lines.length - 1 ? `${line}${CONTINUES}` : line));
}

const CONTINUES = ' \\';

/** Words that are too long stay whole. */
export function wrapped(words: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last !== undefined && longer.length <= columns) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
