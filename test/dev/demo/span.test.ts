/** The check that never two led: it must find every overlap that is proven, and invent none. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DemoEvent } from '../../../src/dev/demo/event.ts';
import { findOverlaps, leadingSpan, type Span, trackSpans } from '../../../src/dev/demo/span.ts';
import { after, answers, exited, startsLeading, staysSilent, stepsDown, tellsLeading } from './scene.ts';

function spansAfter(...events: DemoEvent[]): readonly Span[] {
  return events.reduce<readonly Span[]>(trackSpans, []);
}

function overlapsAfter(...events: DemoEvent[]) {
  return findOverlaps(spansAfter(...events));
}

describe('the spans of leading', () => {
  it('overlap when one begins before the other ended, by their logs', () => {
    const overlaps = overlapsAfter(
      startsLeading('alice', 100),
      tellsLeading('alice', 100),
      startsLeading('bob', 300),
      tellsLeading('bob', 300),
      stepsDown('alice', 350),
      stepsDown('bob', 900),
    );
    assert.deepEqual(overlaps, [{ members: ['alice', 'bob'], fromMs: 300, forMs: 50 }]);
  });

  it('do not overlap when one ends as the other begins, whichever line is read first', () => {
    const alice = [startsLeading('alice', 100), tellsLeading('alice', 100), tellsLeading('alice', 290)];
    const bob = [startsLeading('bob', 300), tellsLeading('bob', 300), tellsLeading('bob', 800)];
    assert.deepEqual(overlapsAfter(...alice, stepsDown('alice', 300), ...bob), []);
    assert.deepEqual(overlapsAfter(...alice, ...bob, stepsDown('alice', 300)), []);
  });

  it('end where the last proof ran out, for one that was paused and says so later', () => {
    const events = [startsLeading('alice', 0), tellsLeading('alice', 0, 2000), startsLeading('bob', 3000)];
    const later = [tellsLeading('bob', 3000), tellsLeading('bob', 5000), stepsDown('alice', 5000)];
    assert.deepEqual(overlapsAfter(...events, ...later), []);
    const tooLong = [startsLeading('alice', 0), tellsLeading('alice', 0, 3500), startsLeading('bob', 3000)];
    assert.deepEqual(overlapsAfter(...tooLong, ...later), [{ members: ['alice', 'bob'], fromMs: 3000, forMs: 500 }]);
  });

  it('end with the process', () => {
    const events = [startsLeading('alice', 0), exited('alice', 1000, null), startsLeading('bob', 1000)];
    assert.deepEqual(overlapsAfter(...events, tellsLeading('bob', 2000)), []);
  });

  it('overlap by the answers of GET / alone', () => {
    const overlaps = overlapsAfter(
      ...[100, 200, 300, 400].map((atMs) => answers('alice', atMs, true)),
      ...[300, 400, 500].map((atMs) => answers('bob', atMs, true)),
    );
    assert.deepEqual(overlaps, [{ members: ['alice', 'bob'], fromMs: 300, forMs: 99 }]);
  });

  it('overlap by the log of one and the answers of the other', () => {
    const events = [startsLeading('bob', 150), tellsLeading('bob', 250), stepsDown('bob', 260)];
    const overlaps = overlapsAfter(answers('alice', 100, true), answers('alice', 200, true), ...events);
    assert.deepEqual(overlaps, [{ members: ['alice', 'bob'], fromMs: 150, forMs: 49 }]);
  });

  it('prove nothing by a single answer, nor across one that was no or that did not come', () => {
    for (const between of [answers('alice', 200, false), staysSilent('alice', 200)]) {
      const spans = spansAfter(answers('alice', 100, true), between, answers('alice', 300, true));
      assert.deepEqual(
        spans.map(({ fromMs, toMs }) => toMs - fromMs),
        [0, 0],
      );
    }
  });

  it('say who leads, until the last proof runs out', () => {
    const spans = spansAfter(startsLeading('alice', 0), tellsLeading('alice', 500, 2000));
    assert.equal(leadingSpan(spans, 1999)?.member, 'alice');
    assert.equal(leadingSpan(spans, 2000), null);
  });
});

describe('the state', () => {
  it('keeps an overlap for good, once', () => {
    const state = after([
      startsLeading('alice', 100),
      startsLeading('bob', 200),
      tellsLeading('bob', 300),
      tellsLeading('alice', 300),
      stepsDown('alice', 400),
      stepsDown('bob', 500),
      ...Array.from({ length: 100 }, (_, index) => answers('carol', 2000 + 2000 * index, true)),
    ]);
    assert.deepEqual(
      state.overlaps.map(({ members, fromMs }) => ({ members, fromMs })),
      [{ members: ['alice', 'bob'], fromMs: 200 }],
    );
  });
});
