/** The proxies' authority and two certificates of it for 127.0.0.1: one that is good, and one whose time is over. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createCertificates } from '../../cluster/harness/certificates.ts';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface ProxyCertificates {
  readonly caPem: string;
  readonly good: CertificateFiles;
  readonly expired: CertificateFiles;
}

export async function proxyCertificates(dir: string): Promise<ProxyCertificates> {
  mkdirSync(dir, { recursive: true });
  const made = await createCertificates(dir);
  const good = { cert: readFileSync(made.server.cert, 'utf8'), key: readFileSync(made.server.key, 'utf8') };
  return { caPem: made.caPem, good, expired: { key: good.key, cert: expiredFor(made.server.key, made.caFile) } };
}

/** `openssl req` makes none that is over already; `openssl x509` does. */
function expiredFor(keyFile: string, caFile: string): string {
  const dir = dirname(caFile);
  const [extensions, request, cert] = ['expired.ext', 'expired.csr', 'expired.crt'].map((name) => join(dir, name));
  writeFileSync(String(extensions), 'subjectAltName = IP:127.0.0.1\n');
  openssl('req', '-new', '-key', keyFile, '-subj', '/CN=127.0.0.1', '-out', String(request));
  openssl(
    ...['x509', '-req', '-in', String(request), '-days', '-1', '-extfile', String(extensions)],
    ...['-CA', caFile, '-CAkey', join(dir, 'ca.key'), '-out', String(cert)],
  );
  return readFileSync(String(cert), 'utf8');
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
