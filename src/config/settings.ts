/**
 * From what was given (flags or library fields, environment, host name) to everything the program runs on, checked, or
 * to every problem at once. Pure: reads no file, resolves no name, asks no API.
 */
import { deriveTimings, MAX_TTL_MS, MIN_TTL_MS, type Timings } from '../election/timings.ts';
import { parseHostPort } from './address.ts';
import { EnvPodName } from './constants.ts';
import { formatDuration } from './durations.ts';
import { parseLockType } from './lock-type.ts';
import { identityProblem, namespaceProblem, objectNameProblem } from './names.ts';
import { DEFAULTS, type ElectorOptions, type NamingStyle, nameOf, OPTIONS } from './options.ts';
import { accept, show } from './parsed.ts';
import { type Environment, type Given, type Settings, UNREAD } from './setting-values.ts';
import { checkedBy, readBoolean, readDuration, readText, report, type Slot } from './slots.ts';
import { warningsOf } from './warnings.ts';

export type { ElectorOptions } from './options.ts';
export { type Environment, type Given, type Settings, UNREAD } from './setting-values.ts';

/** `settings` is null exactly when there are problems, or values `UNREAD`. Problems and warnings are whole lines for a person. */
export type Resolved =
  | { readonly settings: Settings; readonly problems: readonly []; readonly warnings: readonly string[] }
  | { readonly settings: null; readonly problems: readonly string[]; readonly warnings: readonly string[] };

export const MISSING_ELECTION = "missing required value: election name was not specified (see '--help' for usage)";

/** Each renewal is a request: faster than this would only be a burden to the API. */
const MIN_RETRY_PERIOD_MS = 10;

export function resolveSettings(
  given: Given,
  env: Environment,
  hostname: string,
  style: NamingStyle = 'fields',
): Resolved {
  // From a program whose types nobody checked.
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const problem = `options: expected an object such as { name: 'reports' }, got ${show(given)}`;
    return { settings: null, problems: [problem], warnings: [] };
  }
  const problems: string[] = [];
  const slot = (field: keyof ElectorOptions): Slot => {
    const value = given[field] ?? undefined;
    // Refused as any wrong value, so that it causes no other problem; but in silence.
    return { where: nameOf(field, style), value, problems: value === UNREAD ? [] : problems };
  };
  const unknown = Object.keys(given).filter((field) => !OPTIONS.some((option) => option.field === field));
  problems.push(...unknown.map((field) => `${field}: there is no such option`));

  const draft = {
    name: readName(slot('name')),
    namespace: readText(slot('namespace'), DEFAULTS.namespace, checkedBy(namespaceProblem)),
    lockType: readText(slot('lockType'), DEFAULTS.lockType, parseLockType),
    id: readId(slot('id'), hostname),
    podName: readPodName(slot('podName'), env, hostname),
    podLabel: readBoolean(slot('podLabel'), DEFAULTS.podLabel),
    kubeConfig: readText(slot('kubeConfig'), '', (text) => accept(text === '' ? null : text)),
    http: readText(slot('address'), '', (text) => (text === '' ? accept(null) : parseHostPort(text))),
    timings: readTimings(slot('ttl'), slot('renewDeadline'), slot('retryPeriod')),
    ...readStopping(slot('stopTimeout'), slot('releaseDelay')),
  };
  if (problems.length > 0 || !isComplete(draft)) return { settings: null, problems, warnings: [] };

  // A machine's host name need not be one that a Pod can have; then there is no Pod to label, and no reason to fail.
  const settings: Settings = { ...draft, podLabel: draft.podLabel && objectNameProblem(draft.podName) === null };
  const warnings = warningsOf(settings, { given, hostname, labelWanted: draft.podLabel }, style);
  return { settings, problems: [], warnings };
}

function readName(slot: Slot): string | undefined {
  if (slot.value !== undefined && slot.value !== '') return readText(slot, '', checkedBy(objectNameProblem));
  slot.problems.push(MISSING_ELECTION);
  return undefined;
}

/**
 * An empty one, as templates give it, is none: nobody can lead under it. A namespace has no such choice: members that
 * were meant for another one would be a second election, with a second leader.
 */
function readId(slot: Slot, hostname: string): string | undefined {
  return readText(slot.value === '' ? { ...slot, value: hostname } : slot, hostname, checkedBy(identityProblem));
}

function readPodName(slot: Slot, env: Environment, hostname: string): string | undefined {
  const fromEnv = env[EnvPodName];
  if (fromEnv !== undefined && fromEnv !== '') {
    return readText({ ...slot, where: EnvPodName, value: fromEnv }, '', checkedBy(objectNameProblem));
  }
  // The host name is nobody's wish, so it is judged by whether a label can be kept, not refused.
  if (slot.value === undefined || slot.value === hostname) return hostname;
  return readText(slot, '', checkedBy(objectNameProblem));
}

function readStopping(stopTimeout: Slot, releaseDelay: Slot) {
  const stopTimeoutMs = notNegative(stopTimeout, readDuration(stopTimeout, DEFAULTS.stopTimeout));
  const releaseDelayMs = notNegative(releaseDelay, readDuration(releaseDelay, DEFAULTS.releaseDelay));
  if (stopTimeoutMs !== undefined && releaseDelayMs !== undefined && releaseDelayMs > stopTimeoutMs) {
    const limit = `${stopTimeout.where} (${formatDuration(stopTimeoutMs)}), inside which it runs`;
    report(releaseDelay, `expected at most ${limit}, got ${formatDuration(releaseDelayMs)}`);
  }
  return { stopTimeoutMs, releaseDelayMs };
}

function notNegative(slot: Slot, ms: number | undefined): number | undefined {
  if (ms === undefined || ms >= 0) return ms;
  return report(slot, `expected 0s or more, got ${formatDuration(ms)}`);
}

function readTimings(ttl: Slot, renewDeadline: Slot, retryPeriod: Slot): Timings | undefined {
  const ttlMs = inRange(ttl, readDuration(ttl, DEFAULTS.ttl));
  const renewDeadlineMs = renewDeadline.value === undefined ? undefined : readDuration(renewDeadline, '');
  const retryPeriodMs =
    retryPeriod.value === undefined ? undefined : notTiny(retryPeriod, readDuration(retryPeriod, ''));
  const unread = (slot: Slot, ms: number | undefined) => slot.value !== undefined && ms === undefined;
  // What these three say of each other makes sense only once each of them could be read.
  if (ttlMs === undefined || unread(renewDeadline, renewDeadlineMs) || unread(retryPeriod, retryPeriodMs)) {
    return undefined;
  }
  const { timings, problems } = deriveTimings({
    ttlMs,
    ...(renewDeadlineMs === undefined ? {} : { renewDeadlineMs }),
    ...(retryPeriodMs === undefined ? {} : { retryPeriodMs }),
  });
  const named = problems.map((problem) =>
    problem
      .replace(/^ttl:/, `${ttl.where}:`)
      .replace(/^renew deadline:/, `${renewDeadline.where}:`)
      .replace(/^retry period:/, `${retryPeriod.where}:`),
  );
  ttl.problems.push(...named);
  return problems.length === 0 ? timings : undefined;
}

function inRange(ttl: Slot, ms: number | undefined): number | undefined {
  if (ms === undefined || (ms >= MIN_TTL_MS && ms <= MAX_TTL_MS)) return ms;
  const unit = typeof ttl.value === 'number' ? ' (numbers are milliseconds)' : '';
  const why =
    ms <= 0
      ? 'a lease must last for some time'
      : ms < MIN_TTL_MS
        ? 'leases are written in whole seconds, and there are none shorter'
        : 'after a crash nobody would lead for that long';
  return report(ttl, `expected 1s to 1h, got ${formatDuration(ms)}${unit}: ${why}`);
}

function notTiny(retryPeriod: Slot, ms: number | undefined): number | undefined {
  if (ms === undefined || ms >= MIN_RETRY_PERIOD_MS) return ms;
  return report(retryPeriod, `expected ${formatDuration(MIN_RETRY_PERIOD_MS)} or more, got ${formatDuration(ms)}`);
}

type Complete<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

function isComplete<T extends object>(draft: T): draft is T & Complete<T> {
  return !Object.values(draft).includes(undefined);
}
