/** What a member writes is what the demo reads. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { logLine, parseMemberLine, viewLine } from '../../../src/dev/demo/member-line.ts';
import { logReport } from '../../../src/elector/report-log.ts';
import type { Logger } from '../../../src/logger.ts';
import { leadingView } from '../../support/views.ts';

describe('a line of a member', () => {
  it('brings its view over, valid from its own instant on', () => {
    assert.deepEqual(parseMemberLine(viewLine(leadingView('alice'), 1000)), {
      type: 'view',
      atMs: 1000,
      view: { phase: 'leading', isLeading: true, leader: 'alice', term: 1, validUntilMs: 6000 },
    });
  });

  it('is understood in the words in which the elector logs', () => {
    const lines: string[] = [];
    const log = (message: string, fields: object = {}) => void lines.push(logLine('info', message, fields, 5));
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const context = { id: 'alice', lock: 'leases/default/demo' };
    const token = { uid: 'lock-uid', version: '12' };
    logReport(logger, context, { type: 'started-leading', term: 2, token, transitions: 3 });
    logReport(logger, context, { type: 'stopped-leading', term: 2, reason: 'SIGTERM' });
    logReport(logger, context, { type: 'released' });
    assert.deepEqual(lines.map(parseMemberLine), [
      { type: 'started-leading', atMs: 5, term: 2, token: '12' },
      { type: 'stepping-down', atMs: 5, reason: 'SIGTERM' },
      { type: 'log', atMs: 5, level: 'info', message: 'lock released', detail: '' },
    ]);
  });

  it('is nothing when something else wrote it', () => {
    for (const text of ['', '(node:1) Warning: x', '{"level":"info"}', 'null', '[1]']) {
      assert.equal(parseMemberLine(text), null, text);
    }
  });
});
