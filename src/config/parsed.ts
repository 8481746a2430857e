/** What a parser of configuration answers: a value, or what was expected and what was got instead. Never a throw. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  /** `expected …, got …`, without the name of the option: the caller knows where it stood. */
  | { readonly ok: false; readonly problem: string };

export function accept<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** `advice` says what is wrong or what to write instead. */
export function refuse(expected: string, got: unknown, advice = ''): Parsed<never> {
  return { ok: false, problem: `expected ${expected}, got ${show(got)}${advice === '' ? '' : `: ${advice}`}` };
}

const LONGEST_SHOWN = 80;

/** A value as it stands in a message: quoted, on one line, never long. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value);
  }
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  return String(value);
}
