/** What others than the members do to the lock: people and controllers with kubectl, and who restores etcd. */
import type { LockRecord } from '../../src/election/record.ts';
import type { Doer, HandVerb, Offer } from './action.ts';
import { type Draft, own, spend } from './draft.ts';
import { may } from './nuisances.ts';
import { GO, HAND, originOf, put, remove, restore, uidOf } from './register.ts';
import { setLock } from './requests.ts';
import type { Setting } from './setting.ts';
import type { World } from './world.ts';

export function offerHand(setting: Setting, { lock, members, left, wipedUid, backup }: World, offer: Offer): void {
  if (backup !== null) offer('restore');
  // What a restore means beside a Go member is that member's affair.
  else if (may(left, 'rollback') && !setting.goMember) offer('back-up');
  const { observed } = lock;
  if (observed === null || observed.record === 'unreadable') return;
  if (may(left, 'delete')) {
    offer('delete');
    offer('recreate');
  }
  if (may(left, 'label')) offer('edit-label');
  if (!may(left, 'hand') || observed.record.holderIdentity === '') return;
  offer('take-by-hand');
  // Without a seal of its own a record that a hand empties looks like a Go member's release (rule 28 b and c); so may one
  // that a Go member wrote beside the seal of another.
  if (!observed.sealMatches.transitions || originOf(observed).by === GO) return;
  offer('empty');
  // A seal that is wiped before a member ever saw it is exempted.
  const known = members.every((it) => it.life !== 'alive' || it.sealedUid === uidOf(lock));
  if (known && wipedUid === 0) offer('wipe');
}

export const HAND_ACTIONS: Record<HandVerb, Doer> = {
  delete: (draft) => {
    deletes(draft);
  },
  recreate: (draft) => {
    deletes(draft);
    const origin = { by: HAND, tick: draft.world.tick, emptied: true };
    setLock(draft, put(draft.world.lock, EMPTY, null, origin, true));
  },
  empty: (draft) => {
    const { record, seal } = spendOnLock(draft, 'hand');
    write(draft, { ...record, holderIdentity: '', leaseDurationSeconds: 1 }, seal, true);
  },
  wipe: (draft) => {
    spendOnLock(draft, 'hand');
    draft.world.wipedUid = uidOf(draft.world.lock);
    draft.world.members.forEach((member, slot) => {
      if (member.life === 'alive') own(draft, slot).sawWipe = true;
    });
    write(draft, EMPTY, null, true);
  },
  'take-by-hand': (draft) => {
    const { record, seal } = spendOnLock(draft, 'hand');
    write(draft, { ...record, holderIdentity: 'someone' }, seal, false);
  },
  'edit-label': (draft) => {
    const { observed, record, seal } = spendOnLock(draft, 'label');
    setLock(draft, put(draft.world.lock, record, seal, originOf(observed), false));
  },
  'back-up': (draft) => {
    spend(draft, 'rollback');
    draft.world.backup = draft.world.lock;
  },
  restore: (draft) => {
    const { world } = draft;
    if (world.backup === null) throw new Error('nothing to restore from');
    world.lock = restore(world.lock, world.backup);
    world.backup = null;
    world.restoredTick = world.tick;
    // Watches do not tell of it: those that are open fall silent.
    for (let slot = 0; slot < world.members.length; slot += 1) {
      const member = own(draft, slot);
      member.streaming = false;
      member.queue = [];
    }
  },
};

// ------------------------------------------------------------------------------------------------------- helpers

const EMPTY: LockRecord = {
  holderIdentity: '',
  leaseDurationSeconds: null,
  acquireTime: null,
  renewTime: null,
  leaseTransitions: 0,
};

function deletes(draft: Draft): void {
  const { world, setting } = draft;
  spend(draft, 'delete');
  world.deletedTwice = world.deletedUid > 0;
  if (world.deletedTwice && world.tick < world.deletedTick + 2 * setting.leaseTicks) {
    world.deletedAgainTick = world.tick;
  }
  world.deletedUid = uidOf(world.lock);
  world.deletedTick = world.tick;
  setLock(draft, remove(world.lock));
}

/** A lock in this world is always readable. */
function spendOnLock(draft: Draft, nuisance: 'hand' | 'label') {
  const { observed } = draft.world.lock;
  if (observed === null || observed.record === 'unreadable' || observed.seal === 'unreadable') {
    throw new Error('no lock to edit');
  }
  spend(draft, nuisance);
  return { observed, record: observed.record, seal: observed.seal };
}

function write(draft: Draft, record: LockRecord, seal: Parameters<typeof put>[2], emptied: boolean): void {
  const { lock, tick } = draft.world;
  setLock(draft, put(lock, record, seal, { by: HAND, tick, emptied }, false));
}
