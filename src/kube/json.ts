/** JSON from the network is `unknown`; these are the questions asked of it. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The property when `value` is an object that has it as an object; else an empty object. */
export function objectAt(value: unknown, key: string): JsonObject {
  const property = isObject(value) ? value[key] : undefined;
  return isObject(property) ? property : {};
}

/** The property when `value` is an object that has it as text; else empty. */
export function textAt(value: unknown, key: string): string {
  const property = isObject(value) ? value[key] : undefined;
  return typeof property === 'string' ? property : '';
}

/** What the API says takes a few lines; what goes on for longer would fill logs and answers. */
const LONGEST_MESSAGE = 2_000;

/** As `textAt`, for a text that is meant for a person: cut where it is too long. */
export function messageAt(value: unknown, key: string): string {
  const text = textAt(value, key);
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;
}

/** Far deeper than any object of the API. What is read is written back, and deep enough nothing can write it. */
const DEEPEST = 500;

/** Parses UTF-8 text that must be one JSON object. Bytes that are no UTF-8 are refused, not replaced. */
export function parseJsonObject(bytes: Uint8Array): JsonObject | null {
  if (isTooDeep(bytes)) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Counts the brackets that stand outside of texts. */
function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (inText) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === BRACE || byte === BRACKET) depth += 1;
    else if (byte === BRACE_END || byte === BRACKET_END) depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

const [QUOTE, BACKSLASH, BRACE, BRACE_END, BRACKET, BRACKET_END] = Buffer.from('"\\{}[]');

/** One short line of a body that was not what was asked for, for a person to read. */
export function excerpt(bytes: Uint8Array, maxLength = 200): string {
  // Four bytes a character at most; control characters would garble a log.
  const head = Buffer.from(bytes.subarray(0, maxLength * 4)).toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out here.
  const line = head.replace(/[\s\u0000-\u001f\u007f]+/g, ' ').trim();
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}
