import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StateSet } from './state-set.ts';

test('holds what was added, and nothing else, however much that is', () => {
  const set = new StateSet();
  const keys: (readonly [high: number, low: number])[] = [[0, 0]];
  // A full period generator: no key comes twice.
  let word = 1;
  const next = () => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    return word;
  };
  for (let i = 0; i < 100_000; i += 1) keys.push([next(), next()]);
  for (const [high, low] of keys) assert.equal(set.add(high, low), true);
  for (const [high, low] of keys) assert.equal(set.add(high, low), false);
  assert.equal(set.size, keys.length);
});

test('keys that share a half are two', () => {
  const set = new StateSet();
  assert.deepEqual([set.add(5, 7), set.add(5, 8), set.add(6, 7), set.add(7, 5)], [true, true, true, true]);
});
