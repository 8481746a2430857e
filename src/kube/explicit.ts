/** A connection that a program gives by itself, value by value. */
import { ElectorError } from '../errors.ts';
import type { Connection, Credentials } from './connection.ts';
import { parseServerUrl } from './server-url.ts';
import { authorityProblem, clientCertificateProblem, type TlsMaterial } from './tls-material.ts';

export interface ExplicitConnection {
  /** `https://10.0.0.1:6443`; plain `http://` is for a local proxy. */
  readonly server: string;
  /** A bearer token. A function is asked before every request, so let it keep what is still valid. */
  readonly token?: string | (() => string | Promise<string>);
  /** PEM. Without it the system's roots are trusted. */
  readonly ca?: string;
  /** PEM: the client's certificate and its private key, both or neither. */
  readonly cert?: string;
  readonly key?: string;
  /** The name to verify, when it is not the host of `server`. */
  readonly tlsServerName?: string;
  /** True: the server's certificate is not verified. Never in production. */
  readonly insecureSkipTlsVerify?: boolean;
}

export function fromExplicit(explicit: ExplicitConnection): Connection {
  const server = parseServerUrl(explicit.server);
  if (typeof server === 'string') throw invalid(`server: ${server}`);
  const tls = tlsOf(explicit);
  const problem = (tls.ca === undefined ? null : authorityProblem(tls.ca)) ?? clientCertificateProblem(tls);
  if (problem !== null) throw invalid(problem);

  const { token } = explicit;
  return {
    server,
    origin: 'the connection given by the program',
    async credentials(): Promise<Credentials> {
      const current = typeof token === 'function' ? await token() : token;
      return { headers: current === undefined ? {} : { authorization: `Bearer ${current}` }, tls };
    },
  };
}

function tlsOf(explicit: ExplicitConnection): TlsMaterial {
  return {
    ...(explicit.ca === undefined ? {} : { ca: explicit.ca }),
    ...(explicit.cert === undefined ? {} : { cert: explicit.cert }),
    ...(explicit.key === undefined ? {} : { key: explicit.key }),
    ...(explicit.tlsServerName === undefined ? {} : { servername: explicit.tlsServerName }),
    ...(explicit.insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
  };
}

function invalid(problem: string): ElectorError {
  return new ElectorError(
    'CONNECTION_INVALID',
    `cannot use the connection given by the program: ${problem}; ` +
      'correct it, or leave it out and name a kubeconfig file, or leave both out to use the service account of the Pod',
  );
}
