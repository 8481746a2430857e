/**
 * Tables of what a key is made of: they name every field of their type, and say why one is left out. The compiler asks
 * for a field that is new.
 */
import type { KeyWriter } from './writer.ts';

export type Fields<T> = { readonly [Field in keyof T]-?: ((it: T, to: KeyWriter) => void) | LeftOut };

interface LeftOut {
  readonly because: string;
}

/** No decision depends on it. */
export function leftOut(because: string): LeftOut {
  return { because };
}

/** Writes what the table says, in its order. */
export function writerOf<T>(fields: Fields<T>): (it: T, to: KeyWriter) => void {
  const entries: readonly (((it: T, to: KeyWriter) => void) | LeftOut)[] = Object.values(fields);
  const writers = entries.filter((it) => typeof it === 'function');
  return (it, to) => {
    for (let i = 0; i < writers.length; i += 1) writers[i]?.(it, to);
  };
}
