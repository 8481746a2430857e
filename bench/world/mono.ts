/** CLOCK_MONOTONIC in milliseconds: one origin for all processes of the machine, so their instants can be compared. */
export function monoMs(): number {
  return msOfNs(Number(process.hrtime.bigint()));
}

export function msOfNs(ns: number): number {
  return ns / 1e6;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
