/**
 * The picture of a run, as SVG: time runs from left to right in lines, as in a score; in each line every election has a
 * strip that shows when nobody led, and below it a row for each member, with bars while it led, a thin line while its
 * process ran, and marks for what was done to it.
 */

import { isOurs, type Span } from '../history.ts';
import { isDisaster } from '../judge/fitness.ts';
import type { ElectionVerdict } from '../judge/verdict.ts';
import { colourOf, LEADING, LEADING_GO, STYLES } from './marks.ts';

export interface TimelineOptions {
  readonly title: string;
  readonly secondsPerLine: number;
  /** Only this part of the run; all of it by default. */
  readonly part?: Span;
}

const WIDTH = 1200;
const LABELS = 240;
const RIGHT = 14;
const ROW = 12;
const STRIP = 6;
const BETWEEN_ELECTIONS = 8;
const AXIS = 18;
const BETWEEN_LINES = 16;
const LEGEND_ROW = 16;

export function timeline(elections: readonly ElectionVerdict[], options: TimelineOptions): string {
  const { title, secondsPerLine, part } = options;
  const startedMs = Math.min(...elections.map(({ history }) => history.fromMs));
  const { fromMs, toMs } = part ?? {
    fromMs: startedMs,
    toMs: Math.max(...elections.map(({ history }) => history.toMs)),
  };
  const lineMs = secondsPerLine * 1000;
  const lines = Math.max(1, Math.ceil((toMs - fromMs) / lineMs));
  const lineHeight = heightOf(elections);
  const top = 34 + LEGEND_ROW * (STYLES.length + 2);
  const drawn = Array.from({ length: lines }, (_, index) => {
    const span = { fromMs: fromMs + index * lineMs, toMs: fromMs + (index + 1) * lineMs };
    return drawLine(elections, span, startedMs, top + index * (lineHeight + BETWEEN_LINES));
  });
  const height = top + lines * (lineHeight + BETWEEN_LINES);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="10">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="8" y="20" font-size="15" font-weight="600">${escaped(title)}</text>`,
    ...legend(34),
    ...drawn.flat(),
    '</svg>',
  ].join('\n');
}

function heightOf(elections: readonly ElectionVerdict[]): number {
  const rows = elections.map(({ history }) => STRIP + history.members.length * ROW + BETWEEN_ELECTIONS);
  return AXIS + rows.reduce((sum, height) => sum + height, 0);
}

function legend(top: number): readonly string[] {
  const rows = STYLES.map(({ name, colour }, index) => {
    const y = top + index * LEGEND_ROW;
    return `<rect x="10" y="${y + 5}" width="22" height="3" fill="${colour}"/>${triangle(10, y + 2, colour)}<text x="40" y="${y + 10}">${escaped(name)}</text>`;
  });
  const y = top + STYLES.length * LEGEND_ROW;
  const swatches = [...LEADING, LEADING_GO].map((colour, index) => bar(10 + index * 24, y + 2, 20, 8, colour, ''));
  return [
    ...rows,
    ...swatches,
    `<text x="140" y="${y + 10}">leads (sand: a Go elector)</text>`,
    `<rect x="300" y="${y + 4}" width="22" height="4" fill="#f2b8b5"/><text x="330" y="${y + 10}">nobody leads</text>`,
    `<rect x="420" y="${y + 4}" width="22" height="4" fill="#e00000"/><text x="450" y="${y + 10}">not explained, or two at a time</text>`,
    `<line x1="630" x2="652" y1="${y + 6}" y2="${y + 6}" stroke="#bbbbbb"/><text x="660" y="${y + 10}">its process runs</text>`,
  ];
}

function drawLine(
  elections: readonly ElectionVerdict[],
  span: Span,
  startedMs: number,
  top: number,
): readonly string[] {
  const x = (atMs: number) => {
    const share = (Math.min(Math.max(atMs, span.fromMs), span.toMs) - span.fromMs) / (span.toMs - span.fromMs);
    return LABELS + share * (WIDTH - LABELS - RIGHT);
  };
  const parts: string[] = axis(span, startedMs, top, x, heightOf(elections));
  parts.push(...disasters(elections, span, top, x));
  let y = top + AXIS;
  for (const election of elections) {
    parts.push(...drawElection(election, span, y, x));
    y += STRIP + election.history.members.length * ROW + BETWEEN_ELECTIONS;
  }
  return parts;
}

type Scale = (atMs: number) => number;

function axis(span: Span, startedMs: number, top: number, x: Scale, height: number): string[] {
  const parts: string[] = [];
  const seconds = (span.toMs - span.fromMs) / 1000;
  const step = seconds <= 60 ? 5 : 10;
  for (let second = 0; second <= seconds; second += step) {
    const at = x(span.fromMs + second * 1000).toFixed(1);
    const total = Math.round((span.fromMs - startedMs) / 1000 + second);
    const label = `${Math.floor(total / 60)}:${String(total % 60).padStart(2, '0')}`;
    parts.push(`<line x1="${at}" x2="${at}" y1="${top + 12}" y2="${top + height - 4}" stroke="#eeeeee"/>`);
    parts.push(`<text x="${at}" y="${top + 9}" text-anchor="middle" fill="#666666">${label}</text>`);
  }
  return parts;
}

function disasters(elections: readonly ElectionVerdict[], span: Span, top: number, x: Scale): readonly string[] {
  const strikes = elections[0]?.history.strikes.filter((strike) => isDisaster(strike) && touches(strike, span)) ?? [];
  return strikes.map((strike) => {
    const [from, to] = [x(strike.fromMs), x(strike.toMs)];
    const shape = `x="${from.toFixed(1)}" y="${top + 12}" width="${Math.max(1, to - from).toFixed(1)}" height="${heightOf(elections) - 18}"`;
    return `<rect ${shape} fill="#777777" opacity="0.18"><title>${escaped(`${strike.kind}, ${strike.about}`)}</title></rect><text x="${(from + 2).toFixed(1)}" y="${top + heightOf(elections) + 3}" fill="#333333">${escaped(strike.kind)}</text>`;
  });
}

function drawElection(
  { history, terms, gaps, overlaps }: ElectionVerdict,
  span: Span,
  top: number,
  x: Scale,
): readonly string[] {
  const parts = [`<text x="4" y="${top + STRIP + 9}" font-weight="600">${escaped(history.name)}</text>`];
  for (const gap of gaps.filter((it) => touches(it, span))) {
    const [from, to] = [x(gap.fromMs), x(gap.toMs)];
    const cause = typeof gap.cause === 'string' ? gap.cause : (gap.cause?.kind ?? 'nothing');
    const about = `nobody leads for ${Math.round(gap.toMs - gap.fromMs)} ms: ${gap.unexplained ?? cause}`;
    parts.push(bar(from, top, to - from, 4, gap.unexplained === null ? '#f2b8b5' : '#e00000', about));
  }
  for (const { atMs, what } of overlaps.filter(({ atMs }) => atMs >= span.fromMs && atMs < span.toMs)) {
    parts.push(
      `<rect x="${x(atMs) - 3}" y="${top - 2}" width="6" height="${STRIP + history.members.length * ROW}" fill="#e00000"><title>${escaped(what)}</title></rect>`,
    );
  }
  for (const strike of history.strikes) {
    if (isDisaster(strike) || strike.members.length > 0 || !touches(strike, span)) continue;
    parts.push(mark(strike, top - 1, x, span));
  }
  for (const [index, member] of history.members.entries()) {
    const y = top + STRIP + index * ROW;
    const colour = isOurs(member.program) ? (LEADING[index] ?? LEADING[0]) : LEADING_GO;
    parts.push(
      `<text x="${LABELS - 6}" y="${y + 9}" text-anchor="end" fill="#444444">${escaped(`${member.name}, ${member.program}`)}</text>`,
    );
    for (const life of history.lives.filter((it) => it.member === member.name)) {
      const alive = { fromMs: life.fromMs, toMs: life.toMs ?? history.toMs };
      if (!touches(alive, span)) continue;
      parts.push(
        `<line x1="${x(alive.fromMs).toFixed(1)}" x2="${x(alive.toMs).toFixed(1)}" y1="${y + 4.5}" y2="${y + 4.5}" stroke="#bbbbbb"/>`,
      );
    }
    for (const term of terms.filter((it) => it.member === member.name && touches(it, span))) {
      const [from, to] = [x(term.fromMs), x(term.toMs)];
      parts.push(
        bar(
          from,
          y + 1,
          to - from,
          7,
          colour,
          `${term.process}, ${Math.round(term.toMs - term.fromMs)} ms; ${term.reason || term.end}`,
        ),
      );
    }
    for (const strike of history.strikes) {
      if (strike.members.includes(member.name) && touches(strike, span)) parts.push(mark(strike, y, x, span));
    }
  }
  return parts;
}

/** Where it began, a triangle; while it lasted, a line below the bar. */
function mark(strike: ElectionVerdict['history']['strikes'][number], y: number, x: Scale, span: Span): string {
  const colour = colourOf(strike);
  const [from, to] = [x(strike.fromMs), x(strike.toMs)];
  const head = strike.fromMs >= span.fromMs ? triangle(from, y, colour) : '';
  const title = `<title>${escaped(`${strike.kind}: ${strike.about}`)}</title>`;
  return `<g>${title}<rect x="${from.toFixed(1)}" y="${y + 8.5}" width="${Math.max(0.8, to - from).toFixed(1)}" height="2.5" fill="${colour}"/>${head}</g>`;
}

function triangle(x: number, y: number, colour: string): string {
  return `<path d="M${(x - 3).toFixed(1)} ${y}h6l-3 6z" fill="${colour}"/>`;
}

function bar(x: number, y: number, width: number, height: number, colour: string, title: string): string {
  const shape = `x="${x.toFixed(1)}" y="${y}" width="${Math.max(0.6, width).toFixed(1)}" height="${height}" fill="${colour}"`;
  return title === '' ? `<rect ${shape}/>` : `<rect ${shape}><title>${escaped(title)}</title></rect>`;
}

function touches(one: Span, other: Span): boolean {
  return one.fromMs < other.toMs && one.toMs > other.fromMs;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
