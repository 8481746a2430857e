/** Every time without a leader needs a fault that explains it; the judge finds those that have none. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ElectionHistory } from './history.ts';
import { failOversIn } from './judge/fail-overs.ts';
import { gapsIn } from './judge/gaps.ts';
import { at, history, leads, life, sees, stops, strike } from './scene.ts';

function unexplained(changed: Partial<ElectionHistory>): readonly (string | null)[] {
  return gapsIn(history(changed)).map((gap) => gap.unexplained);
}

/** Alice leads from 1 s to 10 s and dies; bob leads again after so many seconds. TTL 2 s. */
function crash(afterSeconds: number): Partial<ElectionHistory> {
  return {
    lives: [life('alice#1', { marks: [leads(1)], toMs: at(10) }), life('bob#1', { marks: [leads(10 + afterSeconds)] })],
    strikes: [strike('killed', ['alice'], 10)],
    sights: [sees(9.9, 'alice'), sees(10 + afterSeconds, 'bob')],
  };
}

describe('after a crash', () => {
  test('a lease and a moment without a leader are explained', () => {
    assert.deepEqual(unexplained(crash(2.1)), [null]);
  });

  test('more is not, where somebody was fit', () => {
    assert.deepEqual(unexplained(crash(3.5)), ['bob was fit for 3500 ms, 3000 ms are due']);
  });

  test('more is, where nobody was', () => {
    const cut = strike('black hole', ['bob'], 8, 12);
    const { strikes = [], ...rest } = crash(5);
    assert.deepEqual(unexplained({ ...rest, strikes: [...strikes, cut] }), [null]);
    const outage = strike('API server killed', [], 10.5, 15);
    assert.deepEqual(unexplained({ ...rest, strikes: [...strikes, outage] }), [null]);
  });

  test('a change of the record starts the wait anew', () => {
    const { sights = [], ...rest } = crash(4.5);
    assert.deepEqual(
      unexplained({ ...rest, sights: [...sights, sees(11.9, 'alice')].sort((a, b) => a.atMs - b.atMs) }),
      [null],
    );
  });

  test('a hand that wrote a longer duration makes all wait longer', () => {
    const { sights: _, ...rest } = crash(5);
    assert.deepEqual(unexplained({ ...rest, sights: [sees(9.9, 'intruder', { durationSeconds: 5 })] }), [null]);
  });

  test('a machine on which somebody waited for a processor explains as much more, and no more', () => {
    const stall = (of: string, toSecond: number) => {
      return { of, fromMs: at(10), toMs: at(toSecond), waitedMs: (toSecond - 10) * 1000 };
    };
    assert.deepEqual(unexplained({ ...crash(3.5), commonStalls: [stall('conductor', 11)] }), [null]);
    assert.deepEqual(unexplained({ ...crash(9), commonStalls: [stall('conductor', 11)] }), [
      'bob was fit for 9000 ms, 3000 ms are due',
    ]);
    // Two that wait side by side do not wait twice as long.
    const both = [stall('conductor', 11), stall('servers', 11)];
    assert.equal(unexplained({ ...crash(4.5), commonStalls: both })[0], 'bob was fit for 4500 ms, 3000 ms are due');
  });
});

describe('after a release', () => {
  const released = (afterSeconds: number): Partial<ElectionHistory> => ({
    lives: [
      life('alice#1', { marks: [leads(1), stops(10)], toMs: at(10.1) }),
      life('bob#1', { marks: [leads(10 + afterSeconds)] }),
    ],
    strikes: [strike('terminated', ['alice'], 10, 10.1)],
    sights: [sees(9.9, 'alice'), sees(10.02, '')],
  });

  test('a moment is explained, a lease is not', () => {
    assert.deepEqual(unexplained(released(0.1)), [null]);
    assert.deepEqual(unexplained(released(2)), ['bob was fit for 1980 ms, 1000 ms after a release are due']);
  });

  test('a lock that came anew less than a lease before is waited for that lease', () => {
    const { sights = [], ...rest } = released(2.5);
    const anew = (second: number) => [
      sees(second - 2, '', { type: 'deleted', released: false }),
      sees(second, 'alice'),
    ];
    assert.deepEqual(unexplained({ ...rest, sights: [...anew(9.5), ...sights] }), [null]);
    assert.deepEqual(unexplained({ ...rest, sights: [...anew(7.9), ...sights] }), [
      'bob was fit for 2480 ms, 1000 ms after a release are due',
    ]);
  });

  test('whoever released it leaves it to others for some seconds', () => {
    const lives = [life('alice#1', { marks: [leads(1), stops(10), leads(15)] })];
    const { strikes = [], sights = [] } = released(5);
    assert.deepEqual(unexplained({ lives, strikes, sights }), [null]);
    const late = [life('alice#1', { marks: [leads(1), stops(10), leads(18)] })];
    assert.equal(unexplained({ lives: late, strikes, sights })[0]?.startsWith('alice was fit for'), true);
  });

  test('a lock that was emptied is none', () => {
    const { sights: _, ...rest } = released(2);
    assert.deepEqual(unexplained({ ...rest, sights: [sees(10.02, '', { released: false })] }), [null]);
  });
});

describe('without a fault', () => {
  const lives = [
    life('alice#1', { marks: [leads(1), stops(10, 'the renew deadline passed')] }),
    life('bob#1', { marks: [leads(10.7)] }),
  ];

  test('no gap is explained, however short', () => {
    assert.deepEqual(unexplained({ lives }), ['nothing was done to it']);
  });

  test('nor by what happened to somebody else, was long over, or harms nobody', () => {
    const strikes = [
      strike('black hole', ['bob'], 8, 12),
      strike('paused', ['alice'], 2, 4),
      strike('wall clock stepped', ['alice'], 9, 9.5),
      strike('lock relabelled', [], 9, 9.5),
    ];
    assert.deepEqual(unexplained({ lives, strikes }), ['nothing was done to it']);
  });

  test('but by a machine that stood still, which is no fail-over', () => {
    const commonStalls = [{ of: 'servers', fromMs: at(9), toMs: at(9.9), waitedMs: 700 }];
    const gaps = gapsIn(history({ lives, commonStalls }));
    assert.deepEqual(
      gaps.map(({ cause, unexplained: why }) => [cause, why]),
      [['the machine stood still', null]],
    );
    assert.deepEqual(failOversIn(gaps), []);
  });
});

describe('a fail-over', () => {
  test('is the next term of another process, and counts for the fault that struck last', () => {
    const strikes = [
      strike('delay', ['alice'], 8, 9.5),
      strike('killed', ['alice'], 10),
      strike('paused', ['bob'], 10.5, 11),
    ];
    assert.deepEqual(failOversIn(gapsIn(history({ ...crash(2), strikes }))), [{ kind: 'killed', leaderlessMs: 2000 }]);
  });

  test('is none when the same process leads again, or nobody before the end', () => {
    const again = [life('alice#1', { marks: [leads(1), stops(10), leads(11)] }), life('bob#1')];
    const strikes = [strike('black hole', ['alice'], 8, 11)];
    assert.deepEqual(failOversIn(gapsIn(history({ lives: again, strikes }))), []);
    const never = [life('alice#1', { marks: [leads(1), stops(59)] }), life('bob#1')];
    assert.deepEqual(failOversIn(gapsIn(history({ lives: never, strikes }))), []);
  });
});
