/**
 * What a world is made of and what may happen in it: all drawn from one seed before it begins. A plan can be cut down
 * (fewer kinds, members, minutes) without what is left being drawn differently.
 */
import type { LockKind } from './lock-view.ts';
import { Random } from './random.ts';

/** What can go wrong with one request or one event of a watch. */
export const REQUEST_FAULTS = [
  'lost-request',
  'lost-answer',
  'slow-request',
  'slow-answer',
  'duplicate',
  'reset',
  'status',
  'stale-read',
  'bad-answer',
  'deaf-abort',
] as const;
export const WATCH_FAULTS = [
  'watch-drop',
  'watch-twice',
  'watch-replay',
  'watch-silent',
  'watch-end',
  'watch-410',
] as const;
/** What happens to the world now and then. */
export const EVENTS = [
  'crash',
  'crash-at-await',
  'replace-pod',
  'terminate',
  'step-down',
  'candidacy',
  'pause',
  'pause-at-await',
  'suspend',
  'wall-step',
  'partition',
  'outage',
  'rights',
  'compaction',
  'close-watches',
  'twin',
  'namesake',
  'delete',
  'recreate',
  'edit-labels',
  'edit-empty',
  'edit-wipe',
  'edit-duration',
  'edit-garbage',
  'rollback',
  'go-crash',
  'go-stop',
] as const;
export const WORK_HABITS = ['late-work', 'endless-work', 'ending-work', 'outliving-work'] as const;

export type RequestFault = (typeof REQUEST_FAULTS)[number];
export type WatchFault = (typeof WATCH_FAULTS)[number];
export type EventKind = (typeof EVENTS)[number];
export type WorkHabit = (typeof WORK_HABITS)[number];
export type FaultKind = RequestFault | WatchFault | EventKind | WorkHabit;
export const FAULT_KINDS: readonly FaultKind[] = [...REQUEST_FAULTS, ...WATCH_FAULTS, ...EVENTS, ...WORK_HABITS];

export interface MemberPlan {
  readonly name: string;
  readonly ttlMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly drainBudgetMs: number;
  readonly releaseDelayMs: number;
  readonly canKillWork: boolean;
  readonly canWatch: boolean;
  readonly hasPodUid: boolean;
  readonly drift: number;
}

export interface GoPlan {
  readonly name: string;
  /** Its own name, or that of a member of ours. */
  readonly id: string;
  /** `0.17`: its own duration counts, a release of a Lease is refused. `0.37`: the record's counts; releases late. */
  readonly version: '0.17' | '0.37';
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly requestTimeoutMs: number;
  readonly releaseOnCancel: boolean;
  readonly drift: number;
}

export interface Plan {
  readonly seed: number;
  /** About how long it lasts in all; four fifths of that with faults. */
  readonly minutes: number;
  readonly lockKind: LockKind;
  readonly latencyMs: number;
  readonly members: readonly MemberPlan[];
  readonly goMembers: readonly GoPlan[];
  /** Probability for each request, event of a watch or term; for what happens to the world: how often in a minute. */
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** How often in a minute whoever leads is lost, in one way or another, beside what `faults` do. */
  readonly lossesPerMinute: number;
  /** No pause, partition or absence of a process lasts longer. */
  readonly longestMs: number;
  /** Does a child that outlives its process hold the Pod's proof, as rule 25 has it? */
  readonly childrenKeepProof: boolean;
}

/**
 * `plain`: leases as people have them, faults now and then. `dense`: short leases, and leaders that are lost every few
 * seconds, so that terms come quickly; every kind of fault is drawn there too. `brisk`: the same in fast motion: a leader
 * is lost every second or sooner, everything else happens more often as well, and nothing lasts longer than some leases.
 */
export const PROFILES = ['plain', 'dense', 'brisk'] as const;
export type Profile = (typeof PROFILES)[number];

export interface Cut {
  /** Default `plain`. */
  readonly profile?: Profile;
  readonly minutes?: number;
  readonly members?: number;
  readonly goMembers?: number;
  readonly without?: readonly FaultKind[];
  /** Only for the control that too much drift must be found. Default 0.01. */
  readonly maxDrift?: number;
  /** Only for the control that a child without the proof must be found. */
  readonly childrenLackProof?: boolean;
}

export function drawPlan(seed: number, cut: Cut = {}): Plan {
  const profile = cut.profile ?? 'plain';
  const random = new Random(`world ${seed}`);
  const shape = random.fork('shape');
  const maxDrift = cut.maxDrift ?? 0.01;
  const withGo = shape.chance(TRAITS[profile].withGo);
  const lockKind = shape.pick(['leases', 'leases', 'leases', 'configmaps', 'endpoints'] as const);
  const ttls = TTLS_SECONDS[profile][withGo ? 'withGo' : 'alone'];
  const { losses, lossesOfOneKind, eventsTimes, longestMs } = TRAITS[profile];
  const commonTtlMs = shape.chance(0.6) ? shape.pick(ttls) * 1000 : null;
  const watchers = shape.chance(0.75);
  const count = 2 + shape.below(4);
  const members = Array.from({ length: count }, (_, i) => {
    const own = random.fork(`member ${i}`);
    return drawMember(own, NAMES[i] ?? `member-${i}`, { profile, withGo, ttls, commonTtlMs, watchers, maxDrift });
  });
  const longestTtlMs = Math.max(...members.map((it) => it.ttlMs));
  const goMembers = withGo
    ? Array.from({ length: 1 + shape.below(2) }, (_, i) =>
        drawGo(random.fork(`go ${i}`), `go-${i}`, longestTtlMs, maxDrift),
      )
    : [];
  const latencyMs = shape.logBetween(0.5, 20);
  const faults = new Map<FaultKind, number>();
  for (const kind of FAULT_KINDS) {
    const level = drawLevel(random.fork(`level of ${kind}`), kind, withGo);
    if (level > 0 && !cut.without?.includes(kind)) faults.set(kind, isEvent(kind) ? eventsTimes * level : level);
  }
  const drawn = random.fork('losses');
  if (lossesOfOneKind !== null) {
    const kind = drawn.pick(LEADER_LOSSES);
    if (!cut.without?.includes(kind)) faults.set(kind, drawn.logBetween(...lossesOfOneKind));
  }
  return {
    seed,
    minutes: cut.minutes ?? 5,
    lockKind,
    latencyMs,
    members: members.slice(0, cut.members ?? members.length),
    goMembers: goMembers.slice(0, cut.goMembers ?? goMembers.length),
    faults,
    lossesPerMinute: losses === null ? 0 : drawn.logBetween(...losses),
    longestMs,
    childrenKeepProof: cut.childrenLackProof !== true,
  };
}

export function faultsEndMs({ minutes }: Plan): number {
  return 0.8 * minutes * 60_000;
}

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'];

interface Traits {
  /** The share of worlds in which there are Go electors. */
  readonly withGo: number;
  /** How often in a minute whoever leads is lost. */
  readonly losses: readonly [number, number] | null;
  /** How often one kind of LEADER_LOSSES happens, whomever it strikes. */
  readonly lossesOfOneKind: readonly [number, number] | null;
  /** How much more often everything else happens to the world, but for what hands do to the lock. */
  readonly eventsTimes: number;
  readonly longestMs: number;
}

const TRAITS: Readonly<Record<Profile, Traits>> = {
  plain: { withGo: 0.3, losses: null, lossesOfOneKind: null, eventsTimes: 1, longestMs: Number.POSITIVE_INFINITY },
  dense: { withGo: 0.15, losses: null, lossesOfOneKind: [10, 40], eventsTimes: 1, longestMs: Number.POSITIVE_INFINITY },
  brisk: { withGo: 0.05, losses: [60, 600], lossesOfOneKind: null, eventsTimes: 3, longestMs: 3_000 },
};

/** Go electors see whole seconds, and must not be beside leases below four (rule 5). */
const TTLS_SECONDS = {
  plain: {
    withGo: [4, 5, 6.5, 8, 10, 10, 15, 15, 30],
    alone: [2, 3, 4, 5, 7.2, 8, 10, 10, 10, 10, 10, 12, 15, 15, 15, 30],
  },
  dense: { withGo: [4, 4, 4, 5, 6.5], alone: [1, 1.5, 2, 2, 2.5, 2.5, 2.5, 3, 3, 3, 4, 5] },
  brisk: { withGo: [4, 4, 4, 5], alone: [1, 1, 1, 1.5, 1.5, 2, 2, 2.5, 3] },
} as const;

const DRAIN_BUDGETS_MS = {
  plain: [25_000, 25_000, 5_000, 60_000],
  dense: [1_000, 2_000, 3_000, 5_000],
  brisk: [500, 1_000, 1_000, 2_000],
} as const;

interface Setting {
  readonly profile: Profile;
  readonly withGo: boolean;
  readonly ttls: readonly [number, ...number[]];
  readonly commonTtlMs: number | null;
  readonly watchers: boolean;
  readonly maxDrift: number;
}

function drawMember(random: Random, name: string, world: Setting): MemberPlan {
  const ownTtlMs = random.pick(world.ttls) * 1000;
  const ttlMs = world.commonTtlMs ?? ownTtlMs;
  const ownTimings = random.chance(0.2);
  // Beside Go electors, which see whole seconds, a renew deadline must leave one more second (rule 5).
  const mostMs = world.withGo
    ? Math.min(0.87 * ttlMs, 0.98 * ttlMs - 1250)
    : Math.min(0.87 * ttlMs, 0.98 * ttlMs - 210);
  const renewDeadlineMs = Math.min(mostMs, ownTimings ? random.between(0.5, 0.87) * ttlMs : (ttlMs * 2) / 3);
  const drainBudgetMs = random.pick(DRAIN_BUDGETS_MS[world.profile]);
  return {
    name,
    ttlMs,
    renewDeadlineMs,
    retryPeriodMs: ownTimings ? renewDeadlineMs / random.between(2, 6) : Math.min(ttlMs / 6, renewDeadlineMs / 2),
    drainBudgetMs,
    releaseDelayMs: random.chance(0.15) ? random.between(0, drainBudgetMs) : 0,
    canKillWork: random.chance(0.4),
    canWatch: world.watchers && random.chance(0.9),
    hasPodUid: random.chance(0.85),
    drift: world.maxDrift * random.pick([-1, 1, random.between(-1, 1)]),
  };
}

function drawGo(random: Random, name: string, longestMs: number, maxDrift: number): GoPlan {
  const version = random.pick(['0.17', '0.37'] as const);
  // 0.17 waits its own duration, whatever the record says: it may not be shorter than any other's.
  const leaseDurationMs =
    version === '0.17' ? Math.ceil(longestMs / 1000) * 1000 : random.pick([8_000, 10_000, 15_000]);
  const likeOriginal = random.chance(0.5);
  const renewDeadlineMs = likeOriginal ? leaseDurationMs / 3 : (leaseDurationMs * 2) / 3;
  const id = random.fork('id').chance(0.12) ? 'alice' : name;
  return {
    name,
    id,
    version,
    leaseDurationMs,
    renewDeadlineMs,
    retryPeriodMs: likeOriginal ? leaseDurationMs / 6 : leaseDurationMs / 7.5,
    requestTimeoutMs: random.pick([Math.max(1000, renewDeadlineMs / 2), renewDeadlineMs]),
    releaseOnCancel: random.chance(0.7),
    drift: maxDrift * random.pick([-1, 1, random.between(-1, 1)]),
  };
}

/** Most kinds are off in any one world, so that each is seen with few others around. */
function drawLevel(random: Random, kind: FaultKind, withGo: boolean): number {
  const rare = RARE.has(kind) || (withGo && LOCK_DEEDS.has(kind));
  if (!random.chance(rare ? 0.06 : 0.35)) return 0;
  if (LOCK_DEEDS.has(kind)) return random.logBetween(0.1, 0.7);
  if (isEvent(kind)) return random.logBetween(0.1, 3);
  if ((WORK_HABITS as readonly string[]).includes(kind)) return random.logBetween(0.03, 0.6);
  return random.logBetween(0.002, 0.25);
}

function isEvent(kind: FaultKind): boolean {
  return (EVENTS as readonly string[]).includes(kind) && !LOCK_DEEDS.has(kind);
}

/** In a dense world one of these comes every few seconds; in a brisk one all do, every second or sooner. */
export const LEADER_LOSSES = ['crash', 'crash', 'crash-at-await', 'terminate', 'step-down', 'replace-pod'] as const;
/** After these little is promised for a while (next to a Go elector nothing), so that they must not be everywhere. */
const LOCK_DEEDS: ReadonlySet<FaultKind> = new Set([
  'delete',
  'recreate',
  'edit-empty',
  'edit-wipe',
  'edit-duration',
  'edit-garbage',
]);
const RARE: ReadonlySet<FaultKind> = new Set(['rollback', 'edit-garbage', 'edit-wipe', 'stale-read']);
