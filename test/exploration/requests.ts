/**
 * Requests on their way: sent, applied to the lock, answered, given up. On a line that is up all of that is one instant;
 * on one that is cut each is an action of its own (`messages.ts`).
 */
import type { ReadOutcome } from '../../src/election/outcome.ts';
import { type Draft, memberAt, nameOf, own, tell, tells } from './draft.ts';
import { exemptionOfWrite } from './exemptions.ts';
import { checkErased } from './invariants.ts';
import type { LockEvent } from './lock-event.ts';
import { may } from './nuisances.ts';
import { applyWrite, originOf, type Register } from './register.ts';
import { profileAt } from './setting.ts';
import { tellWrite } from './transcript.ts';
import { type Hold, type Message, type ReadMessage, slotOf, timeText, type WriteMessage } from './world.ts';

/** Events that a member has not heard yet; older ones are lost, so that worlds stay finite. */
const MOST_QUEUED = 3;

/** Abandoned writes of one process that may still arrive; older ones are lost. */
const MOST_LATE = 2;

/**
 * A list that is not allowed is refused at once, even where the line is cut: then nothing depends on when a poller last
 * tried one, and worlds that differ in that alone are one.
 */
export function request(draft: Draft, message: Message): void {
  const { slot } = message;
  if (message.type === 'read' && message.via === 'list' && !profileAt(draft.setting, slot).mayWatch) {
    answer(draft, { ...message, answer: { type: 'forbidden', message: 'may not list' } });
  } else if (memberAt(draft, slot).cut) {
    draft.world.messages = [...draft.world.messages, message];
  } else {
    answer(draft, apply(draft, message));
  }
}

/** Applies a request; its answer is then under way. */
export function apply(draft: Draft, message: Message): Message {
  return message.type === 'read' ? applyRead(draft, message) : applyToLock(draft, message);
}

/** Hands an answer to the member that asked. */
export function answer(draft: Draft, message: Message): void {
  const { slot, number } = message;
  if (message.answer === null) throw new Error('the request was not applied yet');
  if (message.type === 'read') tell(draft, slot, { type: 'readAnswered', read: number, outcome: message.answer });
  else tell(draft, slot, { type: 'writeAnswered', attempt: number, outcome: message.answer }, message.metUid);
}

/** Replaces the lock and tells those that watch it. */
export function setLock(draft: Draft, lock: Register): void {
  draft.world.lock = lock;
  publish(draft, lock.observed ?? { goneVersion: lock.version, goneUid: lock.uids });
}

export function abandon(draft: Draft, which: (it: WriteMessage) => boolean): void {
  draft.world.messages = draft.world.messages.map((it) =>
    it.type === 'write' && !it.abandoned && which(it) ? { ...it, abandoned: true } : it,
  );
}

/**
 * Forgets what can make no difference any more: abandoned updates of a version that is not there any more (versions
 * only grow, until etcd is restored), abandoned creates while a lock is there and none will be deleted, and answers that
 * nobody waits for.
 */
export function dropFenced(draft: Draft): void {
  const { world } = draft;
  if (world.messages.length === 0) return;
  const { lock, left } = world;
  const matters = (it: Message) => {
    if (it.type === 'read' || !it.abandoned) return true;
    if (it.stage === 'answered') return may(left, 'late') && isServed(draft, it);
    if (world.backup !== null) return true;
    const { on } = it.write;
    if (on === null) return lock.observed === null || may(left, 'delete');
    return lock.observed !== null && on.version === lock.observed.version && on.uid === lock.observed.uid;
  };
  if (!world.messages.every(matters)) world.messages = world.messages.filter(matters);
  for (const { process } of world.members) dropOldest(draft, process);
}

// ------------------------------------------------------------------------------------------------------- helpers

function applyRead(draft: Draft, message: ReadMessage): ReadMessage {
  const { observed, version } = draft.world.lock;
  const from = message.via === 'list' ? { watchFrom: String(version) } : {};
  const answer: ReadOutcome = observed === null ? { type: 'missing', ...from } : { type: 'found', observed, ...from };
  if (message.via === 'list') {
    const member = own(draft, message.slot);
    member.streaming = true;
    member.queue = [];
  }
  tells(draft, () => `  ${nameOf(draft, message.slot)}'s ${message.via} is answered`);
  return { ...message, stage: 'answered', answer };
}

function applyToLock(draft: Draft, message: WriteMessage): WriteMessage {
  const { setting, world } = draft;
  const { observed } = world.lock;
  const { register, answer, applied } = applyWrite(world.lock, message.write, message.process, world.tick, (wallMs) =>
    timeText(setting, wallMs),
  );
  const met = message.write.on === null && observed !== null ? originOf(observed) : null;
  const metUid = met === null || met.by === message.process ? 0 : met.uid;
  const answered: WriteMessage = { ...message, stage: 'answered', answer, metUid };
  tellWrite(draft, answered);
  if (!applied) return answered;
  draft.exempted ??= exemptionOfWrite(world, message);
  if (draft.exempted !== null) return answered;
  checkErased(draft, message);
  keepHold(draft, message);
  setLock(draft, register);
  return answered;
}

/** The record now counts for its writer; those that it replaces in right do not count any more. */
function keepHold(draft: Draft, { process, pod, slot, sentMs, write }: WriteMessage): void {
  const { world } = draft;
  const { released, podUid } = write.seal;
  // A dead process of the same Pod leaves its record to the one that holds the Pod-wide proof (rule 25).
  const replaces = (it: Hold) =>
    it.process === process || (podUid !== '' && it.pod === pod && slotOf(it.process) === slot);
  const others = world.holds.filter((it) => !replaces(it));
  world.holds = released ? others : [...others, { process, pod, tick: world.tick }];
  const { process: present, appliedSentMs } = memberAt(draft, slot);
  if (present === process && !released && sentMs > appliedSentMs) own(draft, slot).appliedSentMs = sentMs;
}

function publish(draft: Draft, event: LockEvent): void {
  const { members } = draft.world;
  for (let slot = 0; slot < members.length; slot += 1) {
    const member = memberAt(draft, slot);
    if (!member.streaming || member.life !== 'alive') continue;
    const atOnce = !member.deaf && !member.paused && member.queue.length === 0 && member.state.reading.watch !== null;
    if (atOnce) draft.inbox.push({ slot, change: event });
    else own(draft, slot).queue = [...member.queue, event].slice(-MOST_QUEUED);
  }
}

function dropOldest(draft: Draft, process: number): void {
  const { world } = draft;
  const late = world.messages.filter((it) => it.process === process && it.type === 'write' && it.abandoned);
  if (late.length <= MOST_LATE) return;
  const dropped = new Set<Message>(late.slice(0, late.length - MOST_LATE));
  world.messages = world.messages.filter((it) => !dropped.has(it));
}

function isServed(draft: Draft, message: Message): boolean {
  const member = memberAt(draft, message.slot);
  return member.life === 'alive' && member.process === message.process;
}
