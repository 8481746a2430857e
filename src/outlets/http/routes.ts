/**
 * What the HTTP endpoint answers, as data: no sockets here. `GET /` is the original's answer, byte for byte; polled by
 * every application beside an elector, it is kept as cheap as it can be.
 *
 * Health (`/healthz`, `/health`, `/livez`, `/readyz`): 200 `{"status":"ok"}` while the node does what it should,
 * standing by included; 503 when it has not been able to for longer than one TTL:
 * `{"status":"unhealthy","reason":"forbidden","message":"cannot update leases/default/reports: …","for_ms":12345}`.
 * `reason` is one of `Trouble['reason']`.
 */
import type { View } from '../../election/view.ts';
import { goJson } from '../../lock/json.ts';
import { secondTime } from '../../lock/wire-time.ts';

export interface Answer {
  readonly code: number;
  /** JSON, no newline at its end. */
  readonly body: string;
  readonly bodyBytes: number;
  /** Set on a 405. */
  readonly allow?: string;
}

export const ALLOWED_METHODS = 'GET, HEAD';

const HEALTH_PATHS: ReadonlySet<string> = new Set(['/healthz', '/health', '/livez', '/readyz']);
const HEALTHY = answer(200, '{"status":"ok"}');
const NO_SUCH_PATH = answer(404, '{"error":"no such path"}');
const WRONG_METHOD: Answer = { ...answer(405, '{"error":"method not allowed"}'), allow: ALLOWED_METHODS };

export class Routes {
  readonly #view: () => View;
  readonly #wallMs: () => number;
  readonly #ttlMs: number;
  readonly #node: string;
  /** The latest answer of `/`, and what it was made of. */
  #latest = { isLeading: false, leader: '', seconds: Number.NaN, answer: NO_SUCH_PATH };

  constructor(options: { view: () => View; wallMs: () => number; nodeId: string; ttlMs: number }) {
    this.#view = options.view;
    this.#wallMs = options.wallMs;
    this.#ttlMs = options.ttlMs;
    this.#node = goJson(options.nodeId);
  }

  /** `target` is the request's, with its query. */
  answer(method: string, target: string): Answer {
    const path = target === '/' ? target : pathOf(target);
    const known = path === '/' || HEALTH_PATHS.has(path);
    if (!known) return NO_SUCH_PATH;
    if (method !== 'GET' && method !== 'HEAD') return WRONG_METHOD;
    return path === '/' ? this.#leadership() : this.#health();
  }

  /** The view is asked for each time (rule 33); only the text is kept while everything in it stays the same. */
  #leadership(): Answer {
    const { isLeading, leader } = this.#view();
    const wallMs = this.#wallMs();
    const seconds = Math.floor(wallMs / 1000);
    const latest = this.#latest;
    if (latest.seconds === seconds && latest.isLeading === isLeading && latest.leader === leader) return latest.answer;
    const body = `{"is_leader":${isLeading},"leader":${goJson(leader)},"node":${this.#node},"timestamp":"${secondTime(wallMs)}"}`;
    this.#latest = { isLeading, leader, seconds, answer: answer(200, body) };
    return this.#latest.answer;
  }

  #health(): Answer {
    const { trouble } = this.#view();
    if (trouble === null || trouble.forMs <= this.#ttlMs) return HEALTHY;
    const { reason, message, forMs } = trouble;
    return answer(503, JSON.stringify({ status: 'unhealthy', reason, message, for_ms: Math.round(forMs) }));
  }
}

/** Without the query. A proxy may send a whole URL; what is neither path nor URL is no path of ours. */
export function pathOf(target: string): string {
  if (!target.startsWith('/')) return URL.parse(target)?.pathname ?? target;
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

function answer(code: number, body: string): Answer {
  return { code, body, bodyBytes: Buffer.byteLength(body) };
}
