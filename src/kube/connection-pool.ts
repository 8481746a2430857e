/**
 * The kept-alive connections to one server for one purpose: requests have one pool, watches another, so that a watch
 * that is stuck never delays a request. When the certificates change, connections are made anew and those still in use
 * end with their request.
 */
import type { Agent, AgentOptions } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { createSecureContext } from 'node:tls';
import { Agent as PlainAgent } from '../node-http.ts';
import type { Connection } from './connection.ts';
import { sameTls, type TlsMaterial } from './tls-material.ts';

/** After this much silence the kernel asks whether the other side still lives. */
const TCP_KEEP_ALIVE_MS = 10_000;

/** Node's agents switch off Nagle's algorithm by themselves. */
const KEPT_ALIVE: AgentOptions = { keepAlive: true, keepAliveMsecs: TCP_KEEP_ALIVE_MS };

export class ConnectionPool {
  readonly #connection: Connection;
  #current: { readonly tls: TlsMaterial; readonly agent: Agent } | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Rejects when no connection can be made with these certificates and none could be made before. */
  async agentFor(tls: TlsMaterial): Promise<Agent> {
    const current = this.#current;
    if (current !== null && sameTls(current.tls, tls)) return current.agent;
    try {
      const agent = await this.#createAgent(tls);
      // A request that was sent at the same time may have been here first; an agent without connections needs no end.
      const meanwhile = this.#current;
      if (meanwhile !== null && sameTls(meanwhile.tls, tls)) return meanwhile.agent;
      this.#replace({ tls, agent });
      return agent;
    } catch (error) {
      // Certificate and key are two files, and were read between the replacing of one and of the other.
      if (current !== null) return current.agent;
      throw error;
    }
  }

  /**
   * Closes every connection that waits for a request. Done after each failure: when one connection went dead, those
   * beside it most likely did too, and the next request must not be spent on finding out.
   */
  dropIdle(): void {
    if (this.#current !== null) destroyIdle(this.#current.agent);
  }

  /** Closes everything, requests under way included. */
  destroy(): void {
    this.#current?.agent.destroy();
    this.#current = null;
  }

  #createAgent(tls: TlsMaterial): Agent | Promise<Agent> {
    const { createAgent, server } = this.#connection;
    if (createAgent !== undefined) return createAgent(tls);
    return server.protocol === 'http:' ? new PlainAgent(KEPT_ALIVE) : createTlsAgent(tls);
  }

  #replace(next: { readonly tls: TlsMaterial; readonly agent: Agent }): void {
    const former = this.#current?.agent;
    this.#current = next;
    if (former === undefined) return;
    former.maxFreeSockets = 0;
    destroyIdle(former);
  }
}

/** The agent also keeps TLS sessions, so that a new connection resumes one instead of a whole handshake. */
function createTlsAgent({ ca, cert, key, servername, rejectUnauthorized }: TlsMaterial): Agent {
  return new TlsAgent({
    ...KEPT_ALIVE,
    ALPNProtocols: ['http/1.1'],
    // Said in either case, because Node would else listen to NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: rejectUnauthorized ?? true,
    ...(servername === undefined ? {} : { servername }),
    // Parsed once here instead of once for each connection.
    secureContext: createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    }),
  });
}

function destroyIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of [...(sockets ?? [])]) socket.destroy();
  }
}
