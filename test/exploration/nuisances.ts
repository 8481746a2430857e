/** What goes wrong in a world. Each kind has a budget for one path, and all together have one. */
export const NUISANCES = [
  /** A member's requests do not arrive at once: each may be applied, answered, late or never. */
  'cut',
  /** A member's watch events come late or never, and nothing tells it so. */
  'deaf',
  /** A watch ends: expired (410), or closed, after which an old one is resumed. */
  'watch',
  /** A member stands still while time passes. */
  'pause',
  'crash',
  /** Of a dead member: in the same Pod, or as a recreated Pod of the same name. */
  'restart',
  /** Somebody asks a member to stop leading, or to exit. */
  'giveUp',
  /** Work that goes on after it was told to stop. */
  'slowWork',
  /** The lock is deleted, or deleted and created again as an empty object. */
  'delete',
  /** A hand empties the record, strips its seal too, or writes another holder. */
  'hand',
  /** A controller edits the lock's labels. */
  'label',
  /** etcd is backed up, and later restored: versions are given out a second time. */
  'rollback',
  /** A create arrives twice. */
  'double',
  /** The answer to an abandoned write still comes. */
  'late',
  /** A connection is reset: the member learns that the outcome is unknown. */
  'reset',
  /** The API refuses a write: it is busy. */
  'refuse',
  /** A member's clocks gain or lose a tick. Only where the timings leave room for it: `wide`, once. */
  'drift',
  /** A member's machine is suspended for a tick: its monotonic clock stands, its boot-time clock goes on. */
  'suspend',
] as const;
export type Nuisance = (typeof NUISANCES)[number];
export type Budgets = Readonly<Record<Nuisance | 'total', number>>;

/** What is not mentioned does not happen; without a total, the sum of all. */
export function budgetsOf(wanted: Partial<Record<Nuisance | 'total', number>>): Budgets {
  const each = Object.fromEntries(NUISANCES.map((it) => [it, wanted[it] ?? 0])) as Record<Nuisance, number>;
  const sum = Object.values(each).reduce((total, it) => total + it, 0);
  return { ...each, total: wanted.total ?? sum };
}

/** May it still happen on this path? */
export function may(left: Budgets, nuisance: Nuisance): boolean {
  return left[nuisance] > 0 && left.total > 0;
}
