/**
 * Two witnesses that tell a slow machine from a slow elector, both sampled: how long processes waited for a processor
 * although they could have run, as the kernel counts it, and how long the API server takes to answer a small question.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { monoMs, sleep } from '../../bench/world/mono.ts';
import type { Stall } from './history.ts';

const SAMPLE_EVERY_MS = 200;
/** Less is the noise of any machine. */
const WORTH_NOTING_MS = 20;
/** Of the shortest budget of a request, 250 ms at a TTL of 1 s, the better part. */
const SLOW_ANSWER_MS = 150;

type Waits = ReadonlyMap<string, number>;

export class CpuWait {
  readonly stalls: Stall[] = [];
  readonly #timer: NodeJS.Timeout;
  #last: { readonly atMs: number; readonly waits: Waits };

  /** `pids` is asked each time, for servers are restarted. `main`: the thread that a Node program decides in. */
  constructor(of: string, pids: () => readonly number[], threads: 'main' | 'all') {
    const look = () => ({ atMs: monoMs(), waits: waitsOf(pids(), threads) });
    this.#last = look();
    this.#timer = setInterval(() => {
      const now = look();
      const waitedMs = longestWaitMs(this.#last.waits, now.waits);
      if (waitedMs >= WORTH_NOTING_MS) this.stalls.push({ of, fromMs: this.#last.atMs, toMs: now.atMs, waitedMs });
      this.#last = now;
    }, SAMPLE_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Of the thread that waited longest; one that is new has no past. */
export function longestWaitMs(before: Waits, after: Waits): number {
  const waits = [...after].map(([thread, ns]) => ns - (before.get(thread) ?? ns));
  return Math.max(0, ...waits) / 1e6;
}

function waitsOf(pids: readonly number[], threads: 'main' | 'all'): Waits {
  const waits = new Map<string, number>();
  for (const pid of pids) {
    const folder = `/proc/${pid}/task`;
    try {
      for (const thread of threads === 'main' ? [String(pid)] : readdirSync(folder)) {
        waits.set(thread, Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[1]));
      }
    } catch {
      // It has just ended.
    }
  }
  return waits;
}

/** Asks the API again and again, one question at a time, past all proxies. What fails at once is no slowness. */
export class ApiWait {
  readonly stalls: Stall[] = [];
  readonly #ask: () => Promise<unknown>;
  #stopped = false;

  constructor(ask: () => Promise<unknown>) {
    this.#ask = ask;
    void this.#watch();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      const fromMs = monoMs();
      await this.#ask().catch(() => {});
      const toMs = monoMs();
      if (toMs - fromMs >= SLOW_ANSWER_MS) this.stalls.push({ of: 'API', fromMs, toMs, waitedMs: toMs - fromMs });
      await sleep(SAMPLE_EVERY_MS);
    }
  }
}
