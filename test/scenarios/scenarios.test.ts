/**
 * Every scenario is told, what must hold in it holds, and its transcript is the expected one. `node
 * test/scenarios/main.ts --rewrite` rewrites the transcripts, and only those; the checks stand in the scenarios.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { SCENARIOS } from './scenarios.ts';
import type { Check } from './stage/checks.ts';
import { type Scenario, tell, wrong } from './stage/scenario.ts';
import { TRANSCRIPTS, transcriptPath } from './transcript-files.ts';

for (const scenario of SCENARIOS) {
  describe(scenario.id, async () => {
    const { text, failures } = await tell(scenario);

    test(scenario.title, () => assert.deepEqual(failures, []));

    test('and its transcript is the expected one', () => {
      const hint = `review with: node test/scenarios/main.ts --rewrite ${scenario.id} && git diff`;
      assert.equal(text, expectedOf(scenario.id), hint);
    });
  });
}

function expectedOf(id: string): string {
  try {
    return readFileSync(transcriptPath(id), 'utf8');
  } catch {
    return '(there is no transcript yet)';
  }
}

test('no transcript is left over, and no name is given twice', () => {
  const ids = SCENARIOS.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(readdirSync(TRANSCRIPTS).sort(), ids.map((id) => `${id}.txt`).sort());
});

describe('what must hold is not for a flag to change', () => {
  const [first] = SCENARIOS.filter((it) => it.type === 'story');
  assert.ok(first !== undefined);
  const doomed: Check = () => ({ holds: false, text: 'it went wrong' });
  const told = (changes: Partial<Scenario>) => tell({ ...first, ...changes });

  test('a check of ours that fails is a failure, whatever the transcript says', async () => {
    const { failures, text } = await told({ ours: [doomed] });
    assert.deepEqual(failures, ['k8s-elector: it went wrong']);
    assert.match(text, /✗ it went wrong/);
  });

  test('so is a peer that does not go wrong where it should', async () => {
    const { failures } = await told({ theirs: [wrong(() => ({ holds: true, text: 'all is well' }))] });
    assert.deepEqual(failures, ['client-go 0.37: expected to go wrong: all is well']);
  });

  test('two leaders of ours are found without being asked for', async () => {
    const { failures } = await told({
      ours: [],
      story: async (scene) => {
        for (const name of ['alice', 'bob']) scene.start(name, { as: 'client-go 0.37', id: 'node-1' });
        await scene.pass(5_000);
      },
    });
    assert.match(failures.join(), /k8s-elector: two led at once: alice and bob/);
  });

  test('the same story is told in the same words', async () => {
    assert.equal((await told({})).text, (await told({})).text);
  });
});
