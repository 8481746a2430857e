/** The picture shows what happened: bars where somebody led, red where something is wrong, marks where faults struck. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ElectionHistory } from './history.ts';
import { judge } from './judge/verdict.ts';
import { markdownTable, page, tablesOf } from './report/page.ts';
import { timeline } from './report/timeline.ts';
import { answersYes, history, leads, life, stops, strike } from './scene.ts';

const KILLED: Partial<ElectionHistory> = {
  lives: [
    life('alice#1', { marks: [leads(1)], toMs: history().fromMs + 10_000 }),
    life('bob#1', { marks: [leads(12)] }),
  ],
  strikes: [strike('killed', ['alice'], 10), strike('API server hung', [], 30, 31)],
};
const FACTS = { seed: 7, minutes: 1, replay: 'node test/chaos/main.ts --seed 7', machine: 'two processors' };

function verdictOf(...histories: readonly Partial<ElectionHistory>[]) {
  return judge({ elections: histories.map((changed) => history(changed)), problems: [], unsettled: [] });
}

function draw(...histories: readonly Partial<ElectionHistory>[]): string {
  return timeline(verdictOf(...histories).elections, { title: 'Who & when', secondsPerLine: 60 });
}

test('a bar for each term, a mark for each strike, a strip while nobody led', () => {
  const svg = draw(KILLED);
  for (const title of ['demo/alice#1, 9000 ms; died', 'demo/bob#1, 48000 ms; open', 'killed: ', 'API server hung, ']) {
    assert.ok(svg.includes(`<title>${title}`), title);
  }
  assert.ok(svg.includes('<title>nobody leads for 2000 ms: killed</title>'));
  assert.ok(svg.includes('Who &amp; when'));
});

test('what is not explained, and two at a time, are red; in a run where all is well nothing is', () => {
  const red = (svg: string) => svg.split('#e00000').length - 2;
  assert.equal(red(draw(KILLED)), 0);
  assert.equal(red(draw({ ...KILLED, strikes: [] })), 1);
  const both = [life('alice#1', { marks: [leads(1), stops(60)] }), life('bob#1', { marks: [leads(5), stops(6)] })];
  assert.equal(red(draw({ lives: both })), 1);
});

test('a run longer than a line goes on in the next, and every bar stays within the picture', () => {
  const svg = timeline(verdictOf(KILLED).elections, { title: '', secondsPerLine: 15 });
  const shapes = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)];
  const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
  assert.ok(shapes.length > 10);
  for (const [text, x, y, w, h] of shapes) {
    assert.ok(Number(x) + Number(w) <= width + 1 && Number(y) + Number(h) <= height, text);
  }
  assert.equal(svg.split('demo/bob#1, 48000 ms').length - 1, 4);
});

test('the page says what was found, and how to see it again', () => {
  const answers = [answersYes(1, 9)];
  const both = [life('alice#1', { runs: answers }), life('bob#1', { runs: answers })];
  const verdict = verdictOf({ lives: both }, KILLED);
  const html = page(verdict, FACTS, '<svg/>');
  assert.match(html, /findings\./);
  assert.match(html, /both answered &quot;I lead&quot;/);
  assert.match(html, /node test\/chaos\/main\.ts --seed 7/);
  assert.match(page(verdictOf(KILLED), FACTS, ''), /Nothing is wrong\./);
});

test('the tables count strikes, terms and fail-overs', () => {
  const { elections, faults } = tablesOf(verdictOf(KILLED));
  assert.deepEqual(elections[1]?.slice(3, 7), ['2', '2', '1', '0']);
  assert.deepEqual(faults.slice(1), [
    ['killed', '1', '1', '2000 ms', '2000 ms'],
    ['API server hung', '1, each on all', '0', '', ''],
  ]);
  assert.match(markdownTable(faults), /^\| Fault +\| Strikes/);
});

test('too few fail-overs, and what the conductor could not do, are findings', () => {
  const outcome = { elections: [history(KILLED)], problems: ['it rained'], unsettled: ['demo: nobody agreed'] };
  assert.deepEqual(judge(outcome, 5).faults, [
    'did not settle after the last fault: demo: nobody agreed',
    'it rained',
    '1 fail-overs, demanded 5',
  ]);
});
