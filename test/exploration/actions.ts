/**
 * What can happen next in a world, and what it leads to. The names of actions are stable texts: a trace is a list of
 * them, and can be pinned in a test.
 */
import type { LockRecord } from '../../src/election/record.ts';
import { change, type Draft, draftOf, memberAt, nameOf, spend, tells } from './draft.ts';
import { goActions, goIsDue, runGo } from './go-member.ts';
import { checkWorld } from './invariants.ts';
import { answer, apply, bury, endWork, setLock, settle } from './member.ts';
import { GO, HAND, originOf, put, remove } from './register.ts';
import { lockText } from './transcript.ts';
import {
  incarnationOf,
  type Message,
  type Nuisance,
  newMember,
  nowOf,
  processOf,
  type Setting,
  type World,
} from './world.ts';

export const VERBS = [
  'tick',
  'clock-gains',
  'clock-loses',
  'suspend',
  'start',
  'wake',
  'hear',
  'cut',
  'heal',
  'deafen',
  'listen',
  'pause',
  'resume',
  'crash',
  'restart',
  'replace-pod',
  'give-up',
  'exit',
  'slow',
  'work-ends',
  'apply',
  'answer',
  'deliver',
  'reset',
  'refuse',
  'double',
  'delete',
  'recreate',
  'empty',
  'wipe',
  'take-by-hand',
  'edit-label',
  'go-tries',
  'go-start',
  'go-pause',
  'go-resume',
  'go-stops',
] as const;
export type Verb = (typeof VERBS)[number];

export interface Action {
  readonly verb: Verb;
  /** Who does it; -1 for the world. */
  readonly slot: number;
  /** Of the request that it concerns: its number, writes above reads; 0 for none. */
  readonly message: number;
}

export function actionName(setting: Setting, { verb, slot, message }: Action): string {
  const who = slot === -1 ? '' : ` ${setting.names[slot] ?? '?'}`;
  return message === 0 ? `${verb}${who}` : `${verb}${who} ${message}`;
}

/** Everything that can happen, the likeliest first. */
export function actionsOf(setting: Setting, world: World): Action[] {
  const actions: Action[] = [];
  const add = (verb: Verb, slot = -1, message = 0) => actions.push({ verb, slot, message });
  const may = (nuisance: Nuisance) => world.left[nuisance] > 0 && world.left.total > 0;
  let restless = false;

  world.members.forEach((member, slot) => {
    if (member.life === 'not-started') {
      add('start', slot);
      if (!member.cut && may('cut')) add('cut', slot);
      if (!member.deaf && may('deaf')) add('deafen', slot);
    }
    if (member.life === 'dead' && may('restart')) {
      add('restart', slot);
      // Twins share the one Pod there is.
      if (!setting.twins) add('replace-pod', slot);
    }
    if (member.life !== 'alive') return;
    const { state } = member;
    if (member.paused) {
      add('resume', slot);
    } else {
      if (state.wakeAtMs <= nowOf(setting, world, member).monoMs) {
        add('wake', slot);
        restless = true;
      }
      if (member.queue.length > 0 && state.reading.watch !== null) {
        add('hear', slot);
        if (!member.deaf) restless = true;
      }
      if (may('giveUp')) {
        if (state.role.type === 'leader') add('give-up', slot);
        if (state.role.type === 'leader' || state.role.type === 'candidate') add('exit', slot);
      }
      if (may('pause')) add('pause', slot);
    }
    if (member.work === 'stopping' && !member.paused) add('work-ends', slot);
    if (member.work === 'running' && !member.slowWork && may('slowWork')) add('slow', slot);
    if (member.cut) add('heal', slot);
    else if (may('cut')) add('cut', slot);
    if (member.deaf) add('listen', slot);
    else if (may('deaf')) add('deafen', slot);
    if (may('drift')) add('clock-gains', slot);
    if (may('crash')) add('crash', slot);
  });
  for (const message of world.messages) addMessage(world, message, add, may);
  addHand(world, add, may);
  if (setting.goMember) {
    goActions(world, (verb) => add(verb), may);
    restless ||= goIsDue(world);
  }
  if (restless) return actions;
  add('tick');
  world.members.forEach(({ life }, slot) => {
    if (life !== 'alive') return;
    if (may('drift')) add('clock-loses', slot);
    if (may('suspend')) add('suspend', slot);
  });
  return actions;
}

/** What an action leads to. */
export function act(setting: Setting, world: World, action: Action, story: string[] | null = null): Draft {
  const draft = draftOf(setting, world, story);
  tells(draft, () => `t${world.tick - 10} ${actionName(setting, action)}  [${lockText(world.lock.observed)}]`);
  carryOut(draft, action);
  settle(draft);
  if (draft.finding === null && draft.exempted === null) checkWorld(draft);
  return draft;
}

// ------------------------------------------------------------------------------------------------------- helpers

type Add = (verb: Verb, slot: number, message?: number) => void;
type May = (nuisance: Nuisance) => boolean;

function addMessage(world: World, message: Message, add: Add, may: May): void {
  const { slot } = message;
  const member = world.members[slot];
  const listens = member?.life === 'alive' && !member.paused && member.process === message.process;
  const waited = listens && (message.type === 'read' || !message.abandoned);
  const id = messageId(message);
  if (message.stage === 'asked') {
    if (waited) add('deliver', slot, id);
    add('apply', slot, id);
    if (message.type === 'write' && message.write.on === null && may('double')) add('double', slot, id);
  } else if (waited) {
    add('answer', slot, id);
  } else if (listens && may('late')) {
    add('answer', slot, id);
  }
  if (waited && may('reset')) add('reset', slot, id);
  if (waited && message.type === 'write' && message.stage === 'asked' && may('refuse')) add('refuse', slot, id);
}

function addHand({ lock, members, left, wipedUid }: World, add: Add, may: May): void {
  const { observed, uids } = lock;
  if (observed === null || observed.record === 'unreadable') return;
  if (may('delete')) {
    add('delete', -1);
    add('recreate', -1);
  }
  if (may('label')) add('edit-label', -1);
  if (!may('hand') || observed.record.holderIdentity === '') return;
  add('take-by-hand', -1);
  // A hand that empties a Go member's record leaves exactly what that member's own release would (rule 28 b and c).
  if (originOf(observed).by === GO) return;
  add('empty', -1);
  // A seal that is wiped before a member ever saw it is exempted.
  const known = members.every((it) => it.life !== 'alive' || it.sealedUid === uids);
  if (known && wipedUid === 0 && left.hand > 0) add('wipe', -1);
}

function messageId(message: Message): number {
  const incarnation = incarnationOf(message.process) * 1000;
  return incarnation + (message.type === 'write' ? 100 : 0) + message.number;
}

function carryOut(draft: Draft, action: Action): void {
  const { verb, slot } = action;
  switch (verb) {
    case 'tick':
      passTick(draft);
      return;
    case 'clock-gains':
      spend(draft, 'drift');
      change(draft, slot, { skewMs: memberAt(draft, slot).skewMs + draft.setting.tickMs });
      return;
    case 'clock-loses':
      spend(draft, 'drift');
      passTick(draft);
      change(draft, slot, { skewMs: memberAt(draft, slot).skewMs - draft.setting.tickMs });
      return;
    case 'suspend': {
      const { skewMs, bootSkewMs } = memberAt(draft, slot);
      const { tickMs } = draft.setting;
      spend(draft, 'suspend');
      passTick(draft);
      change(draft, slot, { skewMs: skewMs - tickMs, bootSkewMs: bootSkewMs + tickMs });
      return;
    }
    case 'start':
      change(draft, slot, { life: 'alive' });
      draft.inbox.push({ slot, event: { type: 'started' } });
      return;
    case 'wake':
      draft.inbox.push({ slot, event: { type: 'woke' } });
      return;
    case 'hear': {
      const [event, ...queue] = memberAt(draft, slot).queue;
      if (event === undefined) throw new Error('nothing to hear');
      change(draft, slot, { queue });
      draft.inbox.push({ slot, change: event });
      return;
    }
    case 'cut':
      spend(draft, 'cut');
      change(draft, slot, { cut: true });
      return;
    case 'heal':
      change(draft, slot, { cut: false });
      return;
    case 'deafen':
      spend(draft, 'deaf');
      change(draft, slot, { deaf: true });
      return;
    case 'listen':
      // What was not heard until now never will be.
      change(draft, slot, { deaf: false, queue: [] });
      return;
    case 'pause':
      spend(draft, 'pause');
      change(draft, slot, { paused: true });
      return;
    case 'resume':
      change(draft, slot, { paused: false });
      return;
    case 'crash':
      spend(draft, 'crash');
      bury(draft, slot, 'dead');
      return;
    case 'restart':
    case 'replace-pod': {
      spend(draft, 'restart');
      const { process, pod } = memberAt(draft, slot);
      const next = processOf(slot, incarnationOf(process) + 1);
      change(draft, slot, newMember(draft.setting, slot, next, verb === 'restart' ? pod : pod + 1));
      change(draft, slot, { life: 'alive' });
      draft.inbox.push({ slot, event: { type: 'started' } });
      return;
    }
    case 'give-up':
    case 'exit':
      spend(draft, 'giveUp');
      draft.inbox.push({ slot, event: { type: 'giveUp', reason: 'asked', exit: verb === 'exit' } });
      return;
    case 'slow':
      spend(draft, 'slowWork');
      change(draft, slot, { slowWork: true });
      return;
    case 'work-ends':
      change(draft, slot, { slowWork: false });
      endWork(draft, slot);
      return;
    case 'apply':
    case 'answer':
    case 'deliver':
    case 'reset':
    case 'refuse':
    case 'double':
      carryMessage(draft, action);
      return;
    case 'delete':
      spend(draft, 'delete');
      noteDeletion(draft);
      setLock(draft, remove(draft.world.lock));
      return;
    case 'recreate':
      spend(draft, 'delete');
      noteDeletion(draft);
      setLock(draft, remove(draft.world.lock));
      setLock(draft, put(draft.world.lock, EMPTY, null, { by: HAND, tick: draft.world.tick, emptied: true }, true));
      return;
    case 'empty':
    case 'wipe':
    case 'take-by-hand':
    case 'edit-label':
      byHand(draft, verb);
      return;
    default:
      runGo(draft, verb);
  }
}

const EMPTY: LockRecord = {
  holderIdentity: '',
  leaseDurationSeconds: null,
  acquireTime: null,
  renewTime: null,
  leaseTransitions: 0,
};

function byHand(draft: Draft, verb: 'empty' | 'wipe' | 'take-by-hand' | 'edit-label'): void {
  const { lock, tick } = draft.world;
  const { observed } = lock;
  if (observed === null || observed.record === 'unreadable' || observed.seal === 'unreadable') return;
  const { record, seal } = observed;
  const origin = { by: HAND, tick, emptied: true };
  spend(draft, verb === 'edit-label' ? 'label' : 'hand');
  switch (verb) {
    case 'empty':
      setLock(draft, put(lock, { ...record, holderIdentity: '', leaseDurationSeconds: 1 }, seal, origin, false));
      return;
    case 'wipe':
      draft.world = { ...draft.world, wipedUid: lock.uids };
      draft.world.members.forEach((member, slot) => {
        if (member.life === 'alive') change(draft, slot, { sawWipe: true });
      });
      setLock(draft, put(lock, EMPTY, null, origin, false));
      return;
    case 'take-by-hand':
      setLock(draft, put(lock, { ...record, holderIdentity: 'someone' }, seal, { ...origin, emptied: false }, false));
      return;
    case 'edit-label':
      setLock(draft, put(lock, record, seal, originOf(observed), false));
  }
}

function carryMessage(draft: Draft, { verb, slot, message: id }: Action): void {
  const stage = verb === 'answer' ? 'answered' : verb === 'reset' ? null : 'asked';
  const found = draft.world.messages.find(
    (it) => it.slot === slot && messageId(it) === id && (stage === null || it.stage === stage),
  );
  if (found === undefined) throw new Error(`no message ${id} of ${nameOf(draft, slot)}`);
  const replace = (by: Message | null) => {
    const messages = draft.world.messages.flatMap((it) => (it !== found ? [it] : by === null ? [] : [by]));
    draft.world = { ...draft.world, messages };
  };
  switch (verb) {
    case 'deliver':
      replace(null);
      answer(draft, apply(draft, found));
      return;
    case 'apply':
      replace(apply(draft, found));
      return;
    case 'answer':
      if (found.type === 'write' && found.abandoned) spend(draft, 'late');
      replace(null);
      answer(draft, found);
      return;
    case 'reset':
      spend(draft, 'reset');
      if (found.type === 'write') {
        replace({ ...found, abandoned: true });
        const outcome = { type: 'unknown', message: 'connection reset' } as const;
        draft.inbox.push({ slot, event: { type: 'writeAnswered', attempt: found.number, outcome } });
      } else {
        replace(null);
        const outcome = { type: 'failed', message: 'connection reset' } as const;
        draft.inbox.push({ slot, event: { type: 'readAnswered', read: found.number, outcome } });
      }
      return;
    case 'refuse': {
      spend(draft, 'refuse');
      replace(null);
      const outcome = { type: 'refused', code: 429, message: 'too many requests' } as const;
      draft.inbox.push({ slot, event: { type: 'writeAnswered', attempt: found.number, outcome } });
      return;
    }
    case 'double': {
      spend(draft, 'double');
      // A copy that arrives later; nobody waits for its answer.
      if (found.type !== 'write') return;
      draft.world = {
        ...draft.world,
        messages: [...draft.world.messages, { ...found, abandoned: true, number: found.number }],
      };
      return;
    }
    default:
      return;
  }
}

function noteDeletion(draft: Draft): void {
  const { lock, tick } = draft.world;
  draft.world = { ...draft.world, deletedUid: lock.uids, deletedTick: tick };
}

function passTick(draft: Draft): void {
  draft.world = { ...draft.world, tick: draft.world.tick + 1 };
  draft.world = { ...draft.world, holds: liveHolds(draft) };
}

/** A record that has run out matters to nobody's term. */
function liveHolds({ world, setting }: Draft) {
  const live = world.holds.filter((it) => it.tick + setting.leaseTicks > world.tick - setting.deadlineTicks);
  return live.length === world.holds.length ? world.holds : live;
}
