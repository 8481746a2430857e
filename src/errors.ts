/**
 * The one error class of this package. Expected outcomes (a conflict, a missing object, a refused write) are values;
 * an ElectorError is a caller's mistake or I/O that failed for good. Its message says the action, the reason, the
 * subject and the next step.
 */

export type ElectorErrorCode =
  /** Wrong flags, fields or values. `problems` lists all of them. */
  | 'CONFIG_INVALID'
  /** No way to the API was found, or the configuration that names it cannot be used. */
  | 'CONNECTION_INVALID'
  /** The HTTP endpoint could not be bound. */
  | 'HTTP_LISTEN_FAILED'
  /** `run()` or `lead()` was called on a node that runs already, or has. */
  | 'STATE_INVALID'
  /** The work that leading drives did not end within its budget and runs on. */
  | 'WORK_STUCK';

export class ElectorError extends Error {
  override readonly name = 'ElectorError';
  /** Stable, for programs. */
  readonly code: ElectorErrorCode;
  /** The API's or the system's own word, such as `Forbidden` or `EADDRINUSE`. */
  readonly reason: string | undefined;
  /** All problems at once, one sentence each; for `CONFIG_INVALID`. */
  readonly problems: readonly string[];

  constructor(
    code: ElectorErrorCode,
    message: string,
    options: { reason?: string; problems?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = options.reason;
    this.problems = options.problems ?? [];
  }
}

/** What went wrong, in one line, whatever was thrown. */
export function describeError(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
