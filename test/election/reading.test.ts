/** Reading and watching, request by request: what is asked for when, and what an answer changes (rules 8, 26 to 30). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Effect } from '../../src/election/state.ts';
import { answerTo, type Member, Scene } from './scene.ts';
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
    bob.handle({ type: 'watched', watch, event: { type: 'bookmark', version: '900' } });
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
