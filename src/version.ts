/** This package's version, read from its package.json: the folder above both src/ and dist/. */
import { readFileSync } from 'node:fs';

export function readVersion(): string {
  try {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  } catch {
    // A copy without its package.json still elects leaders.
  }
  return 'unknown';
}
