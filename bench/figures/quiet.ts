/**
 * A quiet minute: what thirty members ask of the API while nothing happens, by the API server's own count, and how much
 * memory one of them keeps.
 */
import { readFileSync } from 'node:fs';
import { Fleet } from '../world/fleet.ts';
import { sleep } from '../world/mono.ts';
import type { Program } from '../world/programs.ts';
import type { Bench, Figure } from './figure.ts';

const MEMBERS = 30;
const TTL_SECONDS = 10;
const MINUTE_MS = 60_000;
/** Starting is over for all: the last watch runs, the last label is set. */
const CALM_MS = 4_000;

export const quietFigure: Figure = {
  name: 'quiet',
  async measure(bench) {
    const ms = bench.quick ? 20_000 : MINUTE_MS;
    bench.say(`the API server alone for ${ms / 3000} s, then with ${MEMBERS} members for ${ms / 1000} s`);
    const own = (await asked(bench, () => sleep(ms / 3))) * 3;
    const fleet = await Fleet.start({ ...bench, program: 'product', size: MEMBERS, pollEveryMs: null });
    const total = await asked(bench, () => sleep(ms), CALM_MS);
    const memory = [...fleet.members.values()].map(({ pid, isLeading }) => ({ isLeading, mb: anonymousMb(pid) }));
    await fleet.stop();
    bench.overlaps.checkTerms(fleet);

    const requests = total - own;
    const renewals = ms / ((TTL_SECONDS * 1000) / 6);
    const allowed = renewals + (MEMBERS * ms) / (5 * MINUTE_MS);
    const largest = Math.max(...memory.map(({ mb }) => mb));
    const others = { floor: await idleMb(bench, 'floor'), peer: await idleMb(bench, 'peer') };
    const apiRow = {
      figure: `API requests in ${ms / 1000} quiet seconds, ${MEMBERS} members`,
      demanded: `the leader's ${renewals.toFixed(0)} renewals, and one request per member in five minutes: ≤ ${allowed.toFixed(0)}`,
      measured: requests.toFixed(0),
      floor: '',
      peer: '',
      // A renewal more or less lies inside the interval.
      holds: requests <= allowed + 1,
    };
    const memoryRow = {
      figure: `idle Anonymous in smaps_rollup, the largest of ${MEMBERS}`,
      demanded: '≤ 26 MB',
      measured: mb(largest),
      floor: mb(others.floor),
      peer: mb(others.peer),
      holds: largest <= 26,
    };
    return { rows: [apiRow, memoryRow], raw: { own, total, memory, others } };
  },
};

/** Requests for what electors use, between the beginning and the end of `during`. */
async function asked(bench: Bench, during: () => Promise<void>, calmMs = 0): Promise<number> {
  await sleep(calmMs);
  const before = await requestsSoFar(bench);
  await during();
  return (await requestsSoFar(bench)) - before;
}

/** `code` 0 stands for watches that run; they were counted when they began or will be when they end. */
async function requestsSoFar({ cluster }: Bench): Promise<number> {
  const counts = await cluster.requestCounts();
  const ours = counts.filter(({ resource, code }) => (resource === 'leases' || resource === 'pods') && code !== '0');
  return ours.reduce((sum, { count }) => sum + count, 0);
}

async function idleMb(bench: Bench, program: Program): Promise<number> {
  const fleet = await Fleet.start({ ...bench, program, size: 1, pollEveryMs: null });
  await sleep(CALM_MS);
  const [member] = fleet.members.values();
  const idle = member === undefined ? Number.NaN : anonymousMb(member.pid);
  await fleet.stop();
  return idle;
}

function anonymousMb(pid: number): number {
  const kb = /^Anonymous:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kb) / 1000;
}

function mb(value: number): string {
  return `${value.toFixed(1)} MB`;
}
