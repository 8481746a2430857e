import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { microTime, secondTime } from '../../src/lock/wire-time.ts';

test('a MicroTime has exactly six fraction digits and is UTC', () => {
  assert.equal(microTime(Date.UTC(2018, 6, 12, 9, 34, 59, 123)), '2018-07-12T09:34:59.123000Z');
  assert.equal(microTime(Date.UTC(2018, 6, 12, 9, 34, 59)), '2018-07-12T09:34:59.000000Z');
});

test('whole seconds are cut off, never rounded up', () => {
  assert.equal(secondTime(Date.UTC(2018, 6, 12, 9, 34, 59, 999)), '2018-07-12T09:34:59Z');
});

test('a wall clock from 1970 or 2100 is written as it is', () => {
  assert.equal(secondTime(0), '1970-01-01T00:00:00Z');
  assert.equal(secondTime(Date.UTC(2100, 0, 1)), '2100-01-01T00:00:00Z');
});

test('whatever a wall clock says, the time is well formed', () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.maxSafeInteger()), (unixMs) => {
      assert.match(microTime(unixMs), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      assert.match(secondTime(unixMs), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }),
  );
});
