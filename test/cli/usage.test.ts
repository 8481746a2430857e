import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usage } from '../../src/cli/usage.ts';
import { OPTIONS } from '../../src/config/options.ts';

const USAGE = `\
Usage: elector -election name [flags]
       elector demo | help | version

Takes part in a leader election on Kubernetes, and tells the Pod's other containers who leads.

Flags, as -flag value, -flag=value, --flag value or --flag=value:
  -election name            the election, and the name of its lock object (required)
  -http host:port           serve who leads on this address; :5002 listens on all interfaces (default off)
  -id text                  identity of this participant, unique in the election (default hostname)
  -kubeconfig path          kubeconfig file; KUBECONFIG is never read (default in-cluster)
  -lock-type type           object that holds the lock: leases, configmaps or endpoints (default leases)
  -namespace name           namespace of the lock object (default default)
  -ttl duration             a leader silent for this long is replaced; 1s to 1h (default 10s)
  -renew-deadline duration  a leader that cannot renew stops after this time (default 2/3 of the ttl)
  -retry-period duration    time between renewals (default 1/6 of the ttl)
  -stop-timeout duration    time for work to end when giving up leadership (default 25s)
  -release-delay duration   when giving up, hold the lock at least this long for apps that poll (default 0s)
  -pod-label                keep the Pod label k8s-elector/status at 'leader' or 'standby' (default true)
  -log-format format        auto (text on a terminal, else json), json or text (default auto)
  -v level                  log verbosity; from 4 on, debug lines too (default 0)
  -version                  print the version and exit

Durations: 10s, 1m30s, 500ms, 1.5h.

Environment:
  ELECTOR_POD_NAME          name of the Pod whose label is kept (default hostname)

Accepted for manifests that carry them, without effect:
  -add_dir_header -alsologtostderr -log_backtrace_at -log_dir -log_file -log_file_max_size
  -logtostderr -skip_headers -skip_log_headers -stderrthreshold -vmodule

Exit codes: 0 stopped by a signal; 1 failed; 2 wrong flags or values; 143 or 130 on a second signal.
`;

test('the help text is this one', () => assert.equal(usage(), USAGE));

test('the help text names every option', () => {
  for (const { name, source } of OPTIONS) {
    assert.match(usage(), new RegExp(`  ?${source === 'flag' ? '-' : ''}${name}( |$)`, 'm'));
  }
});

test('the help text fits a terminal', () => {
  for (const line of usage().split('\n')) assert.ok(line.length <= 110, line);
});
