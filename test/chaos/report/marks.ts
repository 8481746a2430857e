/** How each kind of strike is drawn, and what the legend says of it. */
import type { Strike, StrikeKind } from '../history.ts';

export interface Style {
  readonly name: string;
  readonly colour: string;
  readonly kinds: readonly StrikeKind[];
}

export const STYLES: readonly Style[] = [
  { name: 'ended: SIGTERM, SIGKILL', colour: '#111111', kinds: ['terminated', 'killed', 'killed, same Pod'] },
  { name: 'paused: SIGSTOP to SIGCONT', colour: '#8e44ad', kinds: ['paused'] },
  {
    name: 'the way to the API: black hole, half-open, reset, drip, delay',
    colour: '#d35400',
    kinds: [
      'black hole',
      'black hole, delivered late',
      'half-open, requests lost',
      'half-open, answers lost',
      'reset',
      'slow drip',
      'delay',
    ],
  },
  {
    name: 'requests: status, cut after apply, expired certificate',
    colour: '#c0186f',
    kinds: ['cut after apply', 'status', 'expired certificate'],
  },
  {
    name: 'token rotated or revoked, wall clock set',
    colour: '#0f8f7e',
    kinds: ['token rotated', 'token revoked', 'wall clock stepped'],
  },
  {
    name: 'the lock, by hand',
    colour: '#b8860b',
    kinds: ['lock deleted', 'lock emptied', 'lock taken by hand', 'lock garbled', 'lock relabelled'],
  },
  {
    name: 'API server or etcd, for all',
    colour: '#777777',
    kinds: [
      'API server killed',
      'API server hung',
      'API server restarted',
      'etcd killed',
      'etcd hung',
      'etcd restored',
    ],
  },
];

export function colourOf({ kind }: Pick<Strike, 'kind'>): string {
  return STYLES.find(({ kinds }) => kinds.includes(kind))?.colour ?? '#000000';
}

/** Of who leads: our members in blues and greens, Go's in one sand. */
export const LEADING = ['#1f77b4', '#2ca02c', '#17a2b8', '#5b5fc7'] as const;
export const LEADING_GO = '#c8a165';
