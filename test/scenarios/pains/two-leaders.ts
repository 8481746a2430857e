/** P1, P3, P8, P14 and P15 of what users report: two leaders, or one that is none, after some trouble. */
import { begin, heldByKate } from '../stage/beginnings.ts';
import {
  actor,
  leadsInTheEnd,
  logged,
  names,
  neverTwoLead,
  neverTwoWork,
  nextLeaderWithin,
  nobodyErased,
  stopsWithin,
  terms,
  that,
} from '../stage/checks.ts';
import { type Scenario, wrong } from '../stage/scenario.ts';

export const twoLeaders: readonly Scenario[] = [
  {
    type: 'story',
    id: 'p01a-dead-leader-is-named',
    title: 'Nobody is named as leader once the record has expired',
    origins: ['P1: contrib#2930, #2933 (standbys keep naming a dead leader)'],
    about: `kate leads and crashes. alice only stands by: she has no right to take the lock. Whoever asks her for the
      leader gets, from client-go, the last name that was seen, for ever.`,
    peer: 'client-go 0.37',
    async story(scene) {
      scene.lockFrom('a Lease of kate is there, and kate is gone', heldByKate());
      const group = 'coordination.k8s.io';
      scene.platform.grant('alice', [{ verbs: ['get', 'list', 'watch'], group, resources: ['leases'] }]);
      const alice = scene.start('alice');
      await scene.at(10_000);
      alice.asked();
      await scene.at(60_000);
      alice.asked();
    },
    theirs: [wrong(names('alice', ''))],
    ours: [names('alice', '')],
  },
  {
    type: 'story',
    id: 'p01b-missed-event',
    title: 'A leader that missed the event finds out at its next renewal',
    origins: ['P1: spring-cloud-kubernetes#1955, #2032 (a missed event leaves a phantom leader)'],
    about: `The leader's watch has fallen silent when somebody writes karl into the lock. A watch is a hint: the next
      renewal is refused, read back, and ends the term. client-go sees the same and leads on (G2).`,
    peer: 'client-go 0.37',
    async story(scene) {
      const alice = scene.start('alice');
      await scene.at(8_100);
      alice.losesEvents();
      scene.mark('the edit');
      scene.editLock('writes karl into the lock', { spec: { holderIdentity: 'karl', leaseTransitions: 1 } });
      await scene.at(24_000);
    },
    theirs: [wrong(stopsWithin(2_600, 'the edit', 'alice'))],
    ours: [stopsWithin(2_600, 'the edit', 'alice')],
  },
  {
    type: 'story',
    id: 'p01c-answer-is-lost',
    title: 'A write of unknown outcome is no success until it is read back',
    origins: ['P1: fabric8#7350 (started before the write is confirmed)', 'client-go: unknown outcomes'],
    about: `The lock is created, and the answer is lost. Ours gives the request up, reads, finds its own record, and
      leads: what it has written is its proof, not what it has sent. A program on client-go has no time limit of
      its own here: it waits for the answer until the kernel gives up.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const alice = scene.start('alice');
      scene.mark('the start');
      alice.meets("'s first answer to a POST is lost", 'create', { lost: 'answer' });
      await scene.at(12_000);
    },
    theirs: [wrong(nextLeaderWithin(10_000, 'the start'))],
    ours: [nextLeaderWithin(4_000, 'the start'), terms('alice', 1)],
  },
  {
    type: 'story',
    id: 'p01d-late-create',
    title: 'A create that arrives late makes no second leader',
    origins: ['client-go: unknown outcomes'],
    about: `alice's POST takes 6 s to arrive. Meanwhile bob creates the lock, and leads, and the lock is deleted; then
      alice's POST lands. Her client has long given it up.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const alice = scene.start('alice', { clientTimeoutMs: 5_000, random: 0.9 });
      alice.meets("'s first POST takes 6 s to arrive", 'create', { upMs: 6_000 });
      await scene.at(1_000);
      scene.start('bob');
      await scene.at(5_900);
      scene.deleteLock();
      await scene.at(45_000);
    },
    theirs: [wrong(neverTwoLead)],
    ours: [],
  },
  {
    type: 'story',
    id: 'p01e-stop-without-api',
    title: 'Told to stop without an API it ends in good order within seconds',
    origins: ['P1: kubernetes#124588 (hangs while cancelling)'],
    about: `The leader is cut off and then told to stop. client-go 0.17 waits for its release without a limit; 0.31
      brought one. Ours gives it 4 s altogether, says that the lock is not released, and exits 0.`,
    peer: 'client-go 0.17',
    async story(scene) {
      const { alice } = await begin(scene);
      await scene.at(20_500);
      alice.cutOff();
      await scene.pass(500);
      alice.stop();
      await scene.at(45_000);
    },
    theirs: [
      wrong(that('alice has ended', 'alice hangs', (scene) => actor(scene, 'alice').elector.place.clock.isOver)),
    ],
    ours: [leadsInTheEnd('bob'), logged('alice', 'lock not released')],
  },
  {
    type: 'story',
    id: 'p03-standby-stops',
    title: 'A standby that is told to stop never starts its work',
    origins: ['P3: controller-runtime#2719 (a non-leader shutting down started leader work)'],
    about: 'bob stands by and is told to stop. Nothing is written, nothing is started.',
    peer: 'client-go 0.37',
    async story(scene) {
      const { bob } = await begin(scene);
      await scene.at(10_500);
      bob.stop();
      await scene.at(15_000);
    },
    theirs: [terms('bob', 0)],
    ours: [terms('bob', 0), leadsInTheEnd('alice')],
  },
  {
    type: 'story',
    id: 'p08-same-name-again',
    title: "A new Pod under an old Pod's name waits like anybody else",
    origins: ['P8: kubernetes#22775, #53118 (a name that comes again)'],
    about: `The node of web-0 is cut off; the Pod is deleted by force and made again elsewhere, under its old name. The
      old one still works. To client-go the new one is the holder at once. Ours reads the seal beside the record:
      another process wrote it.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const old = scene.start('web-0');
      await scene.at(20_500);
      old.cutOff();
      await scene.at(22_000);
      scene.start('web-0');
      await scene.at(50_000);
    },
    theirs: [wrong(neverTwoLead)],
    ours: [leadsInTheEnd('web-0#2')],
  },
  {
    type: 'story',
    id: 'p14a-emptied-by-hand',
    title: 'Emptying the holder by hand moves the leadership, and costs one lease',
    origins: ['P14: metallb#800, patroni#1577 (forced switch)'],
    about: `Somebody takes the holder out of the Lease, to make another one lead. To client-go it is free: bob takes it,
      alice does not stop before her renew deadline (G2). Ours sees that it was no release (the seal does not say so):
      alice stops at once, and everybody waits as long as she might have thought herself valid.`,
    peer: 'client-go 0.37',
    async story(scene) {
      await begin(scene);
      await scene.at(22_100);
      scene.mark('the edit');
      scene.editLock('empties the holder', { spec: { holderIdentity: '' } });
      await scene.at(45_000);
    },
    theirs: [wrong(neverTwoLead)],
    ours: [nextLeaderWithin(15_050, 'the edit')],
  },
  {
    type: 'story',
    id: 'p14b-hand-over',
    title: 'A step-down hands over to another one within milliseconds',
    origins: ['P14: fabric8#4477, enhancements#5357 (a hand-over)', 'kube-leader-election: leader_election'],
    about: `Whoever steps down rests for some seconds, longer than Go candidates take to poll, so that another one gets
      the lock, and then stands by. On client-go only the end of the process hands over.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice } = await begin(scene);
      await scene.at(20_500);
      scene.mark('the step-down');
      alice.stepDown();
      await scene.at(40_000);
      alice.asked();
    },
    theirs: [wrong(nextLeaderWithin(50, 'the step-down')), leadsInTheEnd('bob')],
    ours: [nextLeaderWithin(50, 'the step-down'), leadsInTheEnd('bob'), terms('alice', 1)],
  },
  {
    type: 'story',
    id: 'p15a-sigstop',
    title: 'The first word after a pause is no',
    origins: ['P15: figwright#159, openraft#1916, etcd#14641, istio/operator#646', 'client-go: clock/pause'],
    about: `The leader's process stands still, and bob takes over. When it goes on, before any timer of its own has run,
      somebody asks it. client-go answers from memory; and its work goes on beside bob's until it has found out.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice, bob } = await begin(scene);
      await scene.at(20_500);
      alice.pause();
      await scene.untilLeading(bob);
      await scene.pass(3_000);
      alice.resume();
      alice.asked();
      await scene.pass(15_000);
      alice.asked();
    },
    theirs: [wrong(neverTwoLead), wrong(neverTwoWork), nobodyErased],
    ours: [leadsInTheEnd('bob'), nobodyErased],
  },
  {
    type: 'story',
    id: 'p15b-suspended-machine',
    title: 'A leader counts the time for which its machine slept',
    origins: ['P15: a suspended machine'],
    about: `The leader's machine is suspended for 30 s. Go's timers and durations go by a clock that stands still
      meanwhile, as Node's do; by that clock the lease is good for seconds yet. Ours asks the boot-time clock too.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const { alice, bob } = await begin(scene);
      await scene.at(20_500);
      alice.suspend();
      await scene.untilLeading(bob);
      await scene.at(50_500);
      alice.wake();
      alice.asked();
      await scene.pass(15_000);
    },
    theirs: [wrong(neverTwoLead)],
    ours: [leadsInTheEnd('bob')],
  },
];
