/** What the suites of other electors say of keeping the lock and losing it, and of what is told. */
import { begin } from '../stage/beginnings.ts';
import {
  actor,
  leadsInTheEnd,
  neverWithoutLeaderFor,
  nobodyIsElected,
  recordIs,
  sent,
  terms,
  that,
} from '../stage/checks.ts';
import { type Scenario, wrong } from '../stage/scenario.ts';

const shownIll = that('alice was shown ill while she could not renew', 'alice always looked well', (scene) =>
  scene.marks.has('alice is ill'),
);

export const renewing: readonly Scenario[] = [
  {
    type: 'story',
    id: 's20-renewal-is-one-write',
    title: 'A renewal is one write from the known version, and no transition',
    origins: [
      'client-go: renew already acquired object',
      'client-go: Exercise fast path after lock acquired',
      'kubert: renews',
    ],
    about: `client-go renews this way since 0.30. It also does so in the moment after it has taken the lock; ours one
      retry period later.`,
    peer: 'client-go 0.37',
    async story(scene) {
      scene.start('alice');
      await scene.at(5_500);
    },
    theirs: [sent('alice', ['get', 'create', 'update', 'update', 'update']), recordIs({ transitions: 0 })],
    ours: [sent('alice', ['list', 'create', 'update', 'update']), recordIs({ transitions: 0 }), terms('alice', 1)],
  },
  {
    type: 'story',
    id: 's21-conflict-is-read-back',
    title: 'A renewal that is refused for its version is read back and sent again',
    origins: ['client-go: Fallback to slow path after fast path fails'],
    about: `Somebody labels the lock, and the leader does not hear of it. Its next renewal is refused. The record that it
      reads is its own.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const alice = scene.start('alice');
      await scene.at(1_000);
      alice.losesEvents();
      scene.editLock('labels the lock', { metadata: { labels: { team: 'blue' } } });
      await scene.at(3_500);
    },
    theirs: [sent('alice', ['get', 'create', 'update', 'update', 'get', 'update']), terms('alice', 1)],
    ours: [sent('alice', ['list', 'create', 'update', 'get', 'update']), terms('alice', 1), neverWithoutLeaderFor(0)],
  },
  {
    type: 'story',
    id: 's22-writes-fail-reads-work',
    title: 'A leader whose renewals fail stops one renew deadline after the last one that did not',
    origins: [
      'fabric8: runShouldAbortAfterRenewDeadlineExpired',
      'java: leaderElectionWithRenewDeadline',
      'P1: fabric8#2860 (GET works, PUT fails: the stop callback never fires)',
    ],
    about: `Every PUT is answered with 500, every GET is fine and shows the leader's own name: some electors take that
      for a renewal. client-go counts a retry period more than it has.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice } = await begin(scene, { releasesOnCancel: false });
      await scene.at(20_500);
      alice.meets("'s PUTs are all answered with 500", 'update', { status: { code: 500 } }, 10_000);
      await scene.at(45_000);
    },
    theirs: [terms('alice', 1), leadsInTheEnd('bob')],
    ours: [terms('alice', 1), leadsInTheEnd('bob')],
  },
  {
    type: 'story',
    id: 's23-failures-end-nothing',
    title: 'Failing requests end nothing: it campaigns again when they work',
    origins: ['fabric8: runShouldEndlesslyRun', 'fabric8: loopCompletesOk', 'java: leaderElectionCaptureException'],
    about: 'The API is out for half a minute. Afterwards there is a leader again, without a restart.',
    peer: 'client-go 0.37',
    async story(scene) {
      scene.start('alice');
      await scene.at(10_500);
      scene.outage(503);
      await scene.at(40_500);
      scene.outage(null);
      await scene.at(50_000);
    },
    theirs: [leadsInTheEnd('alice'), terms('alice', 2)],
    ours: [leadsInTheEnd('alice'), terms('alice', 2)],
  },
  {
    type: 'story',
    id: 's24-what-is-told',
    title: 'A standby is told of the leader that it finds and of the next one, and of no empty name between',
    origins: [
      'java: leaderElectionReportLeaderOnStart',
      'java: leaderElectionShouldReportLeaderItAcquiresOnStart',
      'java: leaderTransitionHook',
    ],
    about: 'kate leads when alice comes. Then kate stops, and karl, who polled just then, is faster.',
    peer: 'client-go 0.37',
    async story(scene) {
      const kate = scene.start('kate', { as: 'client-go 0.37' });
      await scene.pass(50);
      const alice = scene.start('alice', { tellsAll: true });
      scene.start('karl', { as: 'client-go 0.37', random: 0 });
      await scene.at(10_040);
      alice.pause();
      kate.stop();
      await scene.at(13_000);
      alice.resume();
      await scene.at(20_000);
    },
    theirs: [nobodyIsElected],
    ours: [
      nobodyIsElected,
      that('alice was told of kate, then of karl', 'alice was told something else', (scene) => {
        const told = actor(scene, 'alice').elector.log.filter((line) => line.startsWith('new leader elected'));
        return told.join() === 'new leader elected leader=kate,new leader elected leader=karl';
      }),
    ],
  },
  {
    type: 'story',
    id: 's25-health',
    title: 'A leader that cannot renew is shown ill; a standby is not',
    origins: [
      'client-go: call check before leader elector initialized',
      'client-go: call check when the lease is far expired',
      'client-go: call check when the lease is far expired but held by another server',
      'client-go: call check when the lease is not expired',
      'client-go: call check when the lease is expired but inside the timeout',
      'P12: kubernetes#70971, cert-manager#5962, argo-workflows#5026',
    ],
    about: `client-go's health check speaks only for who believes to lead, and a lease and 20 s after the last renewal.
      Long before that its elector has given up and begun anew, and looks well. Ours is ill one TTL after it could last
      do what it should, and well again when it can.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const alice = scene.start('alice');
      alice.probed();
      const bob = scene.start('bob');
      await scene.at(20_500);
      alice.probed();
      alice.cutOff();
      for (const atMs of [30_000, 45_000, 60_000]) {
        await scene.at(atMs);
        alice.probed();
        bob.probed();
        if (alice.elector.illness() !== null) scene.mark('alice is ill');
      }
      alice.reconnect();
      await scene.at(70_000);
      alice.probed();
    },
    theirs: [wrong(shownIll)],
    ours: [
      shownIll,
      that('both are well in the end', 'somebody is ill in the end', ({ electors }) => {
        return electors.every((it) => it.illness() === null);
      }),
    ],
  },
];
