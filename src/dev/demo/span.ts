/**
 * For how long each member said that it leads, from two sources that know nothing of each other: its log, and the
 * answers of `GET /`. The check that never two led is made of these; nothing here asks anyone.
 *
 * A span never claims more than is proven so far, so what arrives late cannot make an overlap out of nothing.
 */
import type { DemoEvent } from './event.ts';

export interface Span {
  readonly member: string;
  readonly source: 'log' | 'GET /';
  readonly fromMs: number;
  /** While open: the last proof so far. */
  readonly toMs: number;
  readonly isOpen: boolean;
  /**
   * Leading ends here by itself, whatever is said later: a member that is paused longer says so only afterwards, but
   * cannot lead meanwhile.
   */
  readonly validUntilMs: number;
}

export interface Overlap {
  readonly members: readonly [string, string];
  readonly fromMs: number;
  readonly forMs: number;
}

/** Enough for several rounds of hand-overs; older ones were compared when they changed. */
const KEPT_SPANS = 60;
/** Two answers further apart say nothing of the time between them. */
const LONGEST_POLL_GAP_MS = 1000;

/** The spans after an event; the same array when it says nothing of leading. */
export function trackSpans(spans: readonly Span[], event: DemoEvent): readonly Span[] {
  switch (event.type) {
    case 'said':
      return trackLine(spans, event);
    case 'polled':
      return trackAnswer(spans, event);
    case 'exited':
      return spans.map((span) => (span.member === event.member && span.isOpen ? closed(span, event.atMs) : span));
    default:
      return spans;
  }
}

/** The member that leads at this instant, by its log. */
export function leadingSpan(spans: readonly Span[], nowMs: number): Span | null {
  return spans.find((span) => span.source === 'log' && span.isOpen && nowMs < span.validUntilMs) ?? null;
}

/** In which a member leads, by its log, or led when it was last heard. */
export function openLogSpan(spans: readonly Span[], member: string): Span | undefined {
  return openSpan(spans, member, 'log');
}

/** Pairs of different members that led at the same time. Touching is no overlap. */
export function findOverlaps(spans: readonly Span[]): Overlap[] {
  return spans.flatMap((a, index) =>
    spans.slice(index + 1).flatMap((b): Overlap[] => {
      const fromMs = Math.max(a.fromMs, b.fromMs);
      const forMs = Math.min(a.toMs, b.toMs) - fromMs;
      return a.member !== b.member && forMs > 0 ? [{ members: [a.member, b.member], fromMs, forMs }] : [];
    }),
  );
}

function trackLine(spans: readonly Span[], { member, line }: DemoEvent & { type: 'said' }): readonly Span[] {
  const open = openSpan(spans, member, 'log');
  switch (line.type) {
    case 'started-leading': {
      const validUntilMs = Number.POSITIVE_INFINITY;
      return added(spans, {
        member,
        source: 'log',
        fromMs: line.atMs,
        toMs: line.atMs,
        isOpen: true,
        validUntilMs,
      });
    }
    case 'view': {
      if (open === undefined || !line.view.isLeading) return spans;
      return replaced(spans, open, { ...open, toMs: line.atMs, validUntilMs: line.view.validUntilMs });
    }
    case 'stepping-down':
      return open === undefined ? spans : replaced(spans, open, closed(open, line.atMs));
    case 'log':
      return spans;
  }
}

/** From the arrival of the first answer to the sending of the last: in between it led for certain. */
function trackAnswer(spans: readonly Span[], event: DemoEvent & { type: 'polled' }): readonly Span[] {
  const { member, answer, sentAtMs, atMs } = event;
  const open = openSpan(spans, member, 'GET /');
  const isTrue = answer.type === 'answered' && answer.isLeader;
  if (open !== undefined && isTrue && sentAtMs - open.toMs < LONGEST_POLL_GAP_MS) {
    return replaced(spans, open, { ...open, toMs: Math.max(open.toMs, sentAtMs) });
  }
  const before = open === undefined ? spans : replaced(spans, open, { ...open, isOpen: false });
  if (!isTrue) return before;
  const validUntilMs = Number.POSITIVE_INFINITY;
  return added(before, { member, source: 'GET /', fromMs: atMs, toMs: atMs, isOpen: true, validUntilMs });
}

/** An answer is proof of what was; the end of a log's span is proof up to the end, if it was valid for so long. */
function closed(span: Span, atMs: number): Span {
  const toMs = span.source === 'log' ? Math.min(atMs, span.validUntilMs) : span.toMs;
  return { ...span, toMs, isOpen: false };
}

function openSpan(spans: readonly Span[], member: string, source: Span['source']): Span | undefined {
  return spans.find((span) => span.isOpen && span.member === member && span.source === source);
}

function added(spans: readonly Span[], span: Span): readonly Span[] {
  return [...spans, span].slice(-KEPT_SPANS);
}

function replaced(spans: readonly Span[], old: Span, span: Span): readonly Span[] {
  return spans.map((each) => (each === old ? span : each));
}
