import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from '../../src/kube/line-splitter.ts';

test('lines come out as they went in, wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat()), (texts, cuts) => {
      const lines = texts.map((text) => text.replaceAll('\n', ''));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const splitter = new LineSplitter(1_000_000);
      const out = chunksOf(bytes, cuts).flatMap((chunk) => [...splitter.push(chunk)]);
      assert.deepEqual(out.map(String), lines);
      assert.equal(splitter.pendingBytes, 0);
    }),
  );
});

test('a line at the limit passes, a line above it is refused, however it is cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat()), (limit, cuts) => {
      const fits = Buffer.from(`${'x'.repeat(limit)}\n`);
      const passing = new LineSplitter(limit);
      assert.deepEqual(
        chunksOf(fits, cuts)
          .flatMap((chunk) => [...passing.push(chunk)])
          .map(String),
        ['x'.repeat(limit)],
      );
      const refusing = new LineSplitter(limit - 1);
      assert(chunksOf(fits, cuts).some((chunk) => [...refusing.push(chunk)].includes('too-long')));
    }),
  );
});

function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to));
}
