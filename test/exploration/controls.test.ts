import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTROLS } from './controls.ts';
import { electionWithout, shipped } from './elections.ts';
import { begin } from './plan.ts';
import { replay } from './replay.ts';

for (const { rule, without, replacements, plan, finding, trace } of CONTROLS) {
  const actions = trace.split(', ');
  test(`rule ${rule}: the explorer's trace ends well in the product, and badly without: ${without}`, async () => {
    const own = begin(plan, shipped);
    assert.equal(replay(own.setting, own.start, actions).finding, null);
    const mutant = await electionWithout(replacements);
    const other = begin(plan, mutant);
    assert.equal(replay(other.setting, other.start, actions).finding, finding);
  });
}
