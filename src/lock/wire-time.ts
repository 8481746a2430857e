/**
 * Times as they stand in records, from Unix milliseconds. Only written: a time that was read stays text, because no
 * decision compares it with a clock (rule 1).
 */

/** The last instant that four digits of a year can say. Nonsense of a wall clock must not stop a renewal. */
const LAST_UNIX_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A Lease's `MicroTime`: the API server refuses any number of fraction digits but six. */
export function microTime(unixMs: number): string {
  return `${isoText(unixMs).slice(0, -1)}000Z`;
}

/** RFC 3339 in whole seconds, cut off, never rounded up: what Go writes into an annotation. */
export function secondTime(unixMs: number): string {
  return `${isoText(unixMs).slice(0, -'.000Z'.length)}Z`;
}

function isoText(unixMs: number): string {
  const usableMs = Number.isNaN(unixMs) ? 0 : Math.min(Math.max(unixMs, 0), LAST_UNIX_MS);
  return new Date(usableMs).toISOString();
}
