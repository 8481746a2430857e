/**
 * Reading one option whose type nobody has checked yet. Every reader answers the typed value, or reports a problem under
 * the option's name and answers undefined: reading goes on, so that all problems come out at once.
 */
import { MOST_DURATION_MS, parseDuration } from './durations.ts';
import { accept, type Parsed, refuse, show } from './parsed.ts';

/** One option as it was given, and where its problems go. Readers answer undefined after reporting a problem. */
export interface Slot {
  readonly where: string;
  readonly value: unknown;
  readonly problems: string[];
}

export function report(slot: Slot, problem: string): undefined {
  slot.problems.push(`${slot.where}: ${problem}`);
}

function take<T>(slot: Slot, parsed: Parsed<T>): T | undefined {
  return parsed.ok ? parsed.value : report(slot, parsed.problem);
}

export function readText<T>(slot: Slot, fallback: string, parse: (text: string) => Parsed<T>): T | undefined {
  const text = slot.value ?? fallback;
  return take(slot, typeof text === 'string' ? parse(text) : refuse('text', text));
}

export function checkedBy(problemOf: (text: string) => string | null): (text: string) => Parsed<string> {
  return (text) => {
    const problem = problemOf(text);
    return problem === null ? accept(text) : { ok: false, problem };
  };
}

export function readBoolean(slot: Slot, fallback: boolean): boolean | undefined {
  const value = slot.value ?? fallback;
  return typeof value === 'boolean' ? value : report(slot, `expected true or false, got ${show(value)}`);
}

export function readDuration(slot: Slot, fallback: string): number | undefined {
  const value = slot.value ?? fallback;
  if (typeof value === 'string') return take(slot, parseDuration(value));
  if (typeof value === 'number' && Math.abs(value) <= MOST_DURATION_MS) return value;
  return report(slot, `expected a duration such as '10s' or a number of milliseconds, got ${show(value)}`);
}
