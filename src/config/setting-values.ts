/** What goes into resolving the settings, and what comes out. */
import type { Timings } from '../election/timings.ts';
import type { HostPort } from './address.ts';
import type { LockType } from './lock-type.ts';
import type { ElectorOptions } from './options.ts';

/** Everything resolved; nothing here needs another look at flags or environment. */
export interface Settings {
  readonly name: string;
  readonly namespace: string;
  readonly lockType: LockType;
  readonly id: string;
  readonly podName: string;
  /** Is the Pod's label kept? False also when the Pod's name is only a host name that no Pod can have. */
  readonly podLabel: boolean;
  /** Path of a kubeconfig file; null for in-cluster configuration. */
  readonly kubeConfig: string | null;
  /** Null: no HTTP endpoint. An empty host means all interfaces. */
  readonly http: HostPort | null;
  readonly timings: Timings;
  /** The drain budget of rule 18, from giving up. */
  readonly stopTimeoutMs: number;
  /** How long the lock is held after giving up, at least; inside the drain budget. */
  readonly releaseDelayMs: number;
}

/** Given from outside, so nothing is known of the types yet; null and undefined mean "not given". */
export type Given = { readonly [field in keyof ElectorOptions]?: unknown };

/** In place of a value that was given but could not be read; who put it there has said so. */
export const UNREAD = Symbol('a value that could not be read');

export type Environment = Readonly<Record<string, string | undefined>>;
