/**
 * What an elector relies on in the Kubernetes API, as tests: one suite, run unchanged against the store in memory, the
 * embedded server, and a real kube-apiserver. Where they differ, the real one is right.
 *
 * Not a conformance test: only the kinds, verbs and refusals that an elector meets.
 */
import { after, before, describe } from 'node:test';
import { pathContract } from './parts/paths.ts';
import { readContract } from './parts/reading.ts';
import { refusalContract } from './parts/refusals.ts';
import { rightsContract } from './parts/rights.ts';
import { watchContract } from './parts/watching.ts';
import { writeContract } from './parts/writing.ts';
import type { ContractTarget } from './target.ts';
import { createWorld } from './world.ts';

export function contractSuite(name: string, makeTarget: () => Promise<ContractTarget>): void {
  describe(`the Kubernetes API contract: ${name}`, () => {
    const world = createWorld();
    before(async () => world.open(await makeTarget()));
    after(() => world.close());

    writeContract(world);
    readContract(world);
    refusalContract(world);
    watchContract(world);
    pathContract(world);
    rightsContract(world);
  });
}
