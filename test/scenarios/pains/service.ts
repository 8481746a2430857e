/** P2, P4, P5, P7, P9 to P12 of what users report: hand-overs, labels, blips, load, rights, clocks, health. */
import { begin, heldByKate } from '../stage/beginnings.ts';
import {
  labelOf,
  leadsInTheEnd,
  logged,
  neverTwoLabelled,
  neverTwoLead,
  neverWithoutLeaderFor,
  nextLeaderWithin,
  recordIs,
  requestsAtMost,
  sent,
  terms,
} from '../stage/checks.ts';
import { type Scenario, wrong } from '../stage/scenario.ts';

const GROUP = 'coordination.k8s.io';

export const service: readonly Scenario[] = [
  {
    type: 'story',
    id: 'p02-rollout',
    title: 'A rollout costs milliseconds without a leader, not a lease for each Pod',
    origins: ['P2: opentelemetry-operator#3058, dragonfly-operator#577, pod-certificate-signer#122 (a rollout)'],
    about: `A Deployment replaces its three Pods one by one: the new one starts, an old one is told to stop. It happens
      to be the leader each time.`,
    peer: 'original',
    async story(scene) {
      const all = ['alice', 'bob', 'carol'].map((name, index) => {
        return scene.start(name, { ttlMs: 10_000, random: 0.2 + index / 5 });
      });
      const leader = () => all.find((it) => scene.ledger.is('leads', it.name));
      for (const name of ['dave', 'erin', 'frank']) {
        await scene.until('there is a leader', () => leader() !== undefined);
        await scene.pass(6_000);
        const old = leader();
        all.push(scene.start(name, { ttlMs: 10_000, random: 0.9 }));
        await scene.pass(1_000);
        old?.stop();
        await scene.pass(100);
      }
      await scene.until('there is a leader', () => leader() !== undefined);
      await scene.pass(2_000);
    },
    theirs: [wrong(neverWithoutLeaderFor(1_000))],
    ours: [neverWithoutLeaderFor(50)],
  },
  {
    type: 'story',
    id: 'p04-label-after-a-partition',
    title: 'A leader that was cut off and comes back keeps no label',
    origins: ['P4: kubeblocks#782 (two leader labels after an API outage), vault#21642, dragonfly-operator#365'],
    about: `alice is cut off and bob takes over. The new leader puts alice's label right before its own; when she comes
      back she patches only what she is.`,
    peer: 'original',
    async story(scene) {
      const { alice } = await begin(scene, { ttlMs: 10_000, pod: {} });
      await scene.at(20_500);
      alice.cutOff();
      await scene.at(45_000);
      alice.reconnect();
      await scene.at(60_000);
    },
    theirs: [wrong(neverTwoLabelled)],
    ours: [neverTwoLabelled, labelOf('alice', 'standby'), labelOf('bob', 'leader')],
  },
  {
    type: 'story',
    id: 'p05-etcd-has-no-leader',
    title: 'An API that fails for some seconds costs nobody the leadership',
    origins: ['P5: VictoriaMetrics/operator#1362, kube-vip#282, cluster-operator#1083, Kong#3124, kubearchive#1176'],
    about: `A defragmentation, a slow disk, an election inside etcd: for 4.5 s the API answers everything with 500. The usual TTL is 10 s. The
      original gives up after 3.3 s.`,
    peer: 'original',
    async story(scene) {
      await begin(scene, { ttlMs: 10_000 });
      await scene.at(20_500);
      scene.outage(500);
      await scene.at(25_000);
      scene.outage(null);
      await scene.at(40_000);
    },
    theirs: [wrong(terms('alice', 1))],
    ours: [terms('alice', 1), neverWithoutLeaderFor(0)],
  },
  {
    type: 'story',
    id: 'p07-idle-fleet',
    title: 'Standbys cost next to nothing',
    origins: [
      'P7: kubernetes#121806, #122049, kube-vip#1425, Kong#3124, enhancements#4356',
      'P1: kubernetes#67651 (10,000 candidates)',
    ],
    about: `Eight electors, ten minutes, no trouble. Standbys of client-go poll every 2 to 4.4 s, each of them; ours
      watch. Only the leader's renewals remain, however many there are.`,
    peer: 'client-go 0.37',
    async story(scene) {
      for (let index = 0; index < 8; index += 1) {
        scene.start(`app-${index}`, { random: index / 8 });
        await scene.pass(100);
      }
      await scene.at(600_000);
    },
    theirs: [wrong(requestsAtMost(300))],
    ours: [requestsAtMost(300), leadsInTheEnd('app-0')],
  },
  {
    type: 'story',
    id: 'p09-campaigns-again',
    title: 'Losing a term is not the end: it campaigns again',
    origins: ['P9: runlore#250, kuberhealthy#1533, elastic-agent#4542, haproxy-ingress#1210, fabric8#6020, java#714'],
    about: `client-go's Run returns when a term is lost. A program that calls it once, and does not end then, lives on
      and never contends again; only a health check that somebody has wired in would tell. alice is the only one.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const alice = scene.start('alice', { campaignsOnce: true });
      await scene.at(10_500);
      scene.outage(503);
      await scene.at(30_000);
      scene.outage(null);
      await scene.at(60_000);
      alice.probed();
    },
    theirs: [wrong(leadsInTheEnd('alice'))],
    ours: [leadsInTheEnd('alice'), terms('alice', 2)],
  },
  {
    type: 'story',
    id: 'p10a-rights-to-one-lock',
    title: 'Rights to one named lock are enough, and fast',
    origins: ['P10: kvisor#152, aws-load-balancer-controller#1554 (create cannot be limited by name)'],
    about: `The Role names the lock for get, list, watch and update; only create cannot be so limited. Ours lists and
      watches with a selector by name, which such a Role admits.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const named = ['get', 'list', 'watch', 'update'];
      const rules = [
        { verbs: named, group: GROUP, resources: ['leases'], names: ['reports'] },
        { verbs: ['create'], group: GROUP, resources: ['leases'] },
      ];
      for (const name of ['alice', 'bob']) scene.platform.grant(name, rules);
      const { alice } = await begin(scene);
      await scene.at(10_500);
      scene.mark('SIGTERM');
      alice.stop();
      await scene.at(15_000);
    },
    theirs: [leadsInTheEnd('bob')],
    ours: [leadsInTheEnd('bob'), nextLeaderWithin(50, 'SIGTERM')],
  },
  {
    type: 'story',
    id: 'p10b-rights-of-the-original',
    title: "With the original's Role it polls, says so once, and hands over",
    origins: ['P10: contrib#2952, #3001 (undocumented rights)'],
    about: 'The Role of the original has get, create and update. Watching needs list and watch.',
    peer: 'original',
    async story(scene) {
      const rules = [{ verbs: ['get', 'create', 'update'], group: GROUP, resources: ['leases'] }];
      for (const name of ['alice', 'bob']) scene.platform.grant(name, rules);
      const { alice } = await begin(scene, { ttlMs: 10_000 });
      await scene.at(10_500);
      scene.mark('SIGTERM');
      alice.stop();
      await scene.at(25_000);
    },
    theirs: [wrong(nextLeaderWithin(5_000, 'SIGTERM'))],
    ours: [leadsInTheEnd('bob'), logged('bob', 'cannot list and watch the lock'), nextLeaderWithin(5_000, 'SIGTERM')],
  },
  {
    type: 'story',
    id: 'p10c-unauthorized-for-a-while',
    title: 'A token that is refused for a moment ends nothing',
    origins: ['P10: akka-management#1412, ingress-nginx#8996 (401 after rotation)'],
    about: `For 4 s every request is answered with 401, until the new token is there. (That it is read again is the
      client's part, and tested there.)`,
    peer: 'original',
    async story(scene) {
      await begin(scene, { ttlMs: 10_000 });
      await scene.at(20_500);
      scene.outage(401);
      await scene.at(24_500);
      scene.outage(null);
      await scene.at(40_000);
    },
    theirs: [wrong(terms('alice', 1))],
    ours: [terms('alice', 1), neverWithoutLeaderFor(0)],
  },
  {
    type: 'story',
    id: 'p11a-wall-clocks-differ',
    title: 'A wall clock that is an hour wrong changes nothing',
    origins: ['P11: client-go#448, kubernetes#120824 (clock skew)'],
    about: `bob's wall clock is an hour ahead, carol's an hour behind. Electors that compare renewTime with their own
      clock would take the lock at once, or never. client-go and ours do not compare.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const alice = scene.start('alice');
      await scene.pass(50);
      scene.start('bob', { wallSkewMs: 3_600_000, random: 0.9 });
      scene.start('carol', { wallSkewMs: -3_600_000, random: 0.1 });
      await scene.at(20_500);
      scene.mark('the crash');
      alice.crash();
      await scene.at(40_000);
    },
    theirs: [neverTwoLead],
    ours: [nextLeaderWithin(15_050, 'the crash')],
  },
  {
    type: 'story',
    id: 'p11b-restarted-container',
    title: 'A container that is restarted in its Pod leads again at once; a new Pod waits',
    origins: ['P11: csharp#1599, java#4913 (an expired lease should be taken at once)'],
    about: `Nobody can know whether an old record's holder is alive, but for one: a process of the same Pod that holds
      the Pod's proof, which only a dead predecessor gives back. The identity here is the name of the Pod; client-go
      takes every record under it for its own (G8), so it is fast too, and wrong in p08.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const first = scene.start('alice', { pod: {} });
      await scene.at(20_500);
      scene.mark('the restart');
      first.crash();
      scene.start('alice', { pod: {}, inPodOf: first.elector });
      await scene.at(25_000);
    },
    theirs: [leadsInTheEnd('alice#2')],
    ours: [leadsInTheEnd('alice#2'), nextLeaderWithin(50, 'the restart')],
  },
  {
    type: 'story',
    id: 'p11c-longer-lease',
    title: 'A holder with a longer lease is waited for as long as its record says',
    origins: ["P11: kubernetes#47671, fabric8#7160 (must use the holder's duration)"],
    about: `The TTL is lowered from 60 s to 15 s, Pod by Pod. alice, who leads, still has the long one, and is cut off.
      client-go before 0.27 waits its own.`,
    peer: 'client-go 0.17',
    async story(scene) {
      const { alice } = await begin(scene, { ttlMs: 60_000 }, { ttlMs: 15_000 });
      await scene.at(20_500);
      alice.cutOff();
      await scene.at(100_000);
    },
    theirs: [wrong(neverTwoLead)],
    ours: [leadsInTheEnd('bob'), recordIs({ holder: 'bob', seconds: 15 })],
  },
  {
    type: 'story',
    id: 'p11d-expired-at-the-start',
    title: 'A record that looks old is waited out by whoever has just come',
    origins: ['P11: client-go#448 (an expired lease at the start)'],
    about: `The record says that it ended years ago. Only its holder's clock says so. A standby that starts waits for
      its duration, and takes it then, not a poll later.`,
    peer: 'client-go 0.37',
    async story(scene) {
      scene.lockFrom('a Lease of kate from 2019 is there', heldByKate());
      scene.start('alice');
      scene.mark('the start');
      await scene.at(16_500);
    },
    theirs: [wrong(nextLeaderWithin(15_050, 'the start'))],
    ours: [nextLeaderWithin(15_050, 'the start'), sent('alice', ['list', 'list', 'update'])],
  },
  {
    type: 'story',
    id: 'p12-work-ends-by-itself',
    title: 'A leader whose work has ended gives the leadership up',
    origins: ['P12: spring-cloud-kubernetes#219, habitat#3249, lavinmq#2150 (a sick leader must give up)'],
    about: `The work of the leader gives up by itself, because what it serves is sick. client-go does not notice that
      its callback has returned: the lock is renewed for ever, and nobody works.`,
    peer: 'client-go 0.37',
    async story(scene) {
      await begin(scene, { work: { endsAfterMs: 9_000 } }, { work: {} });
      await scene.at(30_000);
    },
    theirs: [wrong(leadsInTheEnd('bob'))],
    ours: [leadsInTheEnd('bob'), neverWithoutLeaderFor(50), terms('alice', 1)],
  },
];
