/**
 * A member on Kubernetes' own Go package, as the lock sees it: it reads and writes at one instant, renews every retry
 * period, takes a record that it saw unchanged for a lease duration, and looks at nothing but the record, so that seals
 * of others stay where they are. Its defect is here too: when it stops, it empties whatever record stands there if it
 * believes to be the leader, and that belief may be old.
 *
 * Nothing is promised, and such a path ends, where it creates a lock within a lease duration after a deletion, where it
 * takes a record that a hand or its own late release has emptied while its last holder may still count on it, and where
 * its late release hits a lock that was created after its own was deleted: it writes the number of transitions that it
 * remembers, and a greater one than the seal's reads as a release (rule 28 b).
 */
import type { LockRecord, Observed } from '../../src/election/record.ts';
import type { Doer, GoVerb, Offer } from './action.ts';
import { type Draft, finds, spend, tells } from './draft.ts';
import { may } from './nuisances.ts';
import { GO, originOf, put } from './register.ts';
import { setLock } from './requests.ts';
import { TICK_MS } from './setting.ts';
import { leaseTicksOf, type World } from './world.ts';

export interface GoMember {
  readonly life: 'not-started' | 'alive' | 'stopped';
  readonly paused: boolean;
  /** The record as it last saw it, and since when: version and holder are all it needs. */
  readonly seen: Observed | null;
  readonly seenTick: number;
  /** It believes to lead until one renew deadline after this. */
  readonly leading: boolean;
  readonly renewedTick: number;
  readonly dueTick: number;
}

export const NO_GO_MEMBER: GoMember = {
  life: 'not-started',
  paused: false,
  seen: null,
  seenTick: 0,
  leading: false,
  renewedTick: 0,
  dueTick: 0,
};

const ID = 'kate';

export function offerGo({ go, left, tick }: World, offer: Offer): void {
  if (go.life === 'not-started') offer('go-start');
  if (go.life !== 'alive') return;
  if (go.paused) {
    offer('go-resume');
    return;
  }
  if (go.dueTick <= tick) offer('go-tries');
  if (may(left, 'pause')) offer('go-pause');
  if (may(left, 'giveUp')) offer('go-stops');
}

export function goIsDue({ go, tick }: World): boolean {
  return go.life === 'alive' && !go.paused && go.dueTick <= tick;
}

/** Does it hold the record, within its own renew deadline? */
export function goHolds({ world, setting }: Pick<Draft, 'world' | 'setting'>): boolean {
  const { go, tick, lock } = world;
  const holds = lock.observed !== null && originOf(lock.observed).by === GO && go.leading;
  return holds && tick < go.renewedTick + setting.deadlineTicks;
}

export const GO_MEMBER: Record<GoVerb, Doer> = {
  'go-start': (draft) => {
    set(draft, { life: 'alive' });
    tries(draft);
  },
  'go-tries': tries,
  'go-pause': (draft) => {
    spend(draft, 'pause');
    set(draft, { paused: true });
  },
  'go-resume': (draft) => set(draft, { paused: false }),
  'go-stops': (draft) => {
    spend(draft, 'giveUp');
    releases(draft);
    set(draft, { life: 'stopped', seen: null, seenTick: 0 });
  },
};

// ------------------------------------------------------------------------------------------------------- helpers

function set({ world }: Draft, fields: Partial<GoMember>): void {
  world.go = { ...world.go, ...fields };
}

function tries(draft: Draft): void {
  const { world, setting } = draft;
  const { go, tick, lock } = world;
  set(draft, { dueTick: tick + 1 });
  if (go.leading && tick >= go.renewedTick + setting.deadlineTicks) {
    // It was too slow: it stops leading, releases, and starts over.
    releases(draft);
    set(draft, { seen: null, seenTick: 0 });
    return;
  }
  const { observed } = lock;
  if (observed === null) {
    if (world.deletedUid > 0 && tick < world.deletedTick + setting.leaseTicks) {
      draft.exempted = 'a deletion met a Go member';
      return;
    }
    writes(draft, 0, tick);
    return;
  }
  const { record } = observed;
  if (record === 'unreadable') return;
  if (go.seen === null || !sameRecord(go.seen, observed)) set(draft, { seen: observed, seenTick: tick });
  const { seenTick } = draft.world.go;
  const mine = record.holderIdentity === ID;
  if (record.holderIdentity !== '' && !mine && tick < seenTick + setting.leaseTicks) {
    if (go.leading) set(draft, { leading: false });
    return;
  }
  if (
    originOf(observed).emptied &&
    world.holds.some((it) => it.process !== GO && tick < it.tick + leaseTicksOf(setting, it.process))
  ) {
    draft.exempted = 'a Go member took a lock that was emptied';
    return;
  }
  writes(draft, record.leaseTransitions + (mine ? 0 : 1), mine && go.leading ? Number(record.acquireTime) : tick);
}

function sameRecord(a: Observed, b: Observed): boolean {
  if (a.record === 'unreadable' || b.record === 'unreadable') return a.version === b.version;
  const { holderIdentity, renewTime, acquireTime, leaseTransitions } = a.record;
  return (
    holderIdentity === b.record.holderIdentity &&
    renewTime === b.record.renewTime &&
    acquireTime === b.record.acquireTime &&
    leaseTransitions === b.record.leaseTransitions
  );
}

function writes(draft: Draft, leaseTransitions: number, acquiredTick: number): void {
  const { world, setting } = draft;
  const { tick, lock, holds } = world;
  const isEarly = (it: World['holds'][number]) =>
    it.process !== GO && tick < it.tick + leaseTicksOf(setting, it.process) && isLive(lock.observed);
  if (holds.some(isEarly)) finds(draft, 'the model is wrong: the Go member takes a live record');
  const record: LockRecord = {
    holderIdentity: ID,
    leaseDurationSeconds: (setting.leaseTicks * TICK_MS) / 1000,
    acquireTime: String(Math.floor(acquiredTick / setting.textTicks)),
    renewTime: String(Math.floor(tick / setting.textTicks)),
    leaseTransitions,
  };
  tells(draft, () => '    the Go member writes its record');
  const others = holds.filter((it) => it.process !== GO);
  world.holds = [...others, { process: GO, pod: GO, tick }];
  set(draft, { leading: true, renewedTick: tick });
  place(draft, record, false);
  set(draft, { seen: draft.world.lock.observed, seenTick: tick });
}

function isLive(observed: Observed | null): boolean {
  return (
    observed !== null &&
    observed.record !== 'unreadable' &&
    observed.record.holderIdentity !== '' &&
    originOf(observed).by !== GO
  );
}

/** Reads the lock, asks its own memory whether it leads, and writes an empty holder: the defect. */
function releases(draft: Draft): void {
  const { go, lock, tick, holds } = draft.world;
  const { observed } = lock;
  // From here on it leads no more, whatever becomes of the record.
  draft.world.holds = holds.filter((it) => it.process !== GO);
  set(draft, { leading: false, renewedTick: 0 });
  if (!go.leading || observed === null || observed.record === 'unreadable') return;
  const own = observed.record.holderIdentity === ID;
  if (!own && go.seen !== null && go.seen.uid !== observed.uid) {
    draft.exempted = 'a deletion met a Go member, whose late release counts the transitions of the lock before';
    return;
  }
  const known = go.seen !== null && go.seen.record !== 'unreadable' ? go.seen.record.leaseTransitions : 0;
  const text = String(Math.floor(tick / draft.setting.textTicks));
  tells(draft, () => `    the Go member releases${own ? '' : " another's record"}`);
  place(
    draft,
    {
      holderIdentity: '',
      leaseDurationSeconds: 1,
      acquireTime: text,
      renewTime: text,
      leaseTransitions: own ? observed.record.leaseTransitions : known,
    },
    !own,
  );
}

/** Annotations of others survive, seals among them. */
function place(draft: Draft, record: LockRecord, emptied: boolean): void {
  const { lock, tick } = draft.world;
  const seal = lock.observed === null || lock.observed.seal === 'unreadable' ? null : lock.observed.seal;
  setLock(draft, put(lock, record, seal, { by: GO, tick, emptied }, lock.observed === null));
}
