/** Runs members: tells them events, one at a time, and carries out what they ask for. */
import type { Effect, Event, State, WatchSight } from '../../src/election/state.ts';
import { type Draft, finds, memberAt, nameOf, own, tell } from './draft.ts';
import { exemptionOfEvent } from './exemptions.ts';
import { checkLearnt, checkSent, checkTermStart, checkWorld } from './invariants.ts';
import { learnt } from './learnt.ts';
import { isGone, type LockEvent } from './lock-event.ts';
import { abandon, dropFenced, request } from './requests.ts';
import { tellEffect, tellEvent } from './transcript.ts';
import { nowOf } from './world.ts';

/** More steps than this within one action are a loop. */
const MOST_STEPS = 60;

/** Tells everything that is to be told, until nothing is left or something was found. */
export function settle(draft: Draft): void {
  for (let next = draft.inbox.shift(); next !== undefined; next = draft.inbox.shift()) {
    if (memberAt(draft, next.slot).life !== 'alive') continue;
    if ('event' in next) handle(draft, next.slot, next.event, next.unseenUid);
    else hear(draft, next.slot, next.change);
    if (draft.finding !== null || draft.exempted !== null) return;
    draft.steps += 1;
    if (draft.steps > MOST_STEPS) finds(draft, 'hot loop: more steps within one instant than anybody needs');
  }
  dropFenced(draft);
}

/** The member's process is no more: its work has ended with it, its answers reach nobody, its requests may. */
export function bury(draft: Draft, slot: number, life: 'dead' | 'ended'): void {
  const { process } = memberAt(draft, slot);
  const gone = { paused: false, cut: false, deaf: false, streaming: false, queue: [], work: 'none' } as const;
  Object.assign(own(draft, slot), { life, ...gone, slowWork: false });
  abandon(draft, (it) => it.process === process);
  draft.world.messages = draft.world.messages.filter((it) => it.type === 'write' || it.process !== process);
}

export function endWork(draft: Draft, slot: number): void {
  const member = own(draft, slot);
  member.work = 'none';
  tell(draft, slot, { type: 'workStopped', term: member.workTerm });
}

// ------------------------------------------------------------------------------------------------------- helpers

function hear(draft: Draft, slot: number, event: LockEvent): void {
  const { watch } = memberAt(draft, slot).state.reading;
  if (watch === null) return;
  const sight: WatchSight = isGone(event)
    ? { type: 'gone', version: String(event.goneVersion) }
    : { type: 'present', observed: event };
  handle(draft, slot, { type: 'watched', watch: watch.watch, event: sight }, isGone(event) ? event.goneUid : 0);
}

function handle(draft: Draft, slot: number, event: Event, unseenUid = 0): void {
  const { setting, world } = draft;
  const member = own(draft, slot);
  const before = member.state;
  tellEvent(draft, slot, event);
  const now = nowOf(world, member);
  draft.exempted ??= exemptionOfEvent(world, before, event);
  const { state, effects } = setting.election.step(before, event, now, 0);
  member.state = state;
  checkLearnt(draft, slot, before, event);
  // Where the member lists again nothing more comes on the old stream; where it resumes, what it did not hear yet does.
  if (event.type === 'watchEnded' && state.reading.watch === null) closeStream(draft, slot);
  for (const effect of effects) carryOut(draft, slot, effect, before);
  learnt(member, before, event, unseenUid);
  if (member.life === 'alive' && state.wakeAtMs <= now.monoMs) {
    finds(draft, `hot loop: ${nameOf(draft, slot)} asks to be woken at once`);
  }
  checkWorld(draft);
}

function carryOut(draft: Draft, slot: number, effect: Effect, before: State): void {
  const member = own(draft, slot);
  const { process, pod } = member;
  tellEffect(draft, slot, effect);
  switch (effect.type) {
    case 'read': {
      const { read: number, via } = effect;
      const { newestVersion: newestAtSend } = member.state.sight;
      request(draft, { type: 'read', slot, process, pod, number, via, newestAtSend, stage: 'asked', answer: null });
      return;
    }
    case 'write': {
      const { attempt: number, write } = effect;
      const sentMs = nowOf(draft.world, member).monoMs;
      const sentTick = draft.world.tick;
      const rest = { stage: 'asked', answer: null, metUid: 0, abandoned: false } as const;
      checkSent(draft, slot, write);
      request(draft, { type: 'write', slot, process, pod, number, write, sentMs, sentTick, ...rest });
      return;
    }
    case 'abortRead':
      draft.world.messages = draft.world.messages.filter(
        (it) => it.type !== 'read' || it.process !== process || it.number !== effect.read,
      );
      if (member.state.reading.watch === null) closeStream(draft, slot);
      return;
    case 'abortWrite':
      abandon(draft, (it) => it.process === process && it.number === effect.attempt);
      return;
    case 'stopWatch':
      closeStream(draft, slot);
      return;
    case 'claimProof':
      tell(draft, slot, { type: 'proof', held: !draft.setting.twins || slot === 0 });
      return;
    case 'startWork':
      if (member.work !== 'none') finds(draft, `S9 ${nameOf(draft, slot)} starts work before the last has stopped`);
      member.work = 'running';
      member.workTerm = effect.term;
      member.interrupted = false;
      checkTermStart(draft, slot, before);
      return;
    case 'stopWork':
      if (member.work !== 'running' || member.workTerm !== effect.term) {
        finds(draft, `S9 ${nameOf(draft, slot)} stops work that does not run`);
      }
      member.work = 'stopping';
      if (!member.slowWork) endWork(draft, slot);
      return;
    case 'killWork':
      endWork(draft, slot);
      return;
    case 'labelStandby':
      if (member.work !== 'none') finds(draft, `S10 ${nameOf(draft, slot)} sets its label while its work goes on`);
      tell(draft, slot, { type: 'labelDone', term: effect.term });
      return;
    case 'ended':
      if (member.work !== 'none' && !effect.stuck) {
        finds(draft, `S10 ${nameOf(draft, slot)} ends while its work goes on`);
      }
      bury(draft, slot, 'ended');
      return;
    case 'watch':
    case 'wake':
    case 'report':
      return;
  }
}

function closeStream(draft: Draft, slot: number): void {
  const member = own(draft, slot);
  member.streaming = false;
  member.queue = [];
}
