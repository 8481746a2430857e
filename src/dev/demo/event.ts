/** What happens in the demo, as plain data. Every instant is on the shared clock. */
import type { MemberLine } from './member-line.ts';

/** What can be done to a member. `start`, `resume` and `reconnect` bring it back. */
export type Action = 'start' | 'stop' | 'kill' | 'pause' | 'resume' | 'cut-off' | 'reconnect';

/** What `GET /` of a member said. */
export type Answer =
  | { readonly type: 'answered'; readonly isLeader: boolean; readonly leader: string }
  | { readonly type: 'silent' };

/** The lock object, as the API has it. */
export interface LockSight {
  /** Empty when it is released. */
  readonly holder: string;
  readonly version: string;
  readonly transitions: number;
  readonly durationMs: number;
}

export type DemoEvent =
  | { readonly type: 'acted'; readonly atMs: number; readonly member: string; readonly action: Action }
  /** A process was made; its first word comes later. */
  | { readonly type: 'started'; readonly atMs: number; readonly member: string; readonly pid: number }
  | { readonly type: 'said'; readonly atMs: number; readonly member: string; readonly line: MemberLine }
  | {
      readonly type: 'exited';
      readonly atMs: number;
      readonly member: string;
      readonly code: number | null;
      readonly signal: string | null;
    }
  /** `atMs` is when the answer was there. */
  | {
      readonly type: 'polled';
      readonly atMs: number;
      readonly member: string;
      readonly sentAtMs: number;
      readonly answer: Answer;
    }
  | { readonly type: 'lock-written'; readonly atMs: number; readonly lock: LockSight }
  /** The label of the member's Pod. */
  | { readonly type: 'labelled'; readonly atMs: number; readonly member: string; readonly label: string };
