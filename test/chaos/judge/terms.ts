/**
 * The times in which each process claimed to lead, by its own words: from its log, cut where it could not have told
 * anybody any more. A claim ends at the latest when the process said so.
 */
import { type ElectionHistory, isOurs, type Life, type Mark } from '../history.ts';

export interface Term {
  readonly process: string;
  readonly member: string;
  readonly isOurs: boolean;
  readonly token: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly end: 'said' | 'died' | 'open';
  readonly reason: string;
}

/** What comes right after a pause was said as soon as it could be. */
const AWAKE_AGAIN_WITHIN_MS = 300;

export function termsOf({ lives, toMs }: Pick<ElectionHistory, 'lives' | 'toMs'>): readonly Term[] {
  return lives.flatMap((life) => termsOfLife(life, toMs)).sort((one, other) => one.fromMs - other.fromMs);
}

function termsOfLife(life: Life, historyEndsAtMs: number): readonly Term[] {
  return life.marks.flatMap((mark, index): readonly Term[] => {
    if (mark.type !== 'leading') return [];
    const { atMs: toMs, end, reason } = endOf(life, life.marks[index + 1], historyEndsAtMs);
    const { process, member, program } = life;
    const term = { process, member, isOurs: isOurs(program), token: mark.token, end, reason };
    return [{ ...term, fromMs: mark.atMs, toMs: Math.max(mark.atMs, endedByPause(life, mark.atMs, toMs)) }];
  });
}

function endOf(life: Life, next: Mark | undefined, historyEndsAtMs: number) {
  if (next !== undefined) return { atMs: next.atMs, end: 'said' as const, reason: next.reason };
  if (life.toMs !== null) return { atMs: life.toMs, end: 'died' as const, reason: '' };
  return { atMs: historyEndsAtMs, end: 'open' as const, reason: '' };
}

/**
 * A process that stood still told nobody anything. If the first it did afterwards was to end its term, or if it died
 * there, the term ended with the pause.
 */
function endedByPause({ pauses }: Life, fromMs: number, toMs: number): number {
  const pause = pauses.findLast((it) => it.fromMs < toMs);
  if (pause === undefined || pause.fromMs < fromMs) return toMs;
  return toMs <= pause.toMs + AWAKE_AGAIN_WITHIN_MS ? pause.fromMs : toMs;
}
