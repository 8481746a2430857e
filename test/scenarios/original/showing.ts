/** 5, 6, 10, 11, 15 and 16 of what the original does wrong: labels, identities, rights, and what it says. */
import { begin } from '../stage/beginnings.ts';
import {
  labelOf,
  leadsInTheEnd,
  logged,
  neverTwoLabelled,
  neverTwoLead,
  nobodyIsElected,
  that,
} from '../stage/checks.ts';
import { type Scenario, wrong } from '../stage/scenario.ts';

const TTL = { ttlMs: 10_000 };
const MISSING = 'missing right on the lock';

const shownIll = that('bob was shown ill while he could not campaign', 'bob always looked well', (scene) =>
  scene.marks.has('bob is ill'),
);

export const showing: readonly Scenario[] = [
  {
    type: 'story',
    id: 'o05a-label-of-a-crashed-leader',
    title: "The new leader puts the old one's label right before it sets its own",
    origins: [
      'original 5',
      'P4: vault#18117, postgres-operator#3617, #1218, karina#317, patroni#1590, #2050, minio/operator#1305',
    ],
    about: `The original labels its own Pod and no other. A leader that crashes leaves its label behind, and a Service
      that selects by it sends to two Pods.`,
    peer: 'original',
    async story(scene) {
      const { alice } = await begin(scene, { ...TTL, pod: {} });
      await scene.at(20_500);
      alice.crash();
      await scene.at(40_000);
    },
    theirs: [wrong(neverTwoLabelled), wrong(labelOf('alice', 'standby'))],
    ours: [neverTwoLabelled, labelOf('alice', 'standby'), labelOf('bob', 'leader')],
  },
  {
    type: 'story',
    id: 'o05b-label-is-tried-again',
    title: 'A label that could not be set is tried again until the cluster agrees',
    origins: ['original 5'],
    about: `The original patches a label once. Where that fails the Pod keeps the old one for the whole term: here the
      leader's Pod never says so.`,
    peer: 'original',
    async story(scene) {
      const alice = scene.start('alice', { ...TTL, pod: {} });
      alice.meets("'s next two patches are answered with 500", 'patch', { status: { code: 500 } }, 2);
      await scene.at(20_000);
    },
    theirs: [wrong(labelOf('alice', 'leader'))],
    ours: [labelOf('alice', 'leader')],
  },
  {
    type: 'story',
    id: 'o06-host-name-as-identity',
    title: 'Pods that share a host name never lead together',
    origins: ['original 6', 'P8: metallb#140, volume-modifier-for-k8s#33 (hostname as identity)'],
    about: `The identity is the host name, which Pods on the host network of one node share. The original takes each
      record with its own name for its own (G8).`,
    peer: 'original',
    async story(scene) {
      const alice = scene.start('alice', { ...TTL, id: 'node-1' });
      await scene.pass(50);
      const bob = scene.start('bob', { ...TTL, id: 'node-1' });
      await scene.at(16_000);
      alice.asked();
      bob.asked();
      bob.probed();
    },
    theirs: [wrong(neverTwoLead)],
    ours: [leadsInTheEnd('alice'), logged('bob', 'identity collision')],
  },
  {
    type: 'story',
    id: 'o10-pod-in-another-namespace',
    title: 'The label is kept where the Pod is, wherever the election is',
    origins: ['original 10'],
    about: 'The Pods are in the namespace apps, the election in default. The original looks for its Pod there.',
    peer: 'original',
    async story(scene) {
      scene.start('alice', { ...TTL, pod: { namespace: 'apps' } });
      await scene.at(5_000);
    },
    theirs: [wrong(labelOf('alice', 'leader', 'apps'))],
    ours: [labelOf('alice', 'leader', 'apps')],
  },
  {
    type: 'story',
    id: 'o11-pod-without-labels',
    title: 'A Pod without any labels is labelled too',
    origins: ['original 11'],
    about: `The original adds its label by a JSON patch below /metadata/labels. Where there is no map of labels, there is
      no such place: 422.`,
    peer: 'original',
    async story(scene) {
      scene.start('alice', { ...TTL, pod: { hasLabels: false } });
      await scene.at(5_000);
    },
    theirs: [wrong(labelOf('alice', 'leader'))],
    ours: [labelOf('alice', 'leader')],
  },
  {
    type: 'story',
    id: 'o15-forbidden',
    title: 'A missing right is said once, shown by health, and noticed when it is granted',
    origins: ['original 15', 'P10: client-go#1280, #1404 (forbidden for ever, in silence)'],
    about: `bob may read the lock and not write it. alice, who leads, crashes. The original tries in silence, for ever,
      and looks well.`,
    peer: 'original',
    async story(scene) {
      const { alice, bob } = await begin(scene, TTL);
      const group = 'coordination.k8s.io';
      bob.may('may only read leases', [{ verbs: ['get', 'list', 'watch'], group, resources: ['leases'] }]);
      await scene.at(20_500);
      alice.crash();
      await scene.at(60_000);
      bob.probed();
      if (bob.elector.illness() !== null) scene.mark('bob is ill');
      bob.may('may do everything', null);
      await scene.at(65_000);
    },
    theirs: [wrong(shownIll), leadsInTheEnd('bob')],
    ours: [shownIll, logged('bob', MISSING), leadsInTheEnd('bob')],
  },
  {
    type: 'story',
    id: 'o16-nobody-is-elected',
    title: 'A release is not reported as the election of nobody',
    origins: ['original 16'],
    about: `On a ConfigMap the original's release works. Two standbys read it at the same time; the one that loses the race
      for it reports what it has read as a new leader: one without a name.`,
    peer: 'original',
    lockKind: 'configmaps',
    async story(scene) {
      const options = { ...TTL, tellsAll: true };
      const alice = scene.start('alice', options);
      await scene.pass(50);
      scene.start('bob', options);
      scene.start('carol', options);
      await scene.at(12_500);
      alice.stop();
      await scene.at(20_000);
    },
    theirs: [wrong(nobodyIsElected)],
    ours: [nobodyIsElected],
  },
];
