/** Which flag was probably meant by one that does not exist. A guess for a person: nothing is set by it. */

export interface Named {
  readonly name: string;
  /** Another name of the same thing: the library's field. */
  readonly alias?: string;
}

const FARTHEST = 2;

/** The one that is closest, if any is close enough to be worth naming. */
export function meantBy<T extends Named>(wrong: string, known: readonly T[]): T | undefined {
  const bare = (text: string) => text.toLowerCase().replace(/[-_]/g, '');
  const same = known.find(({ name, alias }) => [name, alias ?? name].some((it) => bare(it) === bare(wrong)));
  return same ?? nearest(wrong, known) ?? extended(wrong, known);
}

/** By slips of a key; in a short name one of them is half of it, and tells nothing. */
function nearest<T extends Named>(wrong: string, known: readonly T[]): T | undefined {
  let best: T | undefined;
  let bestDistance = FARTHEST + 1;
  for (const candidate of known) {
    const { name } = candidate;
    if (Math.abs(name.length - wrong.length) > FARTHEST) continue;
    const distance = slips(name, wrong);
    if (distance >= bestDistance || 2 * distance > Math.min(name.length, wrong.length)) continue;
    [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `-kube` for `-kubeconfig`, where nothing else begins so; `-election-name` for `-election`. */
function extended<T extends Named>(wrong: string, known: readonly T[]): T | undefined {
  const [first, ...others] = known.filter(({ name }) => name.startsWith(wrong));
  if (first !== undefined) return others.length === 0 ? first : undefined;
  return known.find(({ name }) => wrong.startsWith(`${name}-`) || wrong.startsWith(`${name}_`));
}

/** Characters to insert, remove, replace, or swap with their neighbour. */
function slips(a: string, b: string): number {
  let [older, old] = [[] as number[], Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const now = [row];
    for (let column = 1; column <= b.length; column++) {
      const at = (line: readonly number[], index: number) => line[index] ?? Number.POSITIVE_INFINITY;
      const replaced = at(old, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped =
        a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1] ? at(older, column - 2) + 1 : replaced;
      now.push(Math.min(at(old, column) + 1, at(now, column - 1) + 1, replaced, swapped));
    }
    [older, old] = [old, now];
  }
  return old[b.length] ?? 0;
}
