/** What is said of mutants that no test notices is said of lines that are there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPLAINED } from '../mutation/explained.ts';
import { read } from './tree.ts';

test('every mutant that is explained changes a line that is there', () => {
  const gone = EXPLAINED.filter(
    ({ file, on }) =>
      !read(file)
        .split('\n')
        .some((line) => line.trim() === on),
  );
  assert.deepEqual(gone, []);
});
