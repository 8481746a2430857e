/**
 * The canonical key of a world: two worlds with one key have the same future, so that only one of them is explored.
 *
 *  - Instants are relative to now and rounded up to ticks: members only ever ask whether one has come. What has come
 *    long ago is just past; how long ago counts only where a comment says so.
 *  - Versions, and the attempt numbers of each process, are only compared: they are replaced by their rank.
 *  - Texts of times are only compared for equality: replaced by their rank, today's included.
 *  - Left out are what no decision is made from: what was reported, counters of failures (a backoff is below one tick
 *    whatever the count), where a watch could resume (a watch here never just ends), tokens, former leaders.
 *
 * Each table names every field of its type; the compiler asks for a new one.
 */
import type { Observed } from '../../src/election/record.ts';
import type {
  Attempt,
  LocalInstant,
  LosingCause,
  Reading,
  Role,
  Sight,
  State,
  Writing,
} from '../../src/election/state.ts';
import type { GoMember } from './go-member.ts';
import { originOf } from './register.ts';
import {
  incarnationOf,
  type Member,
  type Message,
  NUISANCES,
  nowOf,
  type Setting,
  slotOf,
  type World,
} from './world.ts';

const MOST = 16_384;
const PAST = -99;
const NEVER = 9_999;

const cells = new Int32Array(MOST);
let length = 0;
/** Cells that hold a version, a time, or an attempt, to be replaced by ranks. */
const versionCells = new Int32Array(MOST);
let versionCount = 0;
const versionRank = new Int32Array(128);
const timeCells = new Int32Array(MOST);
let timeCount = 0;
const timeRank = new Int32Array(4_096);
const attemptCells = new Int32Array(MOST);
let attemptCount = 0;
const MOST_ATTEMPTS = 128;
const attemptRank = new Int32Array(64 * MOST_ATTEMPTS);

let setting: Setting;
let world: World;
/** In which order the members are told: symmetric ones are folded. */
let order: number[] = [];
let place: number[] = [];
let baseTransitions = 0;
let monoMs = 0;
let bootMs = 0;
const seenVersions = new Uint8Array(128);

/** The key, as two words of 32 bits in `out`. */
export function keyOf(inSetting: Setting, ofWorld: World, out: Uint32Array): void {
  setting = inSetting;
  world = ofWorld;
  length = versionCount = timeCount = attemptCount = 0;
  seenVersions.fill(0);
  order = orderOf();
  place = [];
  order.forEach((slot, index) => {
    place[slot] = index;
  });
  const { lock } = world;
  baseTransitions = lock.observed?.record === 'unreadable' ? 0 : (lock.observed?.record.leaseTransitions ?? 0);
  writeWorld();
  rank(versionCells, versionCount, versionRank, 128);
  rank(timeCells, timeCount, timeRank, 4_096);
  rankAttempts();
  hash(out);
}

function hash(out: Uint32Array): void {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (let i = 0; i < length; i += 1) {
    const value = cells[i] ?? 0;
    a = Math.imul(a ^ value, 0x2c1b3c6d);
    a ^= a >>> 15;
    b = Math.imul(b ^ (value + 0x7f4a7c15), 0x297a2d39);
    b ^= b >>> 13;
  }
  a = Math.imul(a ^ (a >>> 16), 0x45d9f3b);
  b = Math.imul(b ^ (b >>> 16), 0x119de1f3);
  out[0] = (a ^ (a >>> 15)) >>> 0;
  out[1] = (b ^ (b >>> 14)) >>> 0;
}

// ------------------------------------------------------------------------------------------------------- the parts

function writeWorld(): void {
  const { lock, left, holds, messages } = world;
  for (const nuisance of NUISANCES) put(left[nuisance]);
  put(left.total);
  time(Math.floor(world.tick / setting.textTicks));
  // Where within a text's ticks this instant lies decides which later ones share it.
  put(world.tick % setting.textTicks);
  version(lock.version);
  sight(lock.observed);
  put(lock.uids === 0 ? 0 : 1);
  put(lock.uids - world.deletedUid);
  put(world.deletedUid === 0 ? PAST : Math.max(world.deletedTick - world.tick, -setting.leaseTicks));
  put(world.wipedUid === 0 ? 0 : world.wipedUid === lock.uids ? 2 : 1);
  put(holds.length);
  for (const hold of holds) {
    process(hold.process);
    process(hold.pod);
    put(hold.tick - world.tick);
  }
  for (const slot of order) {
    const member = world.members[slot];
    if (member !== undefined) writeMember(member);
  }
  if (setting.goMember) writeGo(world.go);
  put(messages.length);
  // Of one process in the order of sending; between processes the order means nothing.
  for (const slot of order) for (const message of messages) if (message.slot === slot) writeMessage(message);
}

function writeGo(it: GoMember): void {
  const { life, paused, seen, seenTick, leading, renewedTick, dueTick, ...rest } = it;
  nothingElse(rest);
  put(life.length);
  flags(paused, leading);
  put(paused ? 0 : Math.max(0, dueTick - world.tick));
  put(leading ? Math.max(renewedTick - world.tick, -setting.deadlineTicks) : PAST);
  sight(seen);
  if (seen !== null) put(Math.max(seenTick - world.tick, -setting.leaseTicks));
}

function writeMember(member: Member): void {
  put(['not-started', 'alive', 'dead', 'ended'].indexOf(member.life));
  put(incarnationOf(member.process));
  put(member.pod % 8);
  flags(member.cut, member.deaf);
  if (member.life !== 'alive') return;
  const now = nowOf(setting, world, member);
  monoMs = now.monoMs;
  bootMs = now.bootMs;
  flags(
    member.paused,
    member.cut,
    member.deaf,
    member.streaming,
    member.slowWork,
    member.interrupted,
    member.learntOfLock,
    member.sawWipe,
  );
  put(member.work === 'none' ? 0 : member.work === 'running' ? 1 : 2);
  put(member.work === 'none' ? 0 : member.state.terms - member.workTerm);
  const { lock, left, deletedUid } = world;
  // What may be proven later was sent later.
  const proves = member.state.role.type !== 'candidate' || member.state.writing.inFlight !== null;
  put(proves ? past(member.appliedSentMs, setting.deadlineTicks + 1) : PAST);
  const mayBeExempted = left.delete > 0 || deletedUid > 0;
  put(!mayBeExempted || member.firstUid === Number.POSITIVE_INFINITY ? PAST : member.firstUid - lock.uids);
  put(left.hand > 0 && member.sealedUid === lock.uids ? 1 : 0);
  put(member.queue.length);
  for (const event of member.queue) {
    if ('goneVersion' in event) {
      put(-1);
      version(event.goneVersion);
    } else sight(event);
  }
  writeState(member.state);
}

function writeState(state: State): void {
  const { config: _, sight, reading, writing, role, terms: __, announcedLeader: ___, ...others } = state;
  const { candidacy, proofHeld, wakeAtMs, ...rest } = others;
  nothingElse(rest);
  flags(candidacy, proofHeld);
  due(wakeAtMs);
  writeSight(sight, state);
  writeReading(reading);
  writeWriting(writing, state);
  writeRole(role);
}

function writeSight(it: Sight, state: State): void {
  const { presence, known, newestVersion, lastUid, everSeen, sealKnown, changedAtMs, lastDurationMs, ...more } = it;
  const { floorAtMs, doubtedReadAtMs, namesakeRenewals, namesakeSinceMs, ...shown } = more;
  // Since when nobody holds the lock is only shown, and lots are all 0 here.
  const { leaderlessSinceMs: _, lot: __, ...rest } = shown;
  nothingElse(rest);
  put(presence === 'unknown' ? 0 : presence === 'present' ? 1 : 2);
  sight(known);
  version(newestVersion === '' ? 0 : Number(newestVersion));
  put(lastUid === '' ? PAST : uidNumber(lastUid) - world.lock.uids);
  flags(everSeen, sealKnown, namesakeSinceMs !== null);
  put(Math.min(namesakeRenewals, 2));
  put(lastDurationMs);
  due(floorAtMs);
  dueOrNull(doubtedReadAtMs);
  // The receipt matters through the expiry alone.
  if (known !== null) due(changedAtMs + durationOf(known, state));
}

function writeReading(it: Reading): void {
  const { inFlight, mode, watch, dueAtMs, listAgainAtMs, ...more } = it;
  const { lastRead: _, lastWatch: __, failures: ___, watchFailures: ____, trouble: _____, ...rest } = more;
  nothingElse(rest);
  put(mode === 'watching' ? 0 : 1);
  due(dueAtMs);
  due(listAgainAtMs);
  if (inFlight === null) {
    put(-1);
  } else {
    const { read: ______, via, deadlineAtMs, newestAtSend, overtaken, ...none } = inFlight;
    nothingElse(none);
    put(via === 'get' ? 0 : 1);
    due(deadlineAtMs);
    version(newestAtSend === '' ? 0 : Number(newestAtSend));
    flags(overtaken);
  }
  if (watch === null) {
    put(-1);
  } else {
    // A watch here never just ends, and delivers in order.
    const { watch: _1, resumeFrom: _2, delivered: _3, openedAtMs: _4, signAtMs, ...none } = watch;
    nothingElse(none);
    put(past(signAtMs, 2 * setting.leaseTicks));
  }
}

function writeWriting(it: Writing, state: State): void {
  const { lastAttempt, inFlight, unresolved, refusedVersion, backoffUntilMs, retryAtMs, ...more } = it;
  const { failures: _, trouble: __, ...rest } = more;
  nothingElse(rest);
  attempt(processNumber(state), lastAttempt);
  // Writes are upon the newest version known: an older one is not refused again.
  flags(refusedVersion !== '' && refusedVersion === state.sight.known?.version);
  due(backoffUntilMs);
  due(retryAtMs);
  if (inFlight === null) put(-1);
  else writeAttempt(inFlight, state);
  writeUnresolved(unresolved, state);
}

/**
 * A renewal counts while its term does, a create until it is overtaken; of all others only matters that they are there
 * and upon which version.
 */
function writeUnresolved(unresolved: readonly Attempt[], state: State): void {
  const { role } = state;
  const keeps = role.type === 'leader' || (role.type === 'draining' && role.cause === 'gave-up');
  let last = -1;
  for (const it of unresolved) {
    if (it.on === null || (keeps && it.purpose === 'renew' && it.term === role.term.term)) {
      writeAttempt(it, state);
    } else if (originOf(it.on).version !== last) {
      last = originOf(it.on).version;
      put(-2);
      version(last);
    }
  }
  put(-3);
}

function writeAttempt(it: Attempt, state: State): void {
  const { attempt: number, purpose, on, sentAt, deadlineAtMs, term, overtaken, ...rest } = it;
  nothingElse(rest);
  attempt(processNumber(state), number);
  put(purpose === 'acquire' ? 0 : purpose === 'renew' ? 1 : 2);
  sight(on);
  instant(sentAt, setting.deadlineTicks + 1);
  due(deadlineAtMs);
  put(term === 0 ? PAST : term - state.terms);
  flags(overtaken);
}

function writeRole(role: Role): void {
  switch (role.type) {
    case 'candidate': {
      const { type: _, restUntilMs, ...rest } = role;
      nothingElse(rest);
      put(0);
      due(restUntilMs);
      return;
    }
    case 'leader': {
      const { type: _, term: __, provenAt, renewAtMs, ...rest } = role;
      nothingElse(rest);
      put(1);
      // Beyond the renew deadline and the lapse budget nothing more can pass.
      instant(provenAt, setting.deadlineTicks + 2);
      due(renewAtMs);
      return;
    }
    case 'draining': {
      const { type: _, term: __, cause, exit, killed, workStopped, provenAt, ...instants } = role;
      const { renewAtMs, holdUntilMs, killAtMs, endsAtMs, stuckAtMs, since, ...rest } = instants;
      nothingElse(rest);
      put(2);
      put(CAUSES.indexOf(cause));
      flags(exit, killed, workStopped);
      instant(provenAt, setting.deadlineTicks + 2);
      due(renewAtMs);
      // These count from its beginning, by the clock that went further.
      const aheadMs = Math.max(0, bootMs - since.bootMs - (monoMs - since.monoMs));
      due(holdUntilMs - aheadMs);
      due(killAtMs - aheadMs);
      due(endsAtMs - aheadMs);
      due(stuckAtMs - aheadMs);
      return;
    }
    case 'labelling': {
      const { type: _, term: __, cause, exit, deadlineAtMs, releaseBeforeMs, ...rest } = role;
      nothingElse(rest);
      put(3);
      put(CAUSES.indexOf(cause));
      flags(exit);
      due(deadlineAtMs);
      due(releaseBeforeMs);
      return;
    }
    case 'releasing': {
      const { type: _, cause, exit, deadlineAtMs, ...rest } = role;
      nothingElse(rest);
      put(4);
      put(CAUSES.indexOf(cause));
      flags(exit);
      due(deadlineAtMs);
      return;
    }
    case 'stuck':
      put(5);
      return;
    case 'ended':
      put(6);
      return;
  }
}

const CAUSES: readonly LosingCause[] = ['lost', 'gave-up', 'lost-giving-up'];

function writeMessage(it: Message): void {
  process(it.process);
  put(it.stage === 'asked' ? 0 : 1);
  if (it.type === 'read') {
    put(it.via === 'get' ? 0 : 1);
    if (it.answer === null) put(-1);
    else if (it.answer.type === 'found') sight(it.answer.observed);
    else put(-2);
    return;
  }
  put(2);
  attempt(it.process, it.number);
  flags(it.abandoned, it.write.seal.released, it.write.seal.podUid !== '');
  put(it.metUid === 0 ? PAST : it.metUid - world.lock.uids);
  sight(it.write.on);
  put(it.write.record.leaseTransitions - baseTransitions);
  put(Math.max(it.sentTick - world.tick, -setting.deadlineTicks - 1));
  if (it.write.record.renewTimeMs > 0) time(Number(textOf(it.write.record.renewTimeMs)));
  if (it.answer === null) put(-1);
  else if (it.answer.type === 'done') sight(it.answer.observed);
  else put(-2);
}

/** One sight of the lock: in full where it is met first, by its version afterwards. */
function sight(it: Observed | null): void {
  if (it === null) {
    put(-1);
    return;
  }
  const origin = originOf(it);
  version(origin.version);
  if (seenVersions[origin.version] === 1) return;
  seenVersions[origin.version] = 1;
  put(origin.uid - world.lock.uids);
  process(origin.by);
  put(Math.max(origin.tick - world.tick, -setting.leaseTicks));
  flags(origin.emptied, it.sealMatches.renewTime, it.sealMatches.transitions);
  const { record, seal } = it;
  if (record === 'unreadable' || seal === 'unreadable') throw new Error('no such lock in this world');
  put(holderCode(record.holderIdentity));
  put(record.leaseDurationSeconds ?? PAST);
  put(record.leaseTransitions - baseTransitions);
  if (record.renewTime === null) put(PAST);
  else time(Number(record.renewTime));
  if (seal === null) {
    put(-1);
    return;
  }
  const writer = Number(seal.processId.slice(8));
  process(writer);
  attempt(writer, seal.attempt);
  put(seal.podUid === '' ? PAST : Number(seal.podUid.slice(4)) % 8);
  flags(seal.released);
  put(seal.leaseTransitions - baseTransitions);
}

// --------------------------------------------------------------------------------------------------------- cells

/** Does not compile while a field is left that no key was made of. */
function nothingElse<T extends object>(_rest: [keyof T] extends [never] ? T : never): void {}

function put(value: number): void {
  cells[length] = value;
  length += 1;
}

function flags(...bits: readonly boolean[]): void {
  let value = 0;
  for (const bit of bits) value = value * 2 + (bit ? 1 : 0);
  put(value);
}

/** An instant of which only matters how long it is until then. */
function due(atMs: number): void {
  const ticks = Math.ceil((atMs - monoMs) / setting.tickMs);
  put(ticks <= 0 ? 0 : Math.min(ticks, NEVER));
}

function dueOrNull(atMs: number | null): void {
  if (atMs === null) put(PAST);
  else due(atMs);
}

/** How many ticks ago, at most `most`. */
function past(atMs: number, most: number): number {
  return Math.max(Math.ceil((atMs - monoMs) / setting.tickMs), -most);
}

/** Both clocks count where a leader's time is measured; they differ only after a suspension. */
function instant(at: LocalInstant, most: number): void {
  put(past(at.monoMs, most));
  put(Math.max(Math.ceil((at.bootMs - bootMs) / setting.tickMs), -most));
}

function version(value: number): void {
  versionCells[versionCount] = length;
  versionCount += 1;
  put(value);
}

function time(value: number): void {
  timeCells[timeCount] = length;
  timeCount += 1;
  put(value);
}

function attempt(ofProcess: number, value: number): void {
  attemptCells[attemptCount] = length;
  attemptCount += 1;
  put(ofProcess * MOST_ATTEMPTS + value);
}

function process(it: number): void {
  put(it < 0 ? it : (place[slotOf(it)] ?? 0) * 8 + incarnationOf(it));
}

function holderCode(holder: string): number {
  if (holder === '') return -1;
  const slot = setting.names.indexOf(holder);
  return slot === -1 ? 50 + holder.length : (place[slot] ?? 0);
}

function uidNumber(uid: string): number {
  return Number(uid.slice(4));
}

function textOf(wallMs: number): string {
  return String(Math.floor((wallMs - 1_000_000_000) / setting.tickMs / setting.textTicks));
}

function processNumber(state: State): number {
  return Number(state.config.processId.slice(8));
}

function durationOf(observed: Observed, state: State): number {
  const { record, seal } = observed;
  const own = state.config.timings.leaseDurationMs;
  if (record === 'unreadable') return own;
  const seconds = record.leaseDurationSeconds;
  const recordMs = seconds !== null && seconds > 0 ? seconds * 1000 : own;
  const counts =
    seal !== null && seal !== 'unreadable' && observed.sealMatches.renewTime && observed.sealMatches.transitions;
  return Math.max(recordMs, counts ? seal.leaseDurationSeconds * 1000 : 0);
}

// ----------------------------------------------------------------------------------------------------- canonical

function rank(where: Int32Array, count: number, ranks: Int32Array, size: number): void {
  let highest = 0;
  let lowest = size;
  for (let i = 0; i < count; i += 1) {
    const value = cells[where[i] ?? 0] ?? 0;
    if (value > highest) highest = value;
    if (value < lowest) lowest = value;
    ranks[value] = 1;
  }
  let next = 0;
  for (let value = lowest; value <= highest; value += 1) {
    if (ranks[value] !== 1) continue;
    next += 1;
    ranks[value] = next;
  }
  for (let i = 0; i < count; i += 1) {
    const cell = where[i] ?? 0;
    cells[cell] = ranks[cells[cell] ?? 0] ?? 0;
  }
  for (let value = lowest; value <= highest; value += 1) ranks[value] = 0;
}

/** As `rank`, for each process apart. */
function rankAttempts(): void {
  for (let i = 0; i < attemptCount; i += 1) attemptRank[cells[attemptCells[i] ?? 0] ?? 0] = 1;
  for (let i = 0; i < attemptCount; i += 1) {
    const cell = attemptCells[i] ?? 0;
    const value = cells[cell] ?? 0;
    if (attemptRank[value] !== 1) continue;
    const from = value - (value % MOST_ATTEMPTS);
    let next = 1;
    for (let j = from; j < from + MOST_ATTEMPTS; j += 1) {
      if ((attemptRank[j] ?? 0) === 0) continue;
      next += 1;
      attemptRank[j] = next;
    }
  }
  for (let i = 0; i < attemptCount; i += 1) {
    const cell = attemptCells[i] ?? 0;
    const value = cells[cell] ?? 0;
    cells[cell] = attemptRank[value] ?? 0;
    attemptCells[i] = value;
  }
  for (let i = 0; i < attemptCount; i += 1) attemptRank[attemptCells[i] ?? 0] = 0;
}

/** Members alike in role and circumstance stay in their order: then two keys stand for what could be one. */
function orderOf(): number[] {
  const slots = world.members.map((_, slot) => slot);
  if (!setting.symmetric) return slots;
  const marks = slots.map(markOf);
  return slots.sort((a, b) => (marks[a] ?? 0) - (marks[b] ?? 0));
}

function markOf(slot: number): number {
  const member = world.members[slot];
  if (member === undefined || member.life !== 'alive') {
    return member?.life === 'not-started' ? (member.cut ? 1 : 0) + (member.deaf ? 2 : 0) : 4;
  }
  const { state } = member;
  const now = nowOf(setting, world, member).monoMs;
  const circumstances = [
    'candidate leader draining labelling releasing stuck ended'.indexOf(state.role.type),
    Number(member.paused) * 4 + Number(member.cut) * 2 + Number(member.deaf),
    incarnationOf(member.process),
    member.work.length,
    state.sight.presence.length,
    Number(state.sight.known?.version === world.lock.observed?.version),
    state.writing.inFlight === null ? 0 : 1,
    state.reading.inFlight === null ? 0 : 1,
    state.reading.watch === null ? 0 : 1,
    Math.max(-1, Math.min(50, Math.ceil((state.wakeAtMs - now) / setting.tickMs))),
    state.writing.unresolved.length,
    world.messages.reduce((sum, it) => sum + (it.slot === slot ? 7 + it.stage.length : 0), 0),
    Math.max(-1, Math.min(50, Math.ceil((state.sight.floorAtMs - now) / setting.tickMs))),
  ];
  return circumstances.reduce((mark, it) => (mark * 31 + it + 64) % 1_000_003, 7);
}
