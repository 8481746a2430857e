/**
 * Short stories in which two lead, or a live record is erased, when one of the rules marked ◊ is taken out. The seeds of
 * these stories were found by exploring every order of a few messages; docs/internals/rules.md tells them.
 */
import type { LockEvent } from './register.ts';
import { answerTo, lost, type Member } from './scene.ts';
import { begin, GO_TIME, inElection, LONG_DEADLINE, onlyLeader, overlaps, type Story, tellTwice } from './stories.ts';

// ------------------------------------------------------------------------------------------ rule 6: when it expires

const expiry: readonly Story[] = [
  {
    rule: '6',
    story: 'the TTL is made shorter in a rolling update, and the leader has the long one',
    tell(scene) {
      const old = scene.start('old', { ttlMs: 120_000 });
      const young = scene.start('young', { ttlMs: 10_000 });
      scene.pass(100);
      old.cutOff();
      scene.pass(125_000);
      return onlyLeader(scene, young);
    },
    badly: 'two lead',
    without: [
      inElection(
        'observing.ts',
        'return Math.max(recordMs, (countingSeal(observed)?.leaseDurationSeconds ?? 0) * 1000);',
        'return Math.min(recordMs, 4 * ownMs);',
      ),
    ],
  },
  {
    rule: '6',
    story: 'the labels of the lock are edited more often than it expires',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.crash();
      for (let i = 0; i < 10; i += 1) {
        scene.pass(4_000);
        if (!bob.isLeading()) scene.lock.editLabels();
      }
      return onlyLeader(scene, bob);
    },
    badly: 'nobody leads',
    without: [
      inElection(
        'observing.ts',
        'changedAtMs: changed ? turn.now.monoMs : before.changedAtMs,',
        'changedAtMs: turn.now.monoMs,',
      ),
    ],
  },
  {
    rule: '6',
    story: "the labels of a dead leader's lock were edited after its last renewal",
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.crash();
      scene.lock.editLabels();
      scene.pass(20_000);
      return onlyLeader(scene, bob);
    },
    badly: 'nobody leads',
    without: [inElection('observing.ts', '    known: observed,\n', '    known: changed ? observed : before.known,\n')],
  },
];

// -------------------------------------------------------------------------- rules 11, 12, 22: what proves a renewal

/** Five renewals fall into one whole second, and then the network breaks. */
const withinOneSecond = (scene: Parameters<Story['tell']>[0]) => {
  const alice = scene.start('alice', { ttlMs: 1_000 });
  const bob = scene.start('bob', { ttlMs: 1_000 });
  scene.pass(900);
  const healthy = alice.isLeading();
  alice.cutOff();
  scene.pass(1_500);
  return { healthy, bob };
};

const SAME_ATTEMPT = inElection(
  'writing.ts',
  '        attempt,\n        leaseDurationSeconds',
  '        attempt: 1,\n        leaseDurationSeconds',
);
const ANY_200_PROVES = inElection(
  'writing.ts',
  'return attempt.on !== null && compareVersions(observed.version, attempt.on.version) <= 0;',
  'return false;',
);

/** A release of alice's hangs in the network; she learns no outcome, and rests. */
const releaseDelayed = (scene: Parameters<Story['tell']>[0]) => {
  const { alice, bob } = begin(scene);
  alice.cutOff();
  alice.giveUp(false);
  const release = alice.heldWrite();
  scene.pass(4_100);
  alice.held.length = 0;
  return { alice, bob, release };
};

const proofs: readonly Story[] = [
  {
    rule: '11',
    story: 'the network breaks after several renewals within one whole second',
    scene: { wholeSeconds: true },
    tell(scene) {
      const { bob } = withinOneSecond(scene);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [SAME_ATTEMPT, ANY_200_PROVES],
  },
  {
    rule: '11',
    story: 'several renewals fall into one whole second',
    scene: { wholeSeconds: true },
    tell: (scene) => (withinOneSecond(scene).healthy ? '' : 'a healthy leader stops'),
    badly: 'a healthy leader stops',
    without: [SAME_ATTEMPT],
  },
  {
    rule: '11',
    story: 'a cache answers renewals with 200 and the object as it was',
    tell(scene) {
      const { alice, bob } = begin(scene);
      const { observed } = scene.lock;
      alice.deaf = true;
      alice.line = (request) =>
        request.type === 'write' && observed !== null ? answerTo(request, { type: 'done', observed }) : null;
      scene.pass(15_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [ANY_200_PROVES],
  },
  {
    rule: '11',
    story: 'the watch delivers a renewal before its answer comes',
    tell(scene) {
      const { alice } = begin(scene);
      scene.pass(30_000);
      return alice.terms.join() === '+1' ? '' : 'a healthy leader stops';
    },
    badly: 'a healthy leader stops',
    without: [
      inElection(
        'writing.ts',
        'if (provesNothing(attempt, outcome.observed)) {',
        'if (attempt.on !== null && compareVersions(outcome.observed.version, turn.sight.newestVersion) <= 0) {',
      ),
    ],
  },
  {
    rule: '12',
    story: 'the connection is reset at every renewal',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.deaf = true;
      alice.line = lost;
      scene.pass(15_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection(
        'election.ts',
        "  if (attempt === null || event.outcome.type !== 'done') return;",
        "  if (attempt !== null && event.outcome.type === 'unknown' && turn.sight.known !== null) renewed(turn, attempt, turn.sight.known);\n" +
          "  if (attempt === null || event.outcome.type !== 'done') return;",
      ),
    ],
  },
  {
    rule: '12',
    story: 'read-backs show an older attempt under a newer version',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.deaf = true;
      // Her renewals get lost, a controller edits labels, her retry is refused for its version, her reads get through.
      alice.line = (request) => {
        if (request.type === 'read') return alice.execute(request);
        if (request.write.on?.version !== scene.lock.version) return answerTo(request, { type: 'conflict' });
        if (!bob.isLeading()) scene.lock.editLabels();
        return lost(request);
      };
      scene.pass(15_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection(
        'leading.ts',
        "const applied = turn.writing.unresolved.find((it) => it.purpose === 'renew' && it.attempt === seal?.attempt);",
        "const applied = turn.writing.unresolved.findLast((it) => it.purpose === 'renew' && seal !== null);",
      ),
    ],
  },
  {
    rule: '12',
    story: 'a read-back shows a renewal that was applied long before',
    tell(scene) {
      const { alice, bob } = begin(scene, LONG_DEADLINE);
      alice.cutOff();
      scene.pass(200);
      alice.apply(alice.heldWrite());
      // Its answer is lost, the retry is refused, and the read-back takes its time.
      scene.pass(4_200);
      const retry = alice.heldWrite();
      if (retry !== undefined) alice.deliver(retry);
      scene.pass(4_000);
      const readBack = alice.heldRead();
      if (readBack !== undefined) alice.deliver(readBack);
      alice.cutOff();
      scene.pass(10_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection(
        'leading.ts',
        'if (applied !== undefined) prove(turn, applied);',
        'if (applied !== undefined) prove(turn, { ...applied, sentAt: turn.now });',
      ),
    ],
  },
  {
    rule: '12, 22',
    story: "a read shows one's own record while a release of it is on its way",
    tell(scene) {
      const { alice, release } = releaseDelayed(scene);
      // The silence of her watch makes her read; she may not write yet.
      alice.line = 'up';
      scene.pass(2_500);
      // She hears nothing of what the late release does.
      alice.cutOff();
      if (release !== undefined) scene.lock.write(release.write);
      scene.pass(15_000);
      return overlaps(scene);
    },
    badly: 'two lead',
    without: [
      inElection(
        'leading.ts',
        '  const seal = countingSeal(observed);\n  const applied',
        "  if (turn.role.type === 'candidate') acquired(turn, { attempt: 0, purpose: 'acquire', on: observed, sentAt: turn.now, deadlineAtMs: 0, term: 0, overtaken: false }, observed);\n" +
          '  const seal = countingSeal(observed);\n  const applied',
      ),
    ],
  },
  {
    rule: '22',
    story: 'an answer is handled after the lapse and before the timer that should have ended the term',
    tell(scene) {
      const { alice } = begin(scene);
      alice.cutOff();
      scene.pass(6_000);
      const renewal = alice.heldWrite();
      alice.pause();
      scene.pass(1_000);
      const lapsed = !alice.isLeading();
      alice.deliver(renewal);
      alice.resume('answers');
      return lapsed && alice.isLeading() && alice.view().term === 1 ? 'a term comes back to life' : '';
    },
    badly: 'a term comes back to life',
    without: [inElection('election.ts', '  endLapsedTerm(turn);\n', '')],
  },
  {
    rule: '22',
    story: 'the lock may be taken again while the work of the last term still runs',
    tell(scene) {
      const { alice } = begin(scene);
      alice.slowWork = true;
      alice.line = 'held';
      scene.pass(8_000);
      alice.reconnect();
      scene.pass(2_000);
      return alice.terms.join() === '+1,-1' ? '' : 'here: a term begins while the work of the last still runs';
    },
    badly: 'here: a term begins while the work of the last still runs',
    without: [
      inElection(
        'leading.ts',
        "if (role.type !== 'candidate' || !candidacy || writing",
        "if (!candidacy || role.type === 'leader' || writing",
      ),
      inElection(
        'leading.ts',
        "if (role.type !== 'candidate' || !turn.candidacy) return;",
        'if (!turn.candidacy) return;',
      ),
    ],
  },
];

// ------------------------------------------------------------------------------------ rule 17: the lock that was lost

const RELEASED_LOCKS_EXCEPTED = inElection(
  'observing.ts',
  'floorAtMs: Math.max(sight.floorAtMs, now.monoMs + waitMs),',
  "floorAtMs: sight.known !== null && holderOf(sight.known) === '' ? sight.floorAtMs : now.monoMs + waitMs,",
);
const NEW_UID_IS_NOTHING = inElection(
  'observing.ts',
  "const replaced = !ownCreation && !sameUid && before.lastUid !== '';",
  'const replaced = false;',
);

/** carol knows the lock as released, and has missed that bob took it; bob hears nothing of what comes. */
const vacancyTakenUnseen = (scene: Parameters<Story['tell']>[0]) => {
  const alice = scene.start('alice');
  const carol = scene.start('carol', { candidacy: false });
  alice.giveUp();
  carol.deaf = true;
  const bob = scene.start('bob');
  bob.cutOff();
  return { bob, carol };
};

/** An event of its watch that was on the way for long. */
function hearLate(member: Member, event: LockEvent | undefined): void {
  const { watch } = member.state.reading;
  if (watch === null || event === undefined) throw new Error(`${member.name} has no such event on its way`);
  member.handle({ type: 'watched', watch: watch.watch, event });
}

/** alice's POST hangs, bob's creates the lock, and bob hears nothing of what comes. */
const createDelayed = (scene: Parameters<Story['tell']>[0]) => {
  const alice = scene.startHeld('alice');
  const create = alice.heldWrite();
  return { alice, create };
};

const lostLocks: readonly Story[] = [
  {
    rule: '17',
    story: 'the lock is deleted after renewals that a standby missed',
    tell(scene) {
      const { alice, bob } = begin(scene);
      bob.deaf = true;
      scene.pass(5_500);
      bob.deaf = false;
      alice.cutOff();
      scene.lock.delete();
      scene.pass(12_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      // It waits what was left of the record that it had seen.
      inElection(
        'observing.ts',
        'floorAtMs: Math.max(sight.floorAtMs, now.monoMs + waitMs),',
        'floorAtMs: expiresAtMs(turn),',
      ),
    ],
  },
  {
    rule: '17',
    story: 'the lock is deleted, and a standby had last seen it released',
    tell(scene) {
      const { carol } = vacancyTakenUnseen(scene);
      carol.deaf = false;
      scene.lock.delete();
      carol.handle({ type: 'candidacy', on: true, reason: '' });
      scene.pass(12_000);
      return onlyLeader(scene, carol);
    },
    badly: 'two lead',
    without: [RELEASED_LOCKS_EXCEPTED],
  },
  {
    rule: '17',
    story: "a read shows that the lock is gone, and the standby's last sight was not the lock's last state",
    tell(scene) {
      const { carol } = vacancyTakenUnseen(scene);
      scene.lock.delete();
      carol.handle({ type: 'candidacy', on: true, reason: '' });
      scene.pass(14_000);
      return onlyLeader(scene, carol);
    },
    badly: 'two lead',
    without: [RELEASED_LOCKS_EXCEPTED],
  },
  {
    rule: '17',
    story: 'a leader whose release was applied unanswered finds the lock gone, after another took it',
    tell(scene) {
      const { alice, bob } = begin(scene, LONG_DEADLINE);
      alice.deaf = true;
      alice.line = (request) => {
        alice.line = 'up';
        alice.execute(request);
        return null;
      };
      alice.giveUp(false);
      bob.cutOff();
      scene.lock.delete();
      scene.pass(20_000);
      return onlyLeader(scene, alice);
    },
    badly: 'two lead',
    without: [
      inElection(
        'observing.ts',
        'floorAtMs: Math.max(sight.floorAtMs, now.monoMs + waitMs),',
        "floorAtMs: judge(turn) === 'mine' ? sight.floorAtMs : now.monoMs + waitMs,",
      ),
    ],
  },
  {
    rule: '17',
    story: 'the lock of a long TTL is deleted, and the standby has a short one',
    tell(scene) {
      const old = scene.start('old', { ttlMs: 60_000 });
      const young = scene.start('young', { ttlMs: 10_000 });
      scene.pass(100);
      old.cutOff();
      scene.lock.delete();
      scene.pass(62_000);
      return onlyLeader(scene, young);
    },
    badly: 'two lead',
    without: [
      inElection(
        'observing.ts',
        'return Math.max(turn.config.timings.leaseDurationMs, turn.sight.lastDurationMs, sealMs, recordMs);',
        'return turn.config.timings.leaseDurationMs;',
      ),
    ],
  },
  {
    rule: '17',
    story: 'the lock is recreated empty while its holder is cut off',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.cutOff();
      scene.lock.foreign({}, { recreate: true });
      scene.pass(12_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [NEW_UID_IS_NOTHING],
  },
  {
    rule: '17',
    story: 'a create was refused, and the lock that refused it is deleted before it was ever seen',
    tell(scene) {
      const { alice, create } = createDelayed(scene);
      alice.deaf = true;
      const bob = scene.start('bob');
      alice.deliver(create);
      alice.line = 'up';
      bob.cutOff();
      scene.lock.delete();
      scene.pass(14_000);
      return onlyLeader(scene, alice);
    },
    badly: 'two lead',
    without: [inElection('observing.ts', '...unknown, everSeen: true,', '...unknown,')],
  },
  {
    rule: '17',
    story: 'a create was refused by a lock that came after a deletion of which the watch tells only then',
    tell(scene) {
      const alice = scene.member('alice');
      alice.deaf = true;
      const events: LockEvent[] = [];
      scene.onChange = (event) => void events.push(event);
      alice.handle({ type: 'started' });
      const bob = scene.start('bob');
      scene.pass(100);
      scene.lock.delete();
      const [creation, deletion] = events;
      scene.pass(5_800);
      hearLate(alice, creation);
      // bob, who heard of the deletion at once, creates the lock first.
      scene.pass(5_900);
      if (!bob.isLeading() || alice.state.sight.presence !== 'unknown') return 'here: the create was not refused';
      hearLate(alice, deletion);
      alice.line = lost;
      scene.pass(9_900);
      bob.cutOff();
      scene.lock.delete();
      alice.line = 'up';
      scene.pass(14_000);
      return onlyLeader(scene, alice);
    },
    badly: 'two lead',
    without: [inElection('observing.ts', "  if (turn.sight.presence !== 'unknown') lose(turn);", '  lose(turn);')],
  },
  {
    rule: '17',
    story: 'a create was refused, and the lock that refused it is recreated empty before it was ever seen',
    tell(scene) {
      const { alice, create } = createDelayed(scene);
      alice.deaf = true;
      const bob = scene.start('bob');
      alice.deliver(create);
      alice.line = 'up';
      bob.cutOff();
      scene.lock.foreign({}, { recreate: true });
      scene.pass(14_000);
      return onlyLeader(scene, alice);
    },
    badly: 'two lead',
    without: [
      inElection(
        'observing.ts',
        "const unknownPredecessor = !ownCreation && before.lastUid === '' && before.everSeen && verdict !== 'held';",
        'const unknownPredecessor = false;',
      ),
    ],
  },
  {
    rule: '17',
    story: "a create lands after another's lock came and went",
    tell(scene) {
      const { alice, create } = createDelayed(scene);
      const bob = scene.start('bob');
      alice.deaf = true;
      bob.cutOff();
      scene.lock.delete();
      alice.deliver(create);
      alice.reconnect();
      scene.pass(14_000);
      return onlyLeader(scene, alice);
    },
    badly: 'two lead',
    without: [inElection('observing.ts', 'if (!ownCreation) overtakeCreates(turn);', '')],
  },
  {
    rule: '17',
    story: "a create that another's lock had overtaken leaves a record of one's own",
    tell(scene) {
      const { alice, create } = createDelayed(scene);
      const bob = scene.start('bob');
      bob.cutOff();
      scene.lock.delete();
      alice.line = 'up';
      alice.deliver(create);
      scene.pass(14_000);
      return onlyLeader(scene, alice);
    },
    badly: 'two lead',
    without: [
      NEW_UID_IS_NOTHING,
      // The deletion, which she heard, makes her wait too.
      inElection(
        'observing.ts',
        "        case 'mine':\n        case 'of-my-pod':\n          return sight.floorAtMs;",
        "        case 'mine':\n        case 'of-my-pod':\n          return Number.NEGATIVE_INFINITY;",
      ),
      inElection(
        'losing.ts',
        "  else if (sight.floorAtMs > now.monoMs) lose(turn, 'the lock was replaced or rolled back');\n",
        '',
      ),
    ],
  },
  {
    rule: '17',
    story: 'a lock is deleted that was believed gone',
    tell(scene) {
      const alice = scene.start('alice');
      const carol = scene.start('carol');
      scene.pass(100);
      alice.crash();
      scene.lock.delete();
      // Both wait. bob, newly started, creates at once; carol hears nothing of it but the deletion.
      scene.pass(9_000);
      carol.deaf = true;
      const bob = scene.start('bob');
      bob.cutOff();
      carol.deaf = false;
      scene.lock.delete();
      scene.pass(12_000);
      return onlyLeader(scene, carol);
    },
    badly: 'two lead',
    without: [
      inElection(
        'observing.ts',
        "  if (turn.sight.presence !== 'unknown') lose(turn);",
        "  if (turn.sight.presence === 'present') lose(turn);",
      ),
    ],
  },
];

// --------------------------------------------------------------------------------- rules 14, 19, 24, 25: whose it is

const NO_COPIES_COMPARED = inElection(
  'seal.ts',
  'return sealMatches.renewTime && sealMatches.transitions ? seal : null;',
  'return seal;',
);

const ownership: readonly Story[] = [
  {
    rule: '14',
    story: "a StatefulSet's Pod is recreated, and finds its predecessor's record under its own id",
    tell(scene) {
      const before = scene.start('web-0', { podUid: 'pod-1', proof: true });
      scene.pass(100);
      before.crash();
      const after = scene.start('web-0', { processId: 'another', podUid: 'pod-2', proof: true });
      scene.pass(12_000);
      return onlyLeader(scene, after);
    },
    badly: 'nobody leads',
    without: [
      inElection(
        'observing.ts',
        '        default:\n',
        "        default:\n          if (holderOf(sight.known ?? { record: 'unreadable' } as never) === state.config.id) return Number.POSITIVE_INFINITY;\n",
      ),
    ],
  },
  {
    rule: '19',
    story: 'a leader stops because another has taken the lock',
    tell(scene) {
      scene.start('alice');
      scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME, leaseTransitions: 1 });
      scene.pass(100);
      return scene.lock.holder === 'kate' ? '' : "another's record is erased";
    },
    badly: "another's record is erased",
    without: [
      inElection(
        'losing.ts',
        "const mine = judge(turn) === 'mine';",
        "const mine = judge(turn) === 'mine' || judge(turn) === 'held';",
      ),
    ],
  },
  {
    rule: '19',
    story: 'a release is refused because another has taken the lock',
    tell(scene) {
      const { alice } = begin(scene);
      alice.deaf = true;
      scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME, leaseTransitions: 1 });
      alice.giveUp();
      scene.pass(100);
      return scene.lock.holder === 'kate' ? '' : "another's record is erased";
    },
    badly: "another's record is erased",
    without: [
      inElection(
        'losing.ts',
        "const mine = judge(turn) === 'mine';",
        "const mine = judge(turn) === 'mine' || judge(turn) === 'held';",
      ),
    ],
  },
  {
    rule: '24',
    story: 'a Go elector of the same id writes its record beside our seal',
    tell(scene) {
      const { alice } = begin(scene);
      alice.line = 'held';
      scene.lock.foreign({ renewTime: GO_TIME });
      return alice.isLeading() ? 'leads beside a Go elector' : '';
    },
    badly: 'leads beside a Go elector',
    without: [NO_COPIES_COMPARED],
  },
  {
    rule: '24',
    story: 'a Go elector of the same id writes its record beside our seal, and we release',
    tell(scene) {
      const { alice } = begin(scene);
      alice.deaf = true;
      scene.lock.foreign({ renewTime: GO_TIME });
      alice.giveUp();
      scene.pass(100);
      return scene.lock.record.renewTime === GO_TIME ? '' : "another's record is erased";
    },
    badly: "another's record is erased",
    without: [NO_COPIES_COMPARED],
  },
  {
    rule: '24',
    story: 'two processes have the same id',
    tell(scene) {
      const first = scene.start('first', { id: 'host' });
      scene.pass(100);
      first.cutOff();
      const second = scene.start('second', { id: 'host' });
      scene.pass(12_000);
      return onlyLeader(scene, second);
    },
    badly: 'two lead',
    without: [
      inElection(
        'seal.ts',
        'seal.processId === self.processId && seal.attempt <= self.lastAttempt && !seal.released',
        '!seal.released',
      ),
    ],
  },
  {
    rule: '24',
    story: 'a machine was cloned, so that two processes have the same random id too',
    tell(scene) {
      const first = scene.start('first', { id: 'host', processId: 'cloned' });
      scene.pass(100);
      first.cutOff();
      const second = scene.start('second', { id: 'host', processId: 'cloned' });
      scene.pass(12_000);
      return onlyLeader(scene, second);
    },
    badly: 'two lead',
    without: [inElection('seal.ts', 'seal.attempt <= self.lastAttempt && ', '')],
  },
  {
    rule: '25',
    story: 'the second container of a Pod finds the lock held by the first',
    tell(scene) {
      const first = scene.start('first', { id: 'web-0', podUid: 'pod-1', proof: true });
      scene.pass(100);
      first.cutOff();
      const second = scene.start('second', { id: 'web-0', podUid: 'pod-1', proof: false });
      scene.pass(12_000);
      return onlyLeader(scene, second);
    },
    badly: 'two lead',
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
    story: 'a container without the proof leads, and another of its Pod has it',
    tell(scene) {
      const first = scene.start('first', { id: 'web-0', podUid: 'pod-1', proof: false });
      scene.pass(100);
      first.cutOff();
      const second = scene.start('second', { id: 'web-0', podUid: 'pod-1', proof: true });
      scene.pass(12_000);
      return onlyLeader(scene, second);
    },
    badly: 'two lead',
    without: [inElection('writing.ts', "podUid: turn.proofHeld ? config.pod.uid : '',", 'podUid: config.pod.uid,')],
  },
  {
    rule: '25',
    story: 'outside Pods both uids are empty, and equal',
    tell(scene) {
      const first = scene.start('first', { id: 'host' });
      scene.pass(100);
      first.cutOff();
      const second = scene.member('second', { id: 'host' });
      second.handle({ type: 'proof', held: true });
      second.handle({ type: 'started' });
      scene.pass(12_000);
      return onlyLeader(scene, second);
    },
    badly: 'two lead',
    without: [
      inElection(
        'seal.ts',
        "if (holderOf(observed) !== id || podUid === '') return false;",
        'if (holderOf(observed) !== id) return false;',
      ),
    ],
  },
  {
    rule: '25',
    story: "a restarted container finds a Go elector's live lock beside its own Pod's old seal",
    tell(scene) {
      const first = scene.start('first', { id: 'web-0', podUid: 'pod-1', proof: true });
      scene.pass(100);
      first.crash();
      scene.lock.foreign({ renewTime: GO_TIME, leaseTransitions: 1 });
      const second = scene.start('second', { id: 'web-0', podUid: 'pod-1', proof: true });
      return second.isLeading() ? "another's live lock is taken" : '';
    },
    badly: "another's live lock is taken",
    without: [NO_COPIES_COMPARED],
  },
];

// ----------------------------------------------------------------------------------- rule 28: vacant, or only emptied

const vacancies: readonly Story[] = [
  {
    rule: '28',
    story: "a Go elector's late release empties a live record",
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.cutOff();
      scene.lock.foreign({ holderIdentity: '', leaseDurationSeconds: 1, renewTime: GO_TIME });
      scene.pass(12_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
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
    story: 'a hand empties the lock, and the seal goes too',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.cutOff();
      scene.lock.foreign({ holderIdentity: '', leaseDurationSeconds: null, renewTime: null }, { seal: null });
      scene.pass(12_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection('seal.ts', 'if (seal === null) return !sealKnownUnderThisUid;', 'if (seal === null) return true;'),
    ],
  },
  {
    rule: '28',
    story: 'a hand leaves a record that cannot be read',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.cutOff();
      scene.lock.foreign('unreadable');
      scene.pass(12_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection(
        'observing.ts',
        "if (record === 'unreadable') return 'emptied';",
        "if (record === 'unreadable') return 'released';",
      ),
    ],
  },
  {
    rule: '28',
    story: 'a hand empties the lock of a long TTL, and a member with a short one starts cold',
    tell(scene) {
      const alice = scene.start('alice', { ttlMs: 60_000 });
      scene.pass(100);
      alice.cutOff();
      scene.lock.foreign({ holderIdentity: '', leaseDurationSeconds: 1, renewTime: GO_TIME });
      const bob = scene.start('bob', { ttlMs: 10_000 });
      scene.pass(62_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection(
        'observing.ts',
        'return Math.max(turn.config.timings.leaseDurationMs, turn.sight.lastDurationMs, sealMs, recordMs);',
        'return Math.max(turn.config.timings.leaseDurationMs, turn.sight.lastDurationMs, recordMs);',
      ),
    ],
  },
  {
    rule: '28',
    story: 'a Go elector took the lock and released it, and our old seal still stands there',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.giveUp();
      bob.giveUp();
      const carol = scene.start('carol', { candidacy: false });
      scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME, leaseTransitions: 2 });
      carol.handle({ type: 'candidacy', on: true, reason: '' });
      scene.lock.foreign({ holderIdentity: '', leaseDurationSeconds: 1 });
      return carol.isLeading() ? '' : 'here: a release is waited out like a crash';
    },
    badly: 'here: a release is waited out like a crash',
    without: [inElection('seal.ts', 'return record.leaseTransitions > seal.leaseTransitions;', 'return false;')],
  },
];

tellTwice([...expiry, ...proofs, ...lostLocks, ...ownership, ...vacancies]);
