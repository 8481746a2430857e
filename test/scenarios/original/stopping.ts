/** 1 to 4, 7, 9 and 14 of what the original does wrong: how it stops, and what it does without an API. */
import { begin } from '../stage/beginnings.ts';
import {
  actor,
  labelOf,
  leadsAgainWithin,
  leadsInTheEnd,
  neverTwoLabelled,
  neverTwoLead,
  neverWithoutLeaderFor,
  nextLeaderWithin,
  terms,
  that,
} from '../stage/checks.ts';
import { type Scenario, wrong } from '../stage/scenario.ts';

/** The original's usual TTL. */
const TTL = { ttlMs: 10_000 };

const lives = (name: string) =>
  that(`${name} lives`, `${name} has crashed`, (scene) => !actor(scene, name).elector.place.clock.isOver);

export const stopping: readonly Scenario[] = [
  {
    type: 'story',
    id: 'o01-sigterm',
    title: 'SIGTERM: work stopped, label standby, lock released, exit 0, and the next one leads at once',
    origins: ['original 1', 'P2: LINBIT#25 (killed before the release)'],
    about: `Told to stop, the original tries to release the Lease, which is refused (2), and exits with code 255 and a
      stack dump before the label of its Pod has changed. The next one waits until the lease has run out.`,
    peer: 'original',
    async story(scene) {
      const { alice } = await begin(scene, { ...TTL, pod: {} });
      await scene.at(20_500);
      scene.mark('SIGTERM');
      alice.stop();
      await scene.at(40_000);
    },
    theirs: [wrong(nextLeaderWithin(5_000, 'SIGTERM')), wrong(labelOf('alice', 'standby'))],
    ours: [nextLeaderWithin(50, 'SIGTERM'), labelOf('alice', 'standby'), neverTwoLabelled],
  },
  {
    type: 'story',
    id: 'o02-release-refused',
    title: 'A leader that could not renew for a while keeps its lease or gives it back',
    origins: ['original 2'],
    about: `The API is silent for 5.5 s. The original gives up after a third of the TTL, and releases with a duration of
      0: refused with 422, as always on a Lease. Ours has two thirds of the TTL for it and loses nothing. Told to stop,
      it releases with a duration of 1.`,
    peer: 'original',
    async story(scene) {
      const { alice } = await begin(scene, TTL);
      await scene.at(20_500);
      alice.cutOff();
      await scene.at(26_000);
      alice.reconnect();
      await scene.at(30_000);
      alice.stop();
      await scene.at(31_000);
    },
    theirs: [wrong(terms('alice', 1)), wrong(leadsInTheEnd('bob'))],
    ours: [terms('alice', 1), leadsInTheEnd('bob')],
  },
  {
    type: 'story',
    id: 'o03-cut-off',
    title: 'Cut off from the API it says that it does not lead, before another one can',
    origins: ['original 3', 'P1: kubernetes#23731, contrib#690 (says that it leads after it lost)'],
    about: `The original answers from what it was told last, and whoever is cut off is told nothing: is_leader is true
      for ever, beside the one of its successor. Ours computes the answer when it is asked.`,
    peer: 'original',
    async story(scene) {
      const { alice, bob } = await begin(scene, TTL);
      await scene.at(20_500);
      alice.cutOff();
      for (const atMs of [24_000, 40_000, 60_000]) {
        await scene.at(atMs);
        alice.asked();
        bob.asked();
      }
    },
    theirs: [wrong(neverTwoLead)],
    ours: [leadsInTheEnd('bob')],
  },
  {
    type: 'story',
    id: 'o04-configmap-crash',
    title: 'On a ConfigMap, renewals that failed crash nothing',
    origins: ['original 4', 'P2: kubernetes#112022, #112023, #95939 (release after a failed update)'],
    about: `client-go 0.17 keeps what the client returned although the request had failed: an empty object. On a Lease
      nothing can be written then; on a ConfigMap the release writes into a map that is not there.`,
    peer: 'original',
    lockKind: 'configmaps',
    async story(scene) {
      scene.start('alice', TTL);
      await scene.at(20_500);
      scene.outage(500);
      await scene.at(31_000);
      scene.outage(null);
      await scene.at(40_000);
    },
    theirs: [wrong(lives('alice'))],
    ours: [lives('alice'), leadsInTheEnd('alice')],
  },
  {
    type: 'story',
    id: 'o07-half-open',
    title: 'A half-open connection costs one request, not fifteen minutes',
    origins: [
      'original 7',
      'P6: library-go#636, client-go#374, kubernetes#48638, #81837, #121793, openshift/leader-elector#23',
    ],
    about: `No request of the original has a time limit. On a connection that is dead without a word it waits until the
      kernel gives up, after 15 minutes; all that time it says that it leads. Ours gives the request up in time, and its
      connection with it; the next one takes a fresh connection.`,
    peer: 'original',
    async story(scene) {
      const { alice, bob } = await begin(scene, TTL);
      await scene.at(20_500);
      alice.halfOpen();
      await scene.at(35_000);
      alice.asked();
      bob.asked();
      await scene.at(900_000);
      alice.asked();
      bob.asked();
    },
    theirs: [wrong(neverTwoLead)],
    ours: [terms('alice', 1), leadsInTheEnd('alice'), neverWithoutLeaderFor(0)],
  },
  {
    type: 'story',
    id: 'o09-one-stalled-request',
    title: 'One stalled request costs no leadership',
    origins: ['original 9', 'P5: kubernetes#98059, nghttpx-ingress-lb#420 (one request that timed out)'],
    about: `The original's renew deadline is a third of the TTL, and one request may take all of it. Ours is two thirds,
      and a request has a budget of its own that leaves time for another one.`,
    peer: 'original',
    async story(scene) {
      const { alice } = await begin(scene, TTL);
      await scene.at(20_500);
      alice.meets("'s next request is lost", 'any', { lost: 'request' });
      await scene.at(35_000);
    },
    theirs: [wrong(terms('alice', 1))],
    ours: [terms('alice', 1), neverWithoutLeaderFor(0)],
  },
  {
    type: 'story',
    id: 'o14-forgets-what-it-saw',
    title: 'A lost term forgets nothing that was seen of the lock',
    origins: ['original 14'],
    about: `bob takes over from alice, who stood still, and dies at once. alice sees his record when she goes on. The
      original first tries to renew it for its renew deadline, rests for a second, and begins an election that knows of
      nothing: only then it starts to wait for a TTL.`,
    peer: 'original',
    async story(scene) {
      const { alice, bob } = await begin(scene, TTL);
      await scene.at(20_500);
      alice.pause();
      await scene.until('bob leads', () => bob.elector.isLeading());
      await scene.pass(1_000);
      bob.crash();
      await scene.at(37_000);
      scene.mark('she goes on');
      alice.resume();
      await scene.at(60_000);
    },
    theirs: [wrong(leadsAgainWithin(10_050, 'she goes on', 'alice'))],
    ours: [leadsAgainWithin(10_050, 'she goes on', 'alice'), terms('alice', 2)],
  },
];
