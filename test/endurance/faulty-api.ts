/**
 * An API with a network before it, on virtual time: answers that are late or lost, refusals, watches that end. Every
 * answer keeps to its deadline and its signal, as a client's does.
 */
import type { Clock, Timer } from '../../src/clock.ts';
import type { Api, ApiAnswer, ApiRequestOptions, ApiWatch, ApiWatchEvent } from '../../src/lock/api.ts';
import type { Random } from '../simulation/random.ts';

export interface Faults {
  /** Of all requests, in each of these ways. */
  readonly chance: number;
  /** How long a watch lives on average. */
  readonly watchMs: number;
}

export interface FaultyApi extends Api {
  openWatches(): number;
  requests(): number;
}

const LATENCY_MS = 4;

export function faultyApi(api: Api, clock: Clock, random: Random, faults: Faults): FaultyApi {
  const open = new Set<ApiWatch>();
  let requests = 0;

  /** Settles once: with the answer, or with what the deadline or the signal made of it. */
  const carry = (options: ApiRequestOptions, send: () => Promise<ApiAnswer>): Promise<ApiAnswer> => {
    requests += 1;
    const delayMs = random.chance(faults.chance) ? random.logBetween(50, 20_000) : LATENCY_MS;
    const isLost = random.chance(faults.chance);
    const answerIsLost = random.chance(faults.chance);
    const refused = random.chance(faults.chance) ? random.pick([429, 500, 503]) : null;
    return new Promise((resolve) => {
      const timers: Timer[] = [];
      const settle = (answer: ApiAnswer) => {
        for (const timer of timers) timer.cancel();
        options.signal?.removeEventListener('abort', onAbort);
        resolve(answer);
      };
      const onAbort = () => settle({ type: 'failed', reason: 'aborted', message: 'aborted' });
      options.signal?.addEventListener('abort', onAbort, { once: true });
      timers.push(
        clock.setTimer(options.timeoutMs, () =>
          settle({ type: 'failed', reason: 'timeout', message: 'no answer in time' }),
        ),
        clock.setTimer(delayMs, () => {
          if (isLost) return;
          if (refused !== null) return settle(refusal(refused));
          void send().then((answer) => {
            if (!answerIsLost) settle(answer);
          });
        }),
      );
    });
  };

  return {
    get: (resource, namespace, name, options) =>
      carry(options, () => api.get(resource, namespace, name, plain(options))),
    list: (resource, namespace, name, options) =>
      carry(options, () => api.list(resource, namespace, name, plain(options))),
    create: (resource, namespace, body, options) =>
      carry(options, () => api.create(resource, namespace, body, plain(options))),
    update: (resource, namespace, name, body, options) =>
      carry(options, () => api.update(resource, namespace, name, body, plain(options))),
    patch: (resource, namespace, name, body, options) =>
      carry(options, () => api.patch(resource, namespace, name, body, plain(options))),
    watch(resource, namespace, name, options, onEvent) {
      let over = false;
      const finish = () => {
        over = true;
        cut.cancel();
        open.delete(watch);
      };
      const deliver = (event: ApiWatchEvent) => {
        if (over) return;
        if (event.type === 'END') finish();
        onEvent(event);
      };
      const inner = api.watch(resource, namespace, name, options, deliver);
      const lifeMs = Math.min(random.waitMs(faults.watchMs), options.timeoutSeconds * 1000);
      const cut = clock.setTimer(lifeMs, () => {
        inner.stop();
        deliver({ type: 'END', ...random.pick([ENDED, EXPIRED, BROKEN]) });
      });
      const watch: ApiWatch = {
        stop() {
          inner.stop();
          finish();
        },
      };
      open.add(watch);
      return watch;
    },
    openWatches: () => open.size,
    requests: () => requests,
  };
}

const ENDED = { code: 200, message: 'the server ended the watch' };
const EXPIRED = { code: 410, message: 'too old resource version' };
const BROKEN = { code: 0, message: 'connection reset' };

/** The network gives up a request, the API does not. */
function plain({ timeoutMs }: ApiRequestOptions): ApiRequestOptions {
  return { timeoutMs };
}

function refusal(code: number): ApiAnswer {
  const status = { reason: 'ServiceUnavailable', message: 'not now', details: { name: '', kind: '', group: '' } };
  return { type: 'error', code, message: 'not now', status, retryAfterMs: 1_000 };
}
