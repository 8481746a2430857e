/**
 * The product in some hundred worlds in which everything goes wrong. Each is told by its seed; where one fails, the
 * story of its last term and the command to see it again are printed. `main.ts` runs as many as one likes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawPlan } from './plan.ts';
import { product } from './product.ts';
import { shrink } from './shrink.ts';
import { replayCommand, tellStory } from './story.ts';
import { runWorld } from './world.ts';

const FIRST_SEED = 1;
const WORLDS = 150;

test('no rule is violated, and all comes right in the end, whatever goes wrong in between', async (t) => {
  const total = { simulatedMs: 0, terms: 0, unpromisedMs: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + WORLDS; seed += 1) {
    const { violation, simulatedMs, terms, unpromisedMs } = await runWorld(drawPlan(seed), product);
    total.simulatedMs += simulatedMs;
    total.terms += terms;
    total.unpromisedMs += unpromisedMs;
    if (violation === null) continue;
    const cut = await shrink(seed, {}, product, violation.invariant);
    await tellStory(seed, cut, product);
    assert.fail(`world ${seed}: ${violation.invariant}: ${violation.message}; replay: ${replayCommand(seed, cut)}`);
  }
  const hours = (total.simulatedMs / 3_600_000).toFixed(1);
  t.diagnostic(`${WORLDS} worlds, ${hours} simulated hours, ${total.terms} terms`);
  assert.ok(total.terms > WORLDS, `only ${total.terms} terms were begun`);
  // Most of the time everything must be promised, or little is shown.
  assert.ok(total.unpromisedMs < 0.5 * total.simulatedMs, `nothing was promised for ${total.unpromisedMs} ms`);
});

test('the same seed gives the same world', async () => {
  const transcribe = async () => {
    const lines: string[] = [];
    await runWorld(drawPlan(7, { minutes: 1 }), product, (atMs, who, text) => lines.push(`${atMs} ${who} ${text}`));
    return lines;
  };
  const lines = await transcribe();
  assert.ok(lines.length > 100);
  assert.deepEqual(await transcribe(), lines);
});
