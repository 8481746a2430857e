/** SIGTERM to the next leader: three candidates by their answers, fifty by their logs. */
import { Fleet } from '../world/fleet.ts';
import { type HandOver, handOver } from '../world/hand-over.ts';
import { sleep } from '../world/mono.ts';
import type { Program } from '../world/programs.ts';
import { summarize } from '../world/summary.ts';
import { type Bench, type Figure, ms, times } from './figure.ts';

/** Three processes are asked all the time; fifty only so often that the asking does not decide the outcome. */
const POLL_FEW_MS = 2;
const POLL_MANY_MS = 200;
const SETTLE_FEW_MS = 500;
const SETTLE_MANY_MS = 1_200;
const MANY = 50;

export const handOverFigure: Figure = {
  name: 'hand-over',
  async measure(bench) {
    const taken: Record<Program, HandOver[]> = { floor: [], product: [], peer: [] };
    const blocks = bench.quick ? 1 : 2;
    const counts = bench.quick ? { floor: 6, product: 6, peer: 3 } : { floor: 25, product: 25, peer: 12 };
    // In turns, so that whatever else the machine does meets all of them.
    for (let block = 1; block <= blocks; block += 1) {
      for (const program of ['floor', 'product', 'peer'] as const) {
        bench.say(`hand-over, 3 candidates: ${program}, block ${block} of ${blocks}`);
        const options = { size: 3, pollEveryMs: POLL_FEW_MS, settleMs: SETTLE_FEW_MS };
        taken[program].push(...(await handOvers(bench, program, counts[program], options)));
      }
    }
    const byAnswer = (program: Program) => summarize(taken[program].map(({ byAnswerMs }) => byAnswerMs));
    const [product, floor, peer] = [byAnswer('product'), byAnswer('floor'), byAnswer('peer')];
    const badExits = taken.product.filter(({ exitCode }) => exitCode !== 0).length;
    const toFloor = product.p50 / floor.p50;
    const toPeer = peer.p50 / product.p50;
    const row = {
      figure: `SIGTERM to the next is_leader:true, 3 candidates, ${product.count} times`,
      demanded: 'p50 ≤ 1.3 × floor and ≤ 30 ms, max ≤ 100 ms, ≥ 20 × faster than the peer, exit 0',
      measured: `p50 ${ms(product.p50)}, max ${ms(product.max)}`,
      floor: `${ms(floor.p50)}: ${times(toFloor)}`,
      peer: `${ms(peer.p50)}: ${times(toPeer)} faster`,
      holds: toFloor <= 1.3 && product.p50 <= 30 && product.max <= 100 && toPeer >= 20 && badExits === 0,
    };
    return { rows: [row], raw: { product: plain(taken.product), floor: plain(taken.floor), peer: plain(taken.peer) } };
  },
};

export const herdFigure: Figure = {
  name: 'herd',
  async measure(bench) {
    const taken: Record<'floor' | 'product', HandOver[]> = { floor: [], product: [] };
    let conflicts = 0;
    const count = bench.quick ? 4 : 15;
    for (const program of ['floor', 'product'] as const) {
      bench.say(`hand-over, ${MANY} candidates: ${program}`);
      const before = await refusedWrites(bench);
      const options = { size: MANY, pollEveryMs: POLL_MANY_MS, settleMs: SETTLE_MANY_MS };
      taken[program].push(...(await handOvers(bench, program, count, options)));
      conflicts = (await refusedWrites(bench)) - before;
    }
    const product = summarize(taken.product.map(({ byLogMs }) => byLogMs));
    const floor = summarize(taken.floor.map(({ byLogMs }) => byLogMs));
    const toFloor = product.p50 / floor.p50;
    // One leaves, one wins.
    const losers = MANY - 2;
    const refused = conflicts / count;
    const row = {
      figure: `the same, ${MANY} candidates, ${product.count} times`,
      demanded: `≤ 2 × its floor; at most one refused write for each of the ${losers} that lose`,
      measured: `p50 ${ms(product.p50)}, max ${ms(product.max)}; ${refused.toFixed(1)} refused`,
      floor: `${ms(floor.p50)}: ${times(toFloor)}`,
      peer: '',
      holds: toFloor <= 2 && refused <= losers,
    };
    return { rows: [row], raw: { product: plain(taken.product), floor: plain(taken.floor), conflicts } };
  },
};

async function handOvers(
  { cluster, commands, overlaps }: Bench,
  program: Program,
  count: number,
  options: { readonly size: number; readonly pollEveryMs: number; readonly settleMs: number },
): Promise<readonly HandOver[]> {
  const { size, pollEveryMs, settleMs } = options;
  const fleet = await Fleet.start({ cluster, commands, program, size, pollEveryMs });
  try {
    // The start of the last of them is over for all.
    await sleep(2 * settleMs);
    const taken: HandOver[] = [];
    while (taken.length < count) {
      const one = await handOver(fleet, overlaps, settleMs);
      taken.push(one);
      await fleet.join(one.former.seat);
    }
    return taken;
  } finally {
    await fleet.stop();
    if (program === 'product') overlaps.checkTerms(fleet);
  }
}

async function refusedWrites({ cluster }: Bench): Promise<number> {
  const counts = await cluster.requestCounts();
  const refused = counts.filter((it) => it.resource === 'leases' && it.verb === 'PUT' && it.code === '409');
  return refused.reduce((sum, { count }) => sum + count, 0);
}

function plain(taken: readonly HandOver[]) {
  return taken.map(({ byAnswerMs, byLogMs, exitCode }) => ({ byAnswerMs, byLogMs, exitCode }));
}
