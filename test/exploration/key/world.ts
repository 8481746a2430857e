/** What a key says of everything but a member's election: the lock, what is under way, what has happened in truth. */
import type { GoMember } from '../go-member.ts';
import { knowsOf } from '../learnt.ts';
import { may, NUISANCES } from '../nuisances.ts';
import { uidOf } from '../register.ts';
import { TICK_MS } from '../setting.ts';
import { incarnationOf, type Member, type Message, nowOf, type World } from '../world.ts';
import { type Fields, leftOut, writerOf } from './fields.ts';
import { writeState } from './state.ts';
import { type KeyWriter, NONE } from './writer.ts';

const WORLD: Fields<World> = {
  left: ({ left }, to) => {
    // Of what may happen no more often in all, it does not matter how often each might.
    for (const nuisance of NUISANCES) to.put(Math.min(left[nuisance], left.total));
    to.put(left.total);
  },
  tick: ({ tick }, to) => {
    const { textTicks } = to.setting;
    to.time(Math.floor(tick / textTicks));
    // Where within a text's ticks this instant lies decides which later ones share it.
    to.put(tick % textTicks);
  },
  lock: ({ lock }, to) => {
    to.version(lock.version);
    to.sight(lock.observed);
    to.put(lock.uids === 0 ? 0 : 1);
  },
  // Of one that was deleted too long ago nothing is exempted any more.
  deletedUid: ({ deletedUid }, to) => {
    if (wasDeletedLately(to)) to.uid(deletedUid);
    else to.put(NONE);
  },
  deletedTick: ({ deletedTick, left }, to) =>
    to.ticksAgo(deletedTick, may(left, 'delete') ? 2 * to.setting.leaseTicks : beyondMemory(to)),
  deletedTwice: ({ deletedTwice, deletedUid, left }, to) =>
    to.flags(deletedTwice && wasDeletedLately(to), deletedUid > 0 && may(left, 'delete')),
  deletedAgainTick: ({ deletedAgainTick }, to) =>
    to.ticksAgo(deletedAgainTick, 2 * to.setting.leaseTicks + beyondMemory(to)),
  wipedUid: ({ wipedUid, lock }, to) => to.put(wipedUid === 0 ? 0 : wipedUid === uidOf(lock) ? 2 : 1),
  backup: ({ backup }, to) => {
    if (backup === null) {
      to.put(-1);
      return;
    }
    to.version(backup.version);
    to.sight(backup.observed);
  },
  restoredTick: ({ restoredTick }, to) => to.ticksAgo(restoredTick, beyondMemory(to)),
  holds: ({ holds, tick }, to) => {
    to.put(holds.length);
    for (const hold of holds) {
      to.process(hold.process);
      to.process(hold.pod);
      to.put(hold.tick - tick);
    }
  },
  members: leftOut('written in their order'),
  go: ({ go }, to) => {
    if (to.setting.goMember) writeGo(go, to);
  },
  messages: leftOut('written after the members'),
};

const GO: Fields<GoMember> = {
  life: ({ life }, to) => to.put(life.length),
  paused: (it, to) => to.flags(it.paused, it.leading),
  leading: leftOut('written with paused'),
  dueTick: (it, to) => to.put(Math.max(0, it.dueTick - to.world.tick)),
  renewedTick: (it, to) => {
    if (it.leading) to.ticksAgo(it.renewedTick, to.setting.deadlineTicks);
  },
  seen: (it, to) => to.sight(it.seen),
  seenTick: (it, to) => {
    if (it.seen !== null) to.ticksAgo(it.seenTick, to.setting.leaseTicks);
  },
};

/** Of one that is not alive only what it was, and what it will be on. */
const REMAINS: Fields<Pick<Member, 'life' | 'process' | 'pod' | 'cut' | 'deaf'>> = {
  life: ({ life }, to) => to.put(LIVES.indexOf(life)),
  process: ({ process }, to) => to.put(incarnationOf(process)),
  pod: ({ pod }, to) => to.put(pod % 8),
  cut: ({ cut, deaf }, to) => to.flags(cut, deaf),
  deaf: leftOut('written with cut'),
};

const MEMBER: Fields<Omit<Member, keyof typeof REMAINS>> = {
  skewMs: leftOut('instants are relative to it'),
  bootSkewMs: leftOut('instants are relative to it'),
  paused: (it, to) =>
    to.flags(it.paused, it.streaming, it.slowWork, it.interrupted, it.learntOfLock, it.sawWipe, knowsSeal(it, to)),
  streaming: leftOut('written with paused'),
  slowWork: leftOut('written with paused'),
  interrupted: leftOut('written with paused'),
  learntOfLock: leftOut('written with paused'),
  sawWipe: leftOut('written with paused'),
  sealedUid: leftOut('written with paused'),
  work: ({ work }, to) => to.put(WORKS.indexOf(work)),
  workTerm: (it, to) => to.put(it.work === 'none' ? 0 : it.state.terms - it.workTerm),
  appliedSentMs: (it, to) => {
    if (it.appliedSentMs < provableSinceMs(it.state)) to.put(NONE);
    else to.past(it.appliedSentMs, to.setting.deadlineTicks + 1);
  },
  // Only whether there was one, and one no newer than the last that was deleted.
  firstUid: ({ firstUid }, to) => {
    const { deletedUid, lock } = to.world;
    if (mayBeExempted(to)) to.flags(firstUid <= lock.uids, wasDeletedLately(to) && firstUid <= deletedUid);
  },
  // Only whether it knows of the last that was deleted, and of the one that is there.
  lastUid: (it, to) => {
    const { deletedUid, lock } = to.world;
    if (mayBeDeletedTwice(to)) to.flags(knowsOf(it, deletedUid), knowsOf(it, lock.uids), it.ownUid === lock.uids);
  },
  ownUid: leftOut('written with lastUid'),
  heldSeconds: ({ heldSeconds }, to) => {
    const mayForget = mayBeExempted(to) || may(to.world.left, 'hand') || to.world.wipedUid > 0;
    if (mayForget && heldSeconds < longestOfAll(to)) to.put(heldSeconds);
    else to.put(NONE);
  },
  queue: ({ queue }, to) => {
    to.put(queue.length);
    for (const event of queue) to.event(event);
  },
  state: ({ state }, to) => writeState(state, to),
};

const LIVES: readonly Member['life'][] = ['not-started', 'alive', 'dead', 'ended'];
const WORKS: readonly Member['work'][] = ['none', 'running', 'stopping'];

const writeFields = writerOf(WORLD);
const writeGo = writerOf(GO);
const writeRemains = writerOf(REMAINS);
const writeLiving = writerOf(MEMBER);

export function writeWorld(world: World, order: readonly number[], to: KeyWriter): void {
  writeFields(world, to);
  for (const slot of order) {
    const member = world.members[slot];
    if (member === undefined) continue;
    writeRemains(member, to);
    if (member.life !== 'alive') continue;
    const { monoMs, bootMs } = nowOf(world, member);
    to.onClocks(monoMs, bootMs);
    writeLiving(member, to);
  }
  to.put(world.messages.length);
  // Of one process in the order of sending; between processes the order means nothing.
  for (const slot of order) {
    for (const message of world.messages) if (message.slot === slot) writeMessage(message, to);
  }
}

function writeMessage(it: Message, to: KeyWriter): void {
  to.process(it.process);
  to.put(it.stage === 'asked' ? 0 : 1);
  if (it.type === 'read') {
    to.put(it.via === 'get' ? 0 : 1);
    if (it.answer === null) to.put(-1);
    else if (it.answer.type === 'found') to.sight(it.answer.observed);
    else to.put(-2);
    return;
  }
  const { write, answer } = it;
  to.put(2);
  to.attempt(it.process, it.number);
  to.flags(it.abandoned, write.seal.released, write.seal.podUid !== '');
  if (it.metUid === 0) to.put(NONE);
  else to.uid(it.metUid);
  to.sight(write.on);
  to.ticksAgo(it.sentTick, to.setting.deadlineTicks + 1);
  if (write.record.renewTimeMs > 0) to.timeOf(write.record.renewTimeMs);
  if (answer === null) to.put(-1);
  else if (answer.type === 'done') to.sight(answer.observed);
  else to.put(-2);
}

/** What was longer ago than this was so when the oldest write that may yet begin a term was sent. */
function beyondMemory({ world, setting }: KeyWriter): number {
  let oldestMs = 0;
  for (const member of world.members) {
    const { inFlight } = member.state.writing;
    if (inFlight?.purpose !== 'acquire' || member.life !== 'alive') continue;
    oldestMs = Math.max(oldestMs, nowOf(world, member).monoMs - inFlight.sentAt.monoMs);
  }
  return setting.leaseTicks + Math.ceil(oldestMs / TICK_MS);
}

/** Of writes that were sent before, none will be proof any more. */
function provableSinceMs({ role, writing }: Member['state']): number {
  if (role.type === 'leader' || (role.type === 'draining' && role.cause === 'gave-up')) return Number.NEGATIVE_INFINITY;
  const { inFlight } = writing;
  return role.type === 'candidate' && inFlight !== null ? inFlight.sentAt.monoMs : Number.POSITIVE_INFINITY;
}

function wasDeletedLately(to: KeyWriter): boolean {
  const { deletedUid, deletedTick, tick } = to.world;
  return deletedUid > 0 && tick < deletedTick + beyondMemory(to);
}

function mayBeExempted(to: KeyWriter): boolean {
  return may(to.world.left, 'delete') || wasDeletedLately(to);
}

function mayBeDeletedTwice(to: KeyWriter): boolean {
  const { left, deletedUid, deletedTwice } = to.world;
  if (deletedTwice && wasDeletedLately(to)) return true;
  return may(left, 'delete') && (deletedUid > 0 || Math.min(left.delete, left.total) >= 2);
}

function longestOfAll({ setting }: KeyWriter): number {
  return (setting.leaseTicks * TICK_MS) / 1000;
}

function knowsSeal({ sealedUid }: Pick<Member, 'sealedUid'>, { world }: KeyWriter): boolean {
  return may(world.left, 'hand') && sealedUid === uidOf(world.lock);
}
