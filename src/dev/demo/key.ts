/** What a key means in the present state: things to do to members, or why there is nothing to do. Pure. */
import type { Action } from './event.ts';
import { type DemoState, guestAt, isAvailable, leaderAt, type MemberState } from './state.ts';

export type Command =
  | { readonly type: 'act'; readonly actions: readonly { readonly action: Action; readonly member: string }[] }
  | { readonly type: 'say'; readonly text: string }
  /** The pages of help, one after the other. */
  | { readonly type: 'help' }
  | { readonly type: 'quit' };

const ACTIONS: Readonly<Record<string, Action>> = { s: 'stop', k: 'kill', p: 'pause', c: 'cut-off' };
const CTRL_C = '\x03';
const ESCAPE = '\x1b';

/** Null for a key without a meaning. */
export function commandOf(key: string, state: DemoState, nowMs: number): Command | null {
  const lower = key.toLowerCase();
  if (lower === 'q' || key === CTRL_C || key === ESCAPE) return { type: 'quit' };
  if (lower === 'h' || key === '?') return { type: 'help' };
  if (lower === 'b') return bringBack(state);
  const action = ACTIONS[lower];
  if (action === undefined) return null;
  const leader = state.members.find(({ name }) => name === leaderAt(state, nowMs));
  if (leader === undefined) return { type: 'say', text: nobodyLeads(state, nowMs) };
  if (!isAvailable(leader))
    return { type: 'say', text: `${leader.name}, who leads still, is ${leader.standing} already` };
  return { type: 'act', actions: [{ action, member: leader.name }] };
}

function nobodyLeads(state: DemoState, nowMs: number): string {
  const guest = guestAt(state, nowMs);
  if (guest !== null) return `${guest} is a guest: end it in its own terminal`;
  const canLead = state.members.some(isAvailable);
  return canLead
    ? 'nobody leads at this moment: wait for the hand-over'
    : 'nobody can lead: press b to bring them back';
}

function bringBack({ members }: DemoState): Command {
  const actions = members.flatMap((member) => {
    const action = wayBack(member);
    return action === null ? [] : [{ action, member: member.name }];
  });
  return actions.length === 0 ? { type: 'say', text: 'nobody is away' } : { type: 'act', actions };
}

function wayBack({ standing }: MemberState): Action | null {
  switch (standing) {
    case 'stopped':
    case 'killed':
    case 'failed':
      return 'start';
    case 'paused':
      return 'resume';
    case 'cut off':
      return 'reconnect';
    default:
      return null;
  }
}
