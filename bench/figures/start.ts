/** From the start of the process to leading: on a vacant lock, and again in the Pod of a leader that was killed. */
import { freePort } from '../../test/cluster/harness/ports.ts';
import { Candidate } from '../world/candidate.ts';
import { sleep } from '../world/mono.ts';
import type { Program } from '../world/programs.ts';
import { makeSeats } from '../world/seat.ts';
import { summarize } from '../world/summary.ts';
import { restarts } from './crash.ts';
import { type Bench, type Figure, ms, times } from './figure.ts';

const PAUSE_MS = 300;

export const startFigure: Figure = {
  name: 'start',
  async measure(bench) {
    const taken: Record<Program, number[]> = { floor: [], product: [], peer: [] };
    const blocks = bench.quick ? 1 : 3;
    for (let block = 1; block <= blocks; block += 1) {
      bench.say(`start on a vacant lock, block ${block} of ${blocks}`);
      for (const program of ['floor', 'product', 'peer'] as const)
        taken[program].push(...(await starts(bench, program)));
    }
    bench.say('start in the Pod of a killed leader');
    const again = await restarts(bench, bench.quick ? 3 : 10);
    const [product, restart] = [summarize(taken.product), summarize(again)];
    const toStart = restart.p50 / product.p50;
    const startRow = {
      figure: `process start to leading on a vacant lock, in-cluster configuration, ${product.count} times`,
      demanded: 'p50 ≤ 180 ms',
      measured: `p50 ${ms(product.p50)}, max ${ms(product.max)}`,
      floor: ms(summarize(taken.floor).p50),
      peer: ms(summarize(taken.peer).p50),
      holds: product.p50 <= 180,
    };
    const restartRow = {
      figure: `SIGKILL and restart in the same Pod, ${restart.count} times`,
      demanded: 'leads again within 1.5 × its own start time',
      measured: `p50 ${ms(restart.p50)}, max ${ms(restart.max)}: ${times(toStart)}`,
      floor: '',
      peer: '',
      holds: toStart <= 1.5,
    };
    return { rows: [startRow, restartRow], raw: { ...taken, restarts: again } };
  },
};

const STARTS_IN_A_BLOCK = 6;

/** Each ends in good order, so that the next finds the lock vacant. */
async function starts({ cluster, commands }: Bench, program: Program): Promise<readonly number[]> {
  const election = 'bench';
  const { namespace, seats } = await makeSeats(cluster, election, 1);
  const [seat] = seats;
  const taken: number[] = [];
  while (seat !== undefined && taken.length < STARTS_IN_A_BLOCK) {
    const candidate = await Candidate.start({
      ...{ program, commands, seat, namespace, election, ttlSeconds: 10, pollEveryMs: null },
      port: await freePort(),
      onAnswer: () => {},
    });
    taken.push((await candidate.leading()) - candidate.startedAtMs);
    await sleep(PAUSE_MS);
    candidate.signal('SIGTERM');
    await candidate.exited();
  }
  return taken;
}
