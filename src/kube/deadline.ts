/** The end that a caller set for one call: a time, or a signal of its own, whichever comes first. */
import type { Clock } from '../clock.ts';

export type EndedBy = 'timeout' | 'aborted';

export interface Deadline {
  /** Aborts at the end. */
  readonly signal: AbortSignal;
  /** Null before the end. */
  endedBy(): EndedBy | null;
  /** The value, or null when the end came first. What still runs then is left alone, its failure too. */
  race<T>(work: Promise<T>): Promise<T | null>;
  /** The call is over: lets go of the timer and the caller's signal. */
  close(): void;
}

/** The time counts from this call. */
export function startDeadline(clock: Clock, timeoutMs: number, callerSignal?: AbortSignal): Deadline {
  const controller = new AbortController();
  let endedBy: EndedBy | null = null;
  const end = (by: EndedBy) => {
    endedBy ??= by;
    controller.abort();
  };
  const onAbort = () => end('aborted');
  if (callerSignal?.aborted) end('aborted');
  else if (timeoutMs <= 0) end('timeout');
  const timer = clock.setTimer(timeoutMs, () => end('timeout'));
  callerSignal?.addEventListener('abort', onAbort, { once: true });

  return {
    signal: controller.signal,
    endedBy: () => endedBy,
    race: (work) => raceSignal(work, controller.signal),
    close: () => {
      timer.cancel();
      callerSignal?.removeEventListener('abort', onAbort);
    },
  };
}

function raceSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(null);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
