/**
 * Finds the way to the API. What is given explicitly comes first, then a kubeconfig file, then the configuration of the
 * Pod; when the one that was chosen cannot be used, the next is NOT tried: electing a leader on another cluster than the
 * one that was named is worse than not starting.
 */
import type { Clock } from '../clock.ts';
import type { Connection } from './connection.ts';
import { type ExplicitConnection, fromExplicit } from './explicit.ts';
import { fromServiceAccount, SERVICE_ACCOUNT_FOLDER } from './in-cluster.ts';

export interface ConnectOptions {
  readonly clock: Clock;
  /** What a program gives. */
  readonly explicit?: ExplicitConnection;
  /** Path of a kubeconfig file; empty means none. `KUBECONFIG` is never read. */
  readonly kubeconfig?: string;
  /** Default `process.env`; only `KUBERNETES_SERVICE_HOST` and `_PORT` are read. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: where kubelet mounts a Pod's service account. */
  readonly serviceAccountFolder?: string;
}

/** Rejects with an `ElectorError` of code `CONNECTION_INVALID` that says what was missing and what to do about it. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { clock, explicit, kubeconfig } = options;
  if (explicit !== undefined) return fromExplicit(explicit);
  if (kubeconfig !== undefined && kubeconfig !== '') {
    // A Pod starts without it.
    const { fromKubeconfig } = await import('./kubeconfig.ts');
    return fromKubeconfig({ path: kubeconfig, clock });
  }
  return fromServiceAccount({
    clock,
    env: options.env ?? process.env,
    folder: options.serviceAccountFolder ?? SERVICE_ACCOUNT_FOLDER,
  });
}
