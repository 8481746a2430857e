/** Rows of the suites that ask for a value, not for a story: configuration, and the lock's object. */

import { resolveSettings } from '../../../src/config/settings.ts';
import { createStore } from '../../../src/dev/store.ts';
import { storeApi } from '../../../src/dev/store-api.ts';
import type { LockWrite, Observed } from '../../../src/election/record.ts';
import { leaseCodec } from '../../../src/lock/lease.ts';
import { ObjectLock } from '../../../src/lock/object-lock.ts';
import type { TableScenario } from '../stage/scenario.ts';

type Given = Parameters<typeof resolveSettings>[0];

function configured(given: Given, hostname = 'alice'): string {
  const { settings, problems } = resolveSettings(given, {}, hostname, 'flags');
  if (settings === null) return problems.join('; ');
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = settings.timings;
  const [l, d, r] = [leaseDurationMs, renewDeadlineMs, retryPeriodMs].map((ms) => `${Math.round(ms) / 1000} s`);
  return `${settings.lockType}/${settings.namespace}/${settings.name} as ${settings.id}, ${l}, ${d}, ${r}`;
}

const NAMED = { name: 'reports' };
const USUAL = { ...NAMED, ttl: '15s', renewDeadline: '10s', retryPeriod: '2s' };

const START = Date.UTC(2026, 0, 1, 0, 0, 0, 123);

function newLock() {
  let uids = 0;
  const store = createStore({ newUid: () => `uid-${++uids}`, wallMs: () => START });
  return new ObjectLock(storeApi(store), leaseCodec, 'default', 'reports');
}

const SOON = { timeoutMs: 1_000 };

function write(on: Observed | null, holderIdentity = 'alice'): LockWrite {
  return {
    on,
    record: {
      holderIdentity,
      leaseDurationSeconds: 15,
      acquireTimeMs: START,
      renewTimeMs: START,
      leaseTransitions: 3,
    },
    seal: {
      podName: 'alice',
      podNamespace: 'default',
      podUid: '',
      processId: 'process-of-alice',
      attempt: 1,
      leaseDurationSeconds: 15,
      released: false,
    },
  };
}

/** What is written over this object, without what says who wrote it. */
function writtenOver(raw: object): { readonly [part: string]: unknown } {
  const { record, seal } = write(null);
  const { metadata, ...rest } = leaseCodec.encode({ ...raw }, { record, seal });
  const { annotations: _, ...others } = metadata as { annotations?: object };
  return { ...rest, metadata: others };
}

export const suiteTables: readonly TableScenario[] = [
  {
    type: 'table',
    id: 's40-configuration',
    title: 'A configuration either works or is refused at start, with what would do',
    origins: [
      'client-go: TestLeaderElectionConfigValidation, valid',
      'client-go: TestLeaderElectionConfigValidation, empty identity',
      'client-go: duration inequalities in NewLeaderElector',
      'fabric8: LeaderElectorBuilderTest',
      'fabric8: LeaseLockTest, missing namespace, name, identity',
    ],
    about: `Other builders ask for everything; ours asks for the election's name and has a default for the rest. All
      problems are told at once.`,
    peer: 'client-go',
    rows: [
      {
        given: 'everything: 15 s, 10 s, 2 s',
        theirs: 'valid',
        ours: () => configured(USUAL),
        must: 'leases/default/reports as alice, 15 s, 10 s, 2 s',
      },
      {
        given: 'nothing but the name',
        theirs: 'leaseDuration must be greater than renewDeadline (all of them are missing)',
        ours: () => configured(NAMED),
        must: 'leases/default/reports as alice, 10 s, 6.667 s, 1.667 s',
      },
      {
        given: 'no name',
        theirs: 'accepted; every request fails',
        ours: () => configured({}),
        must: "missing required value: election name was not specified (see '--help' for usage)",
      },
      {
        given: 'an empty namespace',
        theirs: 'accepted; every request fails',
        ours: () => configured({ ...NAMED, namespace: '' }),
        must: /^-namespace: expected/,
      },
      {
        given: 'an empty identity',
        theirs: 'Lock identity is empty',
        ours: () => configured({ ...NAMED, id: '' }),
        must: /^leases\/default\/reports as alice,/,
      },
      {
        given: 'an empty identity on a machine without a name',
        theirs: 'Lock identity is empty',
        ours: () => configured({ ...NAMED, id: '', podName: 'alice' }, ''),
        must: /^-id: expected 1 to 512 characters/,
      },
      {
        given: 'a lease shorter than its renew deadline: 8 s, 10 s, 2 s',
        theirs: 'leaseDuration must be greater than renewDeadline',
        ours: () => configured({ ...USUAL, ttl: '8s' }),
        must: /^-renew-deadline: expected at most 7\.041s with a ttl of 8s/,
      },
      {
        given: 'a renew deadline shorter than 1.2 retry periods: 15 s, 10 s, 9 s',
        theirs: 'renewDeadline must be greater than retryPeriod*JitterFactor',
        ours: () => configured({ ...USUAL, retryPeriod: '9s' }),
        must: /^-renew-deadline: expected more than 1\.2 times the retry period \(9s\), got 10s/,
      },
      {
        given: 'no time for the work to end: 15 s, 14 s, 11 s',
        theirs: 'valid (G5)',
        ours: () => configured({ ...USUAL, renewDeadline: '14s', retryPeriod: '11s' }),
        must: /-renew-deadline: expected at most 13\.202s with a ttl of 15s/,
      },
      {
        given: 'a lease of 0 s',
        theirs: 'leaseDuration must be greater than renewDeadline',
        ours: () => configured({ ...NAMED, ttl: '0s' }),
        must: /^-ttl: expected 1s to 1h, got 0s/,
      },
      {
        given: 'a renew deadline of 0 s',
        theirs: 'renewDeadline must be greater than retryPeriod*JitterFactor',
        ours: () => configured({ ...USUAL, renewDeadline: '0s' }),
        must: /^-renew-deadline: expected more than/,
      },
      {
        given: 'a retry period of 0 s',
        theirs: 'retryPeriod must be greater than zero',
        ours: () => configured({ ...USUAL, retryPeriod: '0s' }),
        must: /^-retry-period: expected 10ms or more, got 0s/,
      },
    ],
  },
  {
    type: 'table',
    id: 's41-lock-object',
    title: 'What stands in the lock is read and written without loss',
    origins: [
      'client-go: TestLeaseSpecToLeaderElectionRecordRoundTrip',
      'client-go: TestGet',
      'client-go: TestGetError',
      'client-go: TestCreateError',
      'client-go: TestUpdateError',
      'client-go: TestDescribe',
      'client-go: TestLeaseConversion',
      'client-go: TestUpdateWithNilLabelsOnLease',
      'client-go: TestUpdateWithNilLabelsOnLeaseLock',
      'client-go: TestLabelUpdate',
      'fabric8: LeaseLockTest, get, create, update, identity, describe',
      'fabric8: nowShouldReturnZonedTimeInUTC',
      'kube-leader-election: test_format_timestamp',
    ],
    about: `The record is one of several things on the object; the others belong to others. A write names the sight that
      it replaces, so there is no cache that could be empty.`,
    peer: 'client-go',
    rows: [
      {
        given: 'what is written, read again',
        theirs: 'identical',
        ours: async () => {
          const lock = newLock();
          await lock.write(write(null), SOON);
          const read = await lock.get(SOON);
          return read.type === 'found' ? JSON.stringify(read.observed.record) : read.type;
        },
        must:
          '{"holderIdentity":"alice","leaseDurationSeconds":15,"acquireTime":"2026-01-01T00:00:00.123000Z",' +
          '"renewTime":"2026-01-01T00:00:00.123000Z","leaseTransitions":3}',
      },
      {
        given: 'how a lock is named in messages',
        theirs: 'default/reports',
        ours: () => newLock().path,
        must: 'leases/default/reports',
      },
      {
        given: 'a lock that is not there, read',
        theirs: 'the 404 as an error',
        ours: async () => (await newLock().get(SOON)).type,
        must: 'missing',
      },
      {
        given: 'a lock that is there, created',
        theirs: 'AlreadyExists as an error',
        ours: async () => {
          const lock = newLock();
          await lock.write(write(null), SOON);
          return (await lock.write(write(null, 'bob'), SOON)).type;
        },
        must: 'conflict',
      },
      {
        given: 'a write before anything was read',
        theirs: 'lease not initialized, call get or create first',
        ours: async () => (await newLock().write(write(null), SOON)).type,
        must: 'done',
      },
      {
        given: 'fields of a Lease that belong to others: strategy, preferredHolder',
        theirs: 'converted both ways; an elector that is not coordinated drops them',
        ours: () => {
          const { spec } = writtenOver({ spec: { strategy: 'OldestEmulationVersion', preferredHolder: 'bob' } });
          const { strategy, preferredHolder } = spec as { strategy?: string; preferredHolder?: string };
          return JSON.stringify({ strategy, preferredHolder });
        },
        must: '{"strategy":"OldestEmulationVersion","preferredHolder":"bob"}',
      },
      {
        given: 'labels of others',
        theirs: 'kept; own ones are set',
        ours: () => JSON.stringify(writtenOver({ metadata: { labels: { team: 'blue' } } }).metadata),
        must: '{"labels":{"team":"blue"}}',
      },
      {
        given: 'no labels at all',
        theirs: 'no crash',
        ours: () => JSON.stringify(writtenOver({ metadata: {} }).metadata),
        must: '{}',
      },
    ],
  },
];
