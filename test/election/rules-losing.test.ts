/** The rules about how leading ends (15, 16, 18, 20, 21, 23, 31), each told with and without it. */
import { lost, type Scene } from './scene.ts';
import {
  begin,
  type Ending,
  GO_TIME,
  inElection,
  onlyLeader,
  overlaps,
  type Story,
  tellTwice,
  workOverlaps,
} from './stories.ts';

// ------------------------------------------------------------------------------------------------ 15 and 16: losing

/** alice leads; what then happens to the lock must end that in the same turn. */
function afterThat(scene: Scene, happens: (scene: Scene) => void): Ending {
  const { alice } = begin(scene);
  // What she would do about it does not arrive.
  alice.line = 'held';
  happens(scene);
  return alice.isLeading() ? 'here: it leads on until its renew deadline' : '';
}

const seen: readonly Story[] = [
  {
    rule: '15',
    story: 'another holder is seen',
    tell: (scene) =>
      afterThat(scene, () => scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME, leaseTransitions: 1 })),
    badly: 'here: it leads on until its renew deadline',
    without: [inElection('losing.ts', "else if (judge(turn) !== 'mine')", "else if (judge(turn) === 'emptied')")],
  },
  {
    rule: '15',
    story: 'an empty record is seen',
    tell: (scene) => afterThat(scene, () => scene.lock.foreign({ holderIdentity: '' })),
    badly: 'here: it leads on until its renew deadline',
    without: [
      inElection('losing.ts', "else if (judge(turn) !== 'mine')", "else if (judge(turn) === 'held')"),
      inElection(
        'losing.ts',
        "  else if (sight.floorAtMs > now.monoMs) lose(turn, 'the lock was replaced or rolled back');\n",
        '',
      ),
    ],
  },
  {
    rule: '15',
    story: 'an unreadable record is seen',
    tell: (scene) => afterThat(scene, () => scene.lock.foreign('unreadable')),
    badly: 'here: it leads on until its renew deadline',
    without: [
      inElection('losing.ts', "else if (judge(turn) !== 'mine')", "else if (judge(turn) === 'held')"),
      inElection(
        'losing.ts',
        "  else if (sight.floorAtMs > now.monoMs) lose(turn, 'the lock was replaced or rolled back');\n",
        '',
      ),
    ],
  },
  {
    rule: '16',
    story: 'the lock is deleted',
    tell: (scene) => afterThat(scene, () => scene.lock.delete()),
    badly: 'here: it leads on until its renew deadline',
    without: [
      inElection(
        'losing.ts',
        "if (sight.presence === 'gone') lose(turn, 'the lock is gone');",
        "if (sight.presence === 'gone') return;",
      ),
    ],
  },
  {
    rule: '16',
    story: 'the lock is another object, that bears the same record and seal',
    tell: (scene) =>
      afterThat(scene, () => {
        const { record, seal } = scene.lock;
        scene.lock.foreign(record, { seal, recreate: true });
      }),
    badly: 'here: it leads on until its renew deadline',
    without: [
      inElection(
        'losing.ts',
        "  else if (sight.floorAtMs > now.monoMs) lose(turn, 'the lock was replaced or rolled back');\n",
        '',
      ),
    ],
  },
  {
    rule: '16',
    story: 'an answer that the lock is missing is older than what the watch has shown since',
    tell(scene) {
      const alice = scene.startHeld('alice');
      const create = alice.heldWrite();
      if (create === undefined) return '';
      // The create seems lost, so she reads back; that read sees nothing yet, the create lands, and the read answers.
      alice.handle(lost(create));
      const missing = alice.apply(alice.heldRead());
      alice.apply(create);
      scene.pass(200);
      alice.deliver(alice.heldWrite());
      const led = alice.isLeading();
      alice.handle(missing);
      return led && alice.isLeading() ? '' : 'a healthy leader stops';
    },
    badly: 'a healthy leader stops',
    without: [inElection('reading.ts', 'if (!isOutdated(turn, inFlight)) seeMissing(turn);', 'seeMissing(turn);')],
  },
];

// ------------------------------------------------------------------------------------ 18 and 20: the order of losing

const endings: readonly Story[] = [
  {
    rule: '18',
    story: 'work takes its time to stop after a step-down',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.slowWork = true;
      alice.giveUp();
      scene.pass(3_000);
      const early = bob.isLeading();
      alice.finishWork();
      scene.pass(100);
      return workOverlaps(scene) || (early ? 'two lead' : onlyLeader(scene, bob));
    },
    badly: 'two work',
    without: [
      inElection('losing.ts', '  if (role.workStopped) return role.holdUntilMs;\n', '  return role.holdUntilMs;\n'),
      inElection('losing.ts', '  if (role.workStopped) {\n', '  if (true) {\n'),
    ],
  },
  {
    rule: '18',
    story: 'work takes longer to stop than the lock would last',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.slowWork = true;
      alice.giveUp();
      scene.pass(20_000);
      alice.finishWork();
      scene.pass(100);
      return workOverlaps(scene) || onlyLeader(scene, bob);
    },
    badly: 'two work',
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
    story: 'work is slow to stop after a lapse',
    tell(scene) {
      const alice = scene.start('alice', { canKillWork: true });
      const bob = scene.start('bob');
      alice.slowWork = true;
      alice.cutOff();
      scene.pass(12_000);
      return workOverlaps(scene) || onlyLeader(scene, bob);
    },
    badly: 'two work',
    without: [
      inElection(
        'losing.ts',
        'killAtMs: fromMs + KILL_AT * lapseBudgetMs,',
        'killAtMs: fromMs + turn.config.drainBudgetMs,',
      ),
    ],
  },
  {
    rule: '18',
    story: 'a lapse is learnt late, because the process was paused',
    tell(scene) {
      const alice = scene.start('alice', { canKillWork: true });
      const bob = scene.start('bob');
      alice.slowWork = true;
      alice.pause();
      scene.pass(9_500);
      alice.line = 'held';
      alice.deaf = true;
      alice.resume();
      scene.pass(2_000);
      return workOverlaps(scene) || onlyLeader(scene, bob);
    },
    badly: 'two work',
    without: [
      inElection(
        'losing.ts',
        'const fromMs = learntAtMs + Math.min(0, remainingMs(turn, role));',
        'const fromMs = learntAtMs;',
      ),
    ],
  },
  {
    rule: '18',
    story: 'the renewals fail while the work drains',
    tell(scene) {
      const alice = scene.start('alice', { canKillWork: true });
      const bob = scene.start('bob');
      scene.pass(100);
      alice.slowWork = true;
      alice.giveUp();
      alice.cutOff();
      scene.pass(15_000);
      return workOverlaps(scene) || onlyLeader(scene, bob);
    },
    badly: 'two work',
    without: [
      inElection(
        'losing.ts',
        'killAtMs: Math.min(role.killAtMs, ending.killAtMs), endsAtMs, stuckAtMs };',
        'killAtMs: role.killAtMs, endsAtMs, stuckAtMs };',
      ),
    ],
  },
  {
    rule: '18',
    story: 'work needs most of its drain budget',
    tell(scene) {
      const alice = scene.start('alice', { canKillWork: true });
      alice.slowWork = true;
      alice.giveUp();
      scene.pass(24_000);
      const killed = alice.terms.includes('kill 1');
      return killed ? 'here: work is killed before its time' : '';
    },
    badly: 'here: work is killed before its time',
    without: [
      inElection(
        'losing.ts',
        'const endsAtMs = now.monoMs + config.drainBudgetMs;',
        'const endsAtMs = now.monoMs + config.timings.lapseBudgetMs;',
      ),
    ],
  },
  {
    rule: '18',
    story: 'apps that poll need a while to notice that their node does not lead any more',
    tell(scene) {
      const alice = scene.start('alice', { releaseDelayMs: 12_000 });
      const bob = scene.start('bob');
      scene.pass(100);
      alice.giveUp();
      scene.pass(11_900);
      if (bob.isLeading()) return 'here: the lock is released before the delay is over';
      scene.pass(200);
      return onlyLeader(scene, bob);
    },
    badly: 'here: the lock is released before the delay is over',
    without: [
      inElection(
        'losing.ts',
        'if (role.workStopped) return role.holdUntilMs;',
        'if (role.workStopped) return Number.NEGATIVE_INFINITY;',
      ),
    ],
  },
  {
    rule: '18',
    story: 'the label takes a moment to change',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.slowLabel = true;
      alice.giveUp();
      scene.pass(500);
      if (bob.isLeading()) return 'here: another leads while the old label stands';
      alice.handle({ type: 'labelDone', term: 1 });
      return onlyLeader(scene, bob);
    },
    badly: 'here: another leads while the old label stands',
    without: [
      inElection(
        'losing.ts',
        '    beginLabelling(turn, role);\n  } else',
        '    beginReleasing(turn, role.cause, role.exit, now.monoMs + FAREWELL_MS);\n  } else',
      ),
    ],
  },
  {
    rule: '18',
    story: 'the label is not done when its time is over',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.slowLabel = true;
      alice.giveUp();
      scene.pass(1_000);
      return onlyLeader(scene, bob);
    },
    badly: 'nobody leads',
    without: [
      inElection(
        'losing.ts',
        "if (role.type === 'labelling' && turn.now.monoMs >= role.deadlineAtMs) labelDone(turn, role.term.term);",
        '',
      ),
      inElection(
        'losing.ts',
        "    case 'labelling':\n      return role.deadlineAtMs;\n",
        "    case 'labelling':\n      return Number.POSITIVE_INFINITY;\n",
      ),
    ],
  },
  {
    rule: '18',
    story: 'the release is never answered, and the process must end',
    tell(scene) {
      const { alice } = begin(scene);
      alice.line = 'held';
      alice.slowLabel = true;
      alice.giveUp();
      scene.pass(4_000);
      return alice.ended !== null && alice.said('not-released') === 1 ? '' : 'here: it does not end in time';
    },
    badly: 'here: it does not end in time',
    without: [inElection('losing.ts', 'const FAREWELL_MS = 4_000;', 'const FAREWELL_MS = 40_000;')],
  },
  {
    rule: '20',
    story: 'work in this very process does not stop',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.slowWork = true;
      alice.giveUp(false);
      scene.pass(24_900);
      const held = alice.isLeading() || scene.lock.holder === 'alice';
      scene.pass(300);
      const releasedWithWork = bob.isLeading();
      scene.pass(12_000);
      if (!held || releasedWithWork) return 'here: released while the work still runs';
      return alice.view().phase === 'stuck' && alice.said('work-stuck') === 1 && alice.view().trouble !== null
        ? onlyLeader(scene, bob)
        : 'here: nobody is told that work is stuck';
    },
    badly: 'here: released while the work still runs',
    without: [
      inElection(
        'losing.ts',
        "    turn.role = { type: 'stuck', term: role.term, sinceMs: now.monoMs };\n",
        '    beginLabelling(turn, role);\n    return;\n',
      ),
    ],
  },
  {
    rule: '20',
    story: 'a member whose work is stuck sees a vacancy',
    tell(scene) {
      const alice = scene.start('alice');
      alice.slowWork = true;
      alice.giveUp(false);
      scene.pass(60_000);
      const idle = alice.terms.join() === '+1,-1';
      alice.finishWork();
      scene.pass(100);
      return idle ? onlyLeader(scene, alice) : 'here: a term begins while the work of the last still runs';
    },
    badly: 'here: a term begins while the work of the last still runs',
    without: [
      inElection(
        'leading.ts',
        "if (role.type !== 'candidate' || !candidacy || writing",
        "if ((role.type !== 'candidate' && role.type !== 'stuck') || !candidacy || writing",
      ),
      inElection(
        'leading.ts',
        "if (role.type !== 'candidate' || !turn.candidacy) return;",
        "if ((role.type !== 'candidate' && role.type !== 'stuck') || !turn.candidacy) return;",
      ),
    ],
  },
  {
    rule: '20',
    story: 'work is stuck when the process must end',
    tell(scene) {
      const { alice } = begin(scene);
      alice.slowWork = true;
      alice.giveUp();
      scene.pass(26_000);
      return alice.ended?.stuck === true && scene.lock.holder === 'alice' ? '' : 'here: it does not end as stuck';
    },
    badly: 'here: it does not end as stuck',
    without: [inElection('losing.ts', '    if (role.exit) end(turn, true);\n  }\n}', '  }\n}')],
  },
  {
    rule: '18',
    story: "the machine is suspended between a loss and the end of the child's time",
    tell(scene) {
      const alice = scene.start('alice', { canKillWork: true });
      const bob = scene.start('bob');
      alice.slowWork = true;
      scene.lock.delete();
      alice.suspend(9_500);
      // The next thing that happens to her tells her so.
      alice.handle({ type: 'woke' });
      scene.pass(2_000);
      return workOverlaps(scene) || onlyLeader(scene, bob);
    },
    badly: 'two work',
    without: [
      inElection(
        'losing.ts',
        'return Math.max(now.monoMs, role.since.monoMs + (now.bootMs - role.since.bootMs));',
        'return now.monoMs;',
      ),
    ],
  },
  {
    rule: '20',
    story: 'the process is paused while its work drains, and the work is stopping when it goes on',
    tell(scene) {
      const { alice } = begin(scene);
      alice.slowWork = true;
      alice.giveUp();
      alice.pause();
      scene.pass(30_000);
      alice.resume('timer');
      alice.finishWork();
      return alice.said('work-stuck') === 0 && alice.ended?.stuck === false ? '' : 'here: work is called stuck';
    },
    badly: 'here: work is called stuck',
    without: [
      inElection(
        'losing.ts',
        'const stuckAtMs = Math.max(endsAtMs, learntAtMs + STUCK_GRACE_MS);',
        'const stuckAtMs = endsAtMs;',
      ),
    ],
  },
  {
    rule: '20',
    story: 'a child outlives its drain budget',
    tell(scene) {
      const alice = scene.start('alice', { canKillWork: true });
      const bob = scene.start('bob');
      scene.pass(100);
      alice.slowWork = true;
      alice.giveUp();
      scene.pass(25_100);
      return alice.terms.join() === '+1,-1,kill 1' && alice.ended?.stuck === false
        ? onlyLeader(scene, bob)
        : 'here: the child goes on';
    },
    badly: 'here: the child goes on',
    without: [
      inElection(
        'losing.ts',
        'return role.killed ? Number.POSITIVE_INFINITY : role.killAtMs;',
        'return Number.POSITIVE_INFINITY;',
      ),
    ],
  },
];

// ----------------------------------------------------------------------------- 21, 23 and 31: after it, and at the end

const afterwards: readonly Story[] = [
  {
    rule: '21',
    story: 'a leader steps down, and the others poll slowly',
    tell(scene) {
      const alice = scene.start('alice');
      const bob = scene.start('bob', { rights: 'no-watch', random: 0.99 });
      scene.pass(100);
      alice.giveUp(false);
      scene.pass(6_000);
      return onlyLeader(scene, bob);
    },
    badly: 'nobody leads',
    without: [
      inElection(
        'losing.ts',
        'const restMs = Math.max(MIN_REST_MS, 2.2 * retryPeriodMs + requestBudgetMs);',
        'const restMs = 0;',
      ),
    ],
  },
  {
    rule: '21',
    story: 'a leader steps down, and its lock lapses while the work drains',
    tell(scene) {
      const alice = scene.start('alice');
      const bob = scene.start('bob', { rights: 'no-watch', random: 0.99 });
      scene.pass(100);
      alice.slowWork = true;
      alice.giveUp(false);
      alice.cutOff();
      scene.pass(7_600);
      alice.reconnect();
      alice.finishWork();
      scene.pass(6_000);
      return onlyLeader(scene, bob);
    },
    badly: 'nobody leads',
    without: [inElection('losing.ts', "cause: role.type === 'leader' ? 'lost' : 'lost-giving-up',", "cause: 'lost',")],
  },
  {
    rule: '21',
    story: 'nobody else wants the lock after a step-down',
    tell(scene) {
      const alice = scene.start('alice');
      alice.giveUp(false);
      scene.pass(6_500);
      return onlyLeader(scene, alice);
    },
    badly: 'nobody leads',
    without: [
      inElection(
        'losing.ts',
        '  if (role.exit) {\n    end(turn, false);',
        "  if (role.exit || role.cause !== 'lost') {\n    end(turn, false);",
      ),
    ],
  },
  {
    rule: '21',
    story: 'a takeover was on its way when its member fell ill',
    tell(scene) {
      const alice = scene.start('alice');
      const bob = scene.start('bob');
      scene.pass(100);
      bob.line = 'held';
      alice.giveUp();
      // bob's takeover is applied, and its answer lost.
      bob.apply();
      bob.handle({ type: 'candidacy', on: false, reason: 'ill' });
      bob.reconnect();
      scene.pass(3_000);
      return scene.lock.holder === '' ? '' : 'here: the lock is held by one that does not want it';
    },
    badly: 'here: the lock is held by one that does not want it',
    without: [inElection('election.ts', '      else if (!event.on) giveBack(turn);\n', '')],
  },
  {
    rule: '23',
    story: 'a leader has lost its term, and nobody else is there',
    tell(scene) {
      const alice = scene.start('alice');
      alice.cutOff();
      scene.pass(8_000);
      alice.reconnect();
      scene.pass(5_000);
      return alice.terms.join() === '+1,-1,+2' ? onlyLeader(scene, alice) : 'nobody leads';
    },
    badly: 'nobody leads',
    without: [
      inElection(
        'losing.ts',
        '  if (role.exit) {\n    end(turn, false);',
        "  if (role.exit || role.cause === 'lost') {\n    end(turn, false);",
      ),
    ],
  },
  {
    rule: '23',
    story: 'a term that was given up is lost as well',
    tell(scene) {
      const alice = scene.start('alice', { canKillWork: true });
      alice.slowWork = true;
      alice.giveUp();
      scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME, leaseTransitions: 1 });
      scene.pass(5_000);
      return alice.terms.join() === '+1,-1,kill 1' ? '' : 'here: the same work is stopped twice';
    },
    badly: 'here: the same work is stopped twice',
    without: [
      inElection(
        'losing.ts',
        '    const endsAtMs = Math.min(role.endsAtMs, ending.endsAtMs);\n',
        '    const endsAtMs = Math.min(role.endsAtMs, ending.endsAtMs);\n    stopWork(turn, role.term, reason, endsAtMs);\n',
      ),
    ],
  },
  {
    rule: '31',
    story: 'a takeover is on its way when the process must end, and lands afterwards',
    tell(scene) {
      const { alice, bob } = begin(scene);
      bob.line = 'held';
      alice.giveUp();
      const takeover = bob.heldWrite();
      bob.line = 'up';
      bob.giveUp();
      scene.pass(100);
      if (takeover !== undefined) bob.execute(takeover);
      return bob.ended !== null && scene.lock.holder === 'bob' ? 'the lock is held by the dead' : '';
    },
    badly: 'the lock is held by the dead',
    without: [
      inElection(
        'losing.ts',
        'return mine || mayArrive || writing.inFlight !== null ?',
        'return mine || writing.inFlight !== null ?',
      ),
    ],
  },
  {
    rule: '31',
    story: 'a create is on its way when the process must end, and lands afterwards',
    tell(scene) {
      const alice = scene.startHeld('alice');
      const create = alice.heldWrite();
      alice.line = 'up';
      alice.giveUp();
      scene.pass(100);
      if (create !== undefined) alice.execute(create);
      return alice.ended !== null && scene.lock.holder === 'alice' ? 'the lock is held by the dead' : '';
    },
    badly: 'the lock is held by the dead',
    without: [
      inElection(
        'losing.ts',
        "const mustWait = sight.presence === 'gone' && takeableAtMs(turn) > turn.now.monoMs;",
        "const mustWait = sight.presence === 'gone';",
      ),
    ],
  },
  {
    rule: '31',
    story: 'a takeover was applied unanswered when the process must end',
    tell(scene) {
      const { alice, bob } = begin(scene);
      bob.line = 'held';
      alice.giveUp();
      bob.apply();
      bob.line = 'up';
      bob.giveUp();
      scene.pass(100);
      return bob.ended !== null && scene.lock.holder === 'bob' ? 'the lock is held by the dead' : overlaps(scene);
    },
    badly: 'the lock is held by the dead',
    without: [
      inElection(
        'losing.ts',
        '      if (exit) beginReleasing(turn,',
        '      if (exit) end(turn, false);\n      else if (exit) beginReleasing(turn,',
      ),
    ],
  },
  {
    rule: '31',
    story: 'the last renewal seems lost, is released over, and lands late',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.line = 'held';
      scene.pass(2_000);
      const renewal = alice.heldWrite();
      alice.line = 'up';
      alice.deaf = true;
      // It lands just before the release, which is refused for it.
      if (renewal !== undefined) alice.execute(renewal);
      alice.giveUp();
      scene.pass(100);
      return alice.ended !== null && scene.lock.holder === 'alice'
        ? 'the lock is held by the dead'
        : onlyLeader(scene, bob);
    },
    badly: 'the lock is held by the dead',
    without: [
      inElection(
        'losing.ts',
        'const left = leftOnTheLock(turn);\n',
        "const left = turn.writing.lastAttempt > 2 && turn.writing.inFlight === null ? 'nothing' : leftOnTheLock(turn);\n",
      ),
    ],
  },
];

tellTwice([...seen, ...endings, ...afterwards]);
