/** One line of a watch, as the event that it is. */
import type { ApiWatchEvent } from '../lock/api.ts';
import { excerpt, isObject, messageAt, objectAt, parseJsonObject, textAt } from './json.ts';

/** Anything that is not an event known here ends the watch: to skip it might be to miss a change. */
export function parseWatchEvent(line: Buffer): ApiWatchEvent {
  const parsed = parseJsonObject(line);
  const type = textAt(parsed, 'type');
  const object = parsed?.object;
  if (!isObject(object)) return malformed(line);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object };
    case 'BOOKMARK': {
      const version = textAt(objectAt(object, 'metadata'), 'resourceVersion');
      return version === '' ? malformed(line) : { type, version };
    }
    case 'ERROR': {
      const { code } = object;
      const message = messageAt(object, 'message') || 'the server reported an error without a message';
      return { type: 'END', code: typeof code === 'number' ? code : 0, message };
    }
    default:
      return malformed(line);
  }
}

function malformed(line: Buffer): ApiWatchEvent {
  return { type: 'END', code: 0, message: `the watch sent what is no event: ${excerpt(line)}` };
}
