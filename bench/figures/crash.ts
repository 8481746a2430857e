/**
 * SIGKILL to the next leader. Counted from the lease's end as somebody sees it who watches and takes no part. And, by
 * taps on the candidates' connections: did the winner write before the end that it had itself observed?
 */
import { until } from '../../test/cluster/harness/wait.ts';
import { Fleet } from '../world/fleet.ts';
import { monoMs, sleep } from '../world/mono.ts';
import { observe } from '../world/observer.ts';
import type { Program } from '../world/programs.ts';
import { summarize } from '../world/summary.ts';
import type { Passage } from '../world/tap.ts';
import { type Bench, type Figure, ms } from './figure.ts';

interface Crash {
  /** From the lease's end, as observed from outside, to the first answer `"is_leader":true`. */
  readonly beyondEndMs: number;
  /** From the end that the winner had observed to its write; negative is too early. Null where no tap could tell. */
  readonly afterOwnEndMs: number | null;
}

const TTL_MS = 10_000;
const IDLE_POLL_MS = 100;
const POLL_MS = 2;
/** Elections side by side: their ends are apart, so none disturbs another. */
const SIDE_BY_SIDE = 4;
const APART_MS = 600;
/** A bookmark is smaller than this, a lease and a write of one are larger. */
const LEASE_BYTES = 450;

export const crashFigure: Figure = {
  name: 'crash',
  async measure(bench) {
    const rounds = { product: bench.quick ? 1 : 3, floor: 1, peer: bench.quick ? 0 : 1 };
    const taken: Record<Program, Crash[]> = { product: [], floor: [], peer: [] };
    for (const program of ['product', 'floor', 'peer'] as const) {
      if (rounds[program] === 0) continue;
      bench.say(`crash: ${program}, ${SIDE_BY_SIDE} elections side by side, ${rounds[program]} times`);
      const elections = Array.from({ length: SIDE_BY_SIDE }, (_, index) =>
        crashes(bench, program, rounds[program], index * APART_MS),
      );
      taken[program] = (await Promise.all(elections)).flat();
    }
    const beyond = (program: Program) => summarize(taken[program].map(({ beyondEndMs }) => beyondEndMs));
    const own = taken.product.flatMap(({ afterOwnEndMs }) => (afterOwnEndMs === null ? [] : [afterOwnEndMs]));
    const [product, earliest] = [beyond('product'), summarize(own).min];
    const row = {
      figure: `SIGKILL to the next leader, beyond the lease's end as observed, ${product.count} times`,
      demanded: 'p50 ≤ 15 ms, max ≤ 60 ms; never before the end that the winner had observed',
      measured: `p50 ${ms(product.p50)}, max ${ms(product.max)}; earliest write ${ms(earliest)} after its end`,
      floor: ms(beyond('floor').p50),
      peer: taken.peer.length === 0 ? '' : ms(beyond('peer').p50),
      holds: product.p50 <= 15 && product.max <= 60 && own.length === product.count && earliest >= 0,
    };
    return { rows: [row], raw: taken };
  },
};

async function crashes(bench: Bench, program: Program, count: number, delayMs: number): Promise<readonly Crash[]> {
  const { cluster, commands, overlaps } = bench;
  const fleet = await Fleet.start({ cluster, commands, program, size: 3, pollEveryMs: IDLE_POLL_MS, tapped: true });
  const observer = observe(cluster, fleet.namespace, fleet.election);
  try {
    await sleep(delayMs);
    const taken: Crash[] = [];
    while (taken.length < count) {
      // Long enough that no handshake of a candidate that has just started can be taken for the last renewal.
      const leader = await fleet.settled(4_000);
      fleet.forgetAnswers();
      const nextYes = fleet.nextYes(leader);
      leader.signal('SIGKILL');
      await leader.exited();
      // A renewal that was under way is seen by now.
      await sleep(500);
      const sight = observer.latest();
      if (sight === null) throw new Error('the observer sees no lock');
      await sleep(sight.endsAtMs - monoMs() - 150);
      fleet.pollEvery(POLL_MS);
      const first = await nextYes;
      fleet.pollEvery(IDLE_POLL_MS);
      overlaps.checkAnswers(fleet, first);
      const passages = fleet.tapOf(first.candidate)?.passages ?? [];
      taken.push({
        beyondEndMs: first.receivedAtMs - sight.endsAtMs,
        afterOwnEndMs: afterOwnEndMs(passages, sight.receivedAtMs, await first.candidate.leading()),
      });
      await fleet.join(leader.seat);
    }
    return taken;
  } finally {
    observer.stop();
    await fleet.stop();
    if (program === 'product') overlaps.checkTerms(fleet);
  }
}

/**
 * The last renewal reached the winner no earlier than the tap passed it on; its write, the last thing it sent before it
 * led, left no later than the tap got it.
 */
function afterOwnEndMs(passages: readonly Passage[], observedAtMs: number, wonAtMs: number): number | null {
  const large = passages.filter(({ bytes }) => bytes >= LEASE_BYTES);
  const event = large.findLast(({ to, atMs }) => to === 'candidate' && Math.abs(atMs - observedAtMs) < 250);
  const write = large.findLast(({ to, atMs }) => to === 'server' && atMs < wonAtMs);
  return event === undefined || write === undefined ? null : write.atMs - event.atMs - TTL_MS;
}

/** For `restart`: SIGKILL, and the same Pod again. */
export async function restarts(bench: Bench, count: number): Promise<readonly number[]> {
  const { cluster, commands, overlaps } = bench;
  const fleet = await Fleet.start({ cluster, commands, program: 'product', size: 3, pollEveryMs: 5 });
  try {
    const taken: number[] = [];
    while (taken.length < count) {
      const leader = await fleet.settled(600);
      fleet.forgetAnswers();
      leader.signal('SIGKILL');
      await leader.exited();
      const again = await fleet.join(leader.seat);
      const first = await fleet.nextYes(leader);
      overlaps.checkAnswers(fleet, first);
      if (first.candidate !== again)
        throw new Error(`${first.candidate.id} leads instead of the restarted ${again.id}`);
      taken.push((await again.leading()) - again.startedAtMs);
      await until('all know it', () => fleet.leaders.length === 1);
    }
    return taken;
  } finally {
    await fleet.stop();
    overlaps.checkTerms(fleet);
  }
}
