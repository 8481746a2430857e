/**
 * Somebody who watches a lock without taking part, and notes when each change of its record arrived. It says when the
 * lease ends for any standby: one duration after the last change.
 */
import { Agent, request } from 'node:https';
import type { Cluster } from '../../test/cluster/harness/cluster.ts';
import { at, textAt } from '../../test/cluster/harness/requests.ts';
import { monoMs } from './mono.ts';

export interface Sight {
  readonly receivedAtMs: number;
  readonly holder: string;
  /** Of the record: receipt plus duration. */
  readonly endsAtMs: number;
}

export interface Observer {
  latest(): Sight | null;
  stop(): void;
}

export function observe(cluster: Cluster, namespace: string, election: string): Observer {
  let latest: Sight | null = null;
  let renewTime = '';
  const agent = new Agent({ keepAlive: true, ca: cluster.caPem });
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases?watch=1&fieldSelector=metadata.name%3D${election}`;
  const headers = { authorization: `Bearer ${cluster.adminToken}` };
  const see = (line: string) => {
    const receivedAtMs = monoMs();
    const event: unknown = JSON.parse(line);
    const renewed = textAt(event, 'object', 'spec', 'renewTime');
    if (renewed === renewTime) return;
    renewTime = renewed;
    const seconds = Number(at(event, 'object', 'spec', 'leaseDurationSeconds'));
    const holder = textAt(event, 'object', 'spec', 'holderIdentity');
    latest = { receivedAtMs, holder, endsAtMs: receivedAtMs + seconds * 1000 };
  };
  const sent = request(new URL(path, cluster.url), { agent, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) see(line);
    });
    response.on('error', () => {});
  });
  sent.on('error', () => {});
  sent.end();
  return {
    latest: () => latest,
    stop: () => sent.destroy(),
  };
}
