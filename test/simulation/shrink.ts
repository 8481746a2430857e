/**
 * Cuts a failing world down: kinds of fault, members, time, as long as the same invariant still fails. Streams of
 * chance belong to what they decide, so that most cuts leave the rest as it was.
 */
import { type Cut, drawPlan, FAULT_KINDS } from './plan.ts';
import type { Product } from './product.ts';
import { runWorld } from './world.ts';

const LONGEST_MS = 30_000;

export async function shrink(seed: number, from: Cut, product: Product, invariant: string): Promise<Cut> {
  const endsAtMs = performance.now() + LONGEST_MS;
  let cut = from;
  const attempt = async (smaller: Cut): Promise<boolean> => {
    if (performance.now() > endsAtMs) return false;
    const { violation } = await runWorld(drawPlan(seed, smaller), product);
    if (violation?.invariant !== invariant) return false;
    cut = smaller;
    return true;
  };
  for (let again = true; again; ) {
    again = false;
    const { violation } = await runWorld(drawPlan(seed, cut), product);
    // Of which four fifths are with faults.
    const minutes = Math.ceil((violation?.atMs ?? 0) / 4_800) / 10;
    if (minutes < drawPlan(seed, cut).minutes) await attempt({ ...cut, minutes });
    const plan = drawPlan(seed, cut);
    if (plan.goMembers.length > 0 && (await attempt({ ...cut, goMembers: plan.goMembers.length - 1 }))) again = true;
    if (plan.members.length > 1 && (await attempt({ ...cut, members: plan.members.length - 1 }))) again = true;
    for (const kind of FAULT_KINDS) {
      if (!plan.faults.has(kind)) continue;
      if (await attempt({ ...cut, without: [...(cut.without ?? []), kind] })) again = true;
    }
  }
  return cut;
}
