import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLogger, type LogFormat } from '../../src/cli/log.ts';

function logged(format: LogFormat, { isTTY = false, verbosity = 0 } = {}) {
  let text = '';
  const stream = { isTTY, write: (line: string) => (text += line) };
  const clock = { now: () => ({ monoMs: 0, bootMs: 0, wallMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) }) };
  return { logger: createLogger({ format, verbosity, stream, clock }), text: () => text };
}

const TIME = '2026-01-02T03:04:05.006Z';

test('writes JSON with a fixed message and fields, time in RFC 3339', () => {
  const { logger, text } = logged('json');
  logger.info('started leading', { lock: 'leases/default/reports', token: '17' });
  assert.equal(
    text(),
    `{"time":"${TIME}","level":"info","msg":"started leading","lock":"leases/default/reports","token":"17"}\n`,
  );
});

test('writes text that stays on one line', () => {
  const { logger, text } = logged('text');
  logger.warn('lock lost', {
    lock: 'leases/default/reports',
    message: 'two\nlines "quoted"',
    tries: 3,
    none: undefined,
  });
  assert.equal(
    text(),
    `${TIME} WARN  lock lost lock=leases/default/reports message="two\\nlines \\"quoted\\"" tries=3\n`,
  );
});

test('auto is text on a terminal and JSON elsewhere', () => {
  for (const isTTY of [true, false]) {
    const { logger, text } = logged('auto', { isTTY });
    logger.error('failed');
    assert.equal(text().startsWith('{'), !isTTY);
  }
});

test('debug lines come from verbosity 4 on', () => {
  for (const verbosity of [-1, 0, 3, 4, 9]) {
    const { logger, text } = logged('json', { verbosity });
    logger.debug('seen');
    assert.equal(text() !== '', verbosity >= 4, `-v=${verbosity}`);
  }
});

test('a field cannot pass itself off as time, level or message', () => {
  const { logger, text } = logged('json');
  logger.info('started leading', { msg: 'other', level: 'error', time: 'never' });
  assert.deepEqual(JSON.parse(text()), { time: TIME, level: 'info', msg: 'started leading' });
});

test('errors are said, big numbers written, and what cannot be printed is named', () => {
  const { logger, text } = logged('json');
  const circle: { self?: unknown } = {};
  circle.self = circle;
  logger.info('odd', { error: new Error('refused'), big: 2n ** 70n });
  logger.info('odd', { circle });
  const [first = '', second = ''] = text().split('\n');
  assert.deepEqual(JSON.parse(first), {
    time: TIME,
    level: 'info',
    msg: 'odd',
    error: 'refused',
    big: '1180591620717411303424',
  });
  const { unprintable, ...rest } = JSON.parse(second);
  assert.match(unprintable, /circular/);
  assert.deepEqual(rest, { time: TIME, level: 'info', msg: 'odd' });
});

test('whatever the fields, it never throws and writes exactly one line', () => {
  fc.assert(
    fc.property(fc.constantFrom('json', 'text'), fc.dictionary(fc.string(), fc.anything()), (format, fields) => {
      const { logger, text } = logged(format);
      logger.info('odd', fields);
      assert.match(text(), /^[^\n]+\n$/);
    }),
  );
});
