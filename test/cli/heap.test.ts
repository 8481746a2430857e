import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { collectGarbage } from '../../src/cli/heap.ts';

test('what nobody holds is gone after a collection, without a flag of Node', async () => {
  assert.equal(process.execArgv.includes('--expose-gc'), false);
  const held = { text: 'alice' };
  const references = [new WeakRef(held), new WeakRef({ text: 'bob' })];
  // A WeakRef holds its target until the end of the turn that made it.
  await setImmediate();
  collectGarbage();
  assert.deepEqual(
    references.map((reference) => reference.deref()?.text),
    [held.text, undefined],
  );
});
