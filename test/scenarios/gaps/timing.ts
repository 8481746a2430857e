/** G5, G6 and G9: what client-go makes of durations. */
import { begin } from '../stage/beginnings.ts';
import { leadsInTheEnd, neverTwoLead, recordIs } from '../stage/checks.ts';
import { type Scenario, wrong } from '../stage/scenario.ts';

export const timing: readonly Scenario[] = [
  {
    type: 'story',
    id: 'g05-durations-that-overlap',
    title: 'Durations under which two could lead are refused',
    origins: ['G5', 'client-go: duration inequalities in NewLeaderElector'],
    about: `client-go checks that the lease is longer than the renew deadline, and the deadline longer than 1.2 retry
      periods. 15/14/11 passes, although a leader of client-go stops only a retry period + a renew deadline (25 s) after
      its last renewal, and bob waits for 15 s. No clock need be wrong. Ours counts from the renewal itself, leaves time for the
      work to end, and says what would do.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const bad = { renewDeadlineMs: 14_000, retryPeriodMs: 11_000, releasesOnCancel: false };
      const good = { renewDeadlineMs: 13_000, retryPeriodMs: 2_500 };
      const alice = scene.start('alice', bad, good);
      await scene.pass(50);
      scene.start('bob', { random: 0 });
      await scene.at(22_500);
      alice.cutOff();
      await scene.at(50_000);
    },
    theirs: [wrong(neverTwoLead)],
    ours: [leadsInTheEnd('bob')],
  },
  {
    type: 'story',
    id: 'g06-parts-of-a-second',
    title: 'A lease that is not whole seconds is written longer, not shorter',
    origins: ['G6'],
    about: `The record has whole seconds. client-go cuts 1.9 s to 1, which is what standbys wait, while the leader goes
      by a renew deadline of 1.5 s. (Below 1 s it writes 0, which the API refuses for ever.)`,
    peer: 'client-go 0.37',
    async story(scene) {
      const options = { ttlMs: 1_900, renewDeadlineMs: 1_500, retryPeriodMs: 300, releasesOnCancel: false };
      const { alice } = await begin(scene, options, { random: 0 });
      await scene.at(3_100);
      alice.cutOff();
      await scene.at(6_400);
    },
    theirs: [recordIs({ holder: 'bob', seconds: 1 }), wrong(neverTwoLead)],
    ours: [recordIs({ holder: 'bob', seconds: 2 })],
  },
  {
    type: 'story',
    id: 'g09-late-answer',
    title: 'A renewal counts from its send, not from its answer',
    origins: ['G9'],
    about: `A renewal reaches the API at once, and its answer 9 s later. Standbys count from the renewal. client-go
      counts from the answer: by its account 9 s more than it has.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice } = await begin(scene, { releasesOnCancel: false }, { random: 0.2 });
      await scene.at(19_000);
      alice.losesAnswers();
      await scene.at(28_900);
      alice.getsAnswers();
      await scene.pass(10);
      alice.cutOff();
      await scene.at(45_000);
    },
    theirs: [wrong(neverTwoLead)],
    ours: [leadsInTheEnd('bob')],
  },
];
