/** What is allowed and still likely a mistake, one whole line each. Nothing here stops anybody. */
import { safeBesideGo } from '../election/timings.ts';
import { EnvPodName } from './constants.ts';
import { formatDuration } from './durations.ts';
import { type ElectorOptions, type NamingStyle, nameOf } from './options.ts';
import { show } from './parsed.ts';
import type { Given, Settings } from './setting-values.ts';

/** Where the settings came from, as far as a warning needs it. */
interface Origin {
  readonly given: Given;
  readonly hostname: string;
  /** Was the Pod label asked for, whether or not it can be kept? */
  readonly labelWanted: boolean;
}

/** A host name of this length may be the beginning of a longer Pod name: the kubelet cuts there. */
const LONGEST_HOSTNAME = 63;
/** Label and release end within this, after the drain (rule 18). */
const AFTER_DRAIN_MS = 4_000;
const POD_GRACE_MS = 30_000;

export function warningsOf(settings: Settings, origin: Origin, style: NamingStyle): readonly string[] {
  const where = (field: keyof ElectorOptions) => nameOf(field, style);
  const { id, podName, lockType, timings, stopTimeoutMs, releaseDelayMs } = settings;
  const { given, hostname, labelWanted } = origin;
  const warnings: string[] = [];

  if (!safeBesideGo(timings)) {
    warnings.push(
      `${where('ttl')}: a lease of ${formatDuration(timings.leaseDurationMs)} with a renew deadline of ` +
        `${formatDuration(timings.renewDeadlineMs)} is not safe beside members built on Kubernetes' Go election package, ` +
        'which see times in whole seconds: with such members use 4s or more and the default renew deadline',
    );
  }
  if (lockType === 'endpoints') {
    warnings.push(`${where('lockType')}: Kubernetes has deprecated Endpoints; use leases for a new election`);
  }
  if (/\$\([A-Za-z_]\w*\)/.test(id)) {
    warnings.push(
      `${where('id')}: ${show(id)} looks like a variable that was not replaced; then all members share one identity, ` +
        'and only one of them can ever lead',
    );
  } else if (id === hostname && id.length === LONGEST_HOSTNAME) {
    warnings.push(
      `${where('id')}: the host name has ${LONGEST_HOSTNAME} characters, the length at which longer Pod names are cut; ` +
        'set it from metadata.name, so that it is unique',
    );
  }
  if (labelWanted && !settings.podLabel) {
    warnings.push(
      `${where('podLabel')}: the host name ${show(podName)} cannot be the name of a Pod, so no label is kept; ` +
        `set ${EnvPodName} from metadata.name, or ${where('podLabel')}=false`,
    );
  }
  if (typeof given.podName === 'string' && given.podName !== podName && given.podName !== hostname) {
    warnings.push(`${where('podName')}: ${show(given.podName)} has no effect, ${EnvPodName} is ${show(podName)}`);
  }
  if (releaseDelayMs > 0 && settings.http === null) {
    warnings.push(`${where('releaseDelay')}: serves apps that poll, but ${where('address')} is off`);
  }
  if (stopTimeoutMs + AFTER_DRAIN_MS > POD_GRACE_MS) {
    warnings.push(
      `${where('stopTimeout')}: ${formatDuration(stopTimeoutMs)} does not fit into a Pod's default 30s: ` +
        `set terminationGracePeriodSeconds to ${Math.ceil((stopTimeoutMs + AFTER_DRAIN_MS) / 1000)} or more`,
    );
  }
  return warnings;
}
