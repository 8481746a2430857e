/**
 * The explorer finds what it should: on each pinned trace the product does well, and the product without a line does
 * not. And between them the explorer and the simulator have a control of every rule that can be broken unnoticed.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { controls as simulated } from '../simulation/controls.ts';
import { TABLE_HEAD } from '../support/pins.ts';
import { rowsOf } from '../tidy/markdown.ts';
import { read } from '../tidy/tree.ts';
import { CONTROLS } from './controls.ts';
import { electionWithout, shipped } from './elections.ts';
import { readPins, tableOf } from './pins.ts';
import { begin, type Plan } from './plan.ts';
import { replay } from './replay.ts';

const PINS = new Map(readPins().map((pin) => [pin.defect, pin]));

describe('the explorer’s trace ends well in the product, and badly when', () => {
  for (const { rule, defect, replacements, plan } of CONTROLS) {
    test(`rule ${rule}: ${defect}`, async () => {
      const pin = PINS.get(defect);
      assert.ok(pin !== undefined, 'not pinned: node test/exploration/discover.ts --pin');
      const actions = pin.trace.split(', ');
      // Where the plan is the defect, the product is tried without it.
      const honest: Plan = replacements.length > 0 ? plan : { ...plan, driftTicks: plan.drift ?? 0 };
      const own = begin(honest, shipped);
      assert.equal(replay(own.setting, own.start, actions).finding, null);
      const other = begin(plan, await electionWithout(replacements));
      assert.equal(replay(other.setting, other.start, actions).finding, pin.finding);
    });
  }
});

test('the table of docs/internals/exploration.md is what was found', () => {
  assert.deepEqual(rowsOf(read('docs/internals/exploration.md'), TABLE_HEAD[0]), tableOf(readPins()));
});

describe('the simulator or the explorer has a control of', () => {
  const all = [...simulated, ...CONTROLS];
  const needed: readonly (readonly [rule: string, words?: RegExp])[] = [
    ['2'],
    ['3'],
    ['6', /\bcaps?\b/],
    ['6', /label/],
    ...['8', '9', '10', '11', '12', '14', '15', '16', '17'].map((rule) => [rule] as const),
    ['18', /renew/],
    ['18', /before/],
    ...['19', '20', '22', '24', '25', '28', '29'].map((rule) => [rule] as const),
    ['5', /drift/],
  ];
  for (const [rule, words] of needed) {
    test(`rule ${rule}${words === undefined ? '' : `: ${words.source.replaceAll(/\\b|\?/g, '')}`}`, () => {
      const found = all.filter((it) => it.rule === rule && (words === undefined || words.test(it.defect)));
      assert.ok(found.length > 0);
    });
  }
});
