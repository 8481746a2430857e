/**
 * What requests and watches share: the address, the headers, and the credentials and connections of now. One for each
 * client and purpose; see `ConnectionPool` for why they do not share connections.
 */
import type { Agent } from 'node:http';
import { describeError } from '../errors.ts';
import { validateHeaderValue } from '../node-http.ts';
import type { Connection } from './connection.ts';
import { ConnectionPool } from './connection-pool.ts';
import { describeNetworkError } from './http-exchange.ts';
import { resolvePath } from './server-url.ts';

/** What is needed to send one request now. */
export interface Access {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly agent: Agent;
}

export class ApiConnection {
  readonly #connection: Connection;
  readonly #userAgent: string;
  readonly #pool: ConnectionPool;
  /** The server's certificate was refused: perhaps the authority was replaced since it was read. */
  #distrusted = false;

  constructor(connection: Connection, userAgent: string) {
    this.#connection = connection;
    this.#userAgent = userAgent;
    this.#pool = new ConnectionPool(connection);
  }

  /** Rejects, with a message that says where credentials were looked for, when there are none. */
  async access(options: { readonly fresh: boolean }): Promise<Access> {
    try {
      const fresh = options.fresh || this.#distrusted;
      this.#distrusted = false;
      const { headers, tls } = await this.#connection.credentials({ fresh });
      // A token with a newline inside would else be reported as a failed connection.
      for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, String(value));
      const agent = await this.#pool.agentFor(tls);
      return { agent, headers: { accept: 'application/json', 'user-agent': this.#userAgent, ...headers } };
    } catch (error) {
      throw new Error(`no credentials from ${this.#connection.origin}: ${describeError(error)}`, { cause: error });
    }
  }

  url(path: string): URL {
    return resolvePath(this.#connection.server, path);
  }

  /** Call it after every request that brought no answer. */
  noteFailure(error?: unknown): void {
    this.#pool.dropIdle();
    if (isCertificateError(error)) this.#distrusted = true;
  }

  describeFailure(error: unknown): string {
    return `no answer from ${this.#connection.server.origin} (${this.#connection.origin}): ${describeNetworkError(error)}`;
  }

  destroy(): void {
    this.#pool.destroy();
  }
}

/** Node names what OpenSSL found: `CERT_HAS_EXPIRED`, `SELF_SIGNED_CERT_IN_CHAIN`, `UNABLE_TO_VERIFY_LEAF_SIGNATURE`. */
function isCertificateError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /CERT|LEAF_SIGNATURE/.test(String(error.code));
}
