/** A demo's state, made of events: alice, bob and carol on a clock that starts at 0, without a process or a request. */
import type { DemoEvent, LockSight } from '../../../src/dev/demo/event.ts';
import type { MemberLine } from '../../../src/dev/demo/member-line.ts';
import { type DemoState, initialState, reduce } from '../../../src/dev/demo/state.ts';

export const fresh: DemoState = initialState({
  startedAtMs: 0,
  ttlMs: 3000,
  lockName: 'leases/demo',
  members: ['alice', 'bob', 'carol'].map((name, index) => ({ name, port: 24_001 + index })),
});

export function after(events: readonly DemoEvent[], state = fresh): DemoState {
  return events.reduce(reduce, state);
}

export function started(member: string, atMs: number): DemoEvent {
  return { type: 'started', atMs, member, pid: 100 };
}

export function acted(member: string, action: (DemoEvent & { type: 'acted' })['action'], atMs: number): DemoEvent {
  return { type: 'acted', atMs, member, action };
}

export function exited(member: string, atMs: number, code: number | null): DemoEvent {
  return { type: 'exited', atMs, member, code, signal: code === null ? 'SIGKILL' : null };
}

export function startsLeading(member: string, atMs: number, token = '7'): DemoEvent {
  return said(member, { type: 'started-leading', atMs, term: 1, token });
}

export function stepsDown(member: string, atMs: number): DemoEvent {
  return said(member, { type: 'stepping-down', atMs, reason: 'SIGTERM' });
}

/** The view of a leader, valid for 2 s (the renew deadline) unless said otherwise. */
export function tellsLeading(member: string, atMs: number, validUntilMs = atMs + 2000): DemoEvent {
  const view = { phase: 'leading', isLeading: true, leader: member, term: 1, validUntilMs };
  return said(member, { type: 'view', atMs, view });
}

export function tellsStandby(member: string, atMs: number, leader = ''): DemoEvent {
  const view = { phase: 'standby', isLeading: false, leader, term: 0, validUntilMs: atMs };
  return said(member, { type: 'view', atMs, view });
}

/** Sent 1 ms before it was answered. */
export function answers(member: string, atMs: number, isLeader: boolean, leader = isLeader ? member : ''): DemoEvent {
  return { type: 'polled', atMs, member, sentAtMs: atMs - 1, answer: { type: 'answered', isLeader, leader } };
}

export function staysSilent(member: string, atMs: number): DemoEvent {
  return { type: 'polled', atMs, member, sentAtMs: atMs - 400, answer: { type: 'silent' } };
}

export function lockWritten(holder: string, atMs: number, changes: Partial<LockSight> = {}): DemoEvent {
  const durationMs = holder === '' ? 1000 : 3000;
  return { type: 'lock-written', atMs, lock: { holder, version: '7', transitions: 0, durationMs, ...changes } };
}

export function labelled(member: string, label: string, atMs: number): DemoEvent {
  return { type: 'labelled', atMs, member, label };
}

/** All three are up, alice leads since 500, and everybody says so at 600. */
export const aliceLeads: DemoState = after([
  ...['alice', 'bob', 'carol'].flatMap((member) => [started(member, 0), labelled(member, 'standby', 400)]),
  lockWritten('alice', 490),
  startsLeading('alice', 500),
  tellsLeading('alice', 500),
  labelled('alice', 'leader', 510),
  tellsStandby('bob', 510, 'alice'),
  tellsStandby('carol', 510, 'alice'),
  answers('alice', 600, true),
  answers('bob', 600, false, 'alice'),
  answers('carol', 600, false, 'alice'),
]);

/** What follows once bob leads from `atMs` on: the answers of the others agree, and so do the labels. */
export function bobTakesOver(atMs: number, others: readonly string[]): DemoEvent[] {
  return [
    startsLeading('bob', atMs, '9'),
    tellsLeading('bob', atMs),
    labelled('alice', 'standby', atMs + 1),
    labelled('bob', 'leader', atMs + 2),
    answers('bob', atMs + 100, true),
    ...others.map((other) => answers(other, atMs + 100, false, 'bob')),
  ];
}

function said(member: string, line: MemberLine): DemoEvent {
  return { type: 'said', atMs: line.atMs, member, line };
}
