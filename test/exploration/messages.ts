/** Requests on a line that is cut: each may be applied, answered, refused, doubled or lost, at any time. */
import type { Doer, MessageVerb, Offer } from './action.ts';
import { type Draft, nameOf, spend, tell } from './draft.ts';
import { may } from './nuisances.ts';
import { answer, apply } from './requests.ts';
import { incarnationOf, type Message, type World } from './world.ts';

export function offerMessage({ members, left }: World, message: Message, offer: Offer): void {
  const { slot, type, stage } = message;
  const member = members[slot];
  const listens = member?.life === 'alive' && !member.paused && member.process === message.process;
  const waited = listens && (type === 'read' || !message.abandoned);
  const id = idOf(message);
  if (stage === 'asked') {
    if (waited) offer('deliver', slot, id);
    offer('apply', slot, id);
    if (type === 'write' && message.write.on === null && may(left, 'double')) offer('double', slot, id);
  } else if (waited || (listens && may(left, 'late'))) {
    offer('answer', slot, id);
  }
  if (waited && may(left, 'reset')) offer('reset', slot, id);
  if (waited && type === 'write' && stage === 'asked' && may(left, 'refuse')) offer('refuse', slot, id);
}

export const MESSAGES: Record<MessageVerb, Doer> = {
  deliver: (draft, slot, id) => {
    const message = find(draft, slot, id, 'asked');
    replace(draft, message, null);
    answer(draft, apply(draft, message));
  },
  apply: (draft, slot, id) => {
    const message = find(draft, slot, id, 'asked');
    replace(draft, message, apply(draft, message));
  },
  answer: (draft, slot, id) => {
    const message = find(draft, slot, id, 'answered');
    if (message.type === 'write' && message.abandoned) spend(draft, 'late');
    replace(draft, message, null);
    answer(draft, message);
  },
  reset: (draft, slot, id) => {
    const message = find(draft, slot, id, null);
    spend(draft, 'reset');
    if (message.type === 'write') {
      replace(draft, message, { ...message, abandoned: true });
      tell(draft, slot, { type: 'writeAnswered', attempt: message.number, outcome: { type: 'unknown', ...RESET } });
    } else {
      replace(draft, message, null);
      tell(draft, slot, { type: 'readAnswered', read: message.number, outcome: { type: 'failed', ...RESET } });
    }
  },
  refuse: (draft, slot, id) => {
    const message = find(draft, slot, id, 'asked');
    spend(draft, 'refuse');
    replace(draft, message, null);
    const outcome = { type: 'refused', code: 429, message: 'too many requests' } as const;
    tell(draft, slot, { type: 'writeAnswered', attempt: message.number, outcome });
  },
  double: (draft, slot, id) => {
    const message = find(draft, slot, id, 'asked');
    spend(draft, 'double');
    if (message.type !== 'write') return;
    // The copy arrives later, and nobody waits for its answer.
    draft.world.messages = [...draft.world.messages, { ...message, abandoned: true }];
  },
};

// ------------------------------------------------------------------------------------------------------- helpers

const RESET = { message: 'connection reset' };

/** Among those of its slot: the number, writes above reads, the process above both. */
function idOf(message: Message): number {
  return incarnationOf(message.process) * 1000 + (message.type === 'write' ? 100 : 0) + message.number;
}

function find(draft: Draft, slot: number, id: number, stage: Message['stage'] | null): Message {
  const found = draft.world.messages.find(
    (it) => it.slot === slot && idOf(it) === id && (stage === null || it.stage === stage),
  );
  if (found === undefined) throw new Error(`no message ${id} of ${nameOf(draft, slot)}`);
  return found;
}

function replace({ world }: Draft, message: Message, by: Message | null): void {
  world.messages = world.messages.flatMap((it) => (it !== message ? [it] : by === null ? [] : [by]));
}
