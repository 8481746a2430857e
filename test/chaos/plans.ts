/** The elections of a run: every kind of lock, short leases, and such in which the two Go programs take part. */
import type { ElectionPlan } from './election.ts';
import type { Program } from './history.ts';
import type { MemberOptions } from './member.ts';

function member(name: string, program: Program, credentials: MemberOptions['credentials'] = 'pod'): MemberOptions {
  return { name, program, credentials, clockRate: 1 };
}

/** Beside Go members a TTL below 4 s is not safe (rule 5). */
export const ALL_ELECTIONS: readonly ElectionPlan[] = [
  {
    name: 'leases-1s',
    lockKind: 'leases',
    ttlMs: 1_000,
    members: [member('alice', 'library'), member('bob', 'command'), member('carol', 'library', 'secret')],
  },
  {
    name: 'leases-2s',
    lockKind: 'leases',
    ttlMs: 2_000,
    members: [member('alice', 'library'), member('bob', 'library'), member('carol', 'command', 'secret')],
  },
  {
    name: 'configmaps-1.5s',
    lockKind: 'configmaps',
    ttlMs: 1_500,
    members: [member('alice', 'library'), member('bob', 'command'), member('carol', 'library')],
  },
  {
    name: 'endpoints-2s',
    lockKind: 'endpoints',
    ttlMs: 2_000,
    members: [member('alice', 'library', 'secret'), member('bob', 'library'), member('carol', 'command')],
  },
  {
    name: 'mixed-leases-4s',
    lockKind: 'leases',
    ttlMs: 4_000,
    members: [
      member('alice', 'library'),
      member('bob', 'clientgo-v0.17'),
      member('carol', 'clientgo-v0.37'),
      member('dave', 'command'),
    ],
  },
  {
    name: 'mixed-configmaps-4s',
    lockKind: 'configmaps',
    ttlMs: 4_000,
    members: [member('alice', 'library'), member('bob', 'clientgo-v0.17'), member('carol', 'library')],
  },
];

/** The same election, with a member in it that must be found out: its clocks run five times too slowly. */
export function withSlowClock(plan: ElectionPlan): ElectionPlan {
  const [first, ...others] = plan.members;
  if (first?.program !== 'library') throw new Error(`${plan.name}: expected its first member to be the library`);
  return { ...plan, members: [{ ...first, clockRate: 0.2 }, ...others] };
}
