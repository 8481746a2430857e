/** The result for a person: one block for each figure. */
import type { Row } from './figures/figure.ts';

export function table(rows: readonly Row[]): string {
  return rows.map(block).join('\n\n');
}

function block({ figure, demanded, measured, floor, peer, holds }: Row): string {
  const lines = [
    `${holds ? 'holds ' : 'MISSED'}  ${figure}`,
    `        demanded  ${demanded}`,
    `        measured  ${measured}`,
  ];
  if (floor !== '') lines.push(`        floor     ${floor}`);
  if (peer !== '') lines.push(`        Go peer   ${peer}`);
  return lines.join('\n');
}
