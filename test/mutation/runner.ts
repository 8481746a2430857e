/**
 * A test runner for Stryker, by which a mutant costs milliseconds: tests run within its own process, where a global
 * variable says which mutant is on, and only those run that come past it. A process for each takes a second.
 */
import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InstrumenterContext } from '@stryker-mutator/api/core';
import {
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';
import { type Collected, collect } from './collected.ts';

/** What takes long comes last: few mutants live until then. */
const FILES = [
  'test/{election,lock}/!(properties).test.ts',
  'test/mutation/scenarios.ts',
  'test/election/properties.test.ts',
];
/** These change the sources themselves, which are changed already. */
const NOT_HERE = /\bwithout rule \d+/;

/** Shared with the changed sources: which mutant is on, and which ones were come past. */
const context: InstrumenterContext = {};
Object.assign(globalThis, { __stryker__: context });

// The same cases for each mutant; and that one fails is enough, without looking for the shortest.
fc.configureGlobal({ seed: 1, endOnFailure: true });

class CollectingRunner implements TestRunner {
  #tests: readonly Collected[] | null = null;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun(): Promise<DryRunResult> {
    const tests: TestResult[] = [];
    for (const one of await this.#load()) tests.push(await run(one));
    const { mutantCoverage } = context;
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage === undefined ? {} : { mutantCoverage }) };
  }

  /** Ends with the first test that fails. A mutant in what runs when a file is loaded is on when that happens. */
  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, mutantActivation, reloadEnvironment, testFilter, hitLimit } = options;
    if (reloadEnvironment) this.#tests = null;
    Object.assign(context, { hitCount: 0, hitLimit });
    if (mutantActivation === 'static') context.activeMutant = activeMutant.id;
    const tests = await this.#load().catch(() => null);
    if (tests === null) return { status: MutantRunStatus.Error, errorMessage: 'the sources do not load' };
    context.activeMutant = activeMutant.id;
    let nrOfTests = 0;
    try {
      for (const one of tests) {
        if (testFilter !== undefined && !testFilter.includes(one.name)) continue;
        nrOfTests += 1;
        const result = await run(one);
        if (context.hitCount !== undefined && hitLimit !== undefined && context.hitCount > hitLimit) {
          return { status: MutantRunStatus.Timeout, reason: 'it goes round and round' };
        }
        if (result.status === TestStatus.Failed) {
          const { failureMessage } = result;
          return { status: MutantRunStatus.Killed, killedBy: [one.name], failureMessage, nrOfTests };
        }
      }
      return { status: MutantRunStatus.Survived, nrOfTests };
    } finally {
      delete context.activeMutant;
    }
  }

  async #load(): Promise<readonly Collected[]> {
    this.#tests ??= await loadTests();
    return this.#tests;
  }
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'collecting', injectableClass: CollectingRunner }];

async function run({ name, run }: Collected): Promise<TestResult> {
  context.currentTestId = name;
  const startedMs = performance.now();
  const about = { id: name, name, timeSpentMs: 0 };
  try {
    await run();
    return { ...about, status: TestStatus.Success, timeSpentMs: performance.now() - startedMs };
  } catch (error) {
    const timeSpentMs = performance.now() - startedMs;
    return { ...about, status: TestStatus.Failed, timeSpentMs, failureMessage: String(error) };
  } finally {
    delete context.currentTestId;
  }
}

// ------------------------------------------------------------------------------------------------- loading tests

let loads = 0;

/** Each time anew: the sources, which the sandbox has in place of this project's, and the tests. */
async function loadTests(): Promise<readonly Collected[]> {
  const sandbox = process.cwd();
  const root = pathToFileURL(sandbox).href;
  const load = String(++loads);
  const standIn = new URL('collected.ts', import.meta.url).href;
  const hooks = registerHooks({
    resolve(specifier, parent, next) {
      if (specifier === 'node:test') return { url: standIn, shortCircuit: true };
      const resolved = next(specifier, parent);
      if (!resolved.url.startsWith(root) || resolved.url.includes('/node_modules/')) return resolved;
      const url = new URL(resolved.url);
      url.searchParams.set('load', load);
      return { ...resolved, url: url.href };
    },
  });
  try {
    const files = FILES.flatMap((pattern) => globSync(pattern, { cwd: sandbox }).sort());
    const tests = await collect(files, (file) => import(pathToFileURL(join(sandbox, file)).href));
    return tests.filter(({ name }) => !NOT_HERE.test(name));
  } finally {
    hooks.deregister();
  }
}
