/**
 * Where nothing is promised (docs/internals/rules.md): such a path ends, and nothing is found on it. Each of these is
 * judged by what happened in truth and by what the process that begins a term had learnt by then.
 */
import type { Event, State } from '../../src/election/state.ts';
import type { Draft } from './draft.ts';
import { knowsOf } from './learnt.ts';
import { originOf, uidOf } from './register.ts';
import { TICK_MS } from './setting.ts';
import { type Hold, leaseTicksOf, type Member, type World, type WriteMessage } from './world.ts';

const SECOND_TIME = 'a restored etcd gave out a version a second time';

/** Of a write that is applied: upon what it was not meant for. */
export function exemptionOfWrite({ restoredTick, lock }: World, { write, sentTick }: WriteMessage): string | null {
  if (write.on === null) return null;
  if (restoredTick > 0 && sentTick < restoredTick) return 'a restored etcd let a write apply that it had outlived';
  return lock.observed !== null && lock.observed.raw !== write.on.raw ? SECOND_TIME : null;
}

/** Of a member that takes what came after a restore for what came before it; a read would tell. */
export function exemptionOfEvent({ restoredTick }: World, { sight }: State, event: Event): string | null {
  if (restoredTick === 0 || event.type !== 'watched' || event.event.type !== 'present') return null;
  const { observed } = event.event;
  const isPast = sight.known === null || originOf(sight.known).tick < restoredTick;
  const isNew = originOf(observed).tick >= restoredTick;
  return isPast && isNew && Number(observed.version) <= Number(sight.newestVersion) ? SECOND_TIME : null;
}

/** May this member's term, of which the winning write was sent at `sentTick`, begin while `hold` still counts? */
export function exemption(draft: Draft, member: Member, hold: Hold, sentTick: number): string | null {
  const { setting, world } = draft;
  const { deletedUid, deletedTick, deletedTwice, deletedAgainTick, wipedUid, restoredTick, lock } = world;
  const { leaseTicks } = setting;
  const knownTicks = Math.max((member.heldSeconds * 1000) / TICK_MS, leaseTicksOf(setting, member.process));
  const known = knownTicks >= leaseTicksOf(setting, hold.process);
  if (deletedUid > 0 && sentTick < deletedTick + leaseTicks) {
    if (member.firstUid > deletedUid && !member.learntOfLock) return 'a deletion met a process that never saw a lock';
    if (deletedTwice && !knowsOf(member, deletedUid)) return 'a lock came and went unseen';
    if (!known) return 'a lock was deleted whose duration this process did not know';
  }
  // Waits chain: what the last two led to may take as long as they were apart, and a wait besides.
  if (deletedAgainTick > 0 && sentTick < deletedAgainTick + 3 * leaseTicks) {
    return 'two deletions within two lease durations';
  }
  if (wipedUid > 0 && wipedUid === uidOf(lock)) {
    if (!member.sawWipe) return 'a hand wiped the seal before this process ever saw it';
    if (!known) return 'a hand wiped a seal whose duration this process did not know';
  }
  if (restoredTick > 0) {
    if (sentTick < restoredTick + leaseTicks) return 'etcd was restored';
    if (deletedTick >= restoredTick && sentTick < deletedTick + leaseTicks) return 'a deletion after etcd was restored';
  }
  return null;
}
