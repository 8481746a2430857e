/**
 * Defects that are put in to show that the simulator finds them: for each rule, what it says taken out of the sources.
 * `pins.json` has a world in which that shows, and `discover.ts` finds one; where the sources have changed so much that a
 * line is not there any more, `mutant.ts` says so.
 */
import type { Replacement } from '../support/mutant.ts';
import type { Cut } from './plan.ts';

export interface Control {
  readonly rule: string;
  readonly defect: string;
  readonly without: readonly Replacement[];
  /** A part of the defect, or all of it. */
  readonly cut?: Cut;
}

const inElection = (file: string, from: string, to: string): Replacement => ({ file: `election/${file}`, from, to });

const SEAL_NEED_NOT_MATCH = inElection(
  'seal.ts',
  'return sealMatches.renewTime && sealMatches.transitions ? seal : null;',
  'return seal;',
);

export const controls: readonly Control[] = [
  {
    rule: '2',
    defect: 'a renewal is valid from its answer',
    without: [
      inElection(
        'leading.ts',
        'turn.role = { ...role, provenAt: attempt.sentAt,',
        'turn.role = { ...role, provenAt: turn.now,',
      ),
    ],
  },
  {
    rule: '2',
    defect: 'a term is valid from the answer to its first write',
    without: [inElection('leading.ts', '    provenAt: attempt.sentAt,\n', '    provenAt: now,\n')],
  },
  {
    rule: '3',
    defect: 'leading is a stored flag',
    without: [
      inElection(
        'view.ts',
        "return state.role.type === 'leader' && remainingMs(state, state.role, now) > 0;",
        "return state.role.type === 'leader' && now.monoMs > 0;",
      ),
    ],
  },
  {
    rule: '4',
    defect: 'a leader does not count the time of a suspension',
    without: [
      inElection(
        'state.ts',
        'return Math.max(now.monoMs - since.monoMs, now.bootMs - since.bootMs);',
        'return now.monoMs - since.monoMs;',
      ),
    ],
  },
  {
    rule: '5',
    defect: 'clocks drift by 15 %',
    without: [],
    cut: { maxDrift: 0.15 },
  },
  {
    rule: '6',
    defect: 'the own TTL caps the duration of a record',
    without: [
      inElection(
        'observing.ts',
        'return Math.max(recordMs, (countingSeal(observed)?.leaseDurationSeconds ?? 0) * 1000);',
        'return Math.min(recordMs, ownMs);',
      ),
    ],
  },
  {
    rule: '6',
    defect: 'an edit of labels restarts the wait',
    without: [
      inElection(
        'observing.ts',
        'changedAtMs: changed ? turn.now.monoMs : before.changedAtMs,',
        'changedAtMs: turn.now.monoMs,',
      ),
    ],
  },
  {
    rule: '8',
    defect: 'a request has no deadline',
    without: [
      {
        file: 'elector/participant.ts',
        from: 'const timeoutMs = Math.max(0, deadlineAtMs - this.#options.clock.now().monoMs);',
        to: 'const timeoutMs = Number.POSITIVE_INFINITY + 0 * deadlineAtMs;',
      },
    ],
  },
  {
    rule: '9',
    defect: 'a late answer counts for the attempt that is in flight',
    without: [
      inElection(
        'writing.ts',
        'if (attempt === null || attempt.attempt !== number) return null;',
        'if (attempt === null || number < 0) return null;',
      ),
    ],
  },
  {
    rule: '9',
    defect: 'a write is sent while another is in flight',
    without: [
      inElection(
        'leading.ts',
        'if (role === null || turn.writing.inFlight !== null || turn.sight.doubtedReadAtMs !== null) {',
        'if (role === null || turn.sight.doubtedReadAtMs !== null) {',
      ),
    ],
  },
  {
    rule: '10',
    defect: 'an update names no uid',
    without: [
      { file: 'lock/object-lock.ts', from: '{ ...named, uid: on.uid, resource', to: "{ ...named, uid: '', resource" },
    ],
  },
  {
    rule: '11',
    defect: 'every write bears the same attempt, and any 200 is proof',
    without: [
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
  },
  {
    rule: '12',
    defect: 'a read-back of an older attempt proves the newest',
    without: [
      inElection(
        'leading.ts',
        "const applied = turn.writing.unresolved.find((it) => it.purpose === 'renew' && it.attempt === seal?.attempt);",
        "const applied = turn.writing.unresolved.findLast((it) => it.purpose === 'renew' && seal !== null);",
      ),
    ],
  },
  {
    rule: '13',
    defect: 'a member that could not read the lock says so for ever',
    without: [
      inElection(
        'reading.ts',
        'turn.reading = { ...turn.reading, failures: 0, trouble: null };',
        'turn.reading = { ...turn.reading, failures: 0 };',
      ),
    ],
  },
  {
    rule: '14',
    defect: 'an equal id is enough',
    without: [
      inElection(
        'seal.ts',
        'seal.processId === self.processId && seal.attempt <= self.lastAttempt && !seal.released',
        'seal.processId !== self.id && !seal.released',
      ),
    ],
  },
  {
    rule: '15',
    defect: 'a leader that sees another holder leads on to its deadline',
    without: [inElection('losing.ts', "  else if (judge(turn) !== 'mine') lose(turn, describeLoss(turn));\n", '')],
  },
  {
    rule: '16',
    defect: 'a leader whose lock is gone leads on to its deadline',
    without: [
      inElection(
        'losing.ts',
        "if (sight.presence === 'gone') lose(turn, 'the lock is gone');\n  else if",
        "if (sight.presence === 'gone') return;\n  if",
      ),
    ],
  },
  {
    rule: '17',
    defect: 'a member creates a lock that is gone at once',
    without: [
      inElection(
        'observing.ts',
        'floorAtMs: Math.max(sight.floorAtMs, now.monoMs + waitMs),',
        'floorAtMs: sight.floorAtMs,',
      ),
    ],
  },
  {
    rule: '17',
    defect: 'a lock that was replaced is taken at once',
    without: [
      inElection(
        'observing.ts',
        "const replaced = !ownCreation && !sameUid && before.lastUid !== '';",
        'const replaced = false;',
      ),
    ],
  },
  {
    rule: '18',
    defect: 'the lock is not renewed while work drains',
    without: [
      inElection(
        'leading.ts',
        "return role.type === 'leader' || (role.type === 'draining' && role.cause === 'gave-up') ? role : null;",
        "return role.type === 'leader' ? role : null;",
      ),
    ],
  },
  {
    rule: '18',
    defect: 'the lock is released before the work has stopped',
    without: [
      inElection('losing.ts', '  if (role.workStopped) return role.holdUntilMs;', '  return role.holdUntilMs;'),
      inElection('losing.ts', '  if (role.workStopped) {\n', '  if (role.term.term > 0) {\n'),
    ],
  },
  {
    rule: '19',
    defect: "another's record is released",
    without: [inElection('losing.ts', "const mine = judge(turn) === 'mine';", 'const mine = sight.known !== null;')],
  },
  {
    rule: '20',
    defect: 'a lock whose work is stuck is released',
    without: [
      inElection(
        'losing.ts',
        "    turn.role = { type: 'stuck', term: role.term, sinceMs: now.monoMs };\n",
        "    beginReleasing(turn, 'gave-up', role.exit, now.monoMs + FAREWELL_MS);\n    return;\n",
      ),
    ],
  },
  {
    rule: '21',
    defect: 'a member that stepped down campaigns again at once',
    without: [
      inElection(
        'losing.ts',
        'const restMs = Math.max(MIN_REST_MS, 2.2 * retryPeriodMs + requestBudgetMs);',
        'const restMs = 0 * (retryPeriodMs + requestBudgetMs);',
      ),
    ],
  },
  {
    rule: '22',
    defect: 'an answer that is handled after the lapse carries the term on',
    without: [inElection('election.ts', '  endLapsedTerm(turn);\n', '')],
  },
  {
    rule: '24',
    defect: 'a seal counts whatever stands in the record',
    without: [SEAL_NEED_NOT_MATCH],
  },
  {
    rule: '25',
    defect: 'a process takes the lock of its Pod without the proof',
    without: [
      inElection(
        'observing.ts',
        'if (state.proofHeld && isOfMyPod(observed, config.id, config.pod.uid))',
        'if (isOfMyPod(observed, config.id, config.pod.uid))',
      ),
    ],
  },
  {
    rule: '25',
    defect: 'a process without the proof writes its Pod uid into the seal',
    without: [
      inElection('writing.ts', "podUid: turn.proofHeld ? config.pod.uid : '',", 'podUid: config.pod.uid,'),
      inElection(
        'observing.ts',
        'if (state.proofHeld && isOfMyPod(observed, config.id, config.pod.uid))',
        'if (isOfMyPod(observed, config.id, config.pod.uid))',
      ),
    ],
  },
  {
    rule: '25',
    defect: 'a child that outlives its process lacks the proof',
    without: [],
    cut: { childrenLackProof: true },
  },
  {
    rule: '26',
    defect: 'the token is the version that was replaced',
    without: [
      inElection(
        'leading.ts',
        'const token = { uid: observed.uid, version: observed.version };',
        'const token = { uid: observed.uid, version: attempt.on?.version ?? observed.version };',
      ),
    ],
  },
  {
    rule: '26',
    defect: 'a restored etcd is not noticed',
    without: [
      inElection(
        'reading.ts',
        'if (isRolledBack(turn, outcome.observed, inFlight)) {',
        'if (isRolledBack(turn, outcome.observed, inFlight) && turn.random < 0) {',
      ),
    ],
  },
  {
    rule: '28',
    defect: 'a lock that a hand emptied counts as released',
    without: [
      inElection(
        'seal.ts',
        'if (seal.leaseTransitions === record.leaseTransitions) return seal.released;',
        'if (seal.leaseTransitions === record.leaseTransitions) return true;',
      ),
    ],
  },
  {
    rule: '28',
    defect: 'a lock that a hand wiped counts as released',
    without: [
      inElection('seal.ts', 'if (seal === null) return !sealKnownUnderThisUid;', 'if (seal === null) return true;'),
    ],
  },
  {
    rule: '29',
    defect: 'a watch may be silent for ever',
    without: [
      inElection(
        'reading.ts',
        'return watch.signAtMs + Math.max(0.6 * promisedMs, 2.2 * retryPeriodMs);',
        'return watch.signAtMs + Math.max(0.6 * promisedMs, 2.2 * retryPeriodMs) + 1e12;',
      ),
    ],
  },
  {
    rule: '29',
    defect: 'an old event of a watch counts as a new one',
    without: [
      inElection(
        'observing.ts',
        "if (order < 0 || (order === 0 && via !== 'read')) return;",
        "if (via !== 'watch' && (order < 0 || (order === 0 && via !== 'read'))) return;",
      ),
    ],
  },
  {
    rule: '29',
    defect: 'an old deletion counts as a new one',
    without: [
      inElection(
        'observing.ts',
        'if (compareVersions(version, turn.sight.newestVersion) <= 0) return;',
        'if (version === turn.sight.newestVersion) return;',
      ),
    ],
  },
  {
    rule: '31',
    defect: 'a member that is told to exit waits for work without end',
    without: [inElection('losing.ts', '  return role.stuckAtMs;', '  return role.stuckAtMs + 1e9;')],
  },
  {
    rule: '32',
    defect: "the former leader's label is left as it is",
    without: [
      {
        file: 'outlets/pod-label.ts',
        from: 'if (role.former !== null && this.#relieved !== role) {',
        to: 'if (role.former !== null && this.#relieved === role) {',
      },
    ],
  },
];
