/**
 * The command's log: one line per event on stderr, a fixed message and fields, as text for people or JSON for machines.
 * Written here rather than taken from a library because this process runs beside every Pod: start and memory are what
 * its users pay for, and levels, two formats and a clock are all it needs. No rotation, no colours, no files.
 */
import { type Clock, systemClock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { LogFields, Logger } from '../logger.ts';
import type { Stream } from './stream.ts';

export type LogFormat = 'auto' | 'json' | 'text';
export const LOG_FORMATS: readonly LogFormat[] = ['auto', 'json', 'text'];

export interface LogOptions {
  /** `auto`: text on a terminal, else JSON. */
  readonly format: LogFormat;
  /** The level of `-v`, by Kubernetes' convention: 0 to 3 leave debug lines out, 4 and above show them. */
  readonly verbosity: number;
  readonly stream: Stream;
  readonly clock?: Pick<Clock, 'now'>;
}

type Level = 'debug' | 'info' | 'warn' | 'error';
const DEBUG_FROM = 4;

export function createLogger({ format, verbosity, stream, clock = systemClock }: LogOptions): Logger {
  const asText = format === 'text' || (format === 'auto' && stream.isTTY);
  const log =
    (level: Level) =>
    (message: string, fields: LogFields = {}) => {
      const time = new Date(clock.now().wallMs).toISOString();
      stream.write(asText ? textLine(time, level, message, fields) : jsonLine(time, level, message, fields));
    };
  const debug = verbosity >= DEBUG_FROM ? log('debug') : () => {};
  return { debug, info: log('info'), warn: log('warn'), error: log('error') };
}

function jsonLine(time: string, level: Level, msg: string, fields: LogFields): string {
  const head = { time, level, msg };
  // Said twice: the first decides the order of the keys, the second keeps a field from taking their place.
  return `${toJson({ ...head, ...fields, ...head }, head)}\n`;
}

function textLine(time: string, level: Level, message: string, fields: LogFields): string {
  const words = [time, level.toUpperCase().padEnd(5), message];
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) words.push(`${plain(key)}=${plain(value)}`);
  }
  return `${words.join(' ')}\n`;
}

/** Bare where it can be read back without doubt, else as JSON: a value never breaks out of its line. */
function plain(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : toJson(value, {});
}

/** A value that cannot be written (a circle, a getter that throws) is named instead, beside what can. */
function toJson(value: unknown, otherwise: object): string {
  try {
    return JSON.stringify(value, replace) ?? JSON.stringify(String(value));
  } catch (error) {
    return JSON.stringify({ ...otherwise, unprintable: describeError(error) });
  }
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Error ? describeError(value) : value;
}
