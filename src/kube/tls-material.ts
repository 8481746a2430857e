/**
 * What a TLS connection to the API is made of, as plain text: the authority to trust and the client's own certificate.
 * It is compared by value, because files on disk are rotated under a running process.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { describeError } from '../errors.ts';

export interface TlsMaterial {
  /** PEM, one or more certificates. Without it the system's roots are trusted. */
  readonly ca?: string;
  /** PEM: the client's certificate chain. */
  readonly cert?: string;
  /** PEM: the client's private key. */
  readonly key?: string;
  /** The name to ask for and to verify, when it is not the host of the server's URL. */
  readonly servername?: string;
  /** False: the server's certificate is not verified. */
  readonly rejectUnauthorized?: boolean;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Why `pem` is no certificate authority; null when it is one. Node ignores what it cannot read in `ca`, and every
 * connection would then fail with words that do not name the cause.
 */
export function authorityProblem(pem: string): string | null {
  const certificates = pem.match(PEM_CERTIFICATE) ?? [];
  if (certificates.length === 0) return 'expected at least one PEM certificate, got none';
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      return `PEM certificate ${index + 1} of ${certificates.length} cannot be parsed: ${describeError(error)}`;
    }
  }
  return null;
}

/** Why no connection can be made with a client certificate and key; null when it can. */
export function clientCertificateProblem(tls: TlsMaterial): string | null {
  if (tls.cert === undefined && tls.key === undefined) return null;
  if (tls.cert === undefined) return 'there is a client key without a client certificate';
  if (tls.key === undefined) return 'there is a client certificate without a client key';
  try {
    createSecureContext({ cert: tls.cert, key: tls.key });
    return null;
  } catch (error) {
    return `client certificate and key cannot be used: ${describeError(error)}`;
  }
}

export function sameTls(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a.ca === b.ca &&
    a.cert === b.cert &&
    a.key === b.key &&
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized
  );
}
