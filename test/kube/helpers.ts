/** Builds the client that the tests here ask, and the objects that they ask for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { KubeClient } from '../../src/kube/client.ts';
import type { Connection, Credentials } from '../../src/kube/connection.ts';
import type { ApiAnswer, ApiWatchEvent, Resource } from '../../src/lock/api.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

export const LEASES: Resource = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };
export const CONFIG_MAPS: Resource = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };

/** Longer than any test lasts: the virtual clock does not move by itself. */
export const IN_TIME = { timeoutMs: 1_000 };

export interface ClientParts {
  readonly clock?: VirtualClock;
  readonly credentials?: Connection['credentials'];
  readonly createAgent?: NonNullable<Connection['createAgent']>;
}

export function createClient(t: TestContext, url: string, parts: ClientParts = {}) {
  const clock = parts.clock ?? new VirtualClock();
  const connection: Connection = {
    server: new URL(url),
    origin: 'the test',
    credentials: parts.credentials ?? (async () => withToken('alice')),
    ...(parts.createAgent === undefined ? {} : { createAgent: parts.createAgent }),
  };
  return { clock, client: clientOf(t, connection, clock) };
}

export function clientOf(t: TestContext, connection: Connection, clock = new VirtualClock()): KubeClient {
  const client = new KubeClient({ connection, clock, version: '1.2.3' });
  t.after(() => client.close());
  return client;
}

export function withToken(token: string): Credentials {
  return { headers: { authorization: `Bearer ${token}` }, tls: {} };
}

export function getReports(client: KubeClient, options: { timeoutMs: number; signal?: AbortSignal } = IN_TIME) {
  return client.get(LEASES, 'default', 'reports', options);
}

/** The answer in a few words, for whole comparisons: `ok 200`, `error 409`, `failed timeout`. */
export function inShort(answer: ApiAnswer): string {
  return answer.type === 'failed' ? `failed ${answer.reason}` : `${answer.type} ${answer.code}`;
}

/** Events in a few words: `ADDED 7`, `BOOKMARK 9`, `END 410`. */
export function eventInShort(event: ApiWatchEvent): string {
  if (event.type === 'END') return `END ${event.code}`;
  if (event.type === 'BOOKMARK') return `BOOKMARK ${event.version}`;
  const { metadata } = event.object as { metadata: { resourceVersion: string } };
  return `${event.type} ${metadata.resourceVersion}`;
}

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kube-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
