/** Everything else in the simulator relies on it: what was put in comes out once, in order, unless it was cancelled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Agenda, type Entry } from './agenda.ts';

test('things come in the order of their times, those due together in the order in which they were put in', () => {
  const deed = fc.oneof(
    fc.record({ type: fc.constant('put' as const), inMs: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ type: fc.constant('cancel' as const), which: fc.nat() }),
    fc.record({ type: fc.constant('run' as const), forMs: fc.integer({ min: 0, max: 10 }) }),
  );
  const property = fc.property(fc.array(deed, { maxLength: 400 }), (deeds) => {
    const agenda = new Agenda();
    const entries: Entry[] = [];
    const ran: number[] = [];
    let waiting: { id: number; atMs: number }[] = [];
    const expected: number[] = [];
    for (const it of [...deeds, { type: 'run' as const, forMs: 100 }]) {
      if (it.type === 'put') {
        const id = entries.length;
        entries.push(agenda.in(it.inMs, () => ran.push(id)));
        waiting.push({ id, atMs: agenda.nowMs + it.inMs });
      } else if (it.type === 'cancel') {
        const id = it.which % Math.max(1, entries.length);
        const entry = entries[id];
        if (entry !== undefined) agenda.cancel(entry);
        waiting = waiting.filter((other) => other.id !== id);
      } else {
        const untilMs = agenda.nowMs + it.forMs;
        const due = waiting.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs || a.id - b.id);
        expected.push(...due.map(({ id }) => id));
        waiting = waiting.filter(({ atMs }) => atMs > untilMs);
        for (let run = agenda.next(untilMs); run !== null; run = agenda.next(untilMs)) run();
        assert.equal(agenda.nowMs, untilMs);
      }
    }
    assert.deepEqual(ran, expected);
  });
  fc.assert(property, { numRuns: 300 });
});

test('what is mostly cancelled stays small and in order', () => {
  const agenda = new Agenda();
  const ran: number[] = [];
  for (let i = 0; i < 5000; i += 1) {
    const entry = agenda.at(5000 - i, () => ran.push(5000 - i));
    if (i % 10 !== 0) agenda.cancel(entry);
  }
  for (let run = agenda.next(1e6); run !== null; run = agenda.next(1e6)) run();
  assert.deepEqual(
    ran,
    Array.from({ length: 500 }, (_, i) => 10 * (i + 1)),
  );
});
