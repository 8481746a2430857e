/**
 * The negative controls: a line of a rule taken out, and the world in which the explorer must then find a violation. An
 * explorer that finds nothing in any of them proves nothing by finding nothing in the product. What it found is in
 * `pins.json`; `discover.ts` finds it anew.
 */
import type { Replacement } from '../support/mutant.ts';
import type { Plan } from './plan.ts';

export interface Control {
  /** As in docs/internals/rules.md. */
  readonly rule: string;
  /** What the replacements make of it; or the plan itself, when there are none. */
  readonly defect: string;
  readonly replacements: readonly Replacement[];
  readonly plan: Plan;
  /** What is looked for; by default whatever comes first. */
  readonly invariant?: string;
}

const inElection = (file: string, from: string, to: string): Replacement => ({ file: `election/${file}`, from, to });

export const CONTROLS: readonly Control[] = [
  {
    rule: '2',
    defect: 'a renewal is valid from its answer',
    replacements: [
      inElection(
        'leading.ts',
        'turn.role = { ...role, provenAt: attempt.sentAt, renewAtMs',
        'turn.role = { ...role, provenAt: { monoMs: turn.now.monoMs, bootMs: turn.now.bootMs }, renewAtMs',
      ),
    ],
    plan: { timings: 'long', cut: 1 },
  },
  {
    rule: '3',
    defect: 'leading is a stored flag',
    replacements: [
      inElection(
        'view.ts',
        "return state.role.type === 'leader' && remainingMs(state, state.role, now) > 0;",
        "return state.role.type === 'leader' && now.monoMs > 0;",
      ),
    ],
    plan: { pause: 1 },
  },
  {
    rule: '4',
    defect: 'a leader does not count the time of a suspension',
    replacements: [
      inElection(
        'state.ts',
        'return Math.max(now.monoMs - since.monoMs, now.bootMs - since.bootMs);',
        'return now.monoMs - since.monoMs;',
      ),
    ],
    plan: { suspend: 2, deaf: 1 },
  },
  {
    rule: '5',
    defect: 'clocks drift by more than the timings leave room for',
    replacements: [],
    plan: { drift: 1, driftTicks: 0, cut: 1 },
  },
  {
    rule: '6',
    defect: 'the own TTL caps the duration of a record',
    replacements: [
      inElection(
        'observing.ts',
        'return Math.max(recordMs, (countingSeal(observed)?.leaseDurationSeconds ?? 0) * 1000);',
        'return Math.min(recordMs, ownMs);',
      ),
    ],
    plan: { otherTimings: 'slow', pause: 1 },
  },
  {
    rule: '6',
    defect: 'a changed record does not restart the wait',
    replacements: [
      inElection(
        'observing.ts',
        'changedAtMs: changed ? turn.now.monoMs : before.changedAtMs,',
        'changedAtMs: before.known === null ? turn.now.monoMs : before.changedAtMs,',
      ),
    ],
    plan: {},
  },
  {
    rule: '7',
    defect: 'a record that was there at the start counts as old',
    replacements: [
      inElection(
        'observing.ts',
        'changedAtMs: changed ? turn.now.monoMs : before.changedAtMs,',
        'changedAtMs: before.known === null ? 0 : changed ? turn.now.monoMs : before.changedAtMs,',
      ),
    ],
    plan: {},
  },
  {
    rule: '9',
    defect: 'a late answer counts for the attempt that is in flight',
    replacements: [
      inElection(
        'writing.ts',
        'if (attempt === null || attempt.attempt !== number) return null;',
        'if (attempt === null) return null;',
      ),
    ],
    plan: { cut: 1, late: 1 },
  },
  {
    rule: '11',
    defect: 'every write bears the same attempt, and any 200 is proof',
    replacements: [
      inElection(
        'writing.ts',
        '        attempt,\n        leaseDurationSeconds',
        '        attempt: 1,\n        leaseDurationSeconds',
      ),
      inElection(
        'writing.ts',
        'return attempt.on !== null && compareVersions(observed.version, attempt.on.version) <= 0;',
        'return false;',
      ),
    ],
    plan: { textTicks: 2 },
  },
  {
    rule: '12',
    defect: 'a read-back of an older attempt proves the newest',
    replacements: [
      inElection(
        'leading.ts',
        "const applied = turn.writing.unresolved.find((it) => it.purpose === 'renew' && it.attempt === seal?.attempt);",
        "const applied = turn.writing.unresolved.findLast((it) => it.purpose === 'renew' && seal !== null);",
      ),
    ],
    plan: { cut: 1, timings: 'long' },
  },
  {
    rule: '14',
    defect: 'an equal id is enough to retake a record',
    replacements: [
      inElection(
        'observing.ts',
        "if (isMine(observed, selfOf(state))) return 'mine';",
        "if (record.holderIdentity === config.id) return 'mine';",
      ),
    ],
    plan: { crash: 1, restart: 1 },
  },
  {
    rule: '14',
    defect: 'a record with the own id is never taken',
    replacements: [
      inElection(
        'observing.ts',
        '        default:\n          return Math.max(',
        '        default:\n          return Math.max(holderOf(sight.known) === state.config.id ? Infinity : 0, ',
      ),
    ],
    plan: { members: 1, crash: 1, restart: 1 },
    invariant: 'L1',
  },
  {
    rule: '15',
    defect: 'a leader that sees another holder leads on to its deadline',
    replacements: [inElection('losing.ts', "else if (judge(turn) !== 'mine') lose(turn, describeLoss(turn));", '')],
    plan: { hand: 1 },
  },
  {
    rule: '16',
    defect: 'a leader whose lock is gone leads on to its deadline',
    replacements: [
      inElection(
        'losing.ts',
        "if (sight.presence === 'gone') lose(turn, 'the lock is gone');\n  else if (judge(turn) !== 'mine')",
        "if (sight.presence === 'present' && judge(turn) !== 'mine')",
      ),
      inElection(
        'losing.ts',
        "else if (sight.floorAtMs > now.monoMs) lose(turn, 'the lock was replaced or rolled back');",
        '',
      ),
    ],
    plan: { delete: 1 },
  },
  {
    rule: '17',
    defect: 'a member creates a lock that is gone at once',
    replacements: [
      inElection(
        'observing.ts',
        'floorAtMs: Math.max(sight.floorAtMs, now.monoMs + waitMs),',
        'floorAtMs: sight.floorAtMs,',
      ),
    ],
    plan: { delete: 1, deaf: 1, cut: 1 },
  },
  {
    rule: '17',
    defect: 'a lock that was replaced is taken at once',
    replacements: [
      inElection(
        'observing.ts',
        "const replaced = !ownCreation && !sameUid && before.lastUid !== '';",
        'const replaced = false;',
      ),
    ],
    plan: { delete: 1, deaf: 1, cut: 1 },
  },
  {
    rule: '17',
    defect: 'a create begins a term though the lock was sighted since',
    replacements: [
      inElection('leading.ts', "if (attempt.overtaken || judge(turn) !== 'mine'", "if (judge(turn) !== 'mine'"),
    ],
    plan: { delete: 1, cut: 1, deaf: 1 },
  },
  {
    rule: '17',
    defect: 'the record of an overtaken create is retaken at once',
    replacements: [
      inElection(
        'observing.ts',
        "typeof via === 'object' ? via.on === null && !via.overtaken : ",
        "typeof via === 'object' ? via.on === null : ",
      ),
    ],
    plan: { delete: 1, cut: 1, deaf: 1 },
  },
  {
    rule: '17',
    defect: 'the leader that lost the lock does not wait',
    replacements: [
      inElection(
        'observing.ts',
        'floorAtMs: Math.max(sight.floorAtMs, now.monoMs + waitMs),',
        "floorAtMs: turn.role.type !== 'candidate' ? sight.floorAtMs : Math.max(sight.floorAtMs, now.monoMs + waitMs),",
      ),
    ],
    plan: { delete: 1, cut: 1, deaf: 1, giveUp: 1 },
  },
  {
    rule: '17',
    defect: 'an old deletion tells what refused a create',
    replacements: [inElection('observing.ts', "  if (turn.sight.presence !== 'unknown') lose(turn);", '  lose(turn);')],
    plan: { delete: 2, deaf: 1, total: 3 },
  },
  {
    rule: '17',
    defect: 'a deletion is ignored where the lock was believed gone',
    replacements: [
      inElection(
        'observing.ts',
        "  if (turn.sight.presence !== 'unknown') lose(turn);",
        "  if (turn.sight.presence === 'present') lose(turn);",
      ),
    ],
    plan: { delete: 1, cut: 1, deaf: 1, refuse: 1 },
  },
  {
    rule: '17',
    defect: 'a vacant lock is taken at once after a refused create',
    replacements: [
      inElection(
        'observing.ts',
        'const waits = asNewUid || replaced || unknownPredecessor',
        'const waits = asNewUid || replaced',
      ),
    ],
    plan: { delete: 1, cut: 1, deaf: 1 },
  },
  {
    rule: '18',
    defect: 'the lock is not renewed while work drains',
    replacements: [
      inElection(
        'leading.ts',
        "return role.type === 'leader' || (role.type === 'draining' && role.cause === 'gave-up') ? role : null;",
        "return role.type === 'leader' ? role : null;",
      ),
    ],
    plan: { drainTicks: 6, giveUp: 1, slowWork: 1 },
  },
  {
    rule: '18',
    defect: 'the lock is released before the work has stopped',
    replacements: [
      inElection('losing.ts', '  if (role.workStopped) return role.holdUntilMs;', '  return role.holdUntilMs;'),
      inElection('losing.ts', '  if (role.workStopped) {\n', '  if (role.term.term > 0) {\n'),
    ],
    plan: { giveUp: 1, slowWork: 1 },
  },
  {
    rule: '19',
    defect: "another's record is released",
    replacements: [
      inElection('losing.ts', "const mine = judge(turn) === 'mine';", 'const mine = sight.known !== null;'),
    ],
    plan: { hand: 1, giveUp: 1 },
    invariant: 'S5',
  },
  {
    rule: '20',
    defect: 'a lock whose work is stuck is released',
    replacements: [
      inElection(
        'losing.ts',
        "    turn.role = { type: 'stuck', term: role.term, sinceMs: now.monoMs };\n",
        "    beginReleasing(turn, 'gave-up', role.exit, now.monoMs + FAREWELL_MS);\n    return;\n",
      ),
    ],
    plan: { giveUp: 1, slowWork: 1 },
  },
  {
    rule: '20',
    defect: 'a member whose work was stuck never campaigns again',
    replacements: [
      inElection(
        'losing.ts',
        "else if (after.type === 'stuck' && after.term.term === term) becomeCandidate(turn, Number.NEGATIVE_INFINITY);",
        '',
      ),
    ],
    plan: { members: 1, giveUp: 1, slowWork: 1 },
    invariant: 'L1',
  },
  {
    rule: '22',
    defect: 'a member campaigns while the work of its last term goes on',
    replacements: [
      inElection(
        'losing.ts',
        "    turn.role = { type: 'stuck', term: role.term, sinceMs: now.monoMs };\n",
        '    becomeCandidate(turn, now.monoMs);\n    return;\n',
      ),
    ],
    plan: { giveUp: 1, slowWork: 1 },
  },
  {
    rule: '22',
    defect: 'an answer that is handled after the lapse carries the term on',
    replacements: [inElection('election.ts', '  endLapsedTerm(turn);\n', '')],
    plan: { cut: 1, pause: 1 },
    invariant: 'S9',
  },
  {
    rule: '24',
    defect: 'an equal id under any seal is enough',
    replacements: [
      inElection(
        'seal.ts',
        'return seal !== null && seal.processId === self.processId && seal.attempt <= self.lastAttempt && !seal.released;',
        'return seal !== null && !seal.released;',
      ),
    ],
    plan: { twins: true },
  },
  {
    rule: '25',
    defect: 'a process takes the lock of its Pod without the proof',
    replacements: [
      inElection(
        'observing.ts',
        'if (state.proofHeld && isOfMyPod(observed, config.id, config.pod.uid))',
        'if (isOfMyPod(observed, config.id, config.pod.uid))',
      ),
    ],
    plan: { twins: true },
  },
  {
    rule: '26',
    defect: 'a lock that was rolled back is believed',
    replacements: [
      inElection('reading.ts', 'if (isRolledBack(turn, outcome.observed, inFlight)) {', 'if (inFlight.read < 0) {'),
    ],
    plan: { rollback: 1 },
  },
  {
    rule: '28',
    defect: 'a lock that a hand emptied counts as released',
    replacements: [
      inElection(
        'seal.ts',
        'if (seal.leaseTransitions === record.leaseTransitions) return seal.released;',
        'if (seal.leaseTransitions === record.leaseTransitions) return true;',
      ),
    ],
    plan: { hand: 1, deaf: 1 },
  },
  {
    rule: '28',
    defect: 'a lock that a hand wiped counts as released',
    replacements: [
      inElection('seal.ts', 'if (seal === null) return !sealKnownUnderThisUid;', 'if (seal === null) return true;'),
    ],
    plan: { hand: 1, deaf: 1 },
  },
];
