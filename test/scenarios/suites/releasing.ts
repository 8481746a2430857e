/** What the suites of other electors say of giving the lock back. */
import { begin } from '../stage/beginnings.ts';
import {
  leadsInTheEnd,
  nextLeaderWithin,
  nobodyErased,
  recordIs,
  requestsAtMost,
  sent,
  terms,
} from '../stage/checks.ts';
import { type Scenario, wrong } from '../stage/scenario.ts';

export const releasing: readonly Scenario[] = [
  {
    type: 'story',
    id: 's30-release',
    title: 'A release leaves no holder, a duration of 1 and the transitions as they were; one write, no read',
    origins: [
      'client-go: release acquired lock from no object',
      'client-go: TestReleaseMethodCallsGet',
      'fabric8: shouldReleaseWhenCanceled',
      'java: leaderGracefulShutdown',
      'java: e2e, leaderGracefulShutdown',
      'kube-leader-election: release_lease',
      'kubert: vacates',
    ],
    about: `client-go must read first, because it trusts a cache; a write under the version that was last seen to be
      one's own is refused when it is not the newest. fabric8 leaves a null holder; ours is empty, as Kubernetes' is.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const alice = scene.start('alice');
      await scene.at(1_000);
      alice.stop();
      await scene.at(2_000);
    },
    theirs: [recordIs({ holder: '', seconds: 1, transitions: 0 }), terms('alice', 1)],
    ours: [
      recordIs({ holder: '', seconds: 1, transitions: 0 }),
      sent('alice', ['list', 'create', 'release']),
      terms('alice', 1),
    ],
  },
  {
    type: 'story',
    id: 's31-release-conflicts-once',
    title: 'A release that is refused for its version is read back and sent again',
    origins: ['client-go: TestReleaseRetriesOnConflict'],
    about: 'Somebody labels the lock, unseen, just before the leader is told to stop.',
    peer: 'client-go 0.17',
    lockKind: 'configmaps',
    async story(scene) {
      const { alice } = await begin(scene);
      await scene.at(9_000);
      alice.losesEvents();
      scene.editLock('labels the lock', { metadata: { labels: { team: 'blue' } } });
      scene.mark('SIGTERM');
      alice.stop();
      await scene.at(30_000);
    },
    theirs: [wrong(nextLeaderWithin(5_000, 'SIGTERM'))],
    ours: [nextLeaderWithin(50, 'SIGTERM')],
  },
  {
    type: 'story',
    id: 's32-release-conflicts-for-ever',
    title: 'A release that is refused for ever is given up in good order',
    origins: ['fabric8: shouldStopOnReleaseWhenCanceled'],
    about: `Something on the way answers every PUT with 409. The work is stopped once, and the process ends. client-go
      reads and writes again without a pause until its renew deadline: thousands of requests.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const alice = scene.start('alice');
      await scene.at(1_000);
      alice.meets("'s PUTs are all answered with 409", 'update', { status: { code: 409 } }, 100_000);
      alice.stop();
      await scene.at(15_000);
    },
    theirs: [terms('alice', 1), wrong(requestsAtMost(60))],
    ours: [terms('alice', 1), requestsAtMost(60)],
  },
  {
    type: 'story',
    id: 's33-release-while-renewing',
    title: 'A renewal in flight does not keep the lock from being released',
    origins: [
      'client-go: release acquired lock on cancellation of update',
      'P2: kubernetes#131867, #137988, client-go#1289 (a renewal in flight)',
    ],
    about: `A renewal has arrived, and its answer is on the way, when the leader is told to stop. Before 0.34 client-go
      released upon the version that it knew: refused, and held by nobody until it runs out.`,
    peer: 'client-go 0.17',
    lockKind: 'configmaps',
    async story(scene) {
      const { alice } = await begin(scene);
      alice.meets("'s answers to PUTs take 1 s longer from now on", 'update', { downMs: 1_000 }, 100);
      const { requests } = alice.elector.place.wording;
      const before = requests.length;
      await scene.until('a renewal is under way', () => requests.lastIndexOf('update') >= before, 9_000);
      await scene.pass(300);
      scene.mark('SIGTERM');
      alice.stop();
      await scene.pass(25_000);
    },
    theirs: [wrong(nextLeaderWithin(5_000, 'SIGTERM'))],
    ours: [nextLeaderWithin(2_100, 'SIGTERM')],
  },
  {
    type: 'story',
    id: 's34-release-while-reading',
    title: 'A read-back in flight does not keep the lock from being released',
    origins: ['client-go: release acquired lock on cancellation of get'],
    about: 'The leader is told to stop while it reads back a renewal that was refused.',
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice } = await begin(scene);
      await scene.at(1_000);
      alice.losesEvents();
      scene.editLock('labels the lock', { metadata: { labels: { team: 'blue' } } });
      alice.meets("'s next GET takes 1 s to arrive", 'get', { upMs: 1_000 });
      await scene.until('it reads', () => alice.elector.place.wording.requests.at(-1) === 'get', 5_000);
      await scene.pass(300);
      scene.mark('SIGTERM');
      alice.stop();
      await scene.pass(6_000);
    },
    theirs: [leadsInTheEnd('bob')],
    ours: [leadsInTheEnd('bob'), nextLeaderWithin(1_100, 'SIGTERM')],
  },
  {
    type: 'story',
    id: 's35-step-down-alone',
    title: 'After a step-down that nobody used it leads again, as a new term',
    origins: ['fabric8: shouldRelease', 'kube-leader-election: release_lease'],
    about: `The lock is free and nobody else wants it. After a rest, so that others could, the same one takes it again.
      A program on client-go can only end.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const alice = scene.start('alice');
      await scene.at(5_500);
      alice.stepDown();
      await scene.at(20_000);
    },
    theirs: [wrong(leadsInTheEnd('alice'))],
    ours: [leadsInTheEnd('alice'), terms('alice', 2), recordIs({ holder: 'alice', seconds: 15, transitions: 1 })],
  },
  {
    type: 'story',
    id: 's36-replaced-meanwhile',
    title: 'Whoever was replaced while it was away releases nothing',
    origins: ['kubert: vacate_expired_noop'],
    about: 'alice stands still, bob takes over, alice goes on and is told to stop in the same moment.',
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice } = await begin(scene);
      await scene.at(20_500);
      alice.pause();
      await scene.at(45_000);
      alice.resume();
      alice.stop();
      await scene.at(50_000);
    },
    theirs: [wrong(nobodyErased)],
    ours: [nobodyErased, leadsInTheEnd('bob')],
  },
];
