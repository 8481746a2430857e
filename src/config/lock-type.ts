/** Which kind of object holds the lock. */
import { accept, type Parsed, refuse } from './parsed.ts';

export type LockType = 'leases' | 'configmaps' | 'endpoints';

export const LOCK_TYPES: readonly LockType[] = ['leases', 'configmaps', 'endpoints'];
const PAIRS = ['configmapsleases', 'endpointsleases'];
const EXPECTED = LOCK_TYPES.join(', ').replace(/, (\w+)$/, ' or $1');

export function parseLockType(text: string): Parsed<LockType> {
  const found = LOCK_TYPES.find((type) => type === text);
  if (found !== undefined) return accept(found);
  if (PAIRS.includes(text)) {
    // Members that hold a pair and members that hold one object of it do not respect each other's lock.
    return refuse(
      EXPECTED,
      text,
      'locks that are held as two objects come in a later release; until then stop every member of the election and start all of them with leases',
    );
  }
  const meant = LOCK_TYPES.find((type) => type === text.toLowerCase() || type === `${text.toLowerCase()}s`);
  return refuse(EXPECTED, text, meant === undefined ? '' : `write "${meant}"`);
}
