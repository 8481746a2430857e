/** What a person sees, as text; colours are looked at apart. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandOf } from '../../../src/dev/demo/key.ts';
import { lengthOf, piece, renderLine } from '../../../src/dev/demo/paint.ts';
import { drawScreen } from '../../../src/dev/demo/screen.ts';
import type { DemoState } from '../../../src/dev/demo/state.ts';
import { acted, after, aliceLeads, answers, exited, fresh, staysSilent } from './scene.ts';

const url = 'http://127.0.0.1:40123';

function draw(state: DemoState, { nowMs = 1500, columns = 80, rows = 24, message = '' } = {}): readonly string[] {
  const lines = drawScreen(state, { nowMs, columns, rows, url, message });
  return lines.map((line) => renderLine(line, columns, false));
}

describe('the screen', () => {
  it('shows leader, members, lock, hand-overs, events and keys on 80 by 24', () => {
    assert.deepEqual(draw(aliceLeads, { message: 'nobody is away' }), [
      ' k8s-elector demo   3 electors, ttl 3s, API http://127.0.0.1:40123         0:01',
      '',
      ' LEADER  alice for 1.0 s   term 1   fencing token 7           never two leaders',
      '',
      ' MEMBER  STATE            TERM  GET /                                POD LABEL',
      ' alice   leading          1     is_leader: true, leader: "alice"     leader',
      ' bob     standby          0     is_leader: false, leader: "alice"    standby',
      ' carol   standby          0     is_leader: false, leader: "alice"    standby',
      '',
      ' LOCK  leases/demo   holder "alice"   version 7   transitions 0',
      ' ████████████████████░░░░░░░░░░ runs out in 2.0 s, renewed 1.0 s ago',
      '',
      ' HAND-OVERS',
      ' 0:00.50  first: alice   start     500 ms  there was no lock',
      '',
      ' EVENTS',
      ' 0:00.51  Pod alice is labelled leader',
      ' 0:00.50  alice leads, term 1, fencing token 7, after 500 ms: there was no lock',
      ' 0:00.40  Pod carol is labelled standby',
      ' 0:00.00  carol starts as process 100',
      ' 0:00.40  Pod bob is labelled standby',
      ' 0:00.00  bob starts as process 100',
      ' nobody is away',
      ' s stop  k kill  p pause  c cut off the leader   b bring back   q quit',
    ]);
  });

  it('fills any terminal exactly, never wider, and keeps the keys', () => {
    for (const [columns, rows] of [
      [80, 24],
      [120, 35],
      [40, 10],
      [200, 60],
      [20, 3],
    ] as const) {
      const lines = draw(aliceLeads, { columns, rows });
      assert.equal(lines.length, rows);
      assert.ok(lines.every((line) => lengthOf(line) <= columns));
      assert.match(lines.at(-1) ?? '', /^ s stop/);
    }
  });

  it('says of each member what was done to it', () => {
    const rowOf = (state: DemoState, name: string) => draw(state).find((line) => line.startsWith(` ${name}`));
    const paused = after([acted('alice', 'pause', 1000), staysSilent('alice', 1400)], aliceLeads);
    assert.equal(rowOf(paused, 'alice'), ' alice   paused 0.5 s     1     no answer                            leader');
    const cut = after([acted('alice', 'cut-off', 1000), answers('alice', 1100, true)], aliceLeads);
    assert.match(rowOf(cut, 'alice') ?? '', /cut off 0\.5 s +1 +is_leader: true, leader: "alice" /);
    const killed = after([acted('alice', 'kill', 1000), exited('alice', 1001, null)], aliceLeads);
    assert.match(rowOf(killed, 'alice') ?? '', /killed +1 +- +leader/);
    const stopped = after([acted('bob', 'stop', 1000), exited('bob', 1010, 0)], aliceLeads);
    assert.match(rowOf(stopped, 'bob') ?? '', /stopped, exit 0 /);
    assert.match(rowOf(after([exited('bob', 1010, 1)], aliceLeads), 'bob') ?? '', /failed, exit 1 /);
  });

  it('says how long the lease lasts while nobody leads', () => {
    const lines = draw(after([acted('alice', 'kill', 600), exited('alice', 600, null)], aliceLeads));
    assert.match(lines[2] ?? '', /^ LEADER {2}nobody: the lease of alice runs out in 2\.0 s/);
    assert.match(draw(fresh)[2] ?? '', /nobody: there is no lock yet/);
  });
});

describe('a line', () => {
  it('is cut before it is coloured', () => {
    const line = [piece('alice', 'green'), piece(' leads')];
    assert.equal(renderLine(line, 8, true), '\x1b[1;32malice\x1b[0m l…');
    assert.equal(renderLine(line, 8, false), 'alice l…');
    assert.equal(renderLine(line, 3, true), '\x1b[1;32mal…\x1b[0m');
  });
});

describe('a key', () => {
  it('is done to the leader', () => {
    for (const [key, action] of [
      ['s', 'stop'],
      ['K', 'kill'],
      ['p', 'pause'],
      ['c', 'cut-off'],
    ] as const) {
      assert.deepEqual(commandOf(key, aliceLeads, 1500), { type: 'act', actions: [{ action, member: 'alice' }] });
    }
  });

  it('is answered in words when nobody leads, or the leader is away already', () => {
    assert.deepEqual(commandOf('s', fresh, 0)?.type, 'say');
    const cut = after([acted('alice', 'cut-off', 1000)], aliceLeads);
    assert.deepEqual(commandOf('k', cut, 1500), {
      type: 'say',
      text: 'alice, who leads still, is cut off already',
    });
  });

  it('brings back everybody who is away, each in its own way', () => {
    const away = after(
      [
        acted('alice', 'kill', 1000),
        exited('alice', 1001, null),
        acted('bob', 'pause', 1000),
        acted('carol', 'cut-off', 1000),
      ],
      aliceLeads,
    );
    assert.deepEqual(commandOf('b', away, 1500), {
      type: 'act',
      actions: [
        { action: 'start', member: 'alice' },
        { action: 'resume', member: 'bob' },
        { action: 'reconnect', member: 'carol' },
      ],
    });
    assert.deepEqual(commandOf('b', aliceLeads, 1500), { type: 'say', text: 'nobody is away' });
  });

  it('quits with q, Escape and Ctrl-C, and means nothing otherwise', () => {
    for (const key of ['q', 'Q', '\x1b', '\x03']) assert.deepEqual(commandOf(key, fresh, 0), { type: 'quit' });
    assert.equal(commandOf('x', aliceLeads, 1500), null);
  });
});
