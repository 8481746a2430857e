/**
 * Somebody who watches the locks of a namespace without taking part, on a connection of its own to the API server, and
 * notes each change when it arrived. Connects again whenever the API comes back; what happened meanwhile it does not see.
 */
import { Agent, request } from 'node:https';
import { monoMs } from '../../bench/world/mono.ts';
import type { Cluster } from '../cluster/harness/cluster.ts';
import { at } from '../cluster/harness/requests.ts';
import { lockPath } from '../support/cluster-world.ts';
import type { LockKind, Sight } from './history.ts';

const RECONNECT_MS = 100;
const RECORD = 'control-plane.alpha.kubernetes.io/leader';
const SEAL = 'k8s-elector/seal';

export class LockWatch {
  readonly sights: Sight[] = [];
  readonly #agent: Agent;
  readonly #url: URL;
  readonly #token: string;
  readonly #lockKind: LockKind;
  #stop = () => {};
  #stopped = false;
  #last = '';

  constructor(cluster: Cluster, namespace: string, lockKind: LockKind) {
    this.#agent = new Agent({ keepAlive: false, ca: cluster.caPem });
    const [path = '', name = ''] = lockPath(namespace, lockKind).split(/\/(?=[^/]+$)/);
    this.#url = new URL(`${path}?watch=1&fieldSelector=metadata.name%3D${name}`, cluster.url);
    this.#token = cluster.adminToken;
    this.#lockKind = lockKind;
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#stop();
    this.#agent.destroy();
  }

  #connect(): void {
    if (this.#stopped) return;
    const headers = { authorization: `Bearer ${this.#token}` };
    const sent = request(this.#url, { agent: this.#agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (text + chunk).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) this.#see(line);
      });
      response.on('error', () => {});
    });
    this.#stop = () => sent.destroy();
    sent.on('error', () => {});
    sent.once('close', () => setTimeout(() => this.#connect(), RECONNECT_MS));
    sent.end();
  }

  #see(line: string): void {
    const atMs = monoMs();
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch {
      return;
    }
    const type = at(event, 'type');
    if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') return;
    const object = at(event, 'object');
    const version = String(at(object, 'metadata', 'resourceVersion'));
    // A watch without a version begins with what is there.
    if (version === this.#last && type === 'ADDED') return;
    this.#last = version;
    const record = recordIn(object, this.#lockKind);
    // A Go elector leaves the seal of the one before it as it is.
    const sealed = parsed(at(object, 'metadata', 'annotations', SEAL), 'released') === true;
    const released = record.holder === '' && sealed;
    this.sights.push({ atMs, version, type: type === 'DELETED' ? 'deleted' : 'changed', ...record, released });
  }
}

function recordIn(object: unknown, lockKind: LockKind): { readonly holder: string; readonly durationSeconds: number } {
  const annotation = at(object, 'metadata', 'annotations', RECORD);
  const field = (name: string) => (lockKind === 'leases' ? at(object, 'spec', name) : parsed(annotation, name));
  const holder = field('holderIdentity');
  return {
    holder: typeof holder === 'string' ? holder : '',
    durationSeconds: Number(field('leaseDurationSeconds')) || 0,
  };
}

function parsed(text: unknown, field: string): unknown {
  try {
    return at(JSON.parse(String(text)), field);
  } catch {
    return undefined;
  }
}
