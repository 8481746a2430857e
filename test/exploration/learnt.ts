/**
 * What a process has seen so far, in truth: some histories are exempted for those that never saw a lock, or only shorter
 * durations. An event that is older than what is known is none (rule 29).
 */
import { holderOf, type Observed } from '../../src/election/record.ts';
import type { Event, State } from '../../src/election/state.ts';
import { observedIn } from './lock-event.ts';
import { originOf } from './register.ts';
import type { Member } from './world.ts';

type Memory = {
  -readonly [Key in 'firstUid' | 'lastUid' | 'ownUid' | 'learntOfLock' | 'sealedUid' | 'heldSeconds']: Member[Key];
};

/**
 * Remembers it in `member`, which is a draft's own. `before` is the state before the event, `unseenUid` the lock that
 * the event tells of without showing it: one that is gone, or that refused a create.
 */
export function learnt(member: Memory & Pick<Member, 'process'>, before: State, event: Event, unseenUid: number): void {
  const newest = Number(before.sight.newestVersion);
  if (event.type === 'watched' && event.event.type === 'gone') {
    if (Number(event.event.version) <= newest) return;
    member.learntOfLock = true;
    member.lastUid = Math.max(member.lastUid, unseenUid);
    return;
  }
  if (unseenUid > 0) {
    member.firstUid = Math.min(member.firstUid, unseenUid);
    member.lastUid = Math.max(member.lastUid, unseenUid);
    return;
  }
  const observed = observedIn(event);
  if (observed === null || Number(observed.version) < newest) return;
  const { by, uid } = originOf(observed);
  if (by !== member.process) member.firstUid = Math.min(member.firstUid, uid);
  if (by !== member.process || uid <= member.lastUid) {
    member.lastUid = Math.max(member.lastUid, uid);
  } else if (uid !== member.ownUid) {
    member.lastUid = Math.max(member.lastUid, member.ownUid);
    member.ownUid = uid;
  }
  if (observed.seal !== null) member.sealedUid = Math.max(member.sealedUid, uid);
  // What the last holder said counts, not the one before it (rule 17).
  const isHeld = holderOf(observed) !== '';
  member.heldSeconds = Math.max(isHeld ? 0 : member.heldSeconds, secondsIn(observed));
}

/** Has it learnt anything of this lock, or of a later one that it did not create itself? */
export function knowsOf({ lastUid, ownUid }: Pick<Member, 'lastUid' | 'ownUid'>, uid: number): boolean {
  return lastUid >= uid || ownUid === uid;
}

// ------------------------------------------------------------------------------------------------------- helpers

function secondsIn({ record, seal }: Observed): number {
  const recordSeconds = record === 'unreadable' ? 0 : (record.leaseDurationSeconds ?? 0);
  const sealSeconds = seal === null || seal === 'unreadable' ? 0 : seal.leaseDurationSeconds;
  return Math.max(recordSeconds, sealSeconds);
}
