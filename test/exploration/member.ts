/**
 * Runs members: tells them events, one at a time, and carries out what they ask for. On a line that is up, requests
 * are applied and answered at once and watches deliver at once; everything else is an action of its own.
 */
import type { ReadOutcome } from '../../src/election/outcome.ts';
import type { Effect, Event, State } from '../../src/election/state.ts';
import { change, type Draft, finds, memberAt, nameOf, tells } from './draft.ts';
import { checkErased, checkLearnt, checkSent, checkTermStart, checkWorld } from './invariants.ts';
import { isGone, type LockEvent, observedIn } from './lock-event.ts';
import { applyWrite, originOf, type Register } from './register.ts';
import { tellEffect, tellEvent, tellWrite } from './transcript.ts';
import {
  type Hold,
  type Member,
  type Message,
  nowOf,
  type ReadMessage,
  slotOf,
  timeText,
  type WriteMessage,
} from './world.ts';

/** More steps than this within one action are a loop. */
const MOST_STEPS = 60;

/** Events that a member has not heard yet; older ones are lost, so that worlds stay finite. */
const MOST_QUEUED = 3;

/** Abandoned writes of one process that may still arrive; older ones are lost. */
const MOST_LATE = 2;

/** Tells everything that is to be told, until nothing is left or something was found. */
export function settle(draft: Draft): void {
  for (let next = draft.inbox.shift(); next !== undefined; next = draft.inbox.shift()) {
    const member = memberAt(draft, next.slot);
    if (member.life !== 'alive') continue;
    if ('event' in next) handle(draft, next.slot, next.event, next.metUid);
    else hear(draft, next.slot, next.change);
    if (draft.finding !== null || draft.exempted !== null) return;
    draft.steps += 1;
    if (draft.steps > MOST_STEPS) finds(draft, 'hot loop: more steps within one instant than anybody needs');
  }
  dropFenced(draft);
}

/** A change of the lock reaches those that watch it. */
export function publish(draft: Draft, event: LockEvent): void {
  draft.world.members.forEach((member, slot) => {
    if (!member.streaming || member.life !== 'alive') return;
    const atOnce = !member.deaf && !member.paused && member.queue.length === 0 && member.state.reading.watch !== null;
    if (atOnce) draft.inbox.push({ slot, change: event });
    else change(draft, slot, { queue: [...member.queue, event].slice(-MOST_QUEUED) });
  });
}

/** Replaces the lock and tells of it. */
export function setLock(draft: Draft, lock: Register): void {
  const version = lock.version;
  draft.world = { ...draft.world, lock };
  publish(draft, lock.observed ?? { goneVersion: version });
}

/** Applies a request; its answer is then under way. */
export function apply(draft: Draft, message: Message): Message {
  if (message.type === 'read') return applyRead(draft, message);
  const { world, setting } = draft;
  const { register, answer, applied } = applyWrite(world.lock, message.write, message.process, world.tick, (wallMs) =>
    timeText(setting, wallMs),
  );
  const { observed } = world.lock;
  const met = message.write.on === null && observed !== null ? originOf(observed) : null;
  const metUid = met === null || met.by === message.process ? 0 : met.uid;
  const answered: WriteMessage = { ...message, stage: 'answered', answer, metUid };
  tellWrite(draft, answered);
  if (!applied) return answered;
  checkErased(draft, message);
  const { released, podUid } = message.write.seal;
  // A dead process of the same Pod leaves its record to the one that holds the Pod-wide proof (rule 25).
  const replaces = (it: Hold) =>
    it.process === message.process || (podUid !== '' && it.pod === message.pod && slotOf(it.process) === message.slot);
  const others = world.holds.filter((it) => !replaces(it));
  const holds = released ? others : [...others, { process: message.process, pod: message.pod, tick: world.tick }];
  draft.world = { ...world, holds };
  const member = memberAt(draft, message.slot);
  if (member.process === message.process && !released) {
    change(draft, message.slot, { appliedSentMs: Math.max(member.appliedSentMs, message.sentMs) });
  }
  setLock(draft, register);
  return answered;
}

/** Hands an answer to the member that asked. */
export function answer(draft: Draft, message: Message): void {
  const { slot, number } = message;
  if (message.answer === null) throw new Error('the request was not applied yet');
  const event: Event =
    message.type === 'write'
      ? { type: 'writeAnswered', attempt: number, outcome: message.answer }
      : { type: 'readAnswered', read: number, outcome: message.answer };
  draft.inbox.push({ slot, event, metUid: message.type === 'write' ? message.metUid : 0 });
}

// ------------------------------------------------------------------------------------------------------- helpers

function hear(draft: Draft, slot: number, event: LockEvent): void {
  const { watch } = memberAt(draft, slot).state.reading;
  if (watch === null) return;
  handle(draft, slot, {
    type: 'watched',
    watch: watch.watch,
    event: isGone(event) ? { type: 'gone', version: String(event.goneVersion) } : { type: 'present', observed: event },
  });
}

function handle(draft: Draft, slot: number, event: Event, metUid = 0): void {
  const { setting } = draft;
  const before = memberAt(draft, slot);
  tellEvent(draft, slot, event);
  const now = nowOf(setting, draft.world, before);
  const { state, effects } = setting.election.step(before.state, event, now, 0);
  change(draft, slot, { state });
  checkLearnt(draft, slot, before.state, event);
  for (const effect of effects) carryOut(draft, slot, effect, before.state);
  change(draft, slot, learnt(before, event, metUid));
  if (memberAt(draft, slot).life === 'alive' && state.wakeAtMs <= now.monoMs) {
    finds(draft, `hot loop: ${nameOf(draft, slot)} asks to be woken at once`);
  }
  checkWorld(draft);
}

/**
 * What this process has seen so far, in truth: some histories are exempted for those that never saw a lock. An event
 * that is older than what is known is none (rule 29).
 */
function learnt({ process, firstUid, sealedUid, state }: Member, event: Event, metUid: number): Partial<Member> {
  const newest = Number(state.sight.newestVersion);
  if (event.type === 'watched' && event.event.type === 'gone') {
    return Number(event.event.version) > newest ? { learntOfLock: true } : {};
  }
  if (metUid > 0) return { firstUid: Math.min(firstUid, metUid) };
  const observed = observedIn(event);
  if (observed === null || Number(observed.version) < newest) return {};
  const { by, uid } = originOf(observed);
  return {
    firstUid: by === process ? firstUid : Math.min(firstUid, uid),
    sealedUid: observed.seal === null ? sealedUid : Math.max(sealedUid, uid),
  };
}

function carryOut(draft: Draft, slot: number, effect: Effect, before: State): void {
  const member = memberAt(draft, slot);
  tellEffect(draft, slot, effect);
  switch (effect.type) {
    case 'read': {
      const { process, pod, cut, state } = member;
      const newestAtSend = state.sight.newestVersion;
      const { read: number, via } = effect;
      request(
        draft,
        { type: 'read', slot, process, pod, number, via, newestAtSend, stage: 'asked', answer: null },
        cut,
      );
      return;
    }
    case 'write': {
      const { process, pod, cut } = member;
      const { attempt: number, write } = effect;
      const sentMs = nowOf(draft.setting, draft.world, member).monoMs;
      const sentTick = draft.world.tick;
      const rest = { stage: 'asked', answer: null, metUid: 0, abandoned: false } as const;
      checkSent(draft, slot, write);
      request(draft, { type: 'write', slot, process, pod, number, write, sentMs, sentTick, ...rest }, cut);
      return;
    }
    case 'abortRead':
      draft.world = {
        ...draft.world,
        messages: draft.world.messages.filter(
          (it) => it.type !== 'read' || it.process !== member.process || it.number !== effect.read,
        ),
      };
      if (member.state.reading.watch === null) change(draft, slot, { streaming: false, queue: [] });
      return;
    case 'abortWrite':
      abandon(draft, (it) => it.process === member.process && it.number === effect.attempt);
      return;
    case 'stopWatch':
      change(draft, slot, { streaming: false, queue: [] });
      return;
    case 'claimProof':
      draft.inbox.push({ slot, event: { type: 'proof', held: !draft.setting.twins || slot === 0 } });
      return;
    case 'startWork':
      if (member.work !== 'none') finds(draft, `S9 ${nameOf(draft, slot)} starts work before the last has stopped`);
      change(draft, slot, { work: 'running', workTerm: effect.term, interrupted: false });
      checkTermStart(draft, slot, before);
      return;
    case 'stopWork':
      if (member.work !== 'running' || member.workTerm !== effect.term) {
        finds(draft, `S9 ${nameOf(draft, slot)} stops work that does not run`);
      }
      change(draft, slot, { work: 'stopping' });
      if (!member.slowWork) endWork(draft, slot);
      return;
    case 'killWork':
      endWork(draft, slot);
      return;
    case 'labelStandby':
      if (member.work !== 'none') finds(draft, `S10 ${nameOf(draft, slot)} sets its label while its work goes on`);
      draft.inbox.push({ slot, event: { type: 'labelDone', term: effect.term } });
      return;
    case 'ended':
      if (member.work !== 'none' && !effect.stuck)
        finds(draft, `S10 ${nameOf(draft, slot)} ends while its work goes on`);
      bury(draft, slot, 'ended');
      return;
    case 'watch':
    case 'wake':
    case 'report':
      return;
  }
}

/** The member's process is no more: its work has ended with it, its answers reach nobody, its requests may. */
export function bury(draft: Draft, slot: number, life: 'dead' | 'ended'): void {
  const { process } = memberAt(draft, slot);
  const gone = { paused: false, cut: false, deaf: false, streaming: false, queue: [], work: 'none' } as const;
  change(draft, slot, { life, ...gone, slowWork: false });
  abandon(draft, (it) => it.process === process);
  draft.world = {
    ...draft.world,
    messages: draft.world.messages.filter((it) => it.type === 'write' || it.process !== process),
  };
}

export function endWork(draft: Draft, slot: number): void {
  const { workTerm: term } = memberAt(draft, slot);
  change(draft, slot, { work: 'none' });
  draft.inbox.push({ slot, event: { type: 'workStopped', term } });
}

function request(draft: Draft, message: Message, held: boolean): void {
  if (held) {
    draft.world = { ...draft.world, messages: [...draft.world.messages, message] };
    return;
  }
  answer(draft, apply(draft, message));
}

function applyRead(draft: Draft, message: ReadMessage): ReadMessage {
  const { observed, version } = draft.world.lock;
  const from = message.via === 'list' ? { watchFrom: String(version) } : {};
  const answer: ReadOutcome = observed === null ? { type: 'missing', ...from } : { type: 'found', observed, ...from };
  if (message.via === 'list') change(draft, message.slot, { streaming: true, queue: [] });
  tells(draft, () => `  ${nameOf(draft, message.slot)}'s ${message.via} is answered`);
  return { ...message, stage: 'answered', answer };
}

function abandon(draft: Draft, which: (it: WriteMessage) => boolean): void {
  const messages = draft.world.messages.map((it) =>
    it.type === 'write' && !it.abandoned && which(it) ? { ...it, abandoned: true } : it,
  );
  draft.world = { ...draft.world, messages };
}

/**
 * Forgets what can make no difference any more: abandoned updates of a version that is not there any more (versions
 * only grow), abandoned creates while a lock is there and none will be deleted, and answers that nobody waits for.
 */
function dropFenced(draft: Draft): void {
  const { messages, lock, left } = draft.world;
  if (messages.length === 0) return;
  const matters = (it: Message) => {
    if (it.type === 'read' || !it.abandoned) return true;
    if (it.stage === 'answered') return left.late > 0 && left.total > 0 && isServed(draft, it);
    const { on } = it.write;
    if (on === null) return lock.observed === null || (left.delete > 0 && left.total > 0);
    return lock.observed !== null && on.version === lock.observed.version && on.uid === lock.observed.uid;
  };
  if (!messages.every(matters)) draft.world = { ...draft.world, messages: messages.filter(matters) };
  for (const { process } of draft.world.members) dropOldest(draft, process);
}

function dropOldest(draft: Draft, process: number): void {
  const late = draft.world.messages.filter((it) => it.process === process && it.type === 'write' && it.abandoned);
  if (late.length <= MOST_LATE) return;
  const dropped = new Set<Message>(late.slice(0, late.length - MOST_LATE));
  draft.world = { ...draft.world, messages: draft.world.messages.filter((it) => !dropped.has(it)) };
}

function isServed(draft: Draft, message: Message): boolean {
  const member = memberAt(draft, message.slot);
  return member.life === 'alive' && member.process === message.process;
}
