/**
 * The way in for a guest: an elector or a program that a person starts in another terminal, on the demo's API. An
 * account of its own, and a kubeconfig file for it that goes when the demo goes. The demo judges its own members only.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { User } from '../rights.ts';

export interface Guest {
  /** For the API. */
  readonly token: string;
  readonly user: User;
}

export interface GuestFile {
  /** Of the kubeconfig. */
  readonly path: string;
  /** May be called again, and while the process exits. */
  remove(): void;
}

/** What an elector needs, with the label of its Pod if it has one; any lock, so that a program may have its own. */
export function createGuest(): Guest {
  const onLocks = ['get', 'list', 'watch', 'create', 'update'];
  const rules = [
    { verbs: onLocks, group: 'coordination.k8s.io', resources: ['leases'] },
    { verbs: ['get', 'list', 'watch', 'patch'], group: '', resources: ['pods'] },
  ];
  return { token: randomUUID(), user: { name: 'guest', rules } };
}

/** In a folder that only this user can enter. */
export function writeGuestFile(server: string, token: string): GuestFile {
  const folder = mkdtempSync(join(tmpdir(), 'elector-demo-'));
  const path = join(folder, 'guest');
  writeFileSync(path, kubeconfigOf(server, token), { mode: 0o600 });
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function kubeconfigOf(server: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: demo
    cluster: { server: '${server}' }
users:
  - name: guest
    user: { token: '${token}' }
contexts:
  - name: demo
    context: { cluster: demo, user: guest, namespace: default }
current-context: demo
`;
}
