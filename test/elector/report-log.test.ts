import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { logReport } from '../../src/elector/report-log.ts';
import { type LogFields, silentLogger } from '../../src/logger.ts';

function saidOf(verb: string, message: string) {
  const said: [message: string, fields: LogFields | undefined][] = [];
  const logger = { ...silentLogger, error: (text: string, fields?: LogFields) => void said.push([text, fields]) };
  logReport(logger, { id: 'alice', lock: 'leases/default/reports' }, { type: 'missing-right', verb, message });
  return said;
}

describe('a 403', () => {
  test('of RBAC names the right that is missing', () => {
    const error = '403 leases "reports" is forbidden: User "alice" cannot update resource "leases" in API group "x"';
    assert.deepEqual(saidOf('update', error), [
      [
        'missing right on the lock; grant get, list, watch, create and update',
        { lock: 'leases/default/reports', missing: 'update leases', error },
      ],
    ]);
  });

  for (const why of [
    'exceeded quota: few, requested: count/leases=1, used: count/leases=0, limited: count/leases=0',
    'unable to create new content in namespace default because it is being terminated',
    'admission webhook "x.example.com" denied the request: no',
  ]) {
    test(`that is no missing right asks for none: ${why}`, () => {
      const error = `403 leases "reports" is forbidden: ${why}`;
      assert.deepEqual(saidOf('create', error), [
        ['the API forbids a request on the lock', { lock: 'leases/default/reports', verb: 'create', error }],
      ]);
    });
  }
});
