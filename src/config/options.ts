/**
 * The one table of everything that can be set. It feeds the flag parser, the help text, the library's configuration
 * and the check of the documentation; nothing else knows a flag's name or a default.
 */
import { EnvPodName } from './constants.ts';
import type { LockType } from './lock-type.ts';

/**
 * What the library is given. Durations are Go's text (`'10s'`, `'1m30s'`, `'500ms'`) or a number of milliseconds. Null
 * and undefined mean "not given". Whatever is wrong is reported at once, all of it, as `ElectorError` with code
 * `CONFIG_INVALID`, by `run()` or `lead()`.
 */
export interface ElectorOptions {
  /** The election, and the name of the lock object: a DNS subdomain. Required. */
  readonly name: string;
  /** `host:port` of the HTTP endpoint that serves `/`; `:5002` listens on all interfaces. Default, or empty: none. */
  readonly address?: string | undefined;
  /**
   * This participant's identity; unique in its election. Default, or empty: the host name, which in a Pod is the Pod's
   * name. Two of one identity never lead at once: one of them waits, and says so.
   */
  readonly id?: string | undefined;
  /** The Pod whose label is kept; `ELECTOR_POD_NAME`, when set, wins. Default: the host name. */
  readonly podName?: string | undefined;
  /** Path of a kubeconfig file. Default, or empty: in-cluster configuration; `KUBECONFIG` is never read. */
  readonly kubeConfig?: string | undefined;
  /** `leases` (default), `configmaps` or `endpoints`; the same for every member of an election. */
  readonly lockType?: LockType | undefined;
  /** Namespace of the lock object; the same for every member. Default: `default`. An empty one is refused. */
  readonly namespace?: string | undefined;
  /**
   * How long a standby waits, from its last sight of a change, before it takes the lock from a leader that fell silent.
   * Default 10s; from 1s to 1h, and 4s or more beside members built on Kubernetes' Go election package. Short ones have
   * little patience with a slow API (a request has a quarter of it), long ones are long without a leader after a crash.
   */
  readonly ttl?: string | number | undefined;
  /**
   * How long a leader leads on, from the send of its last renewal that succeeded. Default: two thirds of the ttl. More
   * than 1.2 times the retry period, and at most 98 % of the ttl less a tenth of it (200ms at least): the time in which
   * work must have ended before another leads. At a ttl of 10s, from 2.1s to 8.8s.
   */
  readonly renewDeadline?: string | number | undefined;
  /**
   * From the send of one renewal to the next, the pace of retries, and of polling where the lock may not be watched.
   * Default: a sixth of the ttl. 10ms or more, and less than the renew deadline divided by 1.2.
   */
  readonly retryPeriod?: string | number | undefined;
  /**
   * How long work may take to end after this node gave up leading by itself (a signal, a step-down), from that moment;
   * the lock stays held meanwhile. Default 25s, which fits into a Pod's 30 seconds. 0s or more; work that ends within
   * 200ms is never too late. After a loss that nobody chose there is the lapse budget instead, 3.1s at a ttl of 10s.
   */
  readonly stopTimeout?: string | number | undefined;
  /**
   * How long the lock is held on, at least, after giving up, for apps that poll: they see `is_leader:false` here before
   * another leads. Runs beside the work's end; from 0s, the default, to `stopTimeout`.
   */
  readonly releaseDelay?: string | number | undefined;
  /** Keep the Pod label `k8s-elector/status` at `leader` or `standby`. Default: true. */
  readonly podLabel?: boolean | undefined;
}

export const DEFAULTS = {
  lockType: 'leases',
  namespace: 'default',
  ttl: '10s',
  stopTimeout: '25s',
  releaseDelay: '0s',
  podLabel: true,
} as const satisfies Partial<ElectorOptions>;

export interface Option {
  /** The flag's name without dashes, or the environment variable's. */
  readonly name: string;
  readonly source: 'flag' | 'environment';
  readonly kind: 'text' | 'duration' | 'boolean' | 'number';
  /** What stands after the flag in help and docs; empty for booleans. */
  readonly placeholder: string;
  /** What is used when it is not given; null when there is no such value, and `absent` then says what holds. */
  readonly default: string | boolean | null;
  readonly absent: string;
  readonly description: string;
  /** `original`: the contract with those who come from there; `ours`: added here. */
  readonly origin: 'original' | 'ours';
  /** Where the library takes it; null when only the command has it. */
  readonly field: keyof ElectorOptions | null;
  /** False for what is accepted only because manifests in the wild carry it. */
  readonly hasEffect: boolean;
}

export const OPTIONS: readonly Option[] = [
  flag('election', 'text', 'name', {
    absent: 'required',
    field: 'name',
    description: 'the election, and the name of its lock object',
  }),
  flag('http', 'text', 'host:port', {
    absent: 'off',
    field: 'address',
    description: 'serve who leads on this address; :5002 listens on all interfaces',
  }),
  flag('id', 'text', 'text', {
    absent: 'hostname',
    field: 'id',
    description: 'identity of this participant, unique in the election',
  }),
  flag('kubeconfig', 'text', 'path', {
    absent: 'in-cluster',
    field: 'kubeConfig',
    description: 'kubeconfig file; KUBECONFIG is never read',
  }),
  flag('lock-type', 'text', 'type', {
    default: DEFAULTS.lockType,
    field: 'lockType',
    description: 'object that holds the lock: leases, configmaps or endpoints',
  }),
  flag('namespace', 'text', 'name', {
    default: DEFAULTS.namespace,
    field: 'namespace',
    description: 'namespace of the lock object',
  }),
  flag('ttl', 'duration', 'duration', {
    default: DEFAULTS.ttl,
    field: 'ttl',
    description: 'a leader silent for this long is replaced; 1s to 1h',
  }),
  flag('renew-deadline', 'duration', 'duration', {
    origin: 'ours',
    absent: '2/3 of the ttl',
    field: 'renewDeadline',
    description: 'a leader that cannot renew stops after this time',
  }),
  flag('retry-period', 'duration', 'duration', {
    origin: 'ours',
    absent: '1/6 of the ttl',
    field: 'retryPeriod',
    description: 'time between renewals',
  }),
  flag('stop-timeout', 'duration', 'duration', {
    origin: 'ours',
    default: DEFAULTS.stopTimeout,
    field: 'stopTimeout',
    description: 'time for work to end when giving up leadership',
  }),
  flag('release-delay', 'duration', 'duration', {
    origin: 'ours',
    default: DEFAULTS.releaseDelay,
    field: 'releaseDelay',
    description: 'when giving up, hold the lock at least this long for apps that poll',
  }),
  flag('pod-label', 'boolean', '', {
    origin: 'ours',
    default: DEFAULTS.podLabel,
    field: 'podLabel',
    description: "keep the Pod label k8s-elector/status at 'leader' or 'standby'",
  }),
  flag('log-format', 'text', 'format', {
    origin: 'ours',
    default: 'auto',
    description: 'auto (text on a terminal, else json), json or text',
  }),
  flag('v', 'number', 'level', { default: '0', description: 'log verbosity; from 4 on, debug lines too' }),
  flag('version', 'boolean', '', { origin: 'ours', description: 'print the version and exit' }),
  {
    ...flag(EnvPodName, 'text', '', {
      absent: 'hostname',
      field: 'podName',
      description: 'name of the Pod whose label is kept',
    }),
    source: 'environment',
  },
  withoutEffect('add_dir_header', 'boolean'),
  withoutEffect('alsologtostderr', 'boolean'),
  withoutEffect('log_backtrace_at', 'text'),
  withoutEffect('log_dir', 'text'),
  withoutEffect('log_file', 'text'),
  withoutEffect('log_file_max_size', 'number'),
  withoutEffect('logtostderr', 'boolean'),
  withoutEffect('skip_headers', 'boolean'),
  withoutEffect('skip_log_headers', 'boolean'),
  withoutEffect('stderrthreshold', 'text'),
  withoutEffect('vmodule', 'text'),
];

/** The default as help and docs show it; empty when there is nothing to say. */
export function defaultText(option: Option): string {
  return option.default === null ? option.absent : String(option.default);
}

/** How a message names an option: `-lock-type` for the command, `lockType` for the library. */
export type NamingStyle = 'flags' | 'fields';

export function nameOf(field: keyof ElectorOptions, style: NamingStyle): string {
  const flag = OPTIONS.find((option) => option.field === field && option.source === 'flag');
  return style === 'flags' && flag !== undefined ? `-${flag.name}` : field;
}

type Details = Pick<Option, 'description'> & Partial<Option>;

function flag(name: string, kind: Option['kind'], placeholder: string, details: Details): Option {
  const common = { default: null, absent: '', origin: 'original', field: null, hasEffect: true } as const;
  return { name, source: 'flag', kind, placeholder, ...common, ...details };
}

function withoutEffect(name: string, kind: Option['kind']): Option {
  return flag(name, kind, '', { description: "the original's logging flag; has no effect", hasEffect: false });
}
