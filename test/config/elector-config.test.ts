import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { ElectorConfig } from '../../src/config/elector-config.ts';

test('logs every value once, at info level', () => {
  const lines: unknown[] = [];
  const config = new ElectorConfig({ name: 'reports', id: 'alice', podName: 'alice-0', address: ':5002', ttl: 8000 });
  config.log({ info: (message, fields) => lines.push([message, fields]) });
  assert.deepEqual(lines, [
    [
      'elector configuration',
      {
        name: 'reports',
        address: ':5002',
        id: 'alice',
        podName: 'alice-0',
        kubeConfig: '',
        lockType: 'leases',
        namespace: 'default',
        ttl: 8000,
        renewDeadline: '5.333s',
        retryPeriod: '1.333s',
        stopTimeout: '25s',
        releaseDelay: '0s',
        podLabel: true,
      },
    ],
  ]);
});

test('logs durations as they were given, and none that does not follow', () => {
  const logged = (options: object) => {
    let fields: Record<string, unknown> = {};
    new ElectorConfig({ name: 'reports', ...options }).log({ info: (_message, all) => (fields = { ...all }) });
    return [fields.ttl, fields.renewDeadline, fields.retryPeriod];
  };
  assert.deepEqual(logged({ ttl: '1m', renewDeadline: '30s' }), ['1m', '30s', '10s']);
  assert.deepEqual(logged({ ttl: 'soon' }), ['soon', '2/3 of the ttl', '1/6 of the ttl']);
});

test('logs on stderr when no logger is given', (t) => {
  const error = t.mock.method(console, 'error', () => {});
  const log = t.mock.method(console, 'log', () => {});
  new ElectorConfig({ name: 'reports' }).log();
  assert.equal(error.mock.callCount(), 1);
  assert.equal(log.mock.callCount(), 0);
});

test('identity and Pod name default to the host name', () => {
  for (const id of [undefined, '']) {
    const config = new ElectorConfig({ name: 'reports', id });
    assert.deepEqual([config.id, config.podName], [hostname(), hostname()]);
  }
});

test('a configuration is made of another one without loss', () => {
  const config = new ElectorConfig({ name: 'reports', renewDeadline: '5s', podLabel: false });
  assert.deepEqual(new ElectorConfig(config), config);
});
