/** The report of a run: one page that a person reads from the top, with the picture in it; and the same in a few lines. */

import { STRIKES, type StrikeKind } from '../history.ts';
import { isDisaster } from '../judge/fitness.ts';
import type { ElectionVerdict, Verdict } from '../judge/verdict.ts';
import { escaped } from './timeline.ts';

export interface RunFacts {
  readonly seed: number;
  readonly minutes: number;
  readonly replay: string;
  readonly machine: string;
}

type Row = readonly string[];

/** Election by election, kind of fault by kind of fault. */
export interface Tables {
  readonly elections: readonly [Row, ...Row[]];
  readonly faults: readonly [Row, ...Row[]];
}

export function tablesOf({ elections }: Verdict): Tables {
  return {
    elections: [
      [
        'Election',
        'TTL',
        'Members',
        'Strikes',
        'Terms',
        'Fail-overs',
        'Overlaps',
        'Writes',
        'Stale, refused',
        'Without a leader',
      ],
      ...elections.map(electionRow),
      totalRow(elections),
    ],
    faults: [
      ['Fault', 'Strikes', 'Fail-overs', 'Leaderless p50', 'max'],
      ...STRIKES.map((kind) => faultRow(kind, elections)).filter(isRow),
    ],
  };
}

function electionRow({ history, terms, overlaps, fencing, failOvers, gaps }: ElectionVerdict): Row {
  const leaderlessMs = gaps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const { name, ttlMs, members, strikes, fromMs, toMs } = history;
  return [
    name,
    `${ttlMs / 1000} s`,
    members.map(({ program }) => program).join(', '),
    String(strikes.length),
    String(terms.length),
    String(failOvers.length),
    String(overlaps.length + fencing.violations.length),
    String(fencing.accepted),
    String(fencing.refused),
    `${((100 * leaderlessMs) / (toMs - fromMs)).toFixed(0)} %`,
  ];
}

function totalRow(elections: readonly ElectionVerdict[]): Row {
  const sum = (count: (it: ElectionVerdict) => number) => String(elections.reduce((total, it) => total + count(it), 0));
  return [
    'all',
    '',
    sum(({ history }) => history.members.length),
    sum(({ history }) => history.strikes.length),
    sum(({ terms }) => terms.length),
    sum(({ failOvers }) => failOvers.length),
    sum(({ overlaps, fencing }) => overlaps.length + fencing.violations.length),
    sum(({ fencing }) => fencing.accepted),
    sum(({ fencing }) => fencing.refused),
    '',
  ];
}

function faultRow(kind: StrikeKind, elections: readonly ElectionVerdict[]): Row | null {
  const strikes = elections.flatMap(({ history }) => history.strikes.filter((strike) => strike.kind === kind));
  if (strikes.length === 0) return null;
  const leaderless = elections
    .flatMap(({ failOvers }) => failOvers.filter((it) => it.kind === kind).map(({ leaderlessMs }) => leaderlessMs))
    .sort((one, other) => one - other);
  const struck = isDisaster({ kind, members: [], about: '', fromMs: 0, toMs: 0 })
    ? `${strikes.length / elections.length}, each on all`
    : String(strikes.length);
  const ms = (value: number | undefined) => (value === undefined ? '' : `${Math.round(value)} ms`);
  return [
    kind,
    struck,
    String(leaderless.length),
    ms(leaderless[Math.floor(leaderless.length / 2)]),
    ms(leaderless.at(-1)),
  ];
}

function isRow(row: Row | null): row is Row {
  return row !== null;
}

/** For a terminal, and for documents. */
export function markdownTable([heading, ...rows]: readonly [Row, ...Row[]]): string {
  const widths = heading.map((cell, index) => Math.max(cell.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: Row) => `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [line(heading), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function page(verdict: Verdict, facts: RunFacts, svg: string): string {
  const { elections, faults } = tablesOf(verdict);
  const verdictLine = verdict.faults.length === 0 ? 'Nothing is wrong.' : `${verdict.faults.length} findings.`;
  const overlaps = verdict.elections.reduce((sum, it) => sum + it.overlaps.length + it.fencing.violations.length, 0);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Chaos, seed ${facts.seed}</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; margin: 24px; color: #111; max-width: 1240px }
table { border-collapse: collapse; margin: 12px 0 24px }
th, td { border-bottom: 1px solid #ddd; padding: 3px 12px 3px 0; text-align: left; vertical-align: top }
.wrong { color: #c00000 } code { background: #f4f4f4; padding: 1px 4px }
</style>
<h1>Chaos on the real thing</h1>
<p><b class="${verdict.faults.length === 0 ? '' : 'wrong'}">${verdictLine}</b>
${verdict.failOvers} fail-overs in ${facts.minutes} minutes; ${overlaps} overlaps, ${verdict.exempt.length} of them where that is not promised.</p>
<p>Seed ${facts.seed}. ${escaped(facts.machine)}. Again: <code>${escaped(facts.replay)}</code> (the same faults are drawn; when they strike depends on the machine).</p>
${list('Findings', verdict.faults)}
${list(
  'Two leaders after a restored etcd',
  verdict.exempt.map(({ election, what }) => `${election}: ${what}`),
)}
<h2>Elections</h2>
${htmlTable(elections)}
<h2>Faults</h2>
<p>A fail-over: a fault ended a term, and the next one was led by another process. It counts for the latest fault that struck its leader,
the lock or the API. A time without a leader is explained when there is such a fault, and when nobody who was fit (its process ran, nothing
was done to it, the API worked) waited longer than a lease and a second after the last change of the record, or a second after a release;
what the slowest part of the machine had to wait (for a processor, as the kernel counts it; for an answer of the API) is added.</p>
${htmlTable(faults)}
<h2>Who led when</h2>
${svg}
</html>
`;
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h2>${title}</h2>\n<ul>\n${items.map((item) => `<li>${escaped(item)}</li>`).join('\n')}\n</ul>`;
}

function htmlTable([heading, ...rows]: readonly [Row, ...Row[]]): string {
  const line = (tag: 'th' | 'td', cells: Row) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>\n${[line('th', heading), ...rows.map((row) => line('td', row))].join('\n')}\n</table>`;
}
