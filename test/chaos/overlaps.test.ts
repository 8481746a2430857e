/** The judge of overlaps finds what is planted, and is silent where nothing is certain. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ElectionHistory } from './history.ts';
import { overlapsIn } from './judge/overlaps.ts';
import { answersYes, at, history, leads, life, sees, stops, strike, writes } from './scene.ts';

function found(changed: Partial<ElectionHistory>): readonly string[] {
  return overlapsIn(history(changed)).map(({ what, exempt }) => (exempt === null ? what : `(${exempt}) ${what}`));
}

/** Renewals of alice, seen twice a second. */
const RENEWED = Array.from({ length: 100 }, (_, index) => sees(1 + index / 2, 'alice'));

describe('by answers', () => {
  test('two that both answer "I lead" overlap for as long as is certain', () => {
    const lives = [life('alice#1', { runs: [answersYes(1, 5)] }), life('bob#1', { runs: [answersYes(4, 8)] })];
    const sights = [...RENEWED, ...RENEWED.map((it) => ({ ...it, holder: 'bob' }))];
    assert.deepEqual(found({ lives, sights }), [
      'demo/alice#1 and demo/bob#1 both answered "I lead", for 999.0 ms at least',
    ]);
  });

  test('one answer within the other’s row is enough', () => {
    const lives = [
      life('alice#1', { runs: [answersYes(1, 5)] }),
      life('bob#1', { runs: [{ ...answersYes(3, 3), answers: 1 }] }),
    ];
    assert.equal(found({ lives, sights: [...RENEWED, sees(2.9, 'bob')] }).length, 1);
  });

  test('one that answered late to what it was asked before another led is no overlap', () => {
    const late = { firstSentMs: at(2), firstReceivedMs: at(6), lastSentMs: at(2), lastReceivedMs: at(6), answers: 1 };
    const lives = [life('alice#1', { runs: [late] }), life('bob#1', { runs: [answersYes(4, 8)] })];
    const sights = [...RENEWED, ...RENEWED.map((it) => ({ ...it, holder: 'bob' }))];
    assert.deepEqual(found({ lives, sights }), []);
  });

  test('two Go electors may do to each other what they will; ours beside one may not', () => {
    const go = (process: string) => life(process, { program: 'clientgo-v0.17', runs: [answersYes(1, 5)] });
    assert.deepEqual(found({ lives: [go('carol#1'), go('dave#1')] }), []);
    const lives = [go('carol#1'), life('alice#1', { runs: [answersYes(1, 5)] })];
    assert.equal(found({ lives, sights: RENEWED }).length, 1);
  });

  test('a Go elector that emptied our lock and took it is not ours to answer for, for a moment', () => {
    const lives = [
      life('carol#1', { runs: [answersYes(5.1, 9)] }),
      life('alice#1', { runs: [answersYes(1, 5.5)], marks: [leads(1), stops(5.5)] }),
    ];
    const wiped = sees(5, '', { released: false });
    assert.deepEqual(found({ lives, sights: [...RENEWED.filter(({ atMs }) => atMs < at(5)), wiped] }), []);
    assert.equal(found({ lives, sights: RENEWED }).length, 1);
  });
});

describe('by logs', () => {
  test('two terms that share an instant are found', () => {
    const lives = [life('alice#1', { marks: [leads(1), stops(5)] }), life('bob#1', { marks: [leads(4.9), stops(8)] })];
    assert.deepEqual(found({ lives }), ['demo/alice#1 and demo/bob#1 both led by their logs, for 100.0 ms']);
  });

  test('also one that lasts over several others', () => {
    const lives = [
      life('alice#1', { marks: [leads(1), stops(9)] }),
      life('bob#1', { marks: [leads(2), stops(3), leads(7), stops(8)] }),
    ];
    assert.equal(found({ lives }).length, 2);
  });

  test('a term that a pause ended is over with the pause', () => {
    const pauses = [{ fromMs: at(3), toMs: at(8) }];
    const bob = life('bob#1', { marks: [leads(6), stops(9)] });
    const ended = life('alice#1', { marks: [leads(1), stops(8.05, 'the renew deadline passed')], pauses });
    assert.deepEqual(found({ lives: [ended, bob] }), []);
    const ledOn = life('alice#1', { marks: [leads(1), stops(8.9)], pauses });
    assert.equal(found({ lives: [ledOn, bob] }).length, 1);
  });

  test('a process that died leads until the signal; one after the other is well', () => {
    const dead = life('alice#1', { marks: [leads(1)], toMs: at(5) });
    assert.deepEqual(found({ lives: [dead, life('bob#1', { marks: [leads(5.01)] })] }), []);
    assert.equal(found({ lives: [dead, life('bob#1', { marks: [leads(4.99)] })] }).length, 1);
  });
});

describe('by work', () => {
  test('who finds that it leads after a write under a newer token arrived has overlapped, accepted or not', () => {
    const older = writes('alice#1', '100', 7, 7, { accepted: false, lastCheckedMs: at(6.5) });
    const fenced = [writes('alice#1', '100', 1, 5), writes('bob#1', '101', 6, 9), older];
    assert.deepEqual(found({ fenced }), [
      'demo/alice#1 found that it leads, to write, 500.0 ms after a write by demo/bob#1 arrived',
    ]);
  });

  test('a write that was long under way is none, and tokens do not order across a restored etcd', () => {
    const delayed = writes('alice#1', '100', 7, 7, { accepted: false, lastCheckedMs: at(5.9) });
    assert.deepEqual(found({ fenced: [writes('bob#1', '101', 6, 9), delayed] }), []);
    assert.deepEqual(
      found({ fenced: [writes('bob#1', '101', 1, 3), writes('alice#1', '55', 4, 5, { epoch: 1 })] }),
      [],
    );
  });
});

describe('by the record', () => {
  test('who answers "I lead" long after the last renewal that was seen is found', () => {
    const lives = [life('alice#1', { runs: [answersYes(1, 9)] })];
    const sights = RENEWED.filter(({ atMs }) => atMs <= at(6));
    assert.deepEqual(found({ lives, sights }), [
      'demo/alice#1 answered "I lead" 1653 ms after its last renewal had run out',
    ]);
    assert.deepEqual(found({ lives, sights: RENEWED }), []);
  });

  test('but not while the watch was blind', () => {
    const lives = [life('alice#1', { runs: [answersYes(1, 9)] })];
    const sights = RENEWED.filter(({ atMs }) => atMs <= at(6));
    assert.deepEqual(found({ lives, sights, strikes: [strike('API server killed', [], 6, 7)] }), []);
  });
});

test('after a restored etcd two leaders are reported apart', () => {
  const lives = [life('alice#1', { marks: [leads(1), stops(6)] }), life('bob#1', { marks: [leads(5), stops(8)] })];
  const strikes = [strike('etcd restored', [], 2, 4)];
  assert.deepEqual(found({ lives, strikes }), [
    '(etcd was restored) demo/alice#1 and demo/bob#1 both led by their logs, for 1000.0 ms',
  ]);
});
