/**
 * The keys and certificates of a test cluster: an authority of its own, the API server's certificate for 127.0.0.1, the
 * key pair that signs ServiceAccount tokens, and client certificates on demand. Node can make keys but no certificates,
 * so the `openssl` command does that.
 */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly caFile: string;
  readonly caPem: string;
  readonly server: CertificateFiles;
  readonly serviceAccount: { readonly publicKey: string; readonly privateKey: string };
  /** A client's certificate: the common name is the user, the organisation its group. */
  client(user: string, group: string): Promise<CertificateFiles>;
}

const EXTENSIONS = `
[req]
distinguished_name = subject
[subject]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, digitalSignature
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, IP:::1, DNS:localhost
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
`;

export async function createCertificates(dir: string): Promise<Certificates> {
  const file = (name: string) => join(dir, name);
  await writeFile(file('openssl.cnf'), EXTENSIONS);
  const ca = await certificate(dir, 'ca', '/CN=k8s-elector test authority', 'ca', null);
  const server = await certificate(dir, 'server', '/CN=127.0.0.1', 'server', ca);

  const keys = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const serviceAccount = { publicKey: file('service-account.pub'), privateKey: file('service-account.key') };
  await writeFile(serviceAccount.publicKey, keys.publicKey);
  await writeFile(serviceAccount.privateKey, keys.privateKey, { mode: 0o600 });

  let clients = 0;
  return {
    caFile: ca.cert,
    caPem: await readFile(ca.cert, 'utf8'),
    server,
    serviceAccount,
    client(user, group) {
      clients += 1;
      return certificate(dir, `client-${clients}`, `/O=${group}/CN=${user}`, 'client', ca);
    },
  };
}

async function certificate(
  dir: string,
  name: string,
  subject: string,
  extensions: 'ca' | 'server' | 'client',
  signer: CertificateFiles | null,
): Promise<CertificateFiles> {
  const files = { cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
  const args = ['req', '-x509', '-config', join(dir, 'openssl.cnf'), '-extensions', extensions, '-days', '30'];
  args.push('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes');
  args.push('-subj', subject, '-keyout', files.key, '-out', files.cert);
  if (signer !== null) args.push('-CA', signer.cert, '-CAkey', signer.key);
  try {
    await promisify(execFile)('openssl', args);
  } catch (error) {
    throw new Error(
      `cannot make the certificate ${name}: ${String(error)}; the tests need the openssl command, 3.0 or newer`,
      {
        cause: error,
      },
    );
  }
  return files;
}
