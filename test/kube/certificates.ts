/** Certificates for tests, made by the `openssl` command: an authority, and servers and clients that it vouches for. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly cert: string;
  /** For 127.0.0.1, ::1 and localhost, unless told otherwise. */
  server(names?: string): KeyPair;
  client(commonName: string): KeyPair;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

export function createAuthority(name = 'test authority'): Authority {
  const authority = selfSigned(name);
  const signed = (commonName: string, ...extensions: string[]) =>
    inFolder((folder) => {
      const caCert = writeIn(folder, 'ca.crt', authority.cert);
      const caKey = writeIn(folder, 'ca.key', authority.key);
      return makePair(folder, commonName, ['-CA', caCert, '-CAkey', caKey, ...extensions]);
    });
  return {
    cert: authority.cert,
    server: (names = 'IP:127.0.0.1,IP:::1,DNS:localhost') =>
      signed('server', '-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=critical,CA:FALSE'),
    client: (commonName) => signed(commonName, '-addext', 'basicConstraints=critical,CA:FALSE'),
  };
}

function selfSigned(commonName: string): KeyPair {
  return inFolder((folder) => makePair(folder, commonName, []));
}

function makePair(folder: string, commonName: string, extra: readonly string[]): KeyPair {
  const cert = join(folder, 'new.crt');
  const key = join(folder, 'new.key');
  execFileSync(
    'openssl',
    ['req', '-x509', ...NEW_KEY, '-subj', `/CN=${commonName}`, '-keyout', key, '-out', cert, ...extra],
    { stdio: 'pipe' },
  );
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

function writeIn(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function inFolder<T>(make: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  try {
    return make(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
