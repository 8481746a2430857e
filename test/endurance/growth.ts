/**
 * Does anything grow? Samples over time, judged by the line that fits them best, because what is collected now and then
 * goes up and down all the time.
 */

export interface Sample {
  /** Simulated or real, from any origin. */
  readonly atMs: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface Limit {
  /** How much more the fitted line may say at the end than at the beginning. */
  readonly most: number;
}

export interface Growth {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly highest: number;
  /** Of the fitted line, over all samples. */
  readonly growth: number;
  readonly perHour: number;
}

export function growthOf(name: string, samples: readonly Sample[]): Growth {
  const points = samples.map(({ atMs, values }) => ({ x: atMs, y: values[name] ?? Number.NaN }));
  const first = points[0] ?? { x: 0, y: 0 };
  const last = points.at(-1) ?? first;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const perMs = variance === 0 ? 0 : covariance / variance;
  return {
    ...{ name, first: first.y, last: last.y, highest: Math.max(...points.map(({ y }) => y)) },
    growth: perMs * (last.x - first.x),
    perHour: perMs * 3_600_000,
  };
}

/** One line for each value that grows by more than its limit; empty when nothing does. */
export function growthProblems(samples: readonly Sample[], limits: Readonly<Record<string, Limit>>): readonly string[] {
  return Object.entries(limits).flatMap(([name, { most }]) => {
    const { growth, first, last } = growthOf(name, samples);
    if (growth <= most) return [];
    return [`${name} grows: by ${growth.toFixed(2)} from ${first} to ${last} (allowed ${most})`];
  });
}
