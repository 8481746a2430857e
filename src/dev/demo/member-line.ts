/**
 * What a member of the demo says, one JSON object per line on its stderr: its log, and its view after each change and renewal. Both
 * sides of that pipe are here, so that they cannot drift apart. `mono_ms` is on the one monotonic clock that all
 * processes of a machine share, so lines of different members can be put in order.
 */
import type { View } from '../../election/view.ts';

/** What the demo keeps of a view. */
export interface SeenView {
  readonly phase: string;
  readonly isLeading: boolean;
  readonly leader: string;
  /** Counts the terms of this process, from 1; 0 before the first. */
  readonly term: number;
  /** While leading: when the last proof of it runs out, should no other follow. On the shared clock. */
  readonly validUntilMs: number;
}

export type MemberLine =
  | { readonly type: 'view'; readonly atMs: number; readonly view: SeenView }
  | { readonly type: 'started-leading'; readonly atMs: number; readonly term: number; readonly token: string }
  | { readonly type: 'stepping-down'; readonly atMs: number; readonly reason: string }
  | {
      readonly type: 'log';
      readonly atMs: number;
      readonly level: string;
      readonly message: string;
      readonly detail: string;
    };

const VIEW_MESSAGE = 'view';

export function viewLine(view: View, atMs: number): string {
  const { phase, isLeading, leader, term, validForMs } = view;
  const fields = { phase, leading: isLeading, leader, term, valid_until_ms: atMs + validForMs };
  return logLine('info', VIEW_MESSAGE, fields, atMs);
}

export function logLine(level: string, message: string, fields: object, atMs: number): string {
  return `${JSON.stringify({ mono_ms: atMs, level, msg: message, ...fields })}\n`;
}

/** Null for what is no line of ours: a warning of Node's, the stack of a crash. */
export function parseMemberLine(text: string): MemberLine | null {
  const line = parseObject(text);
  const atMs = line?.mono_ms;
  if (line === null || typeof atMs !== 'number') return null;
  const message = String(line.msg);
  switch (message) {
    case VIEW_MESSAGE:
      return {
        type: 'view',
        atMs,
        view: {
          phase: String(line.phase),
          isLeading: line.leading === true,
          leader: String(line.leader),
          term: Number(line.term),
          validUntilMs: Number(line.valid_until_ms),
        },
      };
    case 'started leading':
      return { type: 'started-leading', atMs, term: Number(line.term), token: String(line.token) };
    case 'stepping down as leader':
      return { type: 'stepping-down', atMs, reason: String(line.reason) };
    default: {
      const detail = line.error ?? line.warning;
      return {
        type: 'log',
        atMs,
        level: String(line.level),
        message,
        detail: typeof detail === 'string' ? detail : '',
      };
    }
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
