/** What was found of each negative control, as a `discover.ts --pin` wrote it down, and the tables that tell of it. */
import { readFileSync, writeFileSync } from 'node:fs';

export function readPinsFrom<Pin>(path: string): readonly Pin[] {
  return JSON.parse(readFileSync(path, 'utf8')) as readonly Pin[];
}

export function writePinsTo(path: string, pins: readonly object[]): void {
  writeFileSync(path, `${JSON.stringify(pins, null, 2)}\n`);
}

/** Of the tables of both the simulator and the explorer. */
export const TABLE_HEAD = ['Control', 'Rule', 'Found by', 'Invariant', 'Worlds or states until found'] as const;

export function markdownTable(rows: readonly (readonly string[])[]): string {
  return [TABLE_HEAD, TABLE_HEAD.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
