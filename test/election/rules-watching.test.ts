/** The rules about watching and reading (26 to 30), each told with and without it. */
import { answerTo, type Member, type MemberOptions, type Scene, seeded } from './scene.ts';
import { begin, type Ending, inElection, onlyLeader, overlaps, type Story, tellTwice } from './stories.ts';

/** alice releases at once; bob, whose watch is broken somehow, must notice the vacancy well before it would expire. */
function vacancyNoticed(scene: Scene, withinMs: number, breaks: (bob: Member) => void): Ending {
  const { alice, bob } = begin(scene);
  breaks(bob);
  alice.giveUp();
  scene.pass(withinMs);
  return bob.isLeading() ? overlaps(scene) : 'here: the vacancy is noticed no sooner than a crash';
}

const rollbacks: readonly Story[] = [
  {
    rule: '26',
    story: 'etcd is restored to before the present leader took the lock, and its standby sees it first',
    tell(scene) {
      const alice = scene.start('alice');
      const bob = scene.start('bob');
      scene.pass(100);
      bob.line = 'held';
      alice.giveUp(false);
      const vacant = bob.state.sight.known;
      bob.line = 'up';
      scene.pass(20_000);
      const [leader, other] = bob.isLeading() ? [bob, alice] : [alice, bob];
      leader.cutOff();
      if (vacant !== null) scene.lock.rollBack(vacant);
      scene.pass(18_000);
      if (other.said('rolled-back') !== 1) return 'here: nobody is told of the rollback';
      return onlyLeader(scene, other);
    },
    badly: 'two lead',
    without: [
      inElection('observing.ts', 'takeIn(turn, observed, false, true);', 'takeIn(turn, observed, false, false);'),
      inElection(
        'observing.ts',
        "const unknownPredecessor = !ownCreation && before.lastUid === '' && before.everSeen && verdict !== 'held';",
        'const unknownPredecessor = false;',
      ),
    ],
  },
  {
    rule: '26',
    story: 'etcd is restored to an older renewal of the present leader',
    tell(scene) {
      const { alice, bob } = begin(scene);
      const old = alice.state.sight.known;
      scene.pass(5_000);
      if (old !== null) scene.lock.rollBack(old);
      scene.pass(30_000);
      return alice.terms.includes('-1') ? onlyLeader(scene, bob.isLeading() ? bob : alice) : 'here: its tokens go back';
    },
    badly: 'hammers',
    without: [
      inElection(
        'reading.ts',
        'if (isRolledBack(turn, outcome.observed, inFlight)) {',
        "if (outcome.observed.version === '') {",
      ),
    ],
  },
  {
    rule: '26',
    story: 'the restored etcd gives out a version a second time, for another object',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.crash();
      const [first] = history(scene);
      if (first?.type !== 'present') return 'nobody leads';
      scene.lock.editLabels();
      scene.lock.rollBack(first.observed);
      bob.deaf = true;
      scene.lock.foreign({}, { recreate: true });
      bob.deaf = false;
      scene.pass(30_000);
      return bob.said('rolled-back') === 1 ? onlyLeader(scene, bob) : 'here: nobody is told of the rollback';
    },
    badly: 'here: nobody is told of the rollback',
    without: [
      inElection(
        'reading.ts',
        'return known.uid !== observed.uid || !sameRecordAndSeal(known, observed);',
        'return false;',
      ),
    ],
  },
];

/** Everything that was ever told of the lock, once more. */
function history(scene: Scene) {
  return scene.lock.eventsAfter('0');
}

const watches: readonly Story[] = [
  {
    rule: '28',
    story: 'a standby loses a race for the lock, and its watch is about to tell who won',
    tell(scene) {
      const { alice } = begin(scene);
      const carol = scene.start('carol');
      scene.pass(100);
      carol.line = 'held';
      alice.giveUp();
      const sentBefore = carol.sent.length;
      carol.line = 'up';
      carol.deliver(carol.heldWrite());
      return carol.sent.length === sentBefore ? overlaps(scene) : 'here: every loser of a race reads at once';
    },
    badly: 'here: every loser of a race reads at once',
    without: [
      inElection(
        'writing.ts',
        'const readBackAtMs = now.monoMs + (patient ? config.timings.retryPeriodMs : 0);',
        'const readBackAtMs = now.monoMs;',
      ),
      inElection('writing.ts', '  else if (turn.sight.known?.version === attempt.on.version) {', '  else {'),
    ],
  },
  {
    rule: '29',
    story: "an old event comes again after the leader's own renewal",
    tell(scene) {
      const { alice } = begin(scene);
      alice.giveUp(false);
      scene.pass(20_000);
      const leader = scene.members.find((it) => it.isLeading());
      if (leader === undefined) return 'nobody leads';
      const terms = leader.terms.join();
      for (const event of history(scene)) leader.hear(event);
      return leader.terms.join() === terms ? '' : 'a healthy leader stops';
    },
    badly: 'a healthy leader stops',
    without: [
      inElection(
        'observing.ts',
        "if (order < 0 || (order === 0 && via !== 'read')) return;",
        "if (order === 0 && via !== 'read') return;",
      ),
    ],
  },
  {
    rule: '29',
    story: 'the old event of a deletion comes again',
    tell(scene) {
      begin(scene);
      scene.lock.delete();
      scene.pass(20_000);
      const leader = scene.members.find((it) => it.isLeading());
      if (leader === undefined) return 'nobody leads';
      const terms = leader.terms.join();
      for (const event of history(scene)) leader.hear(event);
      return leader.terms.join() === terms ? '' : 'a healthy leader stops';
    },
    badly: 'a healthy leader stops',
    without: [
      inElection(
        'observing.ts',
        '  if (compareVersions(version, turn.sight.newestVersion) <= 0) return;\n  overtakeCreates',
        '  overtakeCreates',
      ),
    ],
  },
  {
    rule: '29',
    story: 'the watch has fallen silent',
    tell: (scene) =>
      vacancyNoticed(scene, 6_100, (bob) => {
        bob.deaf = true;
      }),
    badly: 'here: the vacancy is noticed no sooner than a crash',
    without: [
      inElection('reading.ts', 'return watch.signAtMs + Math.max(', 'return Number.POSITIVE_INFINITY + Math.max('),
    ],
  },
  {
    rule: '29',
    story: 'the watch repeats its newest event for ever',
    tell(scene) {
      const { alice, bob } = begin(scene);
      scene.pass(2_000);
      bob.deaf = true;
      const newest = history(scene).at(-1);
      alice.giveUp();
      for (let i = 0; i < 8; i += 1) {
        bob.deaf = false;
        if (newest !== undefined) bob.hear(newest);
        bob.deaf = true;
        scene.pass(1_000);
      }
      return bob.isLeading() ? overlaps(scene) : 'here: the vacancy is noticed no sooner than a crash';
    },
    badly: 'here: the vacancy is noticed no sooner than a crash',
    without: [
      inElection(
        'reading.ts',
        'const progress = compareVersions(version, current.delivered) > 0;',
        'const progress = true;',
      ),
    ],
  },
  {
    rule: '29',
    story: 'the watch slowly delivers what is long past',
    tell(scene) {
      const alice = scene.start('alice');
      scene.pass(20_000);
      const past = history(scene);
      const bob = scene.start('bob');
      bob.deaf = true;
      alice.giveUp();
      for (const event of past.slice(0, 8)) {
        bob.deaf = false;
        bob.hear(event);
        bob.deaf = true;
        scene.pass(1_000);
      }
      return bob.isLeading() ? overlaps(scene) : 'here: the vacancy is noticed no sooner than a crash';
    },
    badly: 'here: the vacancy is noticed no sooner than a crash',
    without: [
      inElection(
        'reading.ts',
        'const signAtMs = upToDate ? turn.now.monoMs : current.signAtMs;',
        'const signAtMs = turn.now.monoMs;',
      ),
    ],
  },
  {
    rule: '29',
    story: 'the watch fails as soon as it is opened, again and again',
    tell(scene) {
      const bob = scene.start('bob', { candidacy: false });
      const sentBefore = bob.sent.length;
      const untilMs = scene.nowMs + 60_000;
      while (scene.nowMs < untilMs) {
        const { watch } = bob.state.reading;
        if (watch !== null) {
          bob.handle({ type: 'watchEnded', watch: watch.watch, reason: 'failed', message: 'reset' });
        }
        scene.pass(50);
      }
      const lists = bob.sent.slice(sentBefore).filter((it) => it.type === 'read').length;
      return lists > 120
        ? 'here: it lists without a pause'
        : bob.said('request-failing') === 1
          ? ''
          : 'here: nobody is told';
    },
    badly: 'here: it lists without a pause',
    without: [
      inElection(
        'reading.ts',
        'readSoon(turn, turn.now.monoMs + backoffMs(turn, watchFailures));',
        'readSoon(turn, turn.now.monoMs);',
      ),
    ],
  },
  {
    rule: '29',
    story: 'the watch says that its version is too old',
    tell: (scene) =>
      vacancyNoticed(scene, 1_000, (bob) => {
        const { watch } = bob.state.reading;
        bob.deaf = true;
        if (watch !== null) bob.handle({ type: 'watchEnded', watch: watch.watch, reason: 'expired', message: '410' });
        bob.deaf = false;
      }),
    badly: 'here: the vacancy is noticed no sooner than a crash',
    without: [inElection('reading.ts', '    readSoon(turn, turn.now.monoMs + backoffMs(turn, watchFailures));\n', '')],
  },
];

const polling: readonly Story[] = [
  {
    rule: '30',
    story: 'a standby may neither list nor watch',
    tell(scene) {
      const alice = scene.start('alice');
      const bob = scene.start('bob', { rights: 'no-watch', random: seeded(30) });
      scene.pass(52_000);
      const { retryPeriodMs } = bob.config.timings;
      const polls = bob.sent.filter((it) => it.type === 'read').length;
      if (polls > 3 + 60_000 / retryPeriodMs) return 'here: it polls more often than once a retry period';
      if (bob.said('polling') !== 1) return 'here: nobody is told, or again and again';
      alice.giveUp();
      scene.pass(2.2 * retryPeriodMs);
      return onlyLeader(scene, bob);
    },
    badly: 'nobody leads',
    without: [
      inElection(
        'reading.ts',
        'readSoon(turn, turn.now.monoMs + turn.config.timings.retryPeriodMs * (1 + 1.2 * turn.random));',
        '',
      ),
    ],
  },
  {
    rule: '30',
    story: 'a standby may list, but not watch, until it is granted',
    tell(scene) {
      const alice = scene.start('alice');
      const options: MemberOptions = { rights: 'list-only', random: seeded(30) };
      const bob = scene.start('bob', options);
      scene.pass(52_000);
      if (bob.said('polling') !== 1 || bob.said('watching') !== 0) return 'here: it is told again and again';
      options.rights = 'all';
      scene.pass(300_000);
      if (bob.said('polling') !== 1 || bob.said('watching') !== 1) return 'here: nobody is told';
      alice.giveUp();
      scene.pass(20);
      return onlyLeader(scene, bob);
    },
    badly: 'here: it is told again and again',
    without: [
      inElection(
        'reading.ts',
        "if (turn.reading.mode === 'watching') report(turn, { type: 'polling', message });",
        "if (turn.reading.mode !== 'polling') report(turn, { type: 'polling', message });",
      ),
    ],
  },
  {
    rule: '30',
    story: 'a leader that may not watch loses the lock, and stands by',
    tell(scene) {
      const alice = scene.start('alice', { rights: 'no-watch' });
      scene.pass(10_000);
      scene.lock.foreign({ holderIdentity: 'kate', renewTime: '1', leaseTransitions: 1 });
      scene.pass(3_000);
      const stopped = !alice.isLeading();
      scene.lock.foreign({ holderIdentity: '' });
      scene.pass(4_000);
      return stopped ? onlyLeader(scene, alice) : 'leads beside a Go elector';
    },
    badly: 'nobody leads',
    without: [inElection('losing.ts', "  if (turn.reading.mode === 'polling') readSoon(turn, turn.now.monoMs);\n", '')],
  },
  {
    rule: '30',
    story: 'a leader that may not watch keeps to its writes',
    tell(scene) {
      const alice = scene.start('alice', { rights: 'no-watch' });
      scene.pass(5_000);
      const sentBefore = alice.sent.length;
      scene.pass(60_000);
      const reads = alice.sent.slice(sentBefore).filter((it) => it.type === 'read').length;
      return reads === 0 ? onlyLeader(scene, alice) : 'here: a leader polls';
    },
    badly: 'here: a leader polls',
    without: [inElection('reading.ts', "  if (turn.role.type !== 'candidate') return;\n", '')],
  },
  {
    rule: '30',
    story: 'the right to watch is granted after a while',
    tell(scene) {
      scene.start('alice');
      const bob = scene.member('bob');
      let granted = false;
      bob.line = (request) =>
        request.type === 'read' && request.via === 'list' && !granted
          ? answerTo(request, { type: 'forbidden', message: 'cannot list leases' })
          : bob.execute(request);
      bob.handle({ type: 'started' });
      scene.pass(60_000);
      granted = true;
      scene.pass(300_000);
      return bob.said('watching') === 1 && bob.state.reading.watch !== null ? '' : 'here: it polls for ever';
    },
    badly: 'here: it polls for ever',
    without: [
      inElection(
        'reading.ts',
        "return mode === 'polling' ? turn.now.monoMs >= listAgainAtMs : watch === null;",
        "return mode !== 'polling' && watch === null;",
      ),
    ],
  },
];

tellTwice([...rollbacks, ...watches, ...polling]);
