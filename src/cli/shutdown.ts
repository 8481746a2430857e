/**
 * What the signals mean: the first SIGTERM or SIGINT asks for an orderly end, the second ends the process at once. It
 * does not know what has to be ended.
 */

export type StopSignal = 'SIGTERM' | 'SIGINT';

/** The part of `process` that is needed. */
export interface SignalSource {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
}

export interface Shutdown {
  /** Aborted by the first signal, whose name is the reason. */
  readonly requested: AbortSignal;
  /** Stops listening: the signals mean again what they mean to any process. */
  dispose(): void;
}

/** As a shell reports a process that a signal ended: 128 and the signal's number. */
const EXIT_CODES: Readonly<Record<StopSignal, number>> = { SIGTERM: 143, SIGINT: 130 };

export function listenForShutdown(source: SignalSource, exit: (code: number) => void): Shutdown {
  const controller = new AbortController();
  const onSignal = (signal: StopSignal) => {
    if (controller.signal.aborted) exit(EXIT_CODES[signal]);
    else controller.abort(signal);
  };
  source.on('SIGTERM', onSignal);
  source.on('SIGINT', onSignal);
  return {
    requested: controller.signal,
    dispose() {
      source.off('SIGTERM', onSignal);
      source.off('SIGINT', onSignal);
    },
  };
}
