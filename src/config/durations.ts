/**
 * Durations as Go writes and reads them, because manifests written for the original carry them: `10s`, `1m30s`,
 * `-1.5h`, `0`. Milliseconds here, with fractions down to the nanosecond. Says nothing about which durations make sense.
 */
import { accept, type Parsed, refuse } from './parsed.ts';

const NANOSECONDS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n], // U+00B5, the micro sign
  ['μs', 1_000n], // U+03BC, the Greek letter
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

/** Go's durations are 64-bit counts of nanoseconds: about 292 years. */
const MOST_NS = 2n ** 63n - 1n;
export const MOST_DURATION_MS = Number(MOST_NS) / 1e6;
const LONGEST_TEXT = 256;
const EXPECTED = 'a duration such as 10s, 1m30s or 500ms';

/** Reads the whole grammar of Go's `time.ParseDuration`. */
export function parseDuration(text: string): Parsed<number> {
  if (text.length > LONGEST_TEXT) return refuse(EXPECTED, text, `it is longer than ${LONGEST_TEXT} characters`);
  const negative = text.startsWith('-');
  const unsigned = negative || text.startsWith('+') ? text.slice(1) : text;
  if (unsigned === '0') return accept(0);
  if (unsigned === '') return refuse(EXPECTED, text);

  let totalNs = 0n;
  const part = /(\d*)(?:\.(\d*))?([^\d.]*)/y;
  while (part.lastIndex < unsigned.length) {
    const [, whole = '', fraction = '', unit = ''] = part.exec(unsigned) ?? [];
    if (whole === '' && fraction === '') return refuse(EXPECTED, text, 'a number is missing');
    if (unit === '')
      return refuse(EXPECTED, text, `the unit is missing, write ${JSON.stringify(`${text}s`)} for seconds`);
    const unitNs = NANOSECONDS.get(unit);
    if (unitNs === undefined) {
      return refuse(EXPECTED, text, `unknown unit ${JSON.stringify(unit)}, use ns, us, ms, s, m or h`);
    }
    totalNs += BigInt(whole) * unitNs + fractionNs(fraction, unitNs);
  }
  // As in Go, the most negative 64-bit number has no positive counterpart.
  if (totalNs > (negative ? MOST_NS + 1n : MOST_NS)) return refuse(EXPECTED, text, 'it is longer than 292 years');
  return accept(totalNs === 0n ? 0 : Number(negative ? -totalNs : totalNs) / 1e6);
}

/** Digits beyond 63 bits are dropped and the product is a float, as in Go: the same text gives the same nanosecond. */
function fractionNs(digits: string, unitNs: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    if (value > MOST_NS / 10n) break;
    value = value * 10n + BigInt(digit);
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(value) * (Number(unitNs) / scale)));
}

/** As Go's `Duration.String()`: `1m30s`, `2.5s`, `500ms`, `0s`. Rounded to the nanosecond. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms * 1e6)) return `${ms}ms`;
  const signedNs = BigInt(Math.round(ms * 1e6));
  const ns = signedNs < 0n ? -signedNs : signedNs;
  const sign = signedNs < 0n ? '-' : '';
  if (ns === 0n) return '0s';
  if (ns < 1_000n) return `${sign}${ns}ns`;
  if (ns < 1_000_000n) return `${sign}${decimal(ns, 3)}µs`;
  if (ns < 1_000_000_000n) return `${sign}${decimal(ns, 6)}ms`;
  const minutes = ns / 60_000_000_000n;
  const seconds = `${decimal(ns % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return `${sign}${seconds}`;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** `value / 10^places`, without trailing zeros. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`);
}
