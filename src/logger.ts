/** What this package asks of a logger: a fixed message and fields, never a sentence put together. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, unknown>>;

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A logger that fails must not fail the election: what it throws is dropped. */
export function harmless(logger: Logger): Logger {
  const guard = (log: (message: string, fields?: LogFields) => void) => (message: string, fields?: LogFields) => {
    try {
      log.call(logger, message, fields);
    } catch {
      // There is nowhere left to say so.
    }
  };
  return {
    debug: guard(logger.debug),
    info: guard(logger.info),
    warn: guard(logger.warn),
    error: guard(logger.error),
  };
}
