/**
 * A connection from a kubeconfig file, read by the official Kubernetes client, which is loaded only then: it takes
 * 50 MB of memory that a Pod never needs. The library reads the file and runs what hands out credentials
 * (`kubeconfig-auth.ts`) and proxies (`kubeconfig-proxy.ts`); files that are named in it are read here, because they
 * are rotated. Not used: the `KUBECONFIG` variable, and the namespace of the context.
 */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { Cluster, Context, KubeConfig, User } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { describeError, ElectorError } from '../errors.ts';
import type { Connection, Credentials } from './connection.ts';
import { isObject, type JsonObject, objectAt } from './json.ts';
import { createPluginAuth, type PluginAuth } from './kubeconfig-auth.ts';
import { createProxyAgent } from './kubeconfig-proxy.ts';
import type { KubernetesLibrary } from './kubernetes-library.ts';
import { RefreshedFile } from './refreshed-file.ts';
import { parseServerUrl } from './server-url.ts';
import { authorityProblem, clientCertificateProblem, type TlsMaterial } from './tls-material.ts';

export interface KubeconfigOptions {
  readonly path: string;
  readonly clock: Clock;
  /** For tests: how the official client is loaded. */
  readonly importLibrary?: () => Promise<KubernetesLibrary>;
}

/** Rejects with an `ElectorError` of code `CONNECTION_INVALID`. */
export async function fromKubeconfig(options: KubeconfigOptions): Promise<Connection> {
  try {
    return await readConnection(options);
  } catch (error) {
    if (error instanceof ElectorError) throw error;
    // The library promises texts where the file may have anything, and takes it for granted.
    const [firstLine] = describeError(error).split('\n');
    throw invalid(options.path, `the file is malformed: ${firstLine}`, error);
  }
}

async function readConnection(options: KubeconfigOptions): Promise<Connection> {
  const { path, clock } = options;
  const text = readConfig(path);
  const library = await loadLibrary(path, options.importLibrary ?? (() => import('@kubernetes/client-node')));
  const config = parseConfig(library, path, text);
  const { context, cluster, user } = select(config, path);

  const server = parseServerUrl(cluster.server);
  if (typeof server === 'string') throw invalid(path, `cluster "${context.cluster}": ${server}`);
  if (cluster.proxyUrl !== undefined && !/^(https?|socks[45]?[ah]?):\/\/./.test(cluster.proxyUrl)) {
    throw invalid(
      path,
      `cluster "${context.cluster}": expected proxy-url to be http, https or socks5, got "${cluster.proxyUrl}"`,
    );
  }

  const readTls = tlsReader(path, clock, cluster, user);
  const readHeaders = headersReader({ path, clock, library, context, cluster, user, text });

  return {
    server,
    origin: `kubeconfig ${path}, context ${context.name}`,
    async credentials({ fresh }): Promise<Credentials> {
      const { headers, tls } = await readHeaders(fresh);
      return { headers, tls: { ...readTls(fresh), ...tls } };
    },
    ...(cluster.proxyUrl === undefined ? {} : { createAgent: (tls) => createProxyAgent(library, cluster, tls) }),
  };
}

function readConfig(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const tilde = path.startsWith('~') ? '; the shell did not expand ~' : '';
    throw invalid(path, `the file cannot be read: ${describeError(error)}${tilde}`, error);
  }
  if (text.trim() === '') throw invalid(path, 'the file is empty');
  return text;
}

async function loadLibrary(path: string, load: () => Promise<KubernetesLibrary>): Promise<KubernetesLibrary> {
  try {
    return await load();
  } catch (error) {
    throw new ElectorError(
      'CONNECTION_INVALID',
      `cannot use kubeconfig ${path}: the official Kubernetes client, which reads it, cannot be loaded ` +
        `(${describeError(error)}); install it (npm install @kubernetes/client-node), ` +
        'or run in a Pod without a kubeconfig',
      { cause: error },
    );
  }
}

function parseConfig(library: KubernetesLibrary, path: string, text: string): KubeConfig {
  const config = new library.KubeConfig();
  config.loadFromString(text);
  config.makePathsAbsolute(dirname(path));
  return config;
}

interface Selection {
  readonly context: Context;
  readonly cluster: Cluster;
  /** Null when the context names no user: requests are anonymous then. */
  readonly user: User | null;
}

function select(config: KubeConfig, path: string): Selection {
  const contextName: unknown = config.getCurrentContext();
  if (typeof contextName !== 'string' || contextName === '') {
    throw invalid(path, `current-context is not set; the contexts there: ${names(config.getContexts())}`);
  }
  const context = config.getContextObject(contextName);
  if (context === null) {
    throw invalid(path, `current-context is "${contextName}", but the contexts there: ${names(config.getContexts())}`);
  }
  const cluster = config.getCluster(context.cluster);
  if (cluster === null) {
    throw invalid(
      path,
      `context "${contextName}" names cluster "${context.cluster}", but the clusters there: ${names(config.getClusters())}`,
    );
  }
  const user = config.getCurrentUser();
  if (user === null && context.user) {
    throw invalid(
      path,
      `context "${contextName}" names user "${context.user}", but the users there: ${names(config.getUsers())}`,
    );
  }
  return { context, cluster, user };
}

function names(entries: readonly { readonly name: string }[]): string {
  return entries.length === 0 ? 'none' : entries.map(({ name }) => `"${name}"`).join(', ');
}

/** Reads once, so that what is wrong shows at start, and gives the function that reads again. */
function tlsReader(path: string, clock: Clock, cluster: Cluster, user: User | null): (fresh: boolean) => TlsMaterial {
  const ca = pemReader(path, clock, 'certificate-authority', cluster.caFile, cluster.caData, authorityProblem);
  const cert = pemReader(path, clock, 'client-certificate', user?.certFile, user?.certData);
  const key = pemReader(path, clock, 'client-key', user?.keyFile, user?.keyData);

  const read = (fresh: boolean): TlsMaterial => ({
    ...(ca === null ? {} : { ca: ca(fresh) }),
    ...(cert === null ? {} : { cert: cert(fresh) }),
    ...(key === null ? {} : { key: key(fresh) }),
    ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
    ...(cluster.skipTLSVerify ? { rejectUnauthorized: false } : {}),
  });
  const problem = clientCertificateProblem(read(false));
  if (problem !== null) throw invalid(path, problem);
  return read;
}

/** As kubectl does, data that stands in the file wins over the name of another file. */
function pemReader(
  path: string,
  clock: Clock,
  field: string,
  file: string | undefined,
  data: string | undefined,
  problemOf: (pem: string) => string | null = () => null,
): ((fresh: boolean) => string) | null {
  if (data) {
    const pem = Buffer.from(data, 'base64').toString('utf8');
    const problem = problemOf(pem);
    if (problem !== null) throw invalid(path, `${field}-data: ${problem}`);
    return () => pem;
  }
  if (!file) return null;
  return fileReader(path, field, new RefreshedFile({ path: file, clock, problemOf }));
}

function fileReader(path: string, field: string, file: RefreshedFile): (fresh: boolean) => string {
  const first = file.read({ fresh: true });
  if (first === null) throw invalid(path, `${field}: ${file.path}: ${file.problem}`);
  return (fresh) => file.read({ fresh }) ?? first;
}

interface HeaderSources {
  readonly path: string;
  readonly clock: Clock;
  readonly library: KubernetesLibrary;
  readonly context: Context;
  readonly cluster: Cluster;
  readonly user: User | null;
  readonly text: string;
}

type HeadersReader = (fresh: boolean) => Promise<{ headers: Credentials['headers']; tls: TlsMaterial }>;

/** One source of identity is used, the first of: token file, token, plug-in or provider, user name and password. */
function headersReader(sources: HeaderSources): HeadersReader {
  const { path, clock, library, context, cluster, user, text } = sources;
  if (user === null) return async () => ({ headers: {}, tls: {} });

  const raw = rawUser(library, text, context.user);
  const impersonation = impersonationHeaders(raw);
  const steady = (identity: () => string): HeadersReader => {
    return async () => ({ headers: { authorization: identity(), ...impersonation }, tls: {} });
  };

  const { tokenFile } = raw;
  if (typeof tokenFile === 'string' && tokenFile !== '') {
    const absolute = isAbsolute(tokenFile) ? tokenFile : join(dirname(path), tokenFile);
    const read = fileReader(path, 'tokenFile', new RefreshedFile({ path: absolute, clock }));
    return async (fresh) => ({ headers: { authorization: `Bearer ${read(fresh)}`, ...impersonation }, tls: {} });
  }
  if (user.token) return steady(() => `Bearer ${user.token}`);
  if (user.exec || user.authProvider) {
    const plugin: PluginAuth = createPluginAuth({ library, clock, cluster, user, folder: dirname(path) });
    return async (fresh) => {
      const { headers, tls } = await plugin(fresh);
      return { headers: { ...headers, ...impersonation }, tls };
    };
  }
  if (user.username) {
    const basic = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
    return steady(() => `Basic ${basic}`);
  }
  return async () => ({ headers: impersonation, tls: {} });
}

/** The user as it stands in the file: the library drops `tokenFile` and some of the impersonation. */
function rawUser(library: KubernetesLibrary, text: string, name: string): JsonObject {
  const document = library.loadYaml<unknown>(text);
  const users = isObject(document) && Array.isArray(document.users) ? document.users : [];
  return objectAt(
    users.find((user) => isObject(user) && user.name === name),
    'user',
  );
}

function impersonationHeaders(raw: JsonObject): Record<string, string | readonly string[]> {
  const { as, 'as-uid': uid, 'as-groups': groups } = raw;
  return {
    ...(typeof as === 'string' ? { 'impersonate-user': as } : {}),
    ...(typeof uid === 'string' ? { 'impersonate-uid': uid } : {}),
    ...(Array.isArray(groups) ? { 'impersonate-group': groups.map(String) } : {}),
  };
}

function invalid(path: string, problem: string, cause?: unknown): ElectorError {
  return new ElectorError(
    'CONNECTION_INVALID',
    `cannot use kubeconfig ${path}: ${problem}; correct the file, or name another (-kubeconfig), ` +
      'or name none to use the service account of the Pod',
    cause === undefined ? {} : { cause },
  );
}
