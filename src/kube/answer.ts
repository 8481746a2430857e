/** What an HTTP answer means in the API's own words. Nothing is believed of a body that was not checked. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiAnswer, ApiStatus } from '../lock/api.ts';
import { excerpt, type JsonObject, messageAt, objectAt, parseJsonObject, textAt } from './json.ts';

export interface HttpAnswer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** False when the connection ended inside the body. */
  readonly whole: boolean;
}

/**
 * The API asks for a second or a few. What a gateway asks for in an hour of maintenance, or by mistake for ever, must
 * not keep a candidate from seeing that the lock is free.
 */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** `wallMs` is only used for a `Retry-After` that is a date, beside an answer that has none. */
export function interpretAnswer(answer: HttpAnswer, wallMs: number): ApiAnswer {
  const { code, headers, body, whole } = answer;
  const parsed = whole ? parseJsonObject(body) : null;
  if (code >= 200 && code < 300) {
    if (parsed !== null) return { type: 'ok', code, body: parsed };
    return { type: 'failed', reason: 'invalid-answer', message: `${code} ${describeBadBody(answer)}` };
  }
  const status = parsed === null ? null : parseStatus(parsed);
  const retryAfterMs = parseRetryAfter(headers, wallMs) ?? retryAfterOf(parsed);
  return {
    type: 'error',
    code,
    message: status?.message || excerpt(body) || `status ${code} without a body`,
    status,
    ...(retryAfterMs === null ? {} : { retryAfterMs: Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS) }),
  };
}

const LONGEST_TYPE = 100;

function describeBadBody({ body, whole, headers }: HttpAnswer): string {
  if (!whole) return `with a body that was cut off after ${body.length} bytes`;
  if (body.length === 0) return 'without a body';
  return `with ${headers['content-type']?.slice(0, LONGEST_TYPE) ?? 'a body'} where a JSON object was expected: ${excerpt(body)}`;
}

/** The API's `Status` object; null when the object is something else. */
export function parseStatus(object: JsonObject): ApiStatus | null {
  if (object.kind !== 'Status' || object.apiVersion !== 'v1') return null;
  const details = objectAt(object, 'details');
  return {
    reason: textAt(object, 'reason'),
    message: messageAt(object, 'message'),
    details: { name: textAt(details, 'name'), kind: textAt(details, 'kind'), group: textAt(details, 'group') },
  };
}

/** Seconds or an HTTP date. A date is compared with the server's own clock where the answer tells it. */
function parseRetryAfter(headers: IncomingHttpHeaders, wallMs: number): number | null {
  const value = headers['retry-after']?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const atMs = httpDateMs(value);
  if (atMs === null) return null;
  return Math.max(0, atMs - (httpDateMs(headers.date ?? '') ?? wallMs));
}

/** Only what begins with the name of a day: `Date.parse` makes a date of almost anything. */
function httpDateMs(text: string): number | null {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

function retryAfterOf(parsed: JsonObject | null): number | null {
  const seconds = objectAt(parsed, 'details').retryAfterSeconds;
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : null;
}
