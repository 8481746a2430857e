/** The scenarios as tests that tell their stories when they run; test/scenarios/ tells them when it is loaded. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SCENARIOS } from '../scenarios/scenarios.ts';
import { tell } from '../scenarios/stage/scenario.ts';
import { transcriptPath } from '../scenarios/transcript-files.ts';

for (const scenario of SCENARIOS) {
  test(scenario.id, async () => {
    const { text, failures } = await tell(scenario);
    assert.deepEqual(failures, []);
    assert.equal(text, readFileSync(transcriptPath(scenario.id), 'utf8'));
  });
}
