/**
 * The library's configuration under the names of the published reference: what was given, with defaults filled in.
 * Nothing is checked here; `resolveSettings` judges it when a node is run. What each field means, and which values it
 * takes, stands at `ElectorOptions`.
 */
import { hostname } from 'node:os';
import type { Logger } from '../logger.ts';
import { formatDuration } from './durations.ts';
import type { LockType } from './lock-type.ts';
import { DEFAULTS, type ElectorOptions } from './options.ts';
import { resolveSettings } from './settings.ts';

export class ElectorConfig implements ElectorOptions {
  readonly name: string;
  /** Empty: no HTTP endpoint. */
  readonly address: string;
  readonly id: string;
  readonly podName: string;
  /** Empty: in-cluster configuration. */
  readonly kubeConfig: string;
  readonly lockType: LockType;
  readonly namespace: string;
  /** Go's text, such as `10s`, or milliseconds; 1s to 1h. */
  readonly ttl: string | number;
  /** Undefined: two thirds of the ttl. */
  readonly renewDeadline: string | number | undefined;
  /** Undefined: a sixth of the ttl. 10ms or more. */
  readonly retryPeriod: string | number | undefined;
  /** 0s or more. */
  readonly stopTimeout: string | number;
  /** From 0s to `stopTimeout`. */
  readonly releaseDelay: string | number;
  readonly podLabel: boolean;

  constructor(options: ElectorOptions) {
    this.name = options.name;
    this.address = options.address ?? '';
    this.id = options.id || hostname();
    this.podName = options.podName ?? hostname();
    this.kubeConfig = options.kubeConfig ?? '';
    this.lockType = options.lockType ?? DEFAULTS.lockType;
    this.namespace = options.namespace ?? DEFAULTS.namespace;
    this.ttl = options.ttl ?? DEFAULTS.ttl;
    this.renewDeadline = options.renewDeadline;
    this.retryPeriod = options.retryPeriod;
    this.stopTimeout = options.stopTimeout ?? DEFAULTS.stopTimeout;
    this.releaseDelay = options.releaseDelay ?? DEFAULTS.releaseDelay;
    this.podLabel = options.podLabel ?? DEFAULTS.podLabel;
  }

  /** Logs every value at info level, defaults as the durations they come to; without a logger, on stderr. */
  log(logger: Pick<Logger, 'info'> = stderrLogger): void {
    // Null where something is wrong, which is said by who makes a node of it.
    const timings = resolveSettings(this, {}, hostname()).settings?.timings;
    const renewDeadline = this.renewDeadline ?? inForce(timings?.renewDeadlineMs, '2/3 of the ttl');
    const retryPeriod = this.retryPeriod ?? inForce(timings?.retryPeriodMs, '1/6 of the ttl');
    logger.info('elector configuration', { ...fieldsOf(this), renewDeadline, retryPeriod });
  }
}

function inForce(ms: number | undefined, otherwise: string): string {
  return ms === undefined ? otherwise : formatDuration(Math.round(ms));
}

function fieldsOf(config: ElectorConfig) {
  return { ...config };
}

const stderrLogger: Pick<Logger, 'info'> = { info: (message, fields) => console.error(message, fields) };
