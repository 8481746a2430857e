/**
 * One thing that can happen in a world. The names of actions are stable texts: a trace is a list of them, and can be
 * pinned in a test. Each kind is offered and carried out where its noun is: `clocks.ts`, `process.ts`, `line.ts`,
 * `messages.ts`, `hand.ts`, `go-member.ts`.
 */
import type { Draft } from './draft.ts';
import type { Setting } from './setting.ts';

export type ClockVerb = 'tick' | 'clock-gains' | 'clock-loses' | 'suspend';
export type ProcessVerb =
  | 'start'
  | 'wake'
  | 'pause'
  | 'resume'
  | 'crash'
  | 'restart'
  | 'replace-pod'
  | 'give-up'
  | 'exit'
  | 'slow'
  | 'work-ends';
export type LineVerb = 'cut' | 'heal' | 'hear' | 'deafen' | 'listen' | 'watch-ends' | 'watch-expires';
export type MessageVerb = 'apply' | 'answer' | 'deliver' | 'reset' | 'refuse' | 'double';
export type HandVerb = 'delete' | 'recreate' | 'empty' | 'wipe' | 'take-by-hand' | 'edit-label' | 'back-up' | 'restore';
export type GoVerb = 'go-start' | 'go-tries' | 'go-pause' | 'go-resume' | 'go-stops';
export type Verb = ClockVerb | ProcessVerb | LineVerb | MessageVerb | HandVerb | GoVerb;

export interface Action {
  readonly verb: Verb;
  /** Who does it; -1 for the world. */
  readonly slot: number;
  /** Of the request that it concerns, as `messages.ts` counts; 0 for none. */
  readonly message: number;
}

/** Adds an action to those that are possible. */
export type Offer = (verb: Verb, slot?: number, message?: number) => void;

/** Carries an action out, but for what members make of it. */
export type Doer = (draft: Draft, slot: number, message: number) => void;

export function actionName(setting: Setting, { verb, slot, message }: Action): string {
  const who = slot === -1 ? '' : ` ${setting.members[slot]?.name ?? '?'}`;
  return message === 0 ? `${verb}${who}` : `${verb}${who} ${message}`;
}
