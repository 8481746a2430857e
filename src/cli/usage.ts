/** The help text, made from the option table. */
import { defaultText, OPTIONS, type Option } from '../config/options.ts';

const WIDTH = 100;

export function usage(): string {
  const shown = OPTIONS.filter((option) => option.hasEffect);
  const flags = shown.filter((option) => option.source === 'flag');
  const environment = shown.filter((option) => option.source === 'environment');
  const ignored = OPTIONS.filter((option) => !option.hasEffect).map((option) => `-${option.name}`);
  const column = Math.max(...shown.map((option) => left(option).length)) + 2;
  return `Usage: elector -election name [flags]
       elector demo | help | version

Takes part in a leader election on Kubernetes, and tells the Pod's other containers who leads.

Flags, as -flag value, -flag=value, --flag value or --flag=value:
${rows(flags, column)}

Durations: 10s, 1m30s, 500ms, 1.5h.

Environment:
${rows(environment, column)}

Accepted for manifests that carry them, without effect:
${wrap(ignored, '  ')}

Exit codes: 0 stopped by a signal; 1 failed; 2 wrong flags or values; 143 or 130 on a second signal.
`;
}

function left(option: Option): string {
  return option.source === 'environment' ? `  ${option.name}` : `  -${option.name} ${option.placeholder}`.trimEnd();
}

function rows(options: readonly Option[], column: number): string {
  return options
    .map((option) => `${left(option).padEnd(column)}${option.description}${defaultNote(option)}`)
    .join('\n');
}

function defaultNote(option: Option): string {
  const text = defaultText(option);
  if (text === '') return '';
  return option.absent === 'required' ? ' (required)' : ` (default ${text})`;
}

function wrap(words: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of words) {
    if (line !== indent && line.length + word.length > WIDTH) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}
