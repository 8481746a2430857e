/**
 * What hands do to the lock, half of the time while its leader hears nothing from the API and so cannot know. Only where
 * it is promised to be safe: nothing else goes on in the election, everybody has seen the lock, nobody is a Go elector
 * (which would take it at once), and deletions lie far apart.
 */
import { monoMs, sleep } from '../../../bench/world/mono.ts';
import { at } from '../../cluster/harness/requests.ts';
import type { Election } from '../election.ts';
import type { StrikeKind } from '../history.ts';
import { retried } from '../member.ts';
import { type Blow, type Fault, renewDeadlineMs } from './fault.ts';

const RECORD = 'control-plane.alpha.kubernetes.io/leader';
const DELETIONS_APART = 4;

type Fields = Readonly<Record<string, unknown>>;

/** Answers and events reach the leader late, so that it leads on to its renew deadline; whoever does not wait is found. */
async function perhapsUnseen({ election, target, random }: Blow, act: () => Promise<void>): Promise<void> {
  const leader = election.leader ?? target;
  if (!random.chance(0.5)) return act();
  const strike = election.strike('black hole, delivered late', [leader], 'answers only, while a hand is at the lock');
  leader.proxy.front.set({ down: { type: 'held' } });
  await act();
  await sleep(1.3 * renewDeadlineMs(election));
  leader.proxy.front.heal();
  strike.end();
}

const deleted: Fault = {
  kind: 'lock deleted',
  weight: 3,
  onLock: true,
  fits: (_target, election) =>
    !election.hasGoMembers && monoMs() - election.deletedAtMs > DELETIONS_APART * election.plan.ttlMs,
  strike(blow) {
    const { election } = blow;
    return perhapsUnseen(blow, async () => {
      const strike = election.strike('lock deleted', [], 'by hand');
      await retried(() => election.cluster.admin('DELETE', election.lockPath));
      election.deletedAtMs = monoMs();
      strike.end();
    });
  },
};

function edited(
  kind: StrikeKind,
  weight: number,
  edit: (election: Election, durationSeconds: number) => Promise<string>,
): Fault {
  return {
    kind,
    weight,
    onLock: true,
    fits: (_target, { hasGoMembers }) => !hasGoMembers,
    strike(blow) {
      const { election, random } = blow;
      // Not shorter than that of a leader who may not know it.
      const durationSeconds = Math.ceil(election.plan.ttlMs / 1000) + random.below(3);
      return perhapsUnseen(blow, async () => {
        const strike = election.strike(kind, [], 'by hand');
        const how = await retried(() => edit(election, durationSeconds));
        if (how !== '') strike.also(how);
        strike.end();
      });
    },
  };
}

/** The record with these fields set. */
async function setRecord({ cluster, lockPath, plan }: Election, changed: Fields): Promise<void> {
  if (plan.lockKind === 'leases') {
    await cluster.admin('PATCH', lockPath, { spec: changed });
    return;
  }
  const { body } = await cluster.admin('GET', lockPath);
  const record: Fields = JSON.parse(String(at(body, 'metadata', 'annotations', RECORD) ?? '{}'));
  await setAnnotation(cluster, lockPath, JSON.stringify({ ...record, ...changed }));
}

async function setAnnotation(cluster: Election['cluster'], lockPath: string, text: string): Promise<void> {
  await cluster.admin('PATCH', lockPath, { metadata: { annotations: { [RECORD]: text } } });
}

const emptied = edited('lock emptied', 3, async (election) => {
  await setRecord(election, { holderIdentity: '' });
  return '';
});

const taken = edited('lock taken by hand', 3, async (election, leaseDurationSeconds) => {
  const now = new Date().toISOString();
  const renewTime = election.plan.lockKind === 'leases' ? now.replace('Z', '000Z') : `${now.slice(0, 19)}Z`;
  await setRecord(election, { holderIdentity: 'intruder', leaseDurationSeconds, renewTime });
  return `for ${leaseDurationSeconds} s`;
});

const garbled = edited('lock garbled', 2, async (election) => {
  if (election.plan.lockKind === 'leases') {
    await setRecord(election, { holderIdentity: null, leaseDurationSeconds: null, renewTime: null, acquireTime: null });
  } else {
    await setAnnotation(election.cluster, election.lockPath, '{"holderIdentity":"al');
  }
  return '';
});

/** Neither a change of the record nor a reason for anything. */
const relabelled: Fault = {
  kind: 'lock relabelled',
  weight: 2,
  onLock: true,
  fits: () => true,
  async strike({ election, random }) {
    const times = 1 + random.below(6);
    const strike = election.strike('lock relabelled', [], `${times} times`);
    for (let time = 0; time < times; time += 1) {
      const labels = { 'chaos/edit': `${Math.round(monoMs())}` };
      await retried(() => election.cluster.admin('PATCH', election.lockPath, { metadata: { labels } }));
      await sleep(election.plan.ttlMs / 5);
    }
    strike.end();
  },
};

export const LOCK_FAULTS: readonly Fault[] = [deleted, emptied, taken, garbled, relabelled];
