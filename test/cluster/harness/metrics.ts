/** What the API server counted: the honest cost of an elector. Read from its `/metrics`, never from the elector. */

export interface RequestCount {
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
  readonly code: string;
  readonly count: number;
}

const LINE = /^apiserver_request_total\{([^}]*)\} (\S+)$/gm;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** One entry for each set of labels. `code` is `0` for a watch that still runs. */
export function parseRequestCounts(metrics: string): readonly RequestCount[] {
  return Array.from(metrics.matchAll(LINE), ([, labels = '', value = '']) => {
    const named = new Map(Array.from(labels.matchAll(LABEL), ([, name = '', text = '']) => [name, text]));
    return {
      verb: named.get('verb') ?? '',
      resource: named.get('resource') ?? '',
      subresource: named.get('subresource') ?? '',
      code: named.get('code') ?? '',
      count: Number(value),
    };
  });
}
