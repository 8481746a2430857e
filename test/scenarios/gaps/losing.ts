/** G1 to G4: what client-go does when a term ends that nobody wanted to end. */
import { begin } from '../stage/beginnings.ts';
import {
  leadsInTheEnd,
  neverTwoLead,
  neverTwoWork,
  neverWithoutLeaderFor,
  nextLeaderWithin,
  nobodyErased,
  recordIs,
} from '../stage/checks.ts';
import { type Scenario, wrong } from '../stage/scenario.ts';

export const losing: readonly Scenario[] = [
  {
    type: 'story',
    id: 'g01-release-erases-another',
    title: "A release erases only one's own record",
    origins: ['G1', 'client-go: foreign holder on release'],
    about: `Since 0.34 client-go reads the lock before it releases, and then asks its memory whether it leads; whose
      record it has just read it does not look at. A leader that was cut off, and whose release gets through late, so
      empties the record of its successor. A third one finds the lock free.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice } = await begin(scene, {}, { random: 0.1 });
      scene.start('carol', { random: 0.9 });
      await scene.at(20_500);
      alice.cutOff();
      await scene.at(38_500);
      alice.reconnect();
      await scene.at(60_000);
    },
    theirs: [wrong(nobodyErased), wrong(neverTwoLead)],
    ours: [nobodyErased, leadsInTheEnd('bob')],
  },
  {
    type: 'story',
    id: 'g01b-erased-by-a-go-elector',
    title: 'A record that a Go elector erased is no vacancy',
    origins: ['G1'],
    about: `The same in a mixed fleet. kate, a Go elector, is told to stop while she is cut off; her release gets through
      when alice leads, and empties alice's record. Whoever takes that for a release leads beside alice. Ours sees that
      alice's seal is still there and does not say so: alice stops at once, and everybody waits.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const kate = scene.start('kate', { as: 'client-go 0.37' });
      await scene.pass(50);
      scene.start('alice', { random: 0.1 });
      scene.start('bob', { random: 0.2 });
      await scene.at(20_500);
      kate.cutOff();
      await scene.at(29_500);
      kate.stop();
      await scene.at(38_500);
      kate.reconnect();
      await scene.at(70_000);
    },
    theirs: [wrong(nobodyErased), wrong(neverTwoLead)],
    ours: [neverWithoutLeaderFor(15_100)],
  },
  {
    type: 'story',
    id: 'g02-another-holder-is-seen',
    title: 'A leader that sees another holder stops at once',
    origins: ['G2'],
    about: `client-go takes the sight of another holder for a renewal that failed, and tries again until its renew
      deadline. Here somebody writes bob into the lock by hand. bob of client-go believes it at once, because the name is
      his; ours knows that he did not write it, and waits it out.`,
    peer: 'client-go 0.37',
    async story(scene) {
      await begin(scene);
      await scene.at(20_500);
      scene.mark('the edit');
      scene.editLock('writes bob into the lock', { spec: { holderIdentity: 'bob', leaseTransitions: 1 } });
      await scene.at(45_000);
    },
    theirs: [wrong(neverTwoLead)],
    ours: [nextLeaderWithin(15_050, 'the edit')],
  },
  {
    type: 'story',
    id: 'g03-lock-is-deleted',
    title: 'A deleted lock makes no second leader',
    origins: ['G3', 'client-go: deletion'],
    about: `A candidate of client-go that finds no lock creates one at once. The old leader, whose lock it was, goes on
      until its renew deadline (G2). leaseTransitions begins at 0 again, so that it is no fencing token. Ours stops when
      it learns of the deletion, and everybody waits for one lease duration; the token is the lock's version, which
      grows on.`,
    peer: 'client-go 0.37',
    async story(scene) {
      await begin(scene);
      await scene.at(22_100);
      scene.deleteLock();
      await scene.at(45_000);
    },
    theirs: [wrong(neverTwoLead), recordIs({ holder: 'bob', transitions: 0 })],
    ours: [recordIs({ transitions: 0 })],
  },
  {
    type: 'story',
    id: 'g04-stopped-after-the-release',
    title: 'Leading ends before the release is tried',
    origins: ['G4', 'client-go: renew deadline itself', 'P1: kubernetes#44887 (renews again instead of leaving)'],
    about: `The API swallows what the leader sends. client-go gives the renewal up after retry period + renew deadline
      (12 s), then tries to release, for another renew deadline, and only then tells the work to stop: 22 s after the
      last renewal, with a lease of 15 s.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice } = await begin(scene, { work: { stopsAfterMs: 500, canBeKilled: true } }, { random: 0.1 });
      await scene.at(20_500);
      alice.cutOff();
      await scene.at(50_000);
    },
    theirs: [wrong(neverTwoLead), wrong(neverTwoWork)],
    ours: [leadsInTheEnd('bob')],
  },
];
