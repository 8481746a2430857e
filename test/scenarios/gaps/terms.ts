/** G7, G8, G10 and G11: whose term it is, when its work has ended, and how it is given back. */
import { begin } from '../stage/beginnings.ts';
import { actor, leadsInTheEnd, neverTwoLead, neverTwoWork, nextLeaderWithin, terms, that } from '../stage/checks.ts';
import { type Scenario, wrong } from '../stage/scenario.ts';

export const termGaps: readonly Scenario[] = [
  {
    type: 'story',
    id: 'g07-silent-re-election',
    title: 'Whoever leads again leads a new term, and is told so',
    origins: ['G7', 'client-go: clock/pause'],
    about: `A leader stands still for longer than its lease. Meanwhile bob takes the lock, leads, and gives it back.
      client-go takes it again inside the loop that renews: transitions + 1, and neither OnStoppedLeading nor
      OnStartedLeading. The work never learns that another one was at it in between.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice, bob } = await begin(scene);
      await scene.at(20_500);
      scene.mark(`token ${alice.elector.token()}`);
      alice.pause();
      await scene.untilLeading(bob);
      await scene.pass(3_000);
      bob.stop();
      await scene.pass(2_000);
      alice.resume();
      await scene.pass(10_000);
    },
    theirs: [leadsInTheEnd('alice'), wrong(terms('alice', 2))],
    ours: [
      leadsInTheEnd('alice'),
      terms('alice', 2),
      that('the second term has a newer token', 'the second term has an old token', (scene) => {
        const token = actor(scene, 'alice').elector.token();
        return token !== '' && !scene.marks.has(`token ${token}`);
      }),
    ],
  },
  {
    type: 'story',
    id: 'g08-one-id-twice',
    title: 'Of two processes with one identity at most one leads, and the other says what is wrong',
    origins: ['G8', 'P8: kubernetes#61151, external-provisioner#690 (hostNetwork)'],
    about: `Pods on the host network of one node have the node's name for a host name, and so one identity. To client-go
      whoever bears the holder's name is the holder. Both lead, for ever, and each lets the other renew for it.`,
    peer: 'client-go 0.37',
    async story(scene) {
      scene.start('alice', { id: 'node-1' });
      await scene.pass(50);
      scene.start('bob', { id: 'node-1' });
      await scene.at(20_000);
      for (const it of scene.actors) it.probed();
    },
    theirs: [wrong(neverTwoLead)],
    ours: [
      leadsInTheEnd('alice'),
      that('bob is ill and says why', 'bob does not say what is wrong', (scene) =>
        /identity-collision/.test(actor(scene, 'bob').elector.illness() ?? ''),
      ),
    ],
  },
  {
    type: 'story',
    id: 'g10-work-still-runs',
    title: 'The lock is not released while the work still runs',
    origins: [
      'G10',
      'P2: external-attacher#609 (finish the work, then release)',
      'P3: kubernetes#139991, controller-runtime#1132 (released too early)',
      'P3: pinniped#800 (not leading before the release)',
    ],
    about: `client-go starts the work in a goroutine and never waits for it. On SIGTERM it releases at once, so that the
      next leader starts beside work that needs 5 s to stop. Ours stops leading at once too, and holds and renews the
      lock until the work has stopped.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice } = await begin(scene, { work: { stopsAfterMs: 5_000 } }, { random: 0.1 });
      await scene.at(20_500);
      scene.mark('SIGTERM');
      alice.stop();
      await scene.at(35_000);
    },
    theirs: [neverTwoLead, wrong(neverTwoWork)],
    ours: [nextLeaderWithin(5_050, 'SIGTERM')],
  },
  {
    type: 'story',
    id: 'g11-release-is-refused',
    title: 'A release is written so that the API accepts it',
    origins: ['G11', 'P2: client-go#754, #762, #653, kubernetes#88194, #85474, #80954 (a Lease is never released)'],
    about: `Before 0.20 client-go released with a duration of 0, which a Lease may not have: every release is refused
      with 422, and the next leader waits until the lease has run out. The original is built on 0.17.`,
    peer: 'client-go 0.17',
    async story(scene) {
      const { alice } = await begin(scene);
      await scene.at(20_500);
      scene.mark('SIGTERM');
      alice.stop();
      await scene.at(45_000);
    },
    theirs: [wrong(nextLeaderWithin(5_000, 'SIGTERM'))],
    ours: [nextLeaderWithin(50, 'SIGTERM')],
  },
];
