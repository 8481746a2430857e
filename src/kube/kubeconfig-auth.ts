/**
 * Credentials that a kubeconfig does not hold but says how to get: exec plug-ins, and the providers of the official
 * client (OIDC and its like), which runs both and keeps what they gave until it expires.
 */
import { isAbsolute, join } from 'node:path';
import type { Cluster, User } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import { isObject } from './json.ts';
import type { KubernetesLibrary } from './kubernetes-library.ts';
import type { TlsMaterial } from './tls-material.ts';

export type PluginAuth = (fresh: boolean) => Promise<PluginCredentials>;

export interface PluginCredentials {
  readonly headers: Readonly<Record<string, string>>;
  /** A plug-in may give a client certificate instead of a token. */
  readonly tls: TlsMaterial;
}

export interface PluginAuthOptions {
  readonly library: KubernetesLibrary;
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly user: User;
  /** Where the kubeconfig lies: a relative command is meant relative to it. */
  readonly folder: string;
}

/** The library cannot stop a plug-in that hangs; after this time another one is started beside it. */
const PLUGIN_PATIENCE_MS = 60_000;

/** Requests that ask at the same time share one run of the plug-in. */
export function createPluginAuth(options: PluginAuthOptions): PluginAuth {
  const user = preparedUser(options);
  let authenticator: Authenticator | null = null;
  let running: {
    readonly result: Promise<PluginCredentials>;
    readonly fresh: boolean;
    readonly sinceMs: number;
  } | null = null;

  return (fresh) => {
    const nowMs = options.clock.now().monoMs;
    // A run that began before the API refused its predecessor's result may be about to give that very result.
    if (running !== null && (running.fresh || !fresh) && nowMs - running.sinceMs < PLUGIN_PATIENCE_MS) {
      return running.result;
    }
    // The library keeps credentials, useless ones too, in its authenticators: a new one has nothing to fall back on.
    if (fresh || running !== null) authenticator = null;
    const asked = authenticator ?? createAuthenticator(options.library, user);
    authenticator = asked;
    const result = authenticate(asked, user)
      .catch((error: unknown) => {
        if (authenticator === asked) authenticator = null;
        throw error;
      })
      .finally(() => {
        if (running?.result === result) running = null;
      });
    running = { result, fresh, sinceMs: nowMs };
    return result;
  };
}

type Authenticator = InstanceType<KubernetesLibrary['KubeConfig']>;

/** A configuration that has nothing but what the authenticators look at: no file is read with each request. */
function createAuthenticator(library: KubernetesLibrary, user: User): Authenticator {
  const config = new library.KubeConfig();
  config.loadFromClusterAndUser({ name: 'unused', server: 'https://unused', skipTLSVerify: false }, user);
  return config;
}

async function authenticate(authenticator: Authenticator, user: User): Promise<PluginCredentials> {
  const applied: { headers?: unknown; cert?: unknown; key?: unknown } = {};
  try {
    await authenticator.applyToHTTPSOptions(applied as Parameters<Authenticator['applyToHTTPSOptions']>[0]);
  } catch (error) {
    throw new Error(`${describePlugin(user)} failed: ${describeError(error).replace(/\s+/g, ' ').trim()}`, {
      cause: error,
    });
  }
  const { headers, cert, key } = applied;
  const authorization = isObject(headers) ? headers.Authorization : undefined;
  if (typeof authorization !== 'string' && typeof cert !== 'string') {
    throw new Error(`${describePlugin(user)} gave neither a token nor a client certificate`);
  }
  return {
    headers: typeof authorization === 'string' ? { authorization } : {},
    tls: typeof cert === 'string' && typeof key === 'string' ? { cert, key } : {},
  };
}

function describePlugin(user: User): string {
  const command: unknown = isObject(user.exec) ? user.exec.command : undefined;
  return typeof command === 'string' ? `the credential plug-in ${command}` : `the auth provider of user "${user.name}"`;
}

/** Only what says how to get credentials, and for a plug-in what kubectl does beyond the library. */
function preparedUser({ cluster, user, folder }: PluginAuthOptions): User {
  const exec: unknown = user.exec;
  if (!isObject(exec)) return { name: user.name, authProvider: user.authProvider };
  const { command } = exec;
  const isRelativePath = typeof command === 'string' && command.includes('/') && !isAbsolute(command);
  const env = Array.isArray(exec.env) ? exec.env : [];
  return {
    name: user.name,
    exec: {
      ...exec,
      ...(isRelativePath ? { command: join(folder, command) } : {}),
      env: [...env, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(execInfo(exec, cluster)) }],
    },
  };
}

/** What a plug-in is told (the `ExecCredential` of kubectl). It has no terminal to ask a person on. */
function execInfo(exec: Readonly<Record<string, unknown>>, cluster: Cluster): object {
  const clusterInfo = {
    server: cluster.server,
    ...(cluster.caData ? { 'certificate-authority-data': cluster.caData } : {}),
    ...(cluster.tlsServerName ? { 'tls-server-name': cluster.tlsServerName } : {}),
    ...(cluster.skipTLSVerify ? { 'insecure-skip-tls-verify': true } : {}),
  };
  return {
    apiVersion: exec.apiVersion ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, ...(exec.provideClusterInfo === true ? { cluster: clusterInfo } : {}) },
  };
}
