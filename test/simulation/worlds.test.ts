/**
 * The product in thousands of worlds in which everything goes wrong, the same ones each time. Each is told by its seed;
 * where one fails, the story of its last term and the command to see it again are printed. `npm run simulate` runs as
 * many others as one likes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cut, drawPlan } from './plan.ts';
import { inPieces, runRanges } from './pool.ts';
import { product } from './product.ts';
import { shrink } from './shrink.ts';
import { replayCommand, tellStory } from './story.ts';
import { add, describeTally, NO_WORLDS, type Tally } from './tally.ts';
import { runWorld } from './world.ts';

const WORLDS_A_PIECE = 25;
/** On a machine that is busy with much else it ends here. What it has run by then must still mean something. */
const LONGEST_MS = 100_000;

for (const { title, cut, worlds, atLeast } of [
  { title: 'of five minutes', cut: {}, worlds: 5_000, atLeast: 500 },
  {
    title: 'in which a leader is lost every few seconds',
    cut: { profile: 'dense' } as const,
    worlds: 200,
    atLeast: 50,
  },
]) {
  test(`no rule is violated, and all comes right in the end, in worlds ${title}`, async (t) => {
    const tally = await run(cut, worlds);
    t.diagnostic(describeTally(tally));
    const [failure] = [...tally.failures].sort((a, b) => a.seed - b.seed);
    if (failure !== undefined) {
      const { seed, invariant, message } = failure;
      const smaller = await shrink(seed, cut, product, invariant);
      await tellStory(seed, smaller, product);
      assert.fail(`world ${seed}: ${invariant}: ${message}; replay: ${replayCommand(seed, smaller)}`);
    }
    assert.ok(tally.worlds >= atLeast, `only ${tally.worlds} worlds in ${LONGEST_MS} ms`);
    assert.ok(tally.failovers > tally.worlds, `only ${tally.failovers} fail-overs`);
    // Most of the time everything must be promised, or little is shown.
    assert.ok(tally.unpromisedMs < 0.3 * tally.simulatedMs, `nothing was promised for ${tally.unpromisedMs} ms`);
  });
}

async function run(cut: Cut, worlds: number): Promise<Tally> {
  const endsAtMs = performance.now() + LONGEST_MS;
  const pieces = inPieces(1, worlds, WORLDS_A_PIECE, cut);
  let tally = NO_WORLDS;
  const next = () => (performance.now() < endsAtMs && tally.failures.length === 0 ? pieces() : null);
  await runRanges(next, (_, piece) => {
    tally = add(tally, piece);
  });
  return tally;
}

test('the same seed gives the same world, in another thread too', async () => {
  const transcribe = async () => {
    const lines: string[] = [];
    await runWorld(drawPlan(7, { minutes: 1 }), product, (atMs, who, text) => lines.push(`${atMs} ${who} ${text}`));
    return lines;
  };
  const lines = await transcribe();
  assert.ok(lines.length > 100);
  assert.deepEqual(await transcribe(), lines);

  const { events, simulatedMs } = await runWorld(drawPlan(7), product);
  const tallies: Tally[] = [];
  await runRanges(inPieces(7, 1, 1, {}), (_, piece) => tallies.push(piece), 1);
  assert.deepEqual(
    tallies.map((tally) => [tally.events, tally.simulatedMs]),
    [[events, simulatedMs]],
  );
});
