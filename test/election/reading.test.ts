/** Reading and watching, request by request: what is asked for when, and what an answer changes (rules 8, 26 to 30). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Effect, Event } from '../../src/election/state.ts';
import { answerTo, lost, type Member, type MemberOptions, Scene } from './scene.ts';
import { begin, GO_TIME } from './stories.ts';

const reads = (member: Member) => member.sent.filter((it) => it.type === 'read');

/** Every watch that a member asks for from now on, as `from@seconds`. */
function watchesOf(scene: Scene, member: Member): string[] {
  const asked: string[] = [];
  scene.onStep = (who, _event, effects) => {
    for (const it of effects) if (who === member && it.type === 'watch') asked.push(`${it.from}@${it.timeoutSeconds}`);
  };
  return asked;
}

/** The instants at which a member reads, from when it is told so on. */
function readTimes(scene: Scene, member: Member): number[] {
  const times: number[] = [];
  scene.onStep = (who, _event, effects: readonly Effect[]) => {
    for (const it of effects) if (who === member && it.type === 'read') times.push(scene.nowMs);
  };
  return times;
}

function ends(member: Member, reason: 'ended' | 'expired' | 'forbidden' | 'failed'): void {
  const watch = member.state.reading.watch?.watch ?? 0;
  member.handle({ type: 'watchEnded', watch, reason, message: 'connection closed' });
}

describe('a watch that ends in good order', () => {
  test('is followed by one from where it was, without a list', () => {
    const scene = new Scene();
    const { bob } = begin(scene);
    scene.pass(40_000);
    const asked = watchesOf(scene, bob);
    const before = reads(bob).length;
    ends(bob, 'ended');
    assert.deepEqual([asked, reads(bob).length - before], [[`${scene.lock.version}@600`], 0]);
  });

  test('is followed by one from its last bookmark', () => {
    const scene = new Scene();
    const { bob } = begin(scene);
    scene.pass(40_000);
    const asked = watchesOf(scene, bob);
    const watch = bob.state.reading.watch?.watch ?? 0;
    const { sight } = bob.state;
    bob.handle({ type: 'watched', watch, event: { type: 'bookmark', version: '900' } });
    assert.deepEqual(bob.state.sight, sight);
    ends(bob, 'ended');
    assert.deepEqual(asked, ['900@600']);
  });

  test('is followed by a list where it was refused its version, or lived for less than half a minute', () => {
    for (const [livesMs, reason] of [
      [40_000, 'expired'],
      [20_000, 'ended'],
    ] as const) {
      const scene = new Scene();
      const { bob } = begin(scene);
      scene.pass(livesMs - 100);
      const asked = watchesOf(scene, bob);
      const before = reads(bob).length;
      ends(bob, reason);
      scene.pass(200);
      assert.deepEqual(
        [
          asked.length,
          reads(bob)
            .slice(before)
            .map((it) => it.via),
        ],
        [1, ['list']],
      );
    }
  });

  test('after exactly half a minute has done its duty', () => {
    const scene = new Scene();
    const { bob } = begin(scene);
    scene.pass(29_900);
    const asked = watchesOf(scene, bob);
    ends(bob, 'ended');
    assert.equal(asked.length, 1);
  });

  test('lasts between 10 and 20 minutes', () => {
    for (const [random, timeoutSeconds] of [
      [0, 600],
      [0.5, 900],
      [0.9999, 1200],
    ] as const) {
      const scene = new Scene();
      const carol = scene.member('carol', { random });
      const asked = watchesOf(scene, carol);
      carol.handle({ type: 'started' });
      assert.deepEqual(asked, [`100@${timeoutSeconds}`]);
    }
  });
});

describe('a watch that ends young', () => {
  test('is told of the third time in a row, and it is told when one works again', () => {
    const scene = new Scene();
    scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 120, renewTime: '1' });
    const bob = scene.start('bob', { ttlMs: 120_000 });
    const endsAfter = (ms: number) => {
      scene.pass(ms);
      ends(bob, 'failed');
    };
    endsAfter(1_000);
    endsAfter(1_000);
    // This one lived for more than half a minute: the next one is the first again.
    endsAfter(31_000);
    endsAfter(1_000);
    endsAfter(1_000);
    assert.equal(bob.said('request-failing'), 0);
    endsAfter(20_000);
    scene.pass(10_000);
    assert.deepEqual(
      bob.reports.filter((it) => it.type === 'request-failing'),
      [{ type: 'request-failing', action: 'watch the lock', message: 'connection closed', forMs: 0 }],
    );
    assert.equal(bob.said('watching'), 0);
    scene.lock.foreign({ renewTime: '2' });
    assert.equal(bob.said('watching'), 1);
    scene.lock.foreign({ renewTime: '3' });
    assert.equal(bob.said('watching'), 1);
  });

  test('does not work because it has told what is long past', () => {
    const scene = new Scene();
    const { bob } = begin(scene);
    scene.pass(5_000);
    bob.deaf = true;
    const [, old] = scene.lock.eventsAfter('100');
    assert.ok(old !== undefined);
    for (let i = 0; i < 3; i += 1) {
      const watch = bob.state.reading.watch?.watch ?? 0;
      bob.handle({ type: 'watched', watch, event: old });
      ends(bob, 'failed');
      scene.pass(1_800);
    }
    assert.equal(bob.said('request-failing'), 1);
  });
});

describe('a watch that was given up', () => {
  test('has no say any more: neither its events nor its end change anything', () => {
    const scene = new Scene();
    const { bob } = begin(scene);
    const old = bob.state.reading.watch?.watch ?? 0;
    scene.pass(40_000);
    ends(bob, 'ended');
    const before = bob.state;
    bob.handle({ type: 'watched', watch: old, event: { type: 'gone', version: '999' } });
    bob.handle({ type: 'watchEnded', watch: old, reason: 'forbidden', message: 'no' });
    assert.deepEqual(bob.state, before);
  });

  test('or was never asked for, says nothing either', () => {
    const scene = new Scene();
    const bob = scene.member('bob');
    bob.line = 'held';
    bob.handle({ type: 'started' });
    const before = bob.state;
    bob.handle({ type: 'watched', watch: 1, event: { type: 'gone', version: '999' } });
    bob.handle({ type: 'watchEnded', watch: 1, reason: 'forbidden', message: 'no' });
    assert.deepEqual(bob.state, before);
  });

  test('for its silence is stopped before the list that follows', () => {
    const scene = new Scene();
    const { bob } = begin(scene);
    bob.deaf = true;
    const effects: Effect[] = [];
    scene.onStep = (who, _event, asked) => {
      if (who === bob) effects.push(...asked);
    };
    const watch = bob.state.reading.watch?.watch ?? 0;
    scene.pass(6_100);
    assert.deepEqual(
      effects.filter((it) => it.type === 'stopWatch' || it.type === 'read' || it.type === 'watch').map((it) => it.type),
      ['stopWatch', 'read', 'watch'],
    );
    assert.deepEqual(
      effects.find((it) => it.type === 'stopWatch'),
      { type: 'stopWatch', watch },
    );
  });
});

describe('the silence of a watch', () => {
  test('is suspicious after more than half of what the holder promised', () => {
    for (const [seconds, atMs] of [
      [10, 6_000],
      [60, 36_000],
    ] as const) {
      const scene = new Scene();
      scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: seconds, renewTime: GO_TIME });
      const bob = scene.start('bob');
      bob.line = 'held';
      const times = readTimes(scene, bob);
      const startMs = scene.nowMs;
      scene.pass(atMs - 1);
      assert.deepEqual(times, []);
      scene.pass(1);
      assert.deepEqual(times, [startMs + atMs]);
    }
  });

  test('of a lock that nobody holds after more than half of the own TTL', () => {
    const scene = new Scene();
    scene.lock.foreign({ holderIdentity: '', leaseDurationSeconds: 60, renewTime: GO_TIME });
    const carol = scene.start('carol', { candidacy: false });
    carol.line = 'held';
    const times = readTimes(scene, carol);
    const startMs = scene.nowMs;
    scene.pass(6_000);
    assert.deepEqual(times, [startMs + 6_000]);
  });

  test('is suspicious no sooner than 2.2 retry periods, so that renewals have time to arrive', () => {
    const scene = new Scene();
    const options = { renewDeadlineMs: 8_000, retryPeriodMs: 4_000 };
    scene.start('alice', options);
    const bob = scene.start('bob', options);
    bob.deaf = true;
    bob.line = 'held';
    const times = readTimes(scene, bob);
    const startMs = scene.nowMs;
    scene.pass(12_000);
    assert.equal(times[0], startMs + 8_800);
  });
});

test("a leader's own renewals are signs of life, though it knows of them when the watch brings them", () => {
  const scene = new Scene();
  const alice = scene.start('alice');
  alice.deaf = true;
  const alicesReads = reads(alice).length;
  for (let second = 1; second <= 30; second += 1) {
    scene.pass(1_000);
    const { observed } = scene.lock;
    const watch = alice.state.reading.watch?.watch ?? 0;
    assert.ok(observed !== null);
    assert.equal(alice.state.sight.newestVersion, observed.version);
    alice.handle({ type: 'watched', watch, event: { type: 'present', observed } });
  }
  assert.equal(reads(alice).length, alicesReads);
});

describe('a read that is not answered', () => {
  test('is given up at its deadline, and tried again with growing pauses', () => {
    const scene = new Scene();
    const { bob } = begin(scene);
    bob.cutOff();
    const effects: Effect[] = [];
    scene.onStep = (who, _event, asked) => {
      if (who === bob) effects.push(...asked);
    };
    const { requestBudgetMs } = bob.config.timings;
    scene.pass(5_900 + requestBudgetMs);
    const [read] = effects.filter((it) => it.type === 'read');
    assert.ok(read !== undefined);
    assert.deepEqual(
      effects.filter((it) => it.type === 'abortRead'),
      [{ type: 'abortRead', read: read.read }],
    );
    assert.deepEqual(bob.view().trouble, { reason: 'unreachable', message: 'no answer in time', forMs: 0 });
  });

  test('is tried again after 0.1 s first, then after twice as long each time, up to a retry period, half of it drawn', () => {
    for (const [random, part] of [
      [0, 0.5],
      [0.5, 0.75],
    ] as const) {
      const scene = new Scene();
      const carol = scene.member('carol', { random });
      carol.line = (request) =>
        request.type === 'read' ? answerTo(request, { type: 'failed', message: 'connection refused' }) : null;
      const times = readTimes(scene, carol);
      carol.handle({ type: 'started' });
      scene.pass(8_000);
      const pauses = times.slice(1, 8).map((it, i) => Math.round((it - (times[i] ?? 0)) / part));
      assert.deepEqual(pauses, [200, 400, 800, 1_600, 1_667, 1_667, 1_667]);
    }
  });

  test('waits as long as the API asks', () => {
    const scene = new Scene();
    const carol = scene.member('carol');
    carol.line = (request) =>
      request.type === 'read' ? answerTo(request, { type: 'failed', message: '429', retryAfterMs: 7_000 }) : null;
    const times = readTimes(scene, carol);
    carol.handle({ type: 'started' });
    scene.pass(15_000);
    assert.deepEqual(times, [1_000, 8_000, 15_000]);
  });

  test('is no matter any more when it is answered late', () => {
    const scene = new Scene();
    const bob = scene.member('bob');
    bob.line = 'held';
    bob.handle({ type: 'started' });
    const late = bob.apply();
    scene.pass(2_600);
    const before = bob.state;
    bob.handle(late);
    assert.deepEqual(bob.state, before);
  });

  test('proves no renewal when it is answered late', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.deaf = true;
    const late: Event[] = [];
    let writes = 0;
    alice.line = (request) => {
      if (request.type === 'read') {
        late.push(alice.execute(request));
        return null;
      }
      writes += 1;
      if (writes > 1) return answerTo(request, { type: 'conflict' });
      alice.execute(request);
      return lost(request);
    };
    scene.pass(5_000);
    const [first] = late;
    assert.ok(first !== undefined && late.length > 1);
    const before = alice.view();
    alice.handle(first);
    assert.deepEqual(alice.view(), before);
  });

  test('is told when it begins, and when it is over', () => {
    for (const [via, answer] of [
      ['list', 'found'],
      ['list', 'missing'],
    ] as const) {
      const scene = new Scene();
      if (answer === 'found')
        scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 60, renewTime: GO_TIME });
      const carol = scene.member('carol', { candidacy: false });
      carol.line = lost;
      carol.handle({ type: 'started' });
      scene.pass(2_000);
      const startMs = scene.nowMs;
      const failingForMs = carol.view().trouble?.forMs ?? 0;
      carol.line = 'up';
      scene.pass(2_000);
      const [began, over] = carol.reports;
      const message = 'connection reset';
      assert.deepEqual(began, { type: 'request-failing', action: `${via} the lock`, message, forMs: 0 });
      assert.ok(over?.type === 'request-works-again' && over.action === `${via} the lock`);
      assert.ok(over.afterMs > failingForMs && over.afterMs < failingForMs + 2_000, `${over.afterMs} from ${startMs}`);
    }
  });

  test('that the API wants later is asked for later, by a leader that doubts nothing', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { candidacy: true });
    alice.deaf = true;
    alice.line = (request) =>
      request.type === 'read'
        ? answerTo(request, { type: 'failed', message: '429', retryAfterMs: 20_000 })
        : alice.execute(request);
    const times = readTimes(scene, alice);
    scene.pass(40_000);
    assert.deepEqual(
      times.map((it) => it - (times[0] ?? 0)),
      [0, 20_000],
    );
  });
});

describe('without the right to read', () => {
  const forbidden = (scene: Scene) => {
    const carol = scene.member('carol');
    carol.line = (request) =>
      request.type === 'read'
        ? answerTo(request, { type: 'forbidden', message: `cannot ${request.via} leases` })
        : null;
    carol.handle({ type: 'started' });
    return carol;
  };

  test('each right that is missing is told once, and what is missing shows', () => {
    const scene = new Scene();
    const carol = forbidden(scene);
    scene.pass(60_000);
    assert.deepEqual(carol.reports, [
      { type: 'polling', message: 'cannot list leases' },
      { type: 'missing-right', verb: 'get', message: 'cannot get leases' },
    ]);
    assert.deepEqual(carol.view().trouble, { reason: 'forbidden', message: 'cannot get leases', forMs: 60_000 });
  });

  test('that is granted after a while it watches again, and that is told once, whatever the watch brings first', () => {
    for (const first of ['an event', 'a bookmark'] as const) {
      const scene = new Scene();
      scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 600, renewTime: '1' });
      const options: MemberOptions = { rights: 'no-watch' };
      const bob = scene.start('bob', options);
      options.rights = 'all';
      // At the first poll already.
      scene.pass(1_667);
      assert.deepEqual([bob.said('polling'), bob.said('watching')], [1, 0]);
      const watch = bob.state.reading.watch?.watch ?? 0;
      for (const renewTime of ['2', '3']) {
        if (first === 'an event') scene.lock.foreign({ renewTime });
        else bob.handle({ type: 'watched', watch, event: { type: 'bookmark', version: '900' } });
      }
      assert.deepEqual([bob.said('polling'), bob.said('watching'), bob.state.reading.mode], [1, 1, 'watching']);
      options.rights = 'list-only';
      ends(bob, 'forbidden');
      assert.deepEqual([bob.said('polling'), bob.state.reading.mode], [2, 'polling']);
    }
  });

  test('the list is tried again, at first with each poll, in the end every five minutes', () => {
    const scene = new Scene();
    const carol = forbidden(scene);
    const lists = () => reads(carol).filter((it) => it.via === 'list').length;
    scene.pass(3_000);
    assert.equal(lists(), 2);
    scene.pass(60 * 60_000);
    const before = lists();
    scene.pass(60 * 60_000);
    assert.ok(lists() - before >= 11 && lists() - before <= 12, `${lists() - before} lists in an hour`);
  });
});

describe('a read that was under way while more was learnt', () => {
  test('is no rollback, though it shows an older version than is known by then', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.deaf = true;
    alice.line = 'held';
    scene.pass(3_000);
    assert.equal(bob.state.reading.inFlight, null);
    const watch = alice.state.reading.watch?.watch ?? 0;
    scene.pass(3_000);
    const read = alice.heldRead();
    assert.ok(read !== undefined && watch > 0);
    const old = alice.apply(read);
    // Her own renewal is answered first.
    alice.deliver(alice.heldWrite());
    alice.handle(old);
    assert.deepEqual([alice.said('rolled-back'), alice.isLeading()], [0, true]);
  });

  test('says nothing of a lock whose existence a refused create has shown since', () => {
    const scene = new Scene();
    const bob = scene.member('bob', { rights: 'no-watch' });
    bob.line = (request) => (request.type === 'read' ? bob.execute(request) : null);
    bob.handle({ type: 'started' });
    bob.line = 'held';
    const create = bob.sent.findLast((it) => it.type === 'write');
    scene.pass(1_667);
    // The list, which is tried again.
    bob.deliver(bob.heldRead());
    assert.equal(bob.heldRead()?.via, 'get');
    const poll = bob.apply(bob.heldRead());
    scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 10, renewTime: GO_TIME });
    assert.ok(create?.type === 'write');
    bob.line = 'up';
    bob.handle(answerTo(create, { type: 'conflict' }));
    bob.handle(poll);
    assert.deepEqual([bob.said('lock-gone'), bob.view().leader], [0, 'kate']);
  });

  test('ends a term whose lock it does not find, where a renewal was refused since and nothing newer is known', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.deaf = true;
    alice.line = 'held';
    scene.pass(6_000);
    const read = alice.heldRead();
    const renewal = alice.heldWrite();
    assert.ok(read !== undefined && renewal !== undefined);
    scene.lock.delete();
    const missing = alice.apply(read);
    alice.handle(answerTo(renewal, { type: 'conflict' }));
    assert.equal(alice.isLeading(), true);
    alice.handle(missing);
    assert.deepEqual([alice.isLeading(), alice.said('lock-gone')], [false, 1]);
  });

  test('settles no doubt that came up since: nothing is written before another read', () => {
    const scene = new Scene();
    scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 10, renewTime: '1' });
    const bob = scene.start('bob', { rights: 'no-watch' });
    bob.line = (request) => (scene.nowMs < 10_900 ? bob.execute(request) : null);
    scene.pass(9_999);
    // A poll is under way, which was answered before the edit; the takeover meets the edit.
    const poll = bob.sent.at(-1);
    assert.ok(poll?.type === 'read');
    bob.handle({ type: 'readAnswered', read: poll.read, outcome: { type: 'failed', message: 'reset' } });
    bob.line = 'held';
    scene.pass(300);
    const old = bob.apply(bob.heldRead());
    scene.lock.editLabels();
    const takeover = bob.heldWrite();
    assert.ok(takeover !== undefined);
    bob.deliver(takeover);
    const writes = bob.sent.filter((it) => it.type === 'write').length;
    bob.handle(old);
    assert.ok(bob.state.sight.doubtedReadAtMs !== null);
    assert.equal(bob.sent.filter((it) => it.type === 'write').length, writes);
  });
});

describe('a restored etcd', () => {
  test('shows where a version is known as another object, or as another record', () => {
    for (const [change, options] of [
      [{}, { recreate: true }],
      [{ renewTime: 'another' }, {}],
    ] as const) {
      const scene = new Scene();
      scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 60, renewTime: '1' });
      const before = scene.lock.observed;
      scene.lock.foreign({ renewTime: '2' });
      const bob = scene.start('bob');
      assert.ok(before !== null);
      scene.lock.rollBack(before);
      bob.deaf = true;
      scene.lock.foreign({ ...scene.lock.record, renewTime: '2', ...change }, { seal: null, ...options });
      assert.equal(scene.lock.version, bob.state.sight.newestVersion);
      const effects: Effect[] = [];
      scene.onStep = (_who, _event, asked) => effects.push(...asked);
      scene.pass(36_000);
      assert.deepEqual(
        bob.reports.filter((it) => it.type === 'rolled-back'),
        [{ type: 'rolled-back', from: '102', to: '102', waitMs: 60_000 }],
      );
    }
  });

  test('is watched anew, and waited for as long as any record says that was seen', () => {
    const scene = new Scene();
    scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 5, renewTime: '1' });
    const before = scene.lock.observed;
    assert.ok(before !== null);
    const bob = scene.start('bob', { rights: 'no-watch' });
    scene.lock.foreign({ holderIdentity: 'karl', leaseDurationSeconds: 60, renewTime: '2' });
    scene.pass(2_000);
    scene.lock.rollBack(before);
    scene.pass(2_000);
    assert.equal(bob.said('rolled-back'), 1);
    scene.pass(55_000);
    assert.equal(bob.isLeading(), false);
    scene.pass(10_000);
    assert.equal(bob.isLeading(), true);
  });

  test('found by a read beside the watch ends that watch, and is listed', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    const old = scene.lock.observed;
    assert.ok(old !== null);
    scene.pass(2_000);
    alice.deaf = true;
    scene.lock.editLabels();
    scene.lock.rollBack(old);
    const effects: string[] = [];
    scene.onStep = (_who, _event, asked) => {
      for (const it of asked) {
        if (it.type === 'stopWatch' || it.type === 'watch') effects.push(it.type);
        if (it.type === 'read') effects.push(it.via);
      }
    };
    scene.pass(1_500);
    assert.deepEqual(effects, ['get', 'stopWatch', 'list', 'watch']);
  });
});

describe('a duration above an hour', () => {
  const kate = (seconds: number, renewTime: string) => ({
    holderIdentity: 'kate',
    leaseDurationSeconds: seconds,
    renewTime,
  });

  test('is said once, and said again when it is another', () => {
    const scene = new Scene();
    scene.lock.foreign(kate(7_200, '1'));
    const bob = scene.start('bob');
    for (const renewTime of ['2', '3']) scene.lock.foreign(kate(7_200, renewTime));
    scene.lock.foreign(kate(10_800, '4'));
    const said = bob.reports.flatMap((it) => (it.type === 'long-duration' ? [it.durationMs] : []));
    assert.deepEqual(said, [7_200_000, 10_800_000]);
  });

  test('is not said of an hour, nor of a lock that nobody holds', () => {
    const scene = new Scene();
    scene.lock.foreign(kate(3_600, '1'));
    const bob = scene.start('bob', { candidacy: false });
    scene.lock.foreign({ ...kate(7_200, '2'), holderIdentity: '' });
    assert.equal(bob.said('long-duration'), 0);
  });
});
