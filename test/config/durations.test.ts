import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/config/durations.ts';

const S = 1_000;
const M = 60 * S;
const H = 60 * M;

const accepted: readonly (readonly [text: string, ms: number])[] = [
  ['0', 0],
  ['+0', 0],
  ['-0', 0],
  ['0s', 0],
  ['-0s', 0],
  ['5s', 5 * S],
  ['+5s', 5 * S],
  ['-5s', -5 * S],
  ['1478s', 1478 * S],
  ['5.0s', 5 * S],
  ['5.6s', 5.6 * S],
  ['5.s', 5 * S],
  ['.5s', 0.5 * S],
  ['-.5s', -0.5 * S],
  ['1.004s', 1.004 * S],
  ['100.00100s', 100.001 * S],
  ['10ns', 0.00001],
  ['11us', 0.011],
  ['12µs', 0.012],
  ['12μs', 0.012],
  ['13ms', 13],
  ['14s', 14 * S],
  ['15m', 15 * M],
  ['16h', 16 * H],
  ['1m30s', 90 * S],
  ['3h30m', 3.5 * H],
  ['1.5h', 1.5 * H],
  ['10.5s4m', 4 * M + 10.5 * S],
  ['-2m3.4s', -(2 * M + 3.4 * S)],
  ['1h2m3s4ms5us6ns', H + 2 * M + 3 * S + 4.005006],
  ['39h9m14.425s', 39 * H + 9 * M + 14.425 * S],
  // A fraction of more digits than 64 bits hold.
  ['0.3333333333333333333h', 20 * M],
  ['0.100000000000000000000h', 6 * M],
  ['0.830103483285477580700h', 49 * M + 48_372.539827],
  ['9223372036854775807ns', 9223372036854.775],
  ['-9223372036854775808ns', -9223372036854.775],
];

const refused: readonly (readonly [text: string, says: RegExp])[] = [
  ['', /^expected a duration such as 10s, 1m30s or 500ms, got ""$/],
  ['10', /got "10": the unit is missing, write "10s" for seconds$/],
  ['3.', /the unit is missing/],
  ['-', /got "-"$/],
  ['+', /got "\+"$/],
  ['s', /a number is missing/],
  ['.', /a number is missing/],
  ['-.', /a number is missing/],
  ['.s', /a number is missing/],
  ['+.s', /a number is missing/],
  ['--5s', /a number is missing/],
  ['1d', /unknown unit "d", use ns, us, ms, s, m or h$/],
  ['10S', /unknown unit "S"/],
  ['1 s', /unknown unit " s"/],
  [' 1s', /a number is missing/],
  ['1s ', /unknown unit "s "/],
  ['1e3s', /unknown unit "e"/],
  ['9223372036854775808ns', /longer than 292 years/],
  ['9223372036854775.808us', /longer than 292 years/],
  ['-9223372036854775809ns', /longer than 292 years/],
  ['3000000h', /longer than 292 years/],
  [`${'1'.repeat(300)}s`, /longer than 256 characters/],
];

for (const [text, ms] of accepted) {
  test(`reads ${JSON.stringify(text)} as Go does`, () => {
    assert.deepEqual(parseDuration(text), { ok: true, value: ms });
  });
}

for (const [text, says] of refused) {
  test(`refuses ${JSON.stringify(text.slice(0, 40))} and says why`, () => {
    const parsed = parseDuration(text);
    assert.ok(!parsed.ok);
    assert.match(parsed.problem, says);
  });
}

const written: readonly (readonly [ms: number, text: string])[] = [
  [0, '0s'],
  [0.000001, '1ns'],
  [0.0011, '1.1µs'],
  [2.2, '2.2ms'],
  [3300, '3.3s'],
  [10_000, '10s'],
  [60_000, '1m0s'],
  [4 * M + 5.001 * S, '4m5.001s'],
  [5 * H + 6 * M + 7.001 * S, '5h6m7.001s'],
  [1, '1ms'],
  [-90_000, '-1m30s'],
  [20_000 / 3, '6.666666667s'],
  [Number.NaN, 'NaNms'],
  [1e305, '1e+305ms'],
  [Number.POSITIVE_INFINITY, 'Infinityms'],
];

for (const [ms, text] of written) {
  test(`writes ${ms} ms as ${text}`, () => assert.equal(formatDuration(ms), text));
}

test('every duration that is written is read back to the nanosecond', () => {
  // Beyond 2^50 ns, 13 days, a millisecond with fractions no longer holds every nanosecond.
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), (ns) => {
      const parsed = parseDuration(formatDuration(ns / 1e6));
      assert.ok(parsed.ok);
      assert.equal(Math.round(parsed.value * 1e6), ns);
    }),
  );
});

test('a duration is the sum of its parts, in any order and number', () => {
  const unitMs = { us: 0.001, ms: 1, s: S, m: M, h: H };
  const unit = fc.constantFrom('us', 'ms', 's', 'm', 'h');
  const part = fc.tuple(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 999 }), unit);
  fc.assert(
    fc.property(fc.constantFrom('', '+', '-'), fc.array(part, { minLength: 1, maxLength: 8 }), (sign, parts) => {
      const text = sign + parts.map(([whole, fraction, u]) => `${whole}.${fraction}${u}`).join('');
      const sumMs = parts.reduce((sum, [whole, fraction, u]) => sum + Number(`${whole}.${fraction}`) * unitMs[u], 0);
      const parsed = parseDuration(text);
      assert.ok(parsed.ok, text);
      assert.ok(Math.abs(parsed.value - (sign === '-' ? -sumMs : sumMs)) < 0.001, text);
    }),
  );
});

test('no text makes the parser throw', () => {
  const soup = fc.string({ unit: fc.constantFrom(...'+-.0159nusmhµμ e'), maxLength: 30 });
  fc.assert(fc.property(fc.oneof(fc.string(), soup), (text) => typeof parseDuration(text).ok === 'boolean'));
});
