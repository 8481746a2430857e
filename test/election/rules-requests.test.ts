/** The rules about requests (8, 9, 13) and about records that bear our id (14), each told with and without it. */
import { answerTo, lost, type Scene, seeded } from './scene.ts';
import {
  begin,
  type Ending,
  GO_TIME,
  inElection,
  LONG_DEADLINE,
  onlyLeader,
  type Story,
  tellTwice,
} from './stories.ts';

/** alice leads through this, and never stops. */
function aHealthyLeader(scene: Scene, trouble: (alice: ReturnType<Scene['start']>) => void): Ending {
  const alice = scene.start('alice');
  trouble(alice);
  return alice.isLeading() && alice.terms.join() === '+1' ? '' : 'a healthy leader stops';
}

const requests: readonly Story[] = [
  {
    rule: '8',
    story: 'one renewal vanishes in the network',
    tell: (scene) =>
      aHealthyLeader(scene, (alice) => {
        alice.line = (request) => {
          alice.line = 'up';
          return request.type === 'write' ? null : alice.execute(request);
        };
        scene.pass(20_000);
      }),
    badly: 'a healthy leader stops',
    without: [
      inElection('leading.ts', 'timeoutMs: Math.min(config.timings.requestBudgetMs, leftMs),', 'timeoutMs: leftMs,'),
    ],
  },
  {
    rule: '8',
    story: 'the first read of a standby vanishes in the network',
    tell(scene) {
      const bob = scene.member('bob');
      bob.line = () => {
        bob.line = 'up';
        return null;
      };
      bob.handle({ type: 'started' });
      scene.pass(60_000);
      return onlyLeader(scene, bob);
    },
    badly: 'nobody leads',
    without: [
      inElection(
        'reading.ts',
        'const deadlineAtMs = now.monoMs + turn.config.timings.requestBudgetMs;',
        'const deadlineAtMs = Number.POSITIVE_INFINITY;',
      ),
    ],
  },
  {
    rule: '8',
    story: 'a takeover vanishes in the network',
    tell(scene) {
      const bob = scene.member('bob');
      bob.line = (request) => {
        if (request.type === 'read') return bob.execute(request);
        bob.line = 'up';
        return null;
      };
      bob.handle({ type: 'started' });
      scene.pass(60_000);
      return onlyLeader(scene, bob);
    },
    badly: 'nobody leads',
    without: [
      inElection(
        'writing.ts',
        'const deadlineAtMs = now.monoMs + write.timeoutMs;',
        'const deadlineAtMs = Number.POSITIVE_INFINITY;',
      ),
    ],
  },
  {
    rule: '9',
    story: 'the answer to an abandoned renewal comes while the next one is on its way',
    tell(scene) {
      const { alice, bob } = begin(scene, LONG_DEADLINE);
      alice.deaf = true;
      alice.line = 'held';
      scene.pass(200);
      const late = alice.apply(alice.heldWrite());
      scene.pass(4_200);
      alice.handle(late);
      alice.line = lost;
      scene.pass(12_000);
      return onlyLeader(scene, bob);
    },
    badly: 'two lead',
    without: [
      inElection(
        'writing.ts',
        'if (attempt === null || attempt.attempt !== number) return null;',
        'if (attempt === null) return null;',
      ),
    ],
  },
  {
    rule: '9',
    story: 'a renewal is due while the one before is still on its way',
    tell(scene) {
      const { alice } = begin(scene);
      alice.line = 'held';
      scene.pass(2_000);
      return alice.held.length === 1 ? '' : 'here: two writes are in flight';
    },
    badly: 'hammers',
    without: [
      inElection(
        'leading.ts',
        'if (role === null || turn.writing.inFlight !== null || turn',
        'if (role === null || turn',
      ),
    ],
  },
  {
    rule: '13',
    story: 'the API asks a leader to come back after a minute, and would answer in five seconds',
    tell: (scene) =>
      aHealthyLeader(scene, (alice) => {
        scene.pass(1_000);
        const overloadedUntilMs = scene.nowMs + 4_000;
        alice.line = (request) =>
          scene.nowMs < overloadedUntilMs && request.type === 'write'
            ? answerTo(request, { type: 'refused', code: 429, message: 'too many', retryAfterMs: 60_000 })
            : alice.execute(request);
        scene.pass(20_000);
      }),
    badly: 'a healthy leader stops',
    without: [
      inElection('leading.ts', 'backoffUntilMs, Math.min(retryAtMs, lastChanceAtMs));', 'backoffUntilMs, retryAtMs);'),
    ],
  },
  {
    rule: '13',
    story: "a label of the lock is edited, and the API asks the leader's read-back to come after ten seconds",
    tell(scene) {
      const alice = scene.start('alice', { rights: 'no-watch' });
      scene.pass(3_000);
      scene.lock.editLabels();
      let refusals = 0;
      alice.line = (request) =>
        request.type === 'read' && refusals++ === 0
          ? answerTo(request, { type: 'failed', message: 'too many', retryAfterMs: 10_000 })
          : alice.execute(request);
      scene.pass(20_000);
      return alice.terms.join() === '+1' ? '' : 'a healthy leader stops';
    },
    badly: 'a healthy leader stops',
    without: [
      inElection('reading.ts', 'Math.min(monoMs + retryAfterMs, lastChanceAtMs(turn))', 'monoMs + retryAfterMs'),
    ],
  },
  {
    rule: '13',
    story: 'the API refuses everything until the renew deadline has passed',
    tell(scene) {
      const { alice, bob } = begin(scene);
      alice.deaf = true;
      alice.line = (request) =>
        request.type === 'write'
          ? answerTo(request, { type: 'unknown', message: '503', retryAfterMs: 1_000 })
          : lost(request);
      scene.pass(12_000);
      return onlyLeader(scene, bob);
    },
    badly: 'hammers',
    without: [
      inElection(
        'leading.ts',
        'Math.max(role.renewAtMs, backoffUntilMs, Math.min(',
        'Math.max(role.renewAtMs, Math.min(',
      ),
    ],
  },
  {
    rule: '13',
    story: 'the API asks a standby to come back after a minute',
    tell(scene) {
      const bob = scene.member('bob');
      bob.line = (request) =>
        request.type === 'write'
          ? answerTo(request, { type: 'refused', code: 429, message: 'too many', retryAfterMs: 60_000 })
          : bob.execute(request);
      bob.handle({ type: 'started' });
      scene.pass(59_000);
      const sentMeanwhile = bob.sent.filter((it) => it.type === 'write').length;
      bob.line = 'up';
      scene.pass(1_000);
      return sentMeanwhile > 1 ? 'here: it asks again before it was asked to' : onlyLeader(scene, bob);
    },
    badly: 'here: it asks again before it was asked to',
    without: [
      inElection(
        'writing.ts',
        'const retryAtMs = Math.max(backoffUntilMs, turn.now.monoMs + retryAfterMs);',
        'const retryAtMs = backoffUntilMs;',
      ),
    ],
  },
  {
    rule: '13',
    story: 'the right to update is taken away for a few seconds',
    tell: (scene) =>
      aHealthyLeader(scene, (alice) => {
        scene.pass(1_000);
        alice.line = (request) =>
          request.type === 'write'
            ? answerTo(request, { type: 'refused', code: 403, message: 'cannot update leases' })
            : alice.execute(request);
        scene.pass(4_000);
        alice.line = 'up';
        scene.pass(10_000);
        // Once, and not at every retry.
        if (alice.said('missing-right') !== 1) alice.crash();
      }),
    badly: 'a healthy leader stops',
    without: [
      inElection(
        'writing.ts',
        "troubled(turn, attempt, forbidden ? 'forbidden' : 'unreachable', message, retryAfterMs);",
        "troubled(turn, attempt, forbidden ? 'forbidden' : 'unreachable', message, forbidden ? 60_000 : retryAfterMs);\n" +
          "  if (forbidden) turn.sight = { ...turn.sight, presence: 'unknown', known: null };",
      ),
    ],
  },
  {
    rule: '13',
    story: 'something on the way refuses every update for its version, and every read shows that version',
    tell(scene) {
      const { alice } = begin(scene);
      alice.deaf = true;
      const refusing = (request: Parameters<typeof answerTo>[0]) =>
        request.type === 'write' ? answerTo(request, { type: 'conflict' }) : alice.execute(request);
      alice.line = refusing;
      const sentBefore = alice.sent.length;
      scene.pass(6_000);
      return alice.sent.length - sentBefore < 20 ? '' : 'here: it asks without a pause';
    },
    badly: 'hammers',
    without: [inElection('writing.ts', 'if (turn.writing.refusedVersion === on.version) {', 'if (false) {')],
  },
];

/** alice of before has died; what she had sent still arrives. */
function predecessor(scene: Scene) {
  const before = scene.start('web-0');
  scene.pass(100);
  before.line = 'held';
  scene.pass(1_700);
  const late = before.heldWrite();
  before.crash();
  const after = scene.start('web-0', { processId: 'another' });
  if (late !== undefined) scene.lock.write(late.write);
  return after;
}

const namesakes: readonly Story[] = [
  {
    rule: '14',
    story: "a dead predecessor's last renewal still lands",
    tell(scene) {
      const after = predecessor(scene);
      scene.pass(12_000);
      return after.said('identity-collision') > 0
        ? 'here: a dead predecessor is called a collision'
        : onlyLeader(scene, after);
    },
    badly: 'here: a dead predecessor is called a collision',
    without: [
      inElection('observing.ts', 'export const COLLISION_RENEWALS = 2;', 'export const COLLISION_RENEWALS = 1;'),
    ],
  },
  {
    rule: '14',
    story: 'two live processes bear the same id',
    tell(scene) {
      const first = scene.start('first', { id: 'host' });
      const second = scene.start('second', { id: 'host' });
      scene.pass(60_000);
      if (second.said('identity-collision') !== 1 || second.view().trouble?.reason !== 'identity-collision') {
        return 'here: nobody is told of the collision';
      }
      return onlyLeader(scene, first);
    },
    badly: 'here: nobody is told of the collision',
    without: [
      inElection(
        'observing.ts',
        'const renewals = namesakeRenewals + (renewed ? 1 : 0);',
        'const renewals = namesakeRenewals;',
      ),
    ],
  },
  {
    rule: '14',
    story: 'a controller edits the labels of a lock that a dead namesake holds',
    tell(scene) {
      const before = scene.start('web-0');
      scene.pass(100);
      before.crash();
      const after = scene.start('web-0', { processId: 'another' });
      for (let i = 0; i < 3; i += 1) scene.lock.editLabels();
      return after.said('identity-collision') > 0 ? 'here: a dead predecessor is called a collision' : '';
    },
    badly: 'here: a dead predecessor is called a collision',
    without: [
      inElection(
        'observing.ts',
        'const renewed = changed && namesakeSinceMs !== null;',
        'const renewed = namesakeSinceMs !== null;',
      ),
    ],
  },
  {
    rule: '24',
    story: 'a Go elector of our id takes the lock over while we stand by, and lives',
    tell(scene) {
      const alice = scene.start('alice', { random: seeded(1) });
      scene.lock.foreign({ renewTime: GO_TIME, leaseTransitions: 1 });
      for (let second = 10; second < 40; second += 2) {
        scene.lock.foreign({ renewTime: `2026-01-01T00:00:${second}.000000Z` });
        scene.pass(2_000);
        if (alice.isLeading()) return 'leads beside a Go elector';
      }
      return alice.said('identity-collision') === 1 ? '' : 'here: nobody is told of the collision';
    },
    badly: 'leads beside a Go elector',
    without: [
      inElection('seal.ts', 'return sealMatches.renewTime && sealMatches.transitions ? seal : null;', 'return seal;'),
    ],
  },
];

tellTwice([...requests, ...namesakes]);
