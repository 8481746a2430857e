/** A thread that runs worlds: told a range of seeds, it answers with their tally. Started by pool.ts. */
import { parentPort } from 'node:worker_threads';
import { drawPlan } from './plan.ts';
import type { Range } from './pool.ts';
import { product } from './product.ts';
import { add, NO_WORLDS, tallyOf } from './tally.ts';
import { runWorld } from './world.ts';

parentPort?.on('message', async ({ from, count, cut }: Range) => {
  let tally = NO_WORLDS;
  for (let seed = from; seed < from + count; seed += 1) {
    tally = add(tally, tallyOf(seed, await runWorld(drawPlan(seed, cut), product)));
  }
  parentPort?.postMessage(tally);
});
