/**
 * When a member could have led: its process ran and answered, nothing was done to it or its way to the API, and the API
 * worked. Whoever is fit for longer than a lease while nobody leads has no excuse.
 */
import type { ElectionHistory, Life, Span, Strike } from '../history.ts';

/** These touch nobody's ability to lead. */
const HARMLESS: ReadonlySet<Strike['kind']> = new Set(['token rotated', 'wall clock stepped', 'lock relabelled']);

export function isHarmless({ kind }: Strike): boolean {
  return HARMLESS.has(kind);
}

/** On the API as a whole, and so on everybody. */
export function isDisaster({ kind }: Strike): boolean {
  return kind.startsWith('API server') || kind.startsWith('etcd');
}

/** In order, apart from each other. `recoveryMs` passes after a fault is over before its member counts as fit. */
export function fitSpans(history: ElectionHistory, member: string, recoveryMs: number): readonly Span[] {
  const unfit = history.strikes
    .filter((strike) => !isHarmless(strike) && (isDisaster(strike) || strike.members.includes(member)))
    .map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + recoveryMs }));
  return history.lives.filter((life) => life.member === member).flatMap((life) => without(awake(life, history), unfit));
}

function awake({ answeredAtMs, toMs }: Life, history: ElectionHistory): Span {
  return { fromMs: answeredAtMs ?? Number.POSITIVE_INFINITY, toMs: toMs ?? history.toMs };
}

function without(whole: Span, holes: readonly Span[]): readonly Span[] {
  const rest: Span[] = [];
  let fromMs = whole.fromMs;
  for (const hole of [...holes].sort((one, other) => one.fromMs - other.fromMs)) {
    if (hole.fromMs > fromMs) rest.push({ fromMs, toMs: Math.min(hole.fromMs, whole.toMs) });
    fromMs = Math.max(fromMs, hole.toMs);
  }
  rest.push({ fromMs, toMs: whole.toMs });
  return rest.filter((span) => span.toMs > span.fromMs);
}
