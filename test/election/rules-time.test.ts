/** The rules about clocks (1 to 4 and 7), each told with and without it. The durations themselves: timings.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo, lost, Scene } from './scene.ts';
import {
  begin,
  type Ending,
  GO_TIME,
  inElection,
  LONG_DEADLINE,
  onlyLeader,
  overlaps,
  type Story,
  tellTwice,
} from './stories.ts';

/** alice's renewals are applied at once, and answered as late as her budget allows; then the network breaks. */
function answersComeLate(scene: Scene): Ending {
  const { alice, bob } = begin(scene, LONG_DEADLINE);
  alice.deaf = true;
  alice.line = 'held';
  scene.pass(200);
  const answer = alice.apply(alice.heldWrite());
  scene.pass(4_000);
  alice.handle(answer);
  alice.line = lost;
  scene.pass(12_000);
  return onlyLeader(scene, bob);
}

const clocks: readonly Story[] = [
  {
    rule: '6',
    story: 'somebody renews a record that cannot be read',
    tell(scene) {
      scene.lock.foreign('unreadable');
      const bob = scene.start('bob');
      for (let second = 0; second < 30; second++) {
        scene.pass(1_000);
        if (bob.isLeading()) return "another's live lock is taken";
        scene.lock.foreign('unreadable');
      }
      scene.pass(10_100);
      return onlyLeader(scene, bob);
    },
    badly: "another's live lock is taken",
    without: [inElection('record.ts', "if (a.record === 'unreadable' && a.version !== b.version) return false;", '')],
  },
  {
    rule: '1',
    story: "the holder's wall clock is hours behind",
    tell(scene) {
      scene.lock.foreign({
        holderIdentity: 'kate',
        leaseDurationSeconds: 10,
        renewTime: '1970-01-01T00:00:00.000000Z',
      });
      const bob = scene.start('bob');
      scene.pass(9_000);
      return bob.isLeading() ? "another's live lock is taken" : '';
    },
    badly: "another's live lock is taken",
    without: [
      inElection(
        'observing.ts',
        'return known === null ? changedAtMs : changedAtMs + durationMs(state, known);',
        "return known === null || known.record === 'unreadable' ? changedAtMs : Date.parse(known.record.renewTime ?? '') - Date.UTC(2026) + durationMs(state, known);",
      ),
    ],
  },
  {
    rule: '1',
    story: "the dead holder's wall clock is a century ahead",
    tell(scene) {
      scene.lock.foreign({
        holderIdentity: 'kate',
        leaseDurationSeconds: 10,
        renewTime: '2126-01-01T00:00:00.000000Z',
      });
      const bob = scene.start('bob');
      scene.pass(10_000);
      return onlyLeader(scene, bob);
    },
    badly: 'nobody leads',
    without: [
      inElection(
        'observing.ts',
        'return known === null ? changedAtMs : changedAtMs + durationMs(state, known);',
        "return known === null || known.record === 'unreadable' ? changedAtMs : Date.parse(known.record.renewTime ?? '') - Date.UTC(2026) + durationMs(state, known);",
      ),
    ],
  },
  {
    rule: '1',
    story: "the leader's wall clock is set back while a Go elector misses its renewals",
    tell(scene) {
      const alice = scene.start('alice');
      scene.pass(4_000);
      const seenByKate = JSON.stringify(scene.lock.record);
      alice.wallSetBackMs = 10_000;
      scene.pass(10_000);
      // As she sees it, nothing was renewed for a whole lease.
      if (JSON.stringify(scene.lock.record) === seenByKate) scene.lock.foreign({ holderIdentity: 'kate' });
      return scene.lock.holder === 'alice' ? onlyLeader(scene, alice) : "another's live lock is taken";
    },
    badly: "another's live lock is taken",
    without: [
      inElection('leading.ts', 'renewTimeMs: renewTimeMs(role.term, turn.now)', 'renewTimeMs: turn.now.wallMs'),
    ],
  },
  {
    rule: '4',
    story: "the leader's machine is suspended, and a Go elector reads whole seconds",
    scene: { wholeSeconds: true },
    tell(scene) {
      const alice = scene.start('alice', { ttlMs: 5_000 });
      const seenByKate = scene.lock.record.renewTime;
      alice.suspend(2_400);
      scene.pass(900);
      return scene.lock.record.renewTime === seenByKate
        ? 'here: a renewal says what was said before'
        : onlyLeader(scene, alice);
    },
    badly: 'here: a renewal says what was said before',
    without: [
      inElection('leading.ts', 'Math.floor(elapsedMs(acquiredAt, now))', 'Math.floor(now.monoMs - acquiredAt.monoMs)'),
    ],
  },
  {
    rule: '2',
    story: 'a renewal is applied at once and answered late',
    tell: answersComeLate,
    badly: 'two lead',
    without: [
      inElection(
        'leading.ts',
        'turn.role = { ...role, provenAt: attempt.sentAt, renewAtMs:',
        'turn.role = { ...role, provenAt: turn.now, renewAtMs:',
      ),
    ],
  },
  {
    rule: '2',
    story: 'a takeover is applied at once and answered late',
    tell(scene) {
      const alice = scene.member('alice', LONG_DEADLINE);
      alice.line = 'held';
      alice.handle({ type: 'started' });
      alice.deliver();
      alice.deaf = true;
      const answer = alice.apply(alice.heldWrite());
      const bob = scene.start('bob', LONG_DEADLINE);
      scene.pass(4_100);
      alice.handle(answer);
      alice.line = lost;
      scene.pass(12_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection(
        'leading.ts',
        '    provenAt: attempt.sentAt,\n    renewAtMs',
        '    provenAt: turn.now,\n    renewAtMs',
      ),
    ],
  },
  {
    rule: '2',
    story: 'a takeover is answered later than its validity is long',
    tell(scene) {
      const alice = scene.startHeld('alice');
      const answer = alice.apply(alice.heldWrite());
      alice.pause();
      scene.pass(7_000);
      // The answer has waited in the socket, and is handled before the timer.
      alice.paused = false;
      alice.line = lost;
      alice.handle(answer);
      return alice.terms.length === 0 ? '' : 'here: a term begins that is over already';
    },
    badly: 'here: a term begins that is over already',
    without: [
      inElection(
        'leading.ts',
        '  if (elapsedMs(attempt.sentAt, now) > config.timings.renewDeadlineMs - 1) return;\n  const term',
        '  const term',
      ),
    ],
  },
  {
    rule: '3',
    story: 'a leader is paused for longer than its lock holds, and asked before anything else',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.pause();
      scene.pass(15_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection(
        'view.ts',
        "return state.role.type === 'leader' && remainingMs(state, state.role, now) > 0;",
        "return state.role.type === 'leader';",
      ),
    ],
  },
  {
    rule: '4',
    story: "the leader's machine was suspended, and its monotonic clock with it",
    tell(scene) {
      const { alice, bob } = begin(scene);
      // Neither her watch nor an answer tells her anything when she comes back.
      alice.cutOff();
      alice.suspend(15_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection(
        'state.ts',
        'return Math.max(now.monoMs - since.monoMs, now.bootMs - since.bootMs);',
        'return now.monoMs - since.monoMs;',
      ),
    ],
  },
  {
    rule: '4',
    story: 'the boot-time clock, which is coarse, is a little behind the monotonic',
    tell(scene) {
      const alice = scene.start('alice');
      alice.cutOff();
      // Nothing but the monotonic clock moves: the other one has not been read again.
      const boot = alice.now();
      alice.now = () => ({ ...boot, monoMs: scene.nowMs });
      scene.pass(7_000);
      return alice.isLeading() ? 'here: it leads past its renew deadline' : '';
    },
    badly: 'here: it leads past its renew deadline',
    without: [
      inElection(
        'state.ts',
        'return Math.max(now.monoMs - since.monoMs, now.bootMs - since.bootMs);',
        'return now.bootMs - since.bootMs;',
      ),
    ],
  },
  {
    rule: '7',
    story: 'a standby starts and finds a record that it has never seen change',
    tell(scene) {
      const alice = scene.start('alice');
      scene.pass(20_000);
      alice.cutOff();
      const bob = scene.start('bob');
      scene.pass(10_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection(
        'observing.ts',
        'changedAtMs: changed ? turn.now.monoMs : before.changedAtMs,',
        'changedAtMs: changed && before.known !== null ? turn.now.monoMs : before.changedAtMs,',
      ),
    ],
  },
  {
    rule: '15',
    story: 'a Go elector steals the lock, and the renew deadline is seconds away',
    tell(scene) {
      const { alice } = begin(scene);
      alice.line = (request) => answerTo(request, { type: 'conflict' });
      scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME, leaseTransitions: 1 });
      return alice.isLeading() ? 'leads beside a Go elector' : overlaps(scene);
    },
    badly: 'leads beside a Go elector',
    without: [inElection('election.ts', '    endLostTerm(turn);\n', '')],
  },
];

tellTwice(clocks);

/** alice's clocks are slow and bob's are fast, by so much; her work uses up all the time that it has. */
function overlapsAtDrift(drift: number): boolean {
  const scene = new Scene();
  const alice = scene.start('alice', { clockRate: 1 - drift, canKillWork: true });
  const bob = scene.start('bob', { clockRate: 1 + drift });
  alice.slowWork = true;
  alice.cutOff();
  scene.pass(15_000);
  assert.deepEqual(scene.leaders(), [bob.name]);
  return scene.overlaps.length + scene.workOverlaps.length > 0;
}

test('rule 5 holds at 1 % drift each way, and not at 10 %', () => {
  assert.equal(overlapsAtDrift(0.01), false);
  assert.equal(overlapsAtDrift(0.1), true);
});
