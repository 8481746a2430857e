/** Lock objects as the API gives them, for what is edited in the targets here. */

import { configMapCodec, endpointsCodec } from '../../src/lock/annotation.ts';
import type { Resource } from '../../src/lock/api.ts';
import { leaseCodec } from '../../src/lock/lease.ts';
import type { LockDraft, RecordCodec } from '../../src/lock/record-codec.ts';

export const CODECS: readonly RecordCodec[] = [leaseCodec, configMapCodec, endpointsCodec];
export const NAMESPACE = 'default';
export const NAME = 'reports';

export function draft(holder: string, processId: string, attempt = 3): LockDraft {
  const unixMs = Date.UTC(2026, 0, 1) + attempt * 1_000;
  return {
    record: {
      holderIdentity: holder,
      leaseDurationSeconds: 10,
      acquireTimeMs: unixMs - 60_000,
      renewTimeMs: unixMs,
      leaseTransitions: 4,
    },
    seal: {
      podName: `${holder}-0`,
      podNamespace: NAMESPACE,
      podUid: `uid-of-${holder}`,
      processId,
      attempt,
      leaseDurationSeconds: 10,
      released: false,
    },
  };
}

/** Written by that process, with fields that are nobody's business here. */
export function lockObject(codec: RecordCodec, holder: string, processId: string): Record<string, unknown> {
  const { apiVersion, kind } = codec.resource;
  const foreign = {
    apiVersion,
    kind,
    metadata: {
      name: NAME,
      namespace: NAMESPACE,
      uid: 'uid-1',
      resourceVersion: '41',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { team: 'a' },
      annotations: { note: 'kept' },
      finalizers: ['example.org/keep'],
    },
    ...(kind === 'Lease'
      ? { spec: { strategy: 'OldestEmulationVersion' } }
      : { data: { 'app.conf': 'x=1' }, subsets: [] }),
  };
  return asJson(codec.encode(foreign, draft(holder, processId)));
}

export function listOf({ apiVersion, kind }: Resource, items: readonly object[]): Record<string, unknown> {
  return { apiVersion, kind: `${kind}List`, metadata: { resourceVersion: '50' }, items };
}

export function statusObject(code: number, reason: string, details: object = {}): Record<string, unknown> {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: reason, reason, details, code };
}

/** Over the wire and back. */
export function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
