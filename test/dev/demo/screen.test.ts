/** What a person sees, as text; colours are looked at apart. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { invite } from '../../../src/dev/demo/invitation.ts';
import { commandOf } from '../../../src/dev/demo/key.ts';
import { lengthOf, piece, renderLine } from '../../../src/dev/demo/paint.ts';
import { drawScreen, type Frame, helpPageAfter } from '../../../src/dev/demo/screen.ts';
import type { DemoState } from '../../../src/dev/demo/state.ts';
import {
  acted,
  after,
  aliceLeads,
  answers,
  exited,
  fresh,
  lockWritten,
  started,
  staysSilent,
  stepsDown,
  tellsStandby,
} from './scene.ts';

const url = 'http://127.0.0.1:40123';

const invitation = invite({ program: ['elector'], lock: 'demo', ttlMs: 3000, kubeconfig: '/tmp/elector-demo-X/guest' });

interface Shown {
  readonly nowMs?: number;
  readonly columns?: number;
  readonly rows?: number;
  readonly message?: string;
  readonly helpPage?: number;
}

function frame({ nowMs = 1500, columns = 80, rows = 24, message = '', helpPage }: Shown): Frame {
  return { nowMs, columns, rows, url, invitation, message, helpPage: helpPage ?? null };
}

function draw(state: DemoState, shown: Shown = {}): readonly string[] {
  return drawScreen(state, frame(shown)).map((line) => renderLine(line, shown.columns ?? 80, false));
}

describe('the screen', () => {
  it('shows leader, check, members, lock, hand-overs, events and keys on 80 by 24', () => {
    assert.deepEqual(draw(aliceLeads), [
      ' k8s-elector demo   3 electors, ttl 3s, API http://127.0.0.1:40123         0:01',
      '',
      ' LEADER  alice for 1.0 s   term 1   fencing token 7',
      ' CHECK   never two leaders, by 3 answers of GET / and by the logs',
      '',
      ' MEMBER STATE           TERM PORT   GET / SAYS                         POD LABEL',
      ' alice  leading         1    24001  is_leader: true, leader: "alice"   leader',
      ' bob    standby         0    24002  is_leader: false, leader: "alice"  standby',
      ' carol  standby         0    24003  is_leader: false, leader: "alice"  standby',
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
      ' 0:00.40  Pod bob is labelled standby',
      ' 0:00.40  Pod alice is labelled standby',
      ' GUEST   h shows the command for a fourth elector of yours',
      ' s stop  k kill  p pause  c cut off the leader   b bring back   h help   q quit',
    ]);
    assert.equal(draw(aliceLeads, { message: 'nobody is away' }).at(-2), ' nobody is away');
  });

  it('leaves out the least on 60 by 15: a hand-over, an event and all keys have a place', () => {
    assert.deepEqual(draw(aliceLeads, { columns: 60, rows: 15 }), [
      ' k8s-elector demo  ttl 3s, API 127.0.0.1:40123         0:01',
      ' LEADER  alice for 1.0 s   term 1   fencing token 7',
      ' CHECK   never two leaders (3 answers, and logs)',
      ' MEMBER STATE           PORT   GET / SAYS        POD LABEL',
      ' alice  leading         24001  true, "alice"     leader',
      ' bob    standby         24002  false, "alice"    standby',
      ' carol  standby         24003  false, "alice"    standby',
      ' LOCK  leases/demo  holder "alice"  version 7  transitions 0',
      ' ████████████████████░░░░░░░░░░ runs out in 2.0 s',
      ' HAND-OVERS',
      ' 0:00.50  first: alice   start     500 ms  there was no lock',
      ' EVENTS',
      ' 0:00.51  Pod alice is labelled leader',
      ' 0:00.50  alice leads, term 1, fencing token 7, after 500 m…',
      ' s stop  k kill  p pause  c cut off  b back  h help  q quit',
    ]);
  });

  it('fills any terminal exactly, never wider, and says how to quit', () => {
    for (const columns of [20, 40, 59, 60, 79, 80, 103, 120, 200]) {
      for (const rows of [3, 10, 13, 14, 15, 23, 24, 29, 30, 60]) {
        const lines = draw(aliceLeads, { columns, rows });
        assert.equal(lines.length, rows);
        assert.ok(lines.every((line) => lengthOf(line) <= columns));
        assert.match(lines.at(-1) ?? '', / q quit$/);
        const isSmall = lines.some((line) => line.startsWith(' window too small'));
        assert.equal(isSmall, columns < 60 || rows < 14);
        if (!isSmall) assert.match(lines.at(-1) ?? '', /^ s stop .* b (bring )?back /);
      }
    }
  });

  it('has the command for a guest on it where there is room, whole, so that it can be copied', () => {
    for (const columns of [60, 80, 120, 200]) {
      const lines = draw(aliceLeads, { columns, rows: 40 });
      const from = lines.findIndex((line) => line.startsWith(' GUEST'));
      const text = lines
        .slice(from + 1, -2)
        .join('\n')
        .replaceAll(/ \\\n/g, '');
      assert.equal(
        text,
        ' elector -election=demo -id=dave -ttl=3s -http=localhost:5010 -pod-label=false -kubeconfig=/tmp/elector-demo-X/guest',
      );
    }
  });

  it('says of each member what was done to it', () => {
    const rowOf = (state: DemoState, name: string) => draw(state).find((line) => line.startsWith(` ${name}`));
    const paused = after([acted('alice', 'pause', 1000), staysSilent('alice', 1401)], aliceLeads);
    assert.equal(
      rowOf(paused, 'alice'),
      ' alice  paused 0.5 s    1    24001  no answer                          leader',
    );
    const cut = after([acted('alice', 'cut-off', 1000), answers('alice', 1100, true)], aliceLeads);
    assert.match(rowOf(cut, 'alice') ?? '', /cut off 0\.5 s +1 +24001 +is_leader: true, leader: "alice" /);
    const killed = after([acted('alice', 'kill', 1000), exited('alice', 1001, null)], aliceLeads);
    assert.match(rowOf(killed, 'alice') ?? '', /killed +1 +24001 +- +leader/);
    const stopped = after([acted('bob', 'stop', 1000), exited('bob', 1010, 0)], aliceLeads);
    assert.match(rowOf(stopped, 'bob') ?? '', /stopped, exit 0 /);
    assert.match(rowOf(after([exited('bob', 1010, 1)], aliceLeads), 'bob') ?? '', /failed, exit 1 /);
  });

  it('shows no answer that was asked for before the state beside it', () => {
    const lost = after(
      [stepsDown('alice', 1400), tellsStandby('alice', 1400), answers('alice', 1399, true)],
      aliceLeads,
    );
    assert.match(draw(lost)[6] ?? '', /^ alice +standby +0 +24001 +asking +leader/);
  });

  it('says why nobody leads', () => {
    const leaderLine = (state: DemoState, nowMs = 1500) => draw(state, { nowMs })[2];
    assert.equal(leaderLine(fresh), ' LEADER  nobody: they are starting');
    const killed = after([acted('alice', 'kill', 600), exited('alice', 600, null)], aliceLeads);
    assert.equal(leaderLine(killed), ' LEADER  nobody: the lease of alice runs out in 2.0 s');
    const gone = after([exited('bob', 700, null), exited('carol', 700, null)], killed);
    assert.equal(leaderLine(gone, 9000), ' LEADER  nobody: all are away, b brings them back');
    const back = after([started('bob', 9000), tellsStandby('bob', 9400, 'alice')], gone);
    assert.equal(leaderLine(back, 9500), ' LEADER  nobody: who starts waits a full ttl first, 2.9 s left');
  });

  it('names a guest that leads, and says that the check does not reach it', () => {
    const lines = draw(after([acted('alice', 'kill', 600), lockWritten('dave', 3500)], aliceLeads), { nowMs: 4000 });
    assert.equal(lines[2], ' LEADER  dave, a guest: renewed the lock 0.5 s ago');
    assert.equal(lines[3], ' CHECK   never two leaders, by 3 answers of GET / and by the logs of these 3');
  });
});

describe('the help', () => {
  it('is one page where all fits, else the guest first and the words after', () => {
    const pages = (columns: number, rows: number) => {
      const shown: string[] = [];
      for (let page = helpPageAfter(null, frame({})); page !== null; ) {
        shown.push(draw(aliceLeads, { columns, rows, helpPage: page }).slice(1, -1).join('\n'));
        page = helpPageAfter(page, frame({ columns, rows }));
      }
      return shown;
    };
    assert.equal(pages(120, 40).length, 1);
    const [guest, ...words] = pages(60, 15);
    assert.match(
      guest ?? '',
      /A GUEST[\s\S]*-id=dave[\s\S]*new ElectorNode\([\s\S]*'\/tmp\/elector-demo-X\/guest'\s+}\)/,
    );
    for (const word of ['fencing token', 'term', 'version', 'transitions', 'ttl', 'GET / says', 'check']) {
      assert.match(words.join('\n'), new RegExp(`^ ${word} `, 'm'));
    }
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

  it('says of a guest that leads where it is to be ended', () => {
    const led = after([acted('alice', 'kill', 600), lockWritten('dave', 3500)], aliceLeads);
    assert.deepEqual(commandOf('s', led, 4000), { type: 'say', text: 'dave is a guest: end it in its own terminal' });
  });

  it('shows the help with h and ?', () => {
    for (const key of ['h', 'H', '?']) assert.deepEqual(commandOf(key, fresh, 0), { type: 'help' });
  });

  it('quits with q, Escape and Ctrl-C, and means nothing otherwise', () => {
    for (const key of ['q', 'Q', '\x1b', '\x03']) assert.deepEqual(commandOf(key, fresh, 0), { type: 'quit' });
    assert.equal(commandOf('x', aliceLeads, 1500), null);
  });
});
