/**
 * The library's configuration under the names of the published reference: what was given, with defaults filled in.
 * Nothing is checked here; `resolveSettings` judges it when a node is made of it.
 */
import { hostname } from 'node:os';
import type { Logger } from '../logger.ts';
import { DEFAULTS, type ElectorOptions } from './options.ts';

export class ElectorConfig implements ElectorOptions {
  readonly name: string;
  /** Empty: no HTTP endpoint. */
  readonly address: string;
  readonly id: string;
  readonly podName: string;
  /** Empty: in-cluster configuration. */
  readonly kubeConfig: string;
  readonly lockType: string;
  readonly namespace: string;
  readonly ttl: string | number;
  /** Undefined: two thirds of the ttl. */
  readonly renewDeadline: string | number | undefined;
  /** Undefined: a sixth of the ttl. */
  readonly retryPeriod: string | number | undefined;
  readonly stopTimeout: string | number;
  readonly releaseDelay: string | number;
  readonly podLabel: boolean;

  constructor(options: ElectorOptions) {
    this.name = options.name;
    this.address = options.address ?? '';
    this.id = options.id ?? hostname();
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

  /** Logs every value at info level; without a logger, on stderr. */
  log(logger: Pick<Logger, 'info'> = stderrLogger): void {
    const renewDeadline = this.renewDeadline ?? '2/3 of the ttl';
    const retryPeriod = this.retryPeriod ?? '1/6 of the ttl';
    logger.info('elector configuration', { ...fieldsOf(this), renewDeadline, retryPeriod });
  }
}

function fieldsOf(config: ElectorConfig) {
  return { ...config };
}

const stderrLogger: Pick<Logger, 'info'> = { info: (message, fields) => console.error(message, fields) };
