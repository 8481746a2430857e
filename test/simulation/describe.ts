/** Answers, events and objects in a few words, for the transcript. */
import type { ApiAnswer, ApiWatchEvent } from '../../src/lock/api.ts';

export function describeAnswer(answer: ApiAnswer): string {
  switch (answer.type) {
    case 'ok':
      return `${answer.code} ${describeObject(answer.body)}`;
    case 'error':
      return `${answer.code} ${answer.status?.reason ?? 'without Status'}`;
    case 'failed':
      return answer.reason;
  }
}

export function describeEvent(event: ApiWatchEvent): string {
  switch (event.type) {
    case 'BOOKMARK':
      return `BOOKMARK v${event.version}`;
    case 'END':
      return `END ${event.code} ${event.message}`;
    default:
      return `${event.type} ${describeObject(event.object)}`;
  }
}

function describeObject(object: Readonly<Record<string, unknown>>): string {
  const { metadata, items } = object as { metadata?: { resourceVersion?: string }; items?: readonly object[] };
  const version = `v${metadata?.resourceVersion}`;
  if (items === undefined) return version;
  return `list ${version} [${items.map((item) => describeObject(item as Record<string, unknown>)).join()}]`;
}
