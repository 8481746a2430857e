/** What the suites of other electors say of taking the lock. Where client-go is right, both sides do the same. */
import { begin, heldByKate, LONG_AGO } from '../stage/beginnings.ts';
import {
  actor,
  leadsInTheEnd,
  neverTwoLead,
  neverWithoutLeaderFor,
  nextLeaderWithin,
  recordIs,
  sent,
  terms,
  that,
} from '../stage/checks.ts';
import { type Scenario, wrong } from '../stage/scenario.ts';

const EMPTY_BUT_FOR_ZEROS = JSON.stringify({
  holderIdentity: '',
  leaseDurationSeconds: 0,
  acquireTime: null,
  renewTime: null,
  leaderTransitions: 0,
});

export const acquiring: readonly Scenario[] = [
  {
    type: 'story',
    id: 's01-no-lock-there',
    title: 'A missing lock is created, without a transition',
    origins: [
      'client-go: acquire from no object',
      'fabric8: singleLeaderLeaseLockCreateTest',
      'kube-leader-election: create_lease',
    ],
    about: 'One read, one create, and it leads.',
    peer: 'client-go 0.37',
    async story(scene) {
      scene.start('alice');
      await scene.at(1_000);
    },
    theirs: [leadsInTheEnd('alice'), recordIs({ holder: 'alice', seconds: 15, transitions: 0 })],
    ours: [
      leadsInTheEnd('alice'),
      recordIs({ holder: 'alice', seconds: 15, transitions: 0 }),
      sent('alice', ['list', 'create']),
    ],
  },
  {
    type: 'story',
    id: 's02-empty-spec',
    title: 'A lock that says nothing is taken at once, with one transition',
    origins: ['client-go: acquire from object without annotations', 'fabric8: singleLeaderLeaseLockUpdateTest'],
    about: 'Somebody has applied a Lease without a spec. Nobody has ever held it, so there is nobody to wait for.',
    peer: 'client-go 0.37',
    async story(scene) {
      scene.lockFrom('a Lease without a spec is there', {});
      scene.start('alice');
      await scene.at(1_000);
    },
    theirs: [leadsInTheEnd('alice'), recordIs({ holder: 'alice', transitions: 1 })],
    ours: [leadsInTheEnd('alice'), recordIs({ holder: 'alice', transitions: 1 }), sent('alice', ['list', 'update'])],
  },
  {
    type: 'story',
    id: 's03-released-by-an-old-one',
    title: 'What an old Go elector leaves behind when it releases is a release',
    origins: ['client-go: acquire from unled object'],
    about: `client-go 0.17 releases a ConfigMap with a duration of 0 and both times null. That is read as what it is.`,
    peer: 'client-go 0.17',
    lockKind: 'configmaps',
    async story(scene) {
      const annotations = { 'control-plane.alpha.kubernetes.io/leader': EMPTY_BUT_FOR_ZEROS };
      scene.lockFrom('a ConfigMap that kate, a Go elector, has released is there', {
        metadata: { name: 'reports', namespace: 'default', annotations },
      });
      scene.start('alice');
      await scene.at(1_000);
    },
    theirs: [leadsInTheEnd('alice'), recordIs({ holder: 'alice', transitions: 1 })],
    ours: [leadsInTheEnd('alice'), recordIs({ holder: 'alice', transitions: 1 })],
  },
  {
    type: 'story',
    id: 's04-the-holders-own-duration',
    title: "The holder's own duration is waited for, not one's own",
    origins: [
      'client-go: acquire from led object with the lease duration seconds',
      'fabric8: canBecomeLeaderAndRecordDurationDiffersFromConfig',
      'C#: LeaderElectionUsesActualLeaseDurationFromKubernetesObject',
    ],
    about: `kate had a lease of 3 s and is gone. Who goes by its own duration, as client-go did before 0.27, waits for
      15 s. (The other way round it is worse: see p11d.)`,
    peer: 'client-go 0.17',
    async story(scene) {
      scene.lockFrom('a Lease of kate for 3 s is there', heldByKate(3));
      scene.start('alice');
      scene.mark('the start');
      await scene.at(25_000);
    },
    theirs: [wrong(nextLeaderWithin(5_100, 'the start'))],
    ours: [nextLeaderWithin(3_050, 'the start'), sent('alice', ['list', ...Array(9).fill('update')])],
  },
  {
    type: 'story',
    id: 's05-nobody-renews',
    title: 'A lock that nobody renews is taken one duration after it was first seen',
    origins: [
      'client-go: acquire from led, unacked object',
      'P12: operator-sdk#784, vault-k8s#412 (stuck on a dead leader)',
      'fabric8: canBecomeLeaderAndExpiredLock',
      'kubert: expires',
    ],
    about: `The times in the record are from 2019, and no clock is asked about them: whoever has just come has seen
      nothing yet, and waits a full duration. A standby takes it with one write.`,
    peer: 'client-go 0.37',
    async story(scene) {
      scene.lockFrom('a Lease of kate from 2019 is there', heldByKate(15, 4));
      scene.start('alice');
      scene.mark('the start');
      await scene.at(20_000);
    },
    theirs: [recordIs({ holder: 'alice', transitions: 5 })],
    ours: [recordIs({ holder: 'alice', transitions: 5 }), nextLeaderWithin(15_050, 'the start')],
  },
  {
    type: 'story',
    id: 's06-released-by-another-kind',
    title: 'A release by a Go elector is taken at once',
    origins: ['client-go: acquire from empty led, acked object'],
    about: `kate, a Go elector of today, leads and gives the lock back. Her record was seen to be alive a moment ago;
      now it has no holder. Ours watches; client-go finds out when it polls.`,
    peer: 'client-go 0.37',
    async story(scene) {
      const kate = scene.start('kate', { as: 'client-go 0.37' });
      await scene.pass(50);
      scene.start('alice');
      await scene.at(10_500);
      scene.mark('SIGTERM');
      kate.stop();
      await scene.at(15_000);
    },
    theirs: [leadsInTheEnd('alice'), wrong(nextLeaderWithin(50, 'SIGTERM'))],
    ours: [leadsInTheEnd('alice'), nextLeaderWithin(50, 'SIGTERM')],
  },
  {
    type: 'story',
    id: 's07-held-is-not-written',
    title: 'A lock that is renewed is never written by another',
    origins: [
      "client-go: don't acquire from led, acked object",
      'client-go: two electors against one store',
      'fabric8: canBecomeLeaderAndActiveLock',
      'kubert: exclusive',
      'kube-leader-election: leader_election',
    ],
    about: 'bob reads, and knows who leads. With a watch he does not even do that: once at the start.',
    peer: 'client-go 0.37',
    async story(scene) {
      const { bob } = await begin(scene);
      await scene.at(60_000);
      bob.asked();
    },
    theirs: [leadsInTheEnd('alice'), wrong(sent('bob', ['get']))],
    ours: [leadsInTheEnd('alice'), sent('bob', ['list'])],
  },
  {
    type: 'story',
    id: 's08-refused-for-ever',
    title: 'An earlier run under the same id, and an API that refuses every write, make no leader',
    origins: ['fabric8: noDualLeaderOnRestartAfterConflictTest'],
    about: `The record bears alice's name, from a run before; every PUT is answered with 409. fabric8 once called its
      start callback before it knew what became of the PUT.`,
    peer: 'client-go 0.37',
    async story(scene) {
      scene.lockFrom('a Lease of alice from 2019 is there', {
        spec: { holderIdentity: 'alice', leaseDurationSeconds: 15, acquireTime: LONG_AGO, renewTime: LONG_AGO },
      });
      const alice = scene.start('alice');
      alice.meets("'s PUTs are all answered with 409", 'update', { status: { code: 409 } }, 10_000);
      await scene.at(120_000);
      alice.asked();
    },
    theirs: [terms('alice', 0)],
    ours: [
      terms('alice', 0),
      that('and she does not hammer', 'she hammers', (scene) => {
        return actor(scene, 'alice').elector.place.wording.requests.length < 200;
      }),
    ],
  },
  {
    type: 'story',
    id: 's09-one-after-the-other',
    title: 'Candidates that end one after the other lead one after the other, each once',
    origins: [
      'java: leaderElection',
      'java: e2e, multiCandidateLeaderElection',
      'fabric8: LeaderElectionCrudTest',
      'java: simpleLeaderElection',
    ],
    about: 'Three candidates; whoever leads is told to stop after 5 s.',
    peer: 'client-go 0.37',
    async story(scene) {
      const all = ['alice', 'bob', 'carol'].map((name, index) => scene.start(name, { random: index / 3 }));
      for (const _ of all) {
        const leads = () => all.find((it) => scene.ledger.is('leads', it.name));
        await scene.until('one leads', () => leads() !== undefined);
        await scene.pass(5_000);
        leads()?.stop();
      }
      await scene.pass(1_000);
    },
    theirs: [neverTwoLead, terms('alice', 1), terms('bob', 1), terms('carol', 1), wrong(neverWithoutLeaderFor(50))],
    ours: [terms('alice', 1), terms('bob', 1), terms('carol', 1), recordIs({ holder: '', transitions: 2 })],
  },
  {
    type: 'story',
    id: 's10-configmap-with-data',
    title: 'A ConfigMap that belongs to something else keeps its data',
    origins: [
      'fabric8: singleLeaderConfigMapLockCreateTest',
      'fabric8: singleLeaderConfigMapLockUpdateTest',
      'java: e2e, singleCandidateLeaderElection',
    ],
    about: 'The lock is an annotation on a ConfigMap with data and labels.',
    peer: 'client-go 0.17',
    lockKind: 'configmaps',
    async story(scene) {
      scene.lockFrom('a ConfigMap with data is there', {
        metadata: { name: 'reports', namespace: 'default', labels: { app: 'reports' } },
        data: { colour: 'blue' },
      });
      const alice = scene.start('alice');
      await scene.at(6_000);
      alice.stop();
      await scene.at(7_000);
    },
    theirs: [recordIs({ holder: '', seconds: 0 })],
    ours: [
      recordIs({ holder: '', seconds: 1 }),
      that('the data is as it was', 'the data is gone', ({ platform }) => {
        return JSON.stringify(platform.lock()?.data) === '{"colour":"blue"}';
      }),
    ],
  },
  {
    type: 'story',
    id: 's11-endpoints',
    title: 'Endpoints of a Service keep their addresses',
    origins: ['java: e2e, singleCandidateLeaderElection'],
    about: 'The lock is an annotation on the Endpoints object of a Service.',
    peer: 'client-go 0.17',
    lockKind: 'endpoints',
    async story(scene) {
      scene.lockFrom('an Endpoints object with an address is there', {
        subsets: [{ addresses: [{ ip: '10.0.0.7' }], ports: [{ port: 80 }] }],
      });
      scene.start('alice');
      await scene.at(6_000);
    },
    theirs: [leadsInTheEnd('alice')],
    ours: [
      leadsInTheEnd('alice'),
      that('the address is still there', 'the address is gone', ({ platform }) => {
        return JSON.stringify(platform.lock()?.subsets).includes('10.0.0.7');
      }),
    ],
  },
];
