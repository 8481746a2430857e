/**
 * What counts as a fail-over: a fault ended a term, or the time without a leader that followed, and the next term is
 * another process's. A term that merely ended because the machine was slow is none.
 */
import type { StrikeKind } from '../history.ts';
import type { Gap } from './gaps.ts';

export interface FailOver {
  readonly kind: StrikeKind;
  readonly leaderlessMs: number;
}

export function failOversIn(gaps: readonly Gap[]): readonly FailOver[] {
  return gaps.flatMap(({ former, next, cause, fromMs, toMs }) => {
    if (next === null || next.process === former.process || cause === null || typeof cause === 'string') return [];
    return [{ kind: cause.kind, leaderlessMs: toMs - fromMs }];
  });
}
