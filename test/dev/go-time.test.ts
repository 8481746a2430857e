/** Times as Go reads them; the contract suite holds these rules against a real API. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseMicroTime, parseTime } from '../../src/dev/go-time.ts';

describe('times', () => {
  it('every instant written with six digits comes back as it was', () => {
    const instants = fc.date({ min: new Date('0002-01-01'), max: new Date('9998-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 999 }), (date, micros) => {
        const text = `${date.toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
        assert.deepEqual(parseMicroTime(text), { type: 'ok', text });
      }),
    );
  });

  it('offsets in both directions are brought to UTC', () => {
    assert.deepEqual(parseMicroTime('2026-01-01T00:30:00.5000001Z').type, 'bad');
    assert.deepEqual(parseMicroTime('2026-01-01T00:30:00.500000+01:00'), {
      type: 'ok',
      text: '2025-12-31T23:30:00.500000Z',
    });
    assert.deepEqual(parseMicroTime('2025-12-31T23:30:00.500000-01:00'), {
      type: 'ok',
      text: '2026-01-01T00:30:00.500000Z',
    });
  });

  it('a plain time takes any fraction and keeps none', () => {
    for (const fraction of ['', '.5', '.123456789']) {
      assert.deepEqual(parseTime(`2026-01-01T00:00:00${fraction}Z`), { type: 'ok', text: '2026-01-01T00:00:00Z' });
    }
  });

  it('what follows the time is refused', () => {
    assert.deepEqual(parseMicroTime('2026-01-01T00:00:00.000000Zx'), {
      type: 'bad',
      message: 'parsing time "2026-01-01T00:00:00.000000Zx": extra text: "x"',
    });
  });
});
