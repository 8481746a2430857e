import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EnvPodName, ResourcePathPodLabel, StatusLeader, StatusStandby } from '../../src/config/constants.ts';
import { ElectorConfig } from '../../src/config/elector-config.ts';
import { defaultText, nameOf, OPTIONS } from '../../src/config/options.ts';

/** The published interface: it changes only with a major release. */
const CONTRACT = {
  election: 'required',
  http: 'off',
  id: 'hostname',
  kubeconfig: 'in-cluster',
  'lock-type': 'leases',
  namespace: 'default',
  ttl: '10s',
  'renew-deadline': '2/3 of the ttl',
  'retry-period': '1/6 of the ttl',
  'stop-timeout': '25s',
  'release-delay': '0s',
  'pod-label': 'true',
  'log-format': 'auto',
  v: '0',
  version: '',
};
const ORIGINAL = ['election', 'http', 'id', 'kubeconfig', 'lock-type', 'namespace', 'ttl', 'v', EnvPodName];
const WITHOUT_EFFECT =
  'add_dir_header alsologtostderr log_backtrace_at log_dir log_file log_file_max_size logtostderr skip_headers skip_log_headers stderrthreshold vmodule';

test('the table holds the flags of the contract with their defaults', () => {
  const flags = OPTIONS.filter((option) => option.source === 'flag' && option.hasEffect);
  assert.deepEqual(Object.fromEntries(flags.map((option) => [option.name, defaultText(option)])), CONTRACT);
});

test('the table tells what comes from the original and what was added', () => {
  const original = OPTIONS.filter((option) => option.origin === 'original' && option.hasEffect);
  assert.deepEqual(
    original.map((option) => option.name),
    ORIGINAL,
  );
});

test('the logging flags of the original are accepted', () => {
  const without = OPTIONS.filter((option) => !option.hasEffect).map((option) => option.name);
  assert.equal(without.join(' '), WITHOUT_EFFECT);
});

test('no name is given twice', () => {
  assert.equal(new Set(OPTIONS.map((option) => option.name)).size, OPTIONS.length);
});

test('the table names every field of the library once, and no other', () => {
  const fields = OPTIONS.flatMap((option) => (option.field === null ? [] : [option.field]));
  assert.deepEqual(fields.toSorted(), Object.keys(new ElectorConfig({ name: 'reports' })).toSorted());
});

test('the library has the defaults of the table', () => {
  const config: Readonly<Record<string, unknown>> = { ...new ElectorConfig({ name: 'reports' }) };
  for (const option of OPTIONS) {
    if (option.field !== null && option.default !== null) assert.equal(config[option.field], option.default);
  }
});

test('an option is named as its user wrote it', () => {
  assert.equal(nameOf('address', 'flags'), '-http');
  assert.equal(nameOf('address', 'fields'), 'address');
  assert.equal(nameOf('podName', 'flags'), 'podName');
});

test('the published constants stand', () => {
  assert.deepEqual(
    [EnvPodName, ResourcePathPodLabel, StatusStandby, StatusLeader],
    ['ELECTOR_POD_NAME', '/metadata/labels/k8s-elector~1status', 'standby', 'leader'],
  );
});
