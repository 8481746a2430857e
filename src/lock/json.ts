/**
 * JSON at the edge: objects whose fields nobody guarantees, on the way in, and the bytes of Go's encoder, on the way
 * out.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the text means, or undefined when it is no JSON (JSON itself never means undefined). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * One line, keys in the order of the object, so that nobody can tell who wrote it. Go also escapes what could break
 * out of a page of HTML or a script.
 */
export function goJson(value: object | string): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => ESCAPES[character] ?? character);
}
