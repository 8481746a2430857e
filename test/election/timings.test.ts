import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { deriveTimings, MAX_DRIFT, safeBesideGo } from '../../src/election/timings.ts';

const round = (ms: number) => Math.round(ms * 10) / 10;

describe('the durations of a TTL', () => {
  test('10 s', () => {
    const { timings, problems } = deriveTimings({ ttlMs: 10_000 });
    assert.deepEqual(problems, []);
    assert.equal(timings.leaseDurationSeconds, 10);
    assert.equal(round(timings.renewDeadlineMs), 6666.7);
    assert.equal(round(timings.retryPeriodMs), 1666.7);
    assert.equal(timings.requestBudgetMs, 2_500);
    assert.equal(round(timings.lapseBudgetMs), 3135.3);
  });

  test('1 s: the shortest still leaves work 0.3 s to end', () => {
    const { timings, problems } = deriveTimings({ ttlMs: 1_000 });
    assert.deepEqual(problems, []);
    assert.equal(round(timings.lapseBudgetMs), 313.5);
    assert.equal(round(timings.requestBudgetMs), 250);
  });

  test('the duration is written in seconds, rounded up: nobody waits less than the TTL', () => {
    for (const [ttlMs, seconds] of [
      [1_000, 1],
      [1_001, 2],
      [2_500, 3],
      [10_000, 10],
      [3_600_000, 3_600],
    ] as const) {
      const { timings } = deriveTimings({ ttlMs });
      assert.equal(timings.leaseDurationSeconds, seconds);
      assert.equal(timings.leaseDurationMs, ttlMs);
    }
  });

  test('one request never gets more than 10 s', () => {
    assert.equal(deriveTimings({ ttlMs: 3_600_000 }).timings.requestBudgetMs, 10_000);
  });
});

describe('what is refused', () => {
  const refused = (ttlMs: number, renewDeadlineMs?: number, retryPeriodMs?: number) =>
    deriveTimings({
      ttlMs,
      ...(renewDeadlineMs === undefined ? {} : { renewDeadlineMs }),
      ...(retryPeriodMs === undefined ? {} : { retryPeriodMs }),
    }).problems;

  test('15/14/11, which Kubernetes accepts: a leader could outlive its lock', () => {
    assert.deepEqual(refused(15_000, 14_000, 11_000), [
      'renew deadline: expected at most 13.202s with a ttl of 15s, so that work can end before another may lead, got 14s',
    ]);
  });

  test('a renew deadline is accepted up to what leaves the work its least time, and no further', () => {
    assert.deepEqual(
      [8_890, 8_891].map((renewDeadlineMs) => refused(10_100, renewDeadlineMs).length),
      [0, 1],
    );
  });

  test("15/10/2, Kubernetes' defaults, is accepted", () => {
    assert.deepEqual(refused(15_000, 10_000, 2_000), []);
  });

  test('a TTL below 1 s or above 1 h, and one that is no number', () => {
    assert.deepEqual(refused(999), ['ttl: expected 1s to 1h, got 0.999s']);
    assert.deepEqual(refused(0), ['ttl: expected 1s to 1h, got 0s']);
    assert.deepEqual(refused(-5_000), ['ttl: expected 1s to 1h, got -5s']);
    assert.deepEqual(refused(3_600_001), ['ttl: expected 1s to 1h, got 3600.001s']);
    assert.equal(refused(Number.NaN).length, 1);
    assert.deepEqual(refused(3_600_000), []);
  });

  test('a retry period that leaves no second attempt before the renew deadline', () => {
    assert.deepEqual(refused(10_000, 6_000, 5_000), [
      'renew deadline: expected more than 1.2 times the retry period (5s), got 6s',
    ]);
    assert.deepEqual(refused(10_000, 6_001, 5_000), []);
  });

  test('a retry period of nothing', () => {
    assert.deepEqual(refused(10_000, 6_000, 0), ['retry period: expected more than 0s, got 0s']);
    assert.equal(refused(10_000, 6_000, -1).length, 1);
    assert.equal(refused(10_000, 6_000, Number.NaN).length > 0, true);
  });

  test('all problems are named at once', () => {
    assert.equal(refused(10_000, 9_900, 9_000).length, 2);
  });
});

/** Everything that is accepted, by fractions of the TTL. */
const accepted = fc
  .record({
    ttlMs: fc.integer({ min: 1_000, max: 3_600_000 }),
    deadline: fc.double({ min: 0.01, max: 1, noNaN: true }),
    retry: fc.double({ min: 0.001, max: 1, noNaN: true }),
  })
  .map(({ ttlMs, deadline, retry }) =>
    deriveTimings({ ttlMs, renewDeadlineMs: ttlMs * deadline, retryPeriodMs: ttlMs * deadline * retry }),
  )
  .filter(({ problems }) => problems.length === 0);

test('whatever is accepted ends, work included, before a standby may take over, at 1 % drift each way', () => {
  fc.assert(
    fc.property(accepted, ({ timings: { renewDeadlineMs, lapseBudgetMs, leaseDurationMs } }) => {
      assert.ok((renewDeadlineMs + lapseBudgetMs) / (1 - MAX_DRIFT) <= leaseDurationMs / (1 + MAX_DRIFT) + 1e-6);
      assert.ok(lapseBudgetMs >= Math.max(200, leaseDurationMs / 10));
    }),
  );
});

test('whatever is accepted has room for two requests between a renewal that fails and the renew deadline', () => {
  fc.assert(
    fc.property(accepted, ({ timings: { renewDeadlineMs, retryPeriodMs, requestBudgetMs } }) => {
      assert.ok(retryPeriodMs + 2 * requestBudgetMs <= renewDeadlineMs + 1e-6);
      assert.ok(requestBudgetMs > 0);
    }),
  );
});

describe('beside Go electors, which see times in whole seconds', () => {
  const safe = (ttlMs: number) => safeBesideGo(deriveTimings({ ttlMs }).timings);

  test('4 s and more are safe, 3 s and less are not', () => {
    assert.equal(safe(4_000), true);
    assert.equal(safe(10_000), true);
    assert.equal(safe(3_000), false);
    assert.equal(safe(2_000), false);
    assert.equal(safe(1_000), false);
  });

  test('1.2 s are kept free at 1 % drift each way, neither more nor less', () => {
    const safeWith = (renewDeadlineMs: number) =>
      safeBesideGo(deriveTimings({ ttlMs: 4_000, renewDeadlineMs }).timings);
    assert.deepEqual([2_732, 2_733].map(safeWith), [true, false]);
  });

  /**
   * A leader of ours takes the lock at the beginning of a second, renews it within that second, and then its network
   * breaks. The Go elector has seen no change of the text since it first looked.
   */
  const overlapMs = (ttlMs: number) => {
    const { leaseDurationSeconds, renewDeadlineMs } = deriveTimings({ ttlMs }).timings;
    return 999 + renewDeadlineMs - leaseDurationSeconds * 1000;
  };

  test('what is called safe does not overlap with one that missed a renewal within a second', () => {
    for (let ttlMs = 1_000; ttlMs <= 20_000; ttlMs += 100) {
      if (safe(ttlMs)) assert.ok(overlapMs(ttlMs) < 0, `${ttlMs} ms overlaps by ${overlapMs(ttlMs)} ms`);
    }
  });

  test('2 s, which is not called so, overlaps by a third of a second', () => {
    assert.equal(Math.round(overlapMs(2_000)), 332);
  });
});
