/**
 * The three files that a kubelet puts into a container, written and rotated as a kubelet does it: all of them at once,
 * by renaming a symbolic link. With the two environment variables they are an in-cluster configuration anywhere.
 */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ServiceAccountFiles {
  readonly dir: string;
  readonly env: { readonly KUBERNETES_SERVICE_HOST: string; readonly KUBERNETES_SERVICE_PORT: string };
  /** Replaces all three files; what is not given stays. */
  rotate(changed: Partial<ServiceAccountContent>): void;
}

export interface ServiceAccountContent {
  readonly token: string;
  readonly caPem: string;
  readonly namespace: string;
}

const FILES = { token: 'token', caPem: 'ca.crt', namespace: 'namespace' } as const;

export function inClusterEnv(dir: string, apiUrl: string, content: ServiceAccountContent): ServiceAccountFiles {
  let current = content;
  let generation = 0;
  function write(): void {
    const previous = `..generation-${generation}`;
    generation += 1;
    const next = `..generation-${generation}`;
    mkdirSync(join(dir, next), { recursive: true });
    for (const key of ['token', 'caPem', 'namespace'] as const)
      writeFileSync(join(dir, next, FILES[key]), current[key]);
    symlinkSync(next, join(dir, '..data_tmp'));
    renameSync(join(dir, '..data_tmp'), join(dir, '..data'));
    rmSync(join(dir, previous), { recursive: true, force: true });
  }

  write();
  for (const file of Object.values(FILES)) symlinkSync(join('..data', file), join(dir, file));
  const { hostname, port } = new URL(apiUrl);
  return {
    dir,
    env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
    rotate(changed) {
      current = { ...current, ...changed };
      write();
    },
  };
}
