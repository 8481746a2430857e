/** Views for tests of what shows them. */
import type { FormerLeader, View } from '../../src/election/view.ts';

export const standbyView: View = {
  phase: 'standby',
  isLeading: false,
  validForMs: 0,
  leader: '',
  term: 0,
  token: null,
  transitions: 0,
  former: null,
  trouble: null,
};

export function leadingView(leader: string, version = '100', former: FormerLeader | null = null): View {
  const token = { uid: 'lock-uid', version };
  return { ...standbyView, phase: 'leading', isLeading: true, validForMs: 5000, leader, term: 1, token, former };
}
