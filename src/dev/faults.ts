/**
 * What can go wrong between an elector and the API, as data: which faults there are, whom they hit, and which are
 * switched on now. The HTTP server does them (strike.ts, watch-stream.ts); a simulator can read the same union and do
 * them in its own network. Nothing here acts.
 *
 * `applied` says whether the request took effect before the fault struck: the difference that a client cannot see.
 */

export type RequestFault =
  /** The request (`applied: false`) or its answer (`applied: true`) is late. Delays add up with each other and with one other fault. */
  | { readonly type: 'delay'; readonly delayMs: number; readonly applied: boolean }
  /** No answer, ever; the connection stays open and still reads. */
  | { readonly type: 'black-hole'; readonly applied: boolean }
  /** The connection is reset. */
  | { readonly type: 'reset'; readonly applied: boolean }
  /**
   * The other end is gone, and nobody said so: the connection no longer reads, answers or closes, for this request and
   * for all that follow on it. Watches that the client has open fall silent.
   */
  | { readonly type: 'half-open' }
  /** The answer comes byte by byte. */
  | { readonly type: 'slow-drip'; readonly bytesPerSecond: number }
  /** The answer's body ends early, and the connection with it. */
  | { readonly type: 'truncated'; readonly keepBytes: number }
  /** A proxy answers in HTML. */
  | { readonly type: 'proxy-html'; readonly code: number; readonly applied: boolean }
  /** This status instead of the answer; `withStatus: false` sends it without a Status object, as a load balancer does. */
  | {
      readonly type: 'status';
      readonly code: number;
      readonly applied: boolean;
      readonly withStatus: boolean;
      readonly retryAfterSeconds?: number;
    }
  /** The answer is well formed, and this large. */
  | { readonly type: 'big-body'; readonly megabytes: number }
  /** The answer is an object of another kind. */
  | { readonly type: 'wrong-kind' };

/** These hit open watches too, from the moment they are switched on; `times` counts events. */
export type WatchFault =
  /** The stream ends in good order. */
  | { readonly type: 'watch-closed' }
  /** Nothing comes any more, neither events nor bookmarks. */
  | { readonly type: 'watch-silent' }
  /** A line that is no JSON instead of the event. */
  | { readonly type: 'watch-garbage' }
  /** The line of the event breaks off, and the connection with it. */
  | { readonly type: 'watch-truncated' }
  /** Every event comes twice. */
  | { readonly type: 'watch-duplicated' }
  /** Every event is followed by the one before it: old news, out of order. */
  | { readonly type: 'watch-replayed' }
  /** 410: as an ERROR event in the stream, or (only when it is opened) as the status of the answer. */
  | { readonly type: 'watch-expired'; readonly as: 'event' | 'status' };

export type Fault = RequestFault | WatchFault;

/** Whom a fault hits. Everything that is given must match. */
export interface FaultMatch {
  /** The `x-client` header, the user agent, the user's name, or the remote port. */
  readonly client?: string;
  readonly verb?: string;
  /** `leases` */
  readonly resource?: string;
  readonly name?: string;
}

export interface FaultRule {
  readonly fault: Fault;
  /** Default: everything. */
  readonly match?: FaultMatch;
  /** How many requests, or events of a watch, it hits. Default: all. */
  readonly times?: number;
}

/** One request, as far as faults can tell it from another. */
export interface Sight {
  /** Every name under which the client is known. */
  readonly clients: readonly string[];
  readonly verb: string;
  readonly resource: string;
  readonly name: string;
}

export interface FaultSwitch {
  off(): void;
  /** How often it has struck. */
  hits(): number;
}

export interface FaultBoard {
  on(rule: FaultRule): FaultSwitch;
  /** Switches everything off. Connections that are half-open remain so. */
  clear(): void;
  /** The faults that hit this request, in the order in which they were switched on; counts them. */
  takeForRequest(sight: Sight): readonly RequestFault[];
  /** The one fault that hits the next event of this watch, or null; counts it. */
  takeForWatch(sight: Sight): WatchFault | null;
  /** Does any fault hit this watch as it stands? Counts nothing. */
  peekForWatch(sight: Sight): Fault | null;
  /** Called whenever a fault is switched on. */
  onSwitched(listener: () => void): void;
}

export function createFaultBoard(): FaultBoard {
  const switched = new Set<{ readonly rule: FaultRule; hits: number }>();
  const listeners: (() => void)[] = [];

  const active = (sight: Sight) =>
    [...switched].filter(({ rule, hits }) => hits < (rule.times ?? Number.POSITIVE_INFINITY) && hit(rule.match, sight));

  return {
    on(rule) {
      const entry = { rule, hits: 0 };
      switched.add(entry);
      for (const listener of listeners) listener();
      return { off: () => void switched.delete(entry), hits: () => entry.hits };
    },
    clear: () => switched.clear(),
    takeForRequest(sight) {
      const taken: RequestFault[] = [];
      for (const entry of active(sight)) {
        if (isWatchFault(entry.rule.fault)) continue;
        entry.hits += 1;
        taken.push(entry.rule.fault);
      }
      return taken;
    },
    takeForWatch(sight) {
      for (const entry of active(sight)) {
        if (!isWatchFault(entry.rule.fault)) continue;
        entry.hits += 1;
        return entry.rule.fault;
      }
      return null;
    },
    peekForWatch(sight) {
      const entry = active(sight).find(({ rule }) => isWatchFault(rule.fault) || rule.fault.type === 'half-open');
      return entry?.rule.fault ?? null;
    },
    onSwitched: (listener) => void listeners.push(listener),
  };
}

export function isWatchFault(fault: Fault): fault is WatchFault {
  return fault.type.startsWith('watch-');
}

function hit(match: FaultMatch | undefined, sight: Sight): boolean {
  if (match === undefined) return true;
  if (match.client !== undefined && !sight.clients.includes(match.client)) return false;
  if (match.verb !== undefined && match.verb !== sight.verb) return false;
  if (match.resource !== undefined && match.resource !== sight.resource) return false;
  return match.name === undefined || match.name === sight.name;
}
