/** Connections through the proxy that a kubeconfig names, made by the agents of the official client. */
import { Agent } from 'node:http';
import type { Cluster } from '@kubernetes/client-node';
import type { KubernetesLibrary } from './kubernetes-library.ts';
import type { TlsMaterial } from './tls-material.ts';

/**
 * For an HTTP proxy that accepts a connection and then says nothing: the library leaves such attempts open for ever,
 * and each request would add one. (Its SOCKS agent gives up by itself; given a time it would also end silent watches.)
 */
const PROXY_ANSWER_TIMEOUT_MS = 10_000;

export async function createProxyAgent(library: KubernetesLibrary, cluster: Cluster, tls: TlsMaterial): Promise<Agent> {
  const { name, server, proxyUrl } = cluster;
  const config = new library.KubeConfig();
  config.loadFromClusterAndUser(
    { name, server, skipTLSVerify: false, ...(proxyUrl === undefined ? {} : { proxyUrl }) },
    { name: 'unused' },
  );
  const applied: Parameters<typeof config.applyToHTTPSOptions>[0] = {
    ...tls,
    ...(proxyUrl?.startsWith('socks') ? {} : { timeout: PROXY_ANSWER_TIMEOUT_MS }),
  };
  await config.applyToHTTPSOptions(applied);
  const { agent } = applied;
  if (!(agent instanceof Agent)) throw new Error(`no way through the proxy ${proxyUrl}: the client made no agent`);
  // The library opens a connection for each request; an election sends them for as long as it lives.
  return Object.assign(agent, { keepAlive: true });
}
