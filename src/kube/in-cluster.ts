/**
 * The connection of a Pod to its own cluster: two environment variables and the three files of its service account.
 * kubelet replaces those files while the process runs (a token lives for about an hour).
 */
import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { ElectorError } from '../errors.ts';
import type { Connection, Credentials } from './connection.ts';
import { objectAt, textAt } from './json.ts';
import { RefreshedFile } from './refreshed-file.ts';
import { authorityProblem } from './tls-material.ts';

export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface ServiceAccountOptions {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

export function fromServiceAccount(options: ServiceAccountOptions): Connection {
  const { clock, env, folder } = options;
  const server = serverOf(env);
  const token = new RefreshedFile({ path: join(folder, 'token'), clock, problemOf: tokenProblem });
  const authority = new RefreshedFile({ path: join(folder, 'ca.crt'), clock, problemOf: authorityProblem });

  if (token.read({ fresh: true }) === null) {
    throw invalid(
      `${token.path}: ${token.problem}`,
      'give the Pod a service account whose token is mounted (automountServiceAccountToken must not be false)',
    );
  }

  // Without a ca.crt the system's roots are trusted: some clusters serve a public certificate and mount none.
  if (authority.read({ fresh: true }) === null && existsSync(authority.path)) {
    throw invalid(`${authority.path}: ${authority.problem}`, 'recreate the Pod so that the file is mounted anew');
  }

  return {
    server,
    origin: `the service account in ${folder}`,
    async credentials({ fresh }): Promise<Credentials> {
      const ca = authority.read({ fresh });
      return {
        // Never null: it was read above, and what was read once is kept.
        headers: { authorization: `Bearer ${token.read({ fresh })}` },
        tls: ca === null ? {} : { ca },
      };
    },
  };
}

function serverOf(env: ServiceAccountOptions['env']): URL {
  const host = env.KUBERNETES_SERVICE_HOST ?? '';
  const port = env.KUBERNETES_SERVICE_PORT ?? '';
  const missing = [host === '' ? 'KUBERNETES_SERVICE_HOST' : '', port === '' ? 'KUBERNETES_SERVICE_PORT' : ''].filter(
    (name) => name !== '',
  );
  if (missing.length > 0) {
    throw invalid(
      `no kubeconfig was named, and this does not run in a Pod: ${missing.join(' and ')} not set in the environment`,
      'run it in a Pod',
    );
  }
  const text = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(text)) {
    throw invalid(
      `KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT make no address: "${host}", "${port}"`,
      'leave these two variables to the kubelet',
    );
  }
  return new URL(text);
}

/** A token goes into a header, where a control character would be refused with words that do not name the file. */
function tokenProblem(token: string): string | null {
  return /^[\x21-\x7e]+$/.test(token) ? null : 'the token has characters that no token has';
}

function invalid(problem: string, advice: string): ElectorError {
  return new ElectorError(
    'CONNECTION_INVALID',
    `cannot connect to the Kubernetes API: ${problem}; ${advice}, or name a kubeconfig file (-kubeconfig)`,
  );
}

/** Who this Pod is. Each is empty where not known. */
export interface PodIdentity {
  readonly podName: string;
  readonly podUid: string;
  readonly podNamespace: string;
}

/**
 * What the service account's token says of the Pod that it was made for. Its signature is not verified: nothing is
 * granted on it, and a forger could as well replace this program. Tokens that are not bound to a Pod do not name one.
 */
export function readPodIdentity(folder: string = SERVICE_ACCOUNT_FOLDER): PodIdentity {
  const claims = claimsOf(readOrEmpty(join(folder, 'token')));
  const kubernetes = objectAt(claims, 'kubernetes.io');
  const pod = objectAt(kubernetes, 'pod');
  return {
    podName: textAt(pod, 'name'),
    podUid: textAt(pod, 'uid'),
    podNamespace: textAt(kubernetes, 'namespace') || readOrEmpty(join(folder, 'namespace')),
  };
}

function claimsOf(token: string): unknown {
  const payload = token.split('.')[1] ?? '';
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
