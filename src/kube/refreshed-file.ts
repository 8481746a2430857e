/**
 * A small file that others replace under a running process: a token, a certificate. It is read again at least once a
 * minute and on demand, and a file that is missing, empty or half-written for a moment does not lose the last good
 * content (rule 34).
 *
 * Reading is synchronous on purpose: such files live in memory (kubelet's volumes are tmpfs) and are read in
 * microseconds, while an asynchronous read waits in the thread pool behind whatever the host application does there.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';

/** Well below the minute of rule 34. */
const MAX_AGE_MS = 30_000;

export interface RefreshedFileOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Why content is not usable; null when it is. Such content is treated like a missing file. */
  readonly problemOf?: (text: string) => string | null;
}

export class RefreshedFile {
  readonly path: string;
  readonly #clock: Clock;
  readonly #problemOf: (text: string) => string | null;
  #text: string | null = null;
  #readAtMonoMs = Number.NEGATIVE_INFINITY;
  #problem: string | null = null;

  constructor(options: RefreshedFileOptions) {
    this.path = options.path;
    this.#clock = options.clock;
    this.#problemOf = options.problemOf ?? (() => null);
  }

  /** The last good content, without white space around it; null when there never was one. */
  read(options: { readonly fresh: boolean }): string | null {
    const nowMs = this.#clock.now().monoMs;
    if (!options.fresh && nowMs - this.#readAtMonoMs < MAX_AGE_MS) return this.#text;
    const read = readText(this.path);
    // What was good is good: this may be the first request for long, and the one that takes the lock.
    this.#problem = read.problem ?? (read.text === this.#text ? null : this.#problemOf(read.text));
    if (this.#problem === null) {
      this.#text = read.text;
      // Only a good read counts as one: after a bad one the next request tries again.
      this.#readAtMonoMs = nowMs;
    }
    return this.#text;
  }

  /** What was wrong with the last reading, for messages; null when it was good. */
  get problem(): string | null {
    return this.#problem;
  }
}

function readText(path: string): { readonly text: string; readonly problem: string | null } {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return { text, problem: text === '' ? 'the file is empty' : null };
  } catch (error) {
    return { text: '', problem: describeError(error) };
  }
}
