/** Made-up histories for the tests of the judges: a quiet election of alice and bob, to which something is then added. */
import type { ElectionHistory, FencedWrites, Life, Mark, Run, Sight, Strike } from './history.ts';

/** An hour after boot; a judge that took 0 for a beginning would be found out. */
export const START_MS = 3_600_000;

export function at(seconds: number): number {
  return START_MS + seconds * 1000;
}

/** Alice leads from 1 s on; nothing happens until 60 s. */
export function history(changed: Partial<ElectionHistory> = {}): ElectionHistory {
  return {
    ...{ name: 'demo', lockKind: 'leases', ttlMs: 2_000, fromMs: at(0), toMs: at(60) },
    members: [
      { name: 'alice', program: 'library' },
      { name: 'bob', program: 'command' },
    ],
    lives: [life('alice#1', { marks: [leads(1)] }), life('bob#1')],
    ...{ fenced: [], sights: [], strikes: [], commonStalls: [] },
    ...changed,
  };
}

/** From 0 s on, and answering at once. */
export function life(process: string, changed: Partial<Life> = {}): Life {
  const [member = ''] = process.split('#');
  return {
    process: `demo/${process}`,
    member,
    program: member === 'carol' ? 'clientgo-v0.37' : 'library',
    ...{ fromMs: at(0), answeredAtMs: at(0.3), toMs: null, exit: null },
    ...{ pauses: [], marks: [], runs: [], stalls: [] },
    ...changed,
  };
}

export function leads(second: number, token: string | null = null): Mark {
  return { type: 'leading', atMs: at(second), token, reason: '' };
}

export function stops(second: number, reason = 'SIGTERM'): Mark {
  return { type: 'stopped', atMs: at(second), token: null, reason };
}

/** Asked and answered "I lead" again and again between the two. */
export function answersYes(fromSecond: number, toSecond: number): Run {
  return {
    ...{ firstSentMs: at(fromSecond), firstReceivedMs: at(fromSecond) + 1 },
    ...{ lastSentMs: at(toSecond), lastReceivedMs: at(toSecond) + 1, answers: 50 },
  };
}

export function strike(kind: Strike['kind'], members: readonly string[], from: number, to = from): Strike {
  return { kind, members, about: '', fromMs: at(from), toMs: at(to) };
}

export function sees(second: number, holder: string, changed: Partial<Sight> = {}): Sight {
  const released = holder === '';
  return { atMs: at(second), type: 'changed', version: '1', holder, durationSeconds: 2, released, ...changed };
}

export function writes(
  process: string,
  token: string,
  from: number,
  to: number,
  changed: Partial<FencedWrites> = {},
): FencedWrites {
  return {
    ...{ process: `demo/${process}`, token, epoch: 0, accepted: true, writes: 10 },
    ...{ firstReceivedMs: at(from), lastReceivedMs: at(to), lastCheckedMs: at(to) - 1 },
    ...changed,
  };
}
