/**
 * The negative controls: a line of a rule taken out, and the world in which the explorer must then find a violation.
 * `trace` is a shortest one, as `discover.ts` printed it. An explorer that finds nothing in any of them proves nothing
 * by finding nothing in the product.
 */
import type { Replacement } from '../support/mutant.ts';
import type { Plan } from './plan.ts';

export interface Control {
  /** As in docs/internals/rules.md. */
  readonly rule: string;
  readonly without: string;
  readonly replacements: readonly Replacement[];
  readonly plan: Plan;
  /** What is looked for; by default whatever comes first. */
  readonly invariant?: string;
  readonly finding: string;
  /** Its actions, separated by commas. */
  readonly trace: string;
}

const inElection = (file: string, from: string, to: string): Replacement => ({ file: `election/${file}`, from, to });

export const CONTROLS: readonly Control[] = [
  {
    rule: '2',
    without: 'a renewal counts from its send, not from its answer',
    replacements: [
      inElection(
        'leading.ts',
        'turn.role = { ...role, provenAt: attempt.sentAt, renewAtMs',
        'turn.role = { ...role, provenAt: { monoMs: turn.now.monoMs, bootMs: turn.now.bootMs }, renewAtMs',
      ),
    ],
    plan: { timings: 'long', cut: 1 },
    finding: 'S7 alice counts from a send that was never applied',
    trace: 'start alice, cut alice, tick, wake alice, apply alice 102, tick, answer alice 102',
  },
  {
    rule: '4',
    without: 'a leader counts the time of a suspension',
    replacements: [
      inElection(
        'state.ts',
        'return Math.max(now.monoMs - since.monoMs, now.bootMs - since.bootMs);',
        'return now.monoMs - since.monoMs;',
      ),
    ],
    plan: { suspend: 2, deaf: 1 },
    finding: 'S1 alice and bob lead',
    trace: 'start alice, deafen alice, start bob, suspend alice, suspend alice, tick, wake bob',
  },
  {
    rule: '6',
    without: 'a changed record restarts the wait',
    replacements: [
      inElection(
        'observing.ts',
        'changedAtMs: changed ? turn.now.monoMs : before.changedAtMs,',
        'changedAtMs: before.known === null ? turn.now.monoMs : before.changedAtMs,',
      ),
    ],
    plan: {},
    finding: "S4 bob begins a term before alice's record has run out",
    trace: 'start alice, start bob, tick, wake alice, tick, wake alice, tick, wake alice',
  },
  {
    rule: '9',
    without: 'the late answer of an abandoned attempt changes nothing',
    replacements: [
      inElection(
        'writing.ts',
        'if (attempt === null || attempt.attempt !== number) return null;',
        'if (attempt === null) return null;',
      ),
    ],
    plan: { cut: 1, late: 1 },
    finding: 'S14 alice has two writes in flight',
    trace: 'start alice, cut alice, tick, wake alice, tick, wake alice, apply alice 102, answer alice 102',
  },
  {
    rule: '11',
    without: 'an attempt number of its own, and the comparison of versions',
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
    finding: 'S7 alice counts from a send that was never applied',
    trace: 'start alice, tick, wake alice',
  },
  {
    rule: '12',
    without: 'only the attempt that a read-back shows has succeeded',
    replacements: [
      inElection(
        'leading.ts',
        "const applied = turn.writing.unresolved.find((it) => it.purpose === 'renew' && it.attempt === seal?.attempt);",
        "const applied = turn.writing.unresolved.findLast((it) => it.purpose === 'renew' && seal !== null);",
      ),
    ],
    plan: { cut: 1, timings: 'long' },
    finding: 'S7 alice counts from a send that was never applied',
    trace:
      'cut alice, start alice, deliver alice 1, tick, wake alice, apply alice 101, deliver alice 102, tick, wake alice, tick, wake alice, deliver alice 3',
  },
  {
    rule: '15',
    without: "another's record ends the term at once",
    replacements: [inElection('losing.ts', "else if (judge(turn) !== 'mine') lose(turn, describeLoss(turn));", '')],
    plan: { hand: 1 },
    finding: 'S8 alice leads on after learning that the lock is not its own',
    trace: 'start alice, take-by-hand',
  },
  {
    rule: '16',
    without: 'the absence of the lock ends the term at once',
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
    finding: 'S8 alice leads on after learning that the lock is not its own',
    trace: 'start alice, delete',
  },
  {
    rule: '17',
    without: 'a lock that is gone is waited out',
    replacements: [
      inElection(
        'observing.ts',
        'floorAtMs: Math.max(sight.floorAtMs, now.monoMs + waitMs),',
        'floorAtMs: sight.floorAtMs,',
      ),
    ],
    plan: { delete: 1, deaf: 1, cut: 1 },
    finding: "S4 bob begins a term before alice's record has run out",
    trace: 'start alice, start bob, delete',
  },
  {
    rule: '17',
    without: 'a lock of another uid is waited out',
    replacements: [
      inElection(
        'observing.ts',
        "const replaced = !ownCreation && !sameUid && before.lastUid !== '';",
        'const replaced = false;',
      ),
    ],
    plan: { delete: 1, deaf: 1, cut: 1 },
    finding: "S4 alice begins a term before bob's record has run out",
    trace: 'cut alice, start alice, deliver alice 1, heal alice, start bob, deafen alice, delete, deliver alice 101',
  },
  {
    rule: '17',
    without: 'a create is overtaken by another sight of the lock',
    replacements: [
      inElection('leading.ts', "if (attempt.overtaken || judge(turn) !== 'mine'", "if (judge(turn) !== 'mine'"),
    ],
    plan: { delete: 1, cut: 1, deaf: 1 },
    finding: "S4 alice begins a term before bob's record has run out",
    trace: 'cut alice, start alice, deliver alice 1, start bob, delete, deliver alice 101',
  },
  {
    rule: '17',
    without: 'the record of an overtaken create waits like any new uid',
    replacements: [
      inElection(
        'observing.ts',
        "typeof via === 'object' ? via.on === null && !via.overtaken : ",
        "typeof via === 'object' ? via.on === null : ",
      ),
    ],
    plan: { delete: 1, cut: 1, deaf: 1 },
    finding: "S4 alice begins a term before bob's record has run out",
    trace: 'cut alice, start alice, deliver alice 1, heal alice, start bob, deafen alice, delete, deliver alice 101',
  },
  {
    rule: '17',
    without: 'the leader that lost the lock waits too',
    replacements: [
      inElection(
        'observing.ts',
        'floorAtMs: Math.max(sight.floorAtMs, now.monoMs + waitMs),',
        "floorAtMs: turn.role.type !== 'candidate' ? sight.floorAtMs : Math.max(sight.floorAtMs, now.monoMs + waitMs),",
      ),
    ],
    plan: { delete: 1, cut: 1, deaf: 1, giveUp: 1 },
    finding: "S4 alice begins a term before bob's record has run out",
    trace:
      'start alice, cut alice, start bob, tick, wake alice, tick, wake alice, heal alice, apply alice 103, tick, delete',
  },
  {
    rule: '17',
    without: 'a deletion counts even if the lock was believed gone',
    replacements: [
      inElection(
        'observing.ts',
        '  turn.sight = { ...turn.sight, newestVersion: version, everSeen: true };\n  lose(turn);',
        "  turn.sight = { ...turn.sight, newestVersion: version, everSeen: true };\n  if (turn.sight.presence !== 'gone') lose(turn);",
      ),
    ],
    plan: { delete: 1, cut: 1, deaf: 1, refuse: 1 },
    finding: "S4 alice begins a term before bob's record has run out",
    trace: 'cut alice, start alice, deafen alice, deliver alice 1, heal alice, start bob, listen alice, tick, delete',
  },
  {
    rule: '17',
    without: 'a vacant lock seen after a refused create is waited out',
    replacements: [
      inElection(
        'observing.ts',
        'const waits = asNewUid || replaced || unknownPredecessor',
        'const waits = asNewUid || replaced',
      ),
    ],
    plan: { delete: 1, cut: 1, deaf: 1 },
    finding: "S4 alice begins a term before bob's record has run out",
    trace:
      'cut alice, start alice, heal alice, deafen alice, apply alice 1, start bob, answer alice 1, recreate, tick, wake alice',
  },
  {
    rule: '19',
    without: 'only what is mine is released',
    replacements: [
      inElection('losing.ts', "const mine = judge(turn) === 'mine';", 'const mine = sight.known !== null;'),
    ],
    plan: { hand: 1, giveUp: 1 },
    invariant: 'S5',
    finding: "S5 alice's release erases another's record",
    trace: 'start alice, take-by-hand',
  },
  {
    rule: '22',
    without: 'every event first checks the lapse',
    replacements: [inElection('election.ts', '  endLapsedTerm(turn);\n', '')],
    plan: { cut: 1, pause: 1 },
    invariant: 'S9',
    finding: 'S9 alice leads twice in one term',
    trace: 'start alice, cut alice, tick, wake alice, apply alice 102, tick, answer alice 102',
  },
  {
    rule: '24',
    without: 'the process and the attempt, beside the id',
    replacements: [
      inElection(
        'seal.ts',
        'return seal !== null && seal.processId === self.processId && seal.attempt <= self.lastAttempt && !seal.released;',
        'return seal !== null && !seal.released;',
      ),
    ],
    plan: { twins: true },
    finding: 'S8 alice leads on after learning that the lock is not its own',
    trace: 'start alice, start bob',
  },
  {
    rule: '25',
    without: 'the Pod-wide proof',
    replacements: [
      inElection(
        'observing.ts',
        'if (state.proofHeld && isOfMyPod(observed, config.id, config.pod.uid))',
        'if (isOfMyPod(observed, config.id, config.pod.uid))',
      ),
    ],
    plan: { twins: true },
    finding: "S4 bob begins a term before alice's record has run out",
    trace: 'start alice, start bob',
  },
  {
    rule: '28',
    without: 'a vacant lock is a release only with a seal that says so',
    replacements: [
      inElection(
        'seal.ts',
        'if (seal.leaseTransitions === record.leaseTransitions) return seal.released;',
        'if (seal.leaseTransitions === record.leaseTransitions) return true;',
      ),
    ],
    plan: { hand: 1, deaf: 1 },
    finding: "S4 bob begins a term before alice's record has run out",
    trace: 'start alice, start bob, empty',
  },
  {
    rule: '28',
    without: 'a seal that was known and is gone makes a vacant lock an emptied one',
    replacements: [
      inElection('seal.ts', 'if (seal === null) return !sealKnownUnderThisUid;', 'if (seal === null) return true;'),
    ],
    plan: { hand: 1, deaf: 1 },
    finding: "S4 bob begins a term before alice's record has run out",
    trace: 'start alice, start bob, wipe',
  },
];
