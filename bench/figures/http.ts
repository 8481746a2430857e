/** `GET /` over 64 connections, of a leader in a running election. */
import { spawnSync } from 'node:child_process';
import { Fleet } from '../world/fleet.ts';
import { load } from '../world/load.ts';
import { sleep } from '../world/mono.ts';
import type { Program } from '../world/programs.ts';
import { summarize } from '../world/summary.ts';
import { type Figure, times } from './figure.ts';

const CONNECTIONS = 64;

export const httpFigure: Figure = {
  name: 'http',
  async measure(bench) {
    const seconds = bench.quick ? 3 : 6;
    const wrk = spawnSync('wrk', ['-v']).error === undefined;
    const taken: Record<Program, number[]> = { floor: [], product: [], peer: [] };
    for (let round = 1; round <= (bench.quick ? 1 : 3); round += 1) {
      for (const program of ['floor', 'product', 'peer'] as const) {
        bench.say(`GET /, ${CONNECTIONS} connections (${wrk ? 'wrk' : 'own load'}): ${program}, round ${round}`);
        const fleet = await Fleet.start({ ...bench, program, size: 1, pollEveryMs: null });
        const [member] = fleet.members.values();
        await sleep(1_000);
        if (member !== undefined) taken[program].push(await load(member.port, CONNECTIONS, seconds, wrk));
        await fleet.stop();
      }
    }
    const rate = (program: Program) => summarize(taken[program]).p50;
    const toPeer = rate('product') / rate('peer');
    const row = {
      figure: `GET /, ${CONNECTIONS} connections`,
      demanded: '≥ 0.7 × the Go peer',
      measured: `${perSecond(rate('product'))}: ${times(toPeer)} the peer`,
      floor: perSecond(rate('floor')),
      peer: perSecond(rate('peer')),
      holds: toPeer >= 0.7,
    };
    return { rows: [row], raw: { ...taken, tool: wrk ? 'wrk' : 'own' } };
  },
};

function perSecond(value: number): string {
  return `${Math.round(value / 100) / 10}k/s`;
}
