/** What the embedded API was asked for: the last requests in full, and all of them counted by verb and resource. */

export interface LoggedRequest {
  /** `get`, `list`, `watch`, …; for a path outside the resources the method in lower case. */
  readonly verb: string;
  /** `leases`; empty for a path outside the resources. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** With the query. */
  readonly path: string;
  readonly user: string;
  readonly userAgent: string;
  readonly body: string;
}

export interface RequestLog {
  add(request: LoggedRequest): void;
  /** The last 1000, oldest first. */
  entries(): readonly LoggedRequest[];
  /** How many came since the last `reset`; without an argument all of them. */
  count(filter?: { readonly verb?: string; readonly resource?: string }): number;
  reset(): void;
}

const keptRequests = 1000;

export function createRequestLog(): RequestLog {
  let kept: LoggedRequest[] = [];
  const counts = new Map<string, number>();
  return {
    add(request) {
      kept.push(request);
      if (kept.length > keptRequests) kept.shift();
      const key = `${request.verb} ${request.resource}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    entries: () => [...kept],
    count({ verb, resource } = {}) {
      let sum = 0;
      for (const [key, count] of counts) {
        const [countedVerb, countedResource] = key.split(' ');
        if ((verb ?? countedVerb) === countedVerb && (resource ?? countedResource) === countedResource) sum += count;
      }
      return sum;
    },
    reset() {
      kept = [];
      counts.clear();
    },
  };
}
