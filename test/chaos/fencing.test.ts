/** The fenced resource refuses what is older, and the judge of its ledger believes nothing that it is told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareTokens } from './history.ts';
import { wrongExits } from './judge/exits.ts';
import { fencingIn } from './judge/fencing.ts';
import { FencedResource } from './resource.ts';
import { at, history, life, writes } from './scene.ts';

describe('the ledger', () => {
  const violations = (...fenced: readonly ReturnType<typeof writes>[]) =>
    fencingIn(history({ fenced })).violations.map(({ what }) => what);

  test('of leaders one after the other is well; a refused write is no violation', () => {
    const stale = writes('alice#1', '99', 7, 7, { accepted: false, writes: 1 });
    const report = fencingIn(history({ fenced: [writes('alice#1', '99', 1, 5), writes('bob#1', '100', 6, 9), stale] }));
    assert.deepEqual(report, { accepted: 20, refused: 1, tokens: 2, violations: [] });
  });

  test('in which an older token was accepted after a newer one is found out', () => {
    assert.deepEqual(violations(writes('bob#1', '100', 1, 5), writes('alice#1', '99', 6, 9)), [
      'a write of demo/alice#1 with token 99 was accepted after 100 of demo/bob#1',
    ]);
  });

  test('in which two have one token is found out', () => {
    assert.deepEqual(violations(writes('alice#1', '99', 1, 5), writes('bob#1', '99', 6, 9)), [
      'demo/bob#1 and demo/alice#1 have one token, 99',
    ]);
  });
});

test('the resource accepts what is not older, refuses what is, and starts anew after a restore', async () => {
  const resource = await FencedResource.open();
  const write = (process: string, token: string) => resource.write('demo', { process, token, checkedAtMs: 0 }, at(1));
  assert.deepEqual(
    [write('a', '99'), write('a', '99'), write('b', '100'), write('a', '99')],
    [true, true, true, false],
  );
  resource.newEpoch();
  assert.equal(write('a', '7'), true);
  assert.deepEqual(
    resource.writesTo('demo').map(({ token, epoch, accepted, writes: count }) => [token, epoch, accepted, count]),
    [
      ['99', 0, true, 2],
      ['100', 0, true, 1],
      ['99', 0, false, 1],
      ['7', 1, true, 1],
    ],
  );
  resource.close();
});

test('tokens are compared by length, then by text', () => {
  assert.deepEqual(['100', '99', '9007199254740993', '9007199254740992'].toSorted(compareTokens), [
    ...['99', '100', '9007199254740992', '9007199254740993'],
  ]);
});

test('an end that nobody asked for, or another code than 0 on SIGTERM, is found out', () => {
  const exit = (asked: 'SIGTERM' | 'SIGKILL' | null, code: number | null) => ({ asked, code, lastLine: 'so' });
  const lives = [
    life('alice#1', { exit: exit('SIGTERM', 0) }),
    life('alice#2', { exit: exit('SIGTERM', 1) }),
    life('bob#1', { exit: exit(null, 0) }),
    life('bob#2', { exit: exit('SIGKILL', null) }),
    life('carol#1', { exit: exit(null, 2) }),
  ];
  assert.deepEqual(wrongExits({ lives }), [
    'demo/alice#2 exited with code 1 on SIGTERM: so',
    'demo/bob#1 ended unasked with code 0: so',
  ]);
});
