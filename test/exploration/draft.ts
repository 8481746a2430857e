/**
 * One action under way: a draft of the next world, a copy of its own that may be changed until the action is over. A
 * finding or an exempted history ends it. With a `story` it also tells what happens.
 */
import type { Event } from '../../src/election/state.ts';
import type { LockEvent } from './lock-event.ts';
import type { Nuisance } from './nuisances.ts';
import { profileAt, type Setting } from './setting.ts';
import type { Member, World } from './world.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export interface Draft {
  readonly setting: Setting;
  readonly world: Mutable<World>;
  /** Copied already, and so not those of the world before; a bit for each slot. */
  owned: number;
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
  | { readonly slot: number; readonly event: Event /** As `learnt` takes it. */; readonly unseenUid: number }
  /** By the watch that is open when it arrives. */
  | { readonly slot: number; readonly change: LockEvent };

export function draftOf(setting: Setting, world: World, story: string[] | null): Draft {
  return { setting, world: { ...world }, owned: 0, inbox: [], steps: 0, finding: null, exempted: null, story };
}

export function memberAt(draft: Draft, slot: number): Member {
  const member = draft.world.members[slot];
  if (member === undefined) throw new Error(`no member ${slot}`);
  return member;
}

/** The member, to be changed in place: nobody else has it yet. */
export function own(draft: Draft, slot: number): Mutable<Member> {
  const bit = 1 << slot;
  if ((draft.owned & bit) !== 0) return memberAt(draft, slot);
  const copy = { ...memberAt(draft, slot) };
  const members = draft.world.members.slice();
  members[slot] = copy;
  draft.world.members = members;
  draft.owned |= bit;
  return copy;
}

export function change(draft: Draft, slot: number, fields: Partial<Member>): void {
  Object.assign(own(draft, slot), fields);
}

/** The member hears this before the action is over. */
export function tell(draft: Draft, slot: number, event: Event, unseenUid = 0): void {
  draft.inbox.push({ slot, event, unseenUid });
}

export function spend(draft: Draft, nuisance: Nuisance): void {
  const { left } = draft.world;
  draft.world.left = { ...left, [nuisance]: left[nuisance] - 1, total: left.total - 1 };
}

export function finds(draft: Draft, finding: string): void {
  draft.finding ??= finding;
}

export function tells(draft: Draft, line: () => string): void {
  draft.story?.push(line());
}

export function nameOf(draft: Draft, slot: number): string {
  return profileAt(draft.setting, slot).name;
}
