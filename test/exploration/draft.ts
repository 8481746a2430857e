/**
 * One action under way: a draft of the next world. Its parts are replaced, never changed in place; a finding or an
 * exempted history ends it. With a `story` it also tells what happens.
 */
import type { Event } from '../../src/election/state.ts';
import type { LockEvent } from './lock-event.ts';
import type { Member, Nuisance, Setting, World } from './world.ts';

export interface Draft {
  readonly setting: Setting;
  world: World;
  /** Told to members in this order, before the action is over. */
  readonly inbox: Delivery[];
  steps: number;
  /** An invariant that is broken: `S1 alice and bob lead`. */
  finding: string | null;
  /** Why this history is among those for which nothing is promised. */
  exempted: string | null;
  readonly story: string[] | null;
}

export type Delivery =
  | { readonly slot: number; readonly event: Event; readonly metUid?: number }
  /** By the watch that is open when it arrives. */
  | { readonly slot: number; readonly change: LockEvent };

export function draftOf(setting: Setting, world: World, story: string[] | null = null): Draft {
  return { setting, world, inbox: [], steps: 0, finding: null, exempted: null, story };
}

export function memberAt(draft: Draft, slot: number): Member {
  const member = draft.world.members[slot];
  if (member === undefined) throw new Error(`no member ${slot}`);
  return member;
}

export function change(draft: Draft, slot: number, fields: Partial<Member>): void {
  const members = draft.world.members.slice();
  members[slot] = { ...memberAt(draft, slot), ...fields };
  draft.world = { ...draft.world, members };
}

export function spend(draft: Draft, nuisance: Nuisance): void {
  const { left } = draft.world;
  draft.world = { ...draft.world, left: { ...left, [nuisance]: left[nuisance] - 1, total: left.total - 1 } };
}

export function finds(draft: Draft, finding: string): void {
  draft.finding ??= finding;
}

export function tells(draft: Draft, line: () => string): void {
  draft.story?.push(line());
}

export function nameOf(draft: Draft, slot: number): string {
  return draft.setting.names[slot] ?? '?';
}
