/**
 * What the election reports, as log lines: fixed messages that people search for, and fields. Where a term begins and
 * ends, `mono_ns` orders the lines of several electors on one machine, however its wall clock is set.
 */
import { machineMonoNs } from '../clock.ts';
import type { Report } from '../election/state.ts';
import { saysRightIsMissing } from '../lock/api.ts';
import type { Logger } from '../logger.ts';

export interface LogContext {
  readonly id: string;
  /** `leases/default/reports`. */
  readonly lock: string;
}

export function logReport(logger: Logger, { id, lock }: LogContext, report: Report): void {
  switch (report.type) {
    case 'started-leading': {
      const { term, token, transitions } = report;
      const mono_ns = machineMonoNs();
      logger.info('started leading', { id, lock, term, token: token.version, transitions, mono_ns });
      return;
    }
    case 'stopped-leading': {
      const { term, reason } = report;
      logger.info('stepping down as leader', { id, lock, term, reason, mono_ns: machineMonoNs() });
      return;
    }
    case 'new-leader':
      logger.info('new leader elected', { leader: report.leader, lock });
      return;
    case 'released':
      logger.info('lock released', { id, lock });
      return;
    case 'not-released':
      logger.warn('lock not released; others wait until it expires', { id, lock, error: report.message });
      return;
    case 'request-failing':
      logger.warn('Kubernetes API request failing, trying again', {
        lock,
        action: report.action,
        error: report.message,
        ...(report.forMs === 0 ? {} : { for_ms: Math.round(report.forMs) }),
      });
      return;
    case 'request-works-again':
      logger.info('Kubernetes API request works again', {
        lock,
        action: report.action,
        after_ms: Math.round(report.afterMs),
      });
      return;
    case 'missing-right':
      if (!saysRightIsMissing(report.message)) {
        const { verb, message: error } = report;
        logger.error('the API forbids a request on the lock', { lock, verb, error });
        return;
      }
      logger.error('missing right on the lock; grant get, list, watch, create and update', {
        lock,
        missing: `${report.verb} ${lock.split('/')[0]}`,
        error: report.message,
      });
      return;
    case 'polling':
      logger.warn('cannot list and watch the lock, polling instead: hand-overs take seconds', {
        lock,
        missing: `list, watch ${lock.split('/')[0]}`,
        error: report.message,
      });
      return;
    case 'watching':
      logger.info('watching the lock', { lock });
      return;
    case 'identity-collision':
      logger.error('identity collision: another process renews the lock under the same id', { id, lock });
      return;
    case 'rolled-back':
      logger.error('the lock went back to an older version: was etcd restored?', {
        lock,
        from: report.from,
        to: report.to,
        wait_ms: Math.round(report.waitMs),
      });
      return;
    case 'lock-gone':
      logger.warn('the lock was deleted; waiting for its last holder to end', {
        lock,
        wait_ms: Math.round(report.waitMs),
      });
      return;
    case 'lock-replaced':
      logger.warn('the lock was replaced by a new object; waiting for its last holder to end', {
        lock,
        wait_ms: Math.round(report.waitMs),
      });
      return;
    case 'lock-emptied':
      logger.warn('the lock was emptied without a release; waiting for its last holder to end', {
        lock,
        wait_ms: Math.round(report.waitMs),
      });
      return;
    case 'long-duration':
      logger.warn('the lock is held with a very long duration', {
        lock,
        duration_ms: Math.round(report.durationMs),
      });
      return;
    case 'killing-work':
      logger.warn('the work did not stop in time and is killed', { id, lock, term: report.term });
      return;
    case 'work-stuck':
      logger.error('the work did not stop in time and runs on; the lock is left to expire', {
        id,
        lock,
        term: report.term,
      });
      return;
  }
}
