/** Writes, answer by answer: what each outcome changes, what is told of it, and when the next write comes (8 to 13). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { WriteOutcome } from '../../src/election/outcome.ts';
import type { Event } from '../../src/election/state.ts';
import { answerTo, lost, type Member, type Request, Scene, type WriteRequest } from './scene.ts';
import { begin, GO_TIME } from './stories.ts';

const isWrite = (it: Request): it is WriteRequest => it.type === 'write';
const writes = (member: Member) => member.sent.filter(isWrite);

/** Every write is answered so, and applied where that is said; reads are answered as they should be. */
function answersWrites(member: Member, outcome: (request: WriteRequest) => WriteOutcome): void {
  member.line = (request): Event =>
    request.type === 'read' ? member.execute(request) : answerTo(request, outcome(request));
}

/** The instants of the writes that a member sends from now on. */
function writeTimes(scene: Scene, member: Member): number[] {
  const times: number[] = [];
  scene.onStep = (who, _event, effects) => {
    for (const it of effects) if (who === member && it.type === 'write') times.push(scene.nowMs);
  };
  return times;
}

describe('a renewal', () => {
  test('of a lock that is said not to be there is followed by a read at once, and sent again if it is', () => {
    const scene = new Scene();
    const { alice } = begin(scene);
    alice.deaf = true;
    const before = alice.sent.length;
    answersWrites(alice, () => ({ type: 'missing' }));
    const times = writeTimes(scene, alice);
    const { retryPeriodMs } = alice.config.timings;
    scene.pass(2_000);
    const sent = alice.sent.slice(before).map((it) => it.type);
    // Twice upon the same version: from then on not at once.
    assert.deepEqual(sent, ['write', 'read', 'write', 'read']);
    assert.equal(times[0], times[1]);
    alice.line = 'up';
    scene.pass(retryPeriodMs);
    assert.deepEqual([alice.isLeading(), alice.view().trouble], [true, null]);
  });

  test('whose answers are lost is sent again ever less often, up to once in a retry period', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { ttlMs: 60_000, random: 0.5 });
    alice.deaf = true;
    alice.line = (request) => (request.type === 'write' ? lost(request) : alice.execute(request));
    const times = writeTimes(scene, alice);
    scene.pass(34_000);
    const pauses = times.slice(1).map((it, i) => Math.round(it - (times[i] ?? 0)));
    assert.deepEqual(pauses, [150, 300, 600, 1_200, 2_400, 4_800, 7_500]);
  });

  test('that ran into its deadline has waited enough: the next one goes out at once', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { random: 0.5 });
    alice.line = () => null;
    const times = writeTimes(scene, alice);
    scene.pass(1_700 + 2 * alice.config.timings.requestBudgetMs);
    assert.equal(Math.round((times[1] ?? 0) - (times[0] ?? 0)), alice.config.timings.requestBudgetMs);
  });

  test('that is never answered leaves no more behind than a few attempts', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { ttlMs: 600_000, retryPeriodMs: 1_000 });
    alice.line = lost;
    scene.pass(200_000);
    assert.ok(writes(alice).length > 100);
    assert.equal(alice.state.writing.unresolved.length, 16);
    assert.equal(alice.state.writing.unresolved.at(-1)?.attempt, writes(alice).length);
  });
});

describe('a create', () => {
  test('that is answered with NotFound is of unknown outcome', () => {
    const scene = new Scene();
    const alice = scene.member('alice');
    answersWrites(alice, () => ({ type: 'missing' }));
    alice.handle({ type: 'started' });
    const message = 'a create was answered with NotFound';
    assert.deepEqual(alice.reports, [{ type: 'request-failing', action: 'acquire the lock', message, forMs: 0 }]);
    assert.equal(alice.state.writing.unresolved.length, 1);
    alice.line = 'up';
    scene.pass(1_000);
    assert.deepEqual(scene.leaders(), ['alice']);
  });

  test('that was refused is told by its right', () => {
    const scene = new Scene();
    const alice = scene.member('alice');
    answersWrites(alice, () => ({ type: 'refused', code: 403, message: 'cannot create leases' }));
    alice.handle({ type: 'started' });
    scene.pass(10_000);
    assert.deepEqual(alice.reports, [{ type: 'missing-right', verb: 'create', message: 'cannot create leases' }]);
    assert.deepEqual(alice.view().trouble, { reason: 'forbidden', message: 'cannot create leases', forMs: 10_000 });
  });
});

describe('what is told', () => {
  test('of a renewal that fails for a while: when it begins, and when it is over', () => {
    for (const ended of ['conflict', 'missing'] as const) tellsOfAnOutage(ended);
  });

  function tellsOfAnOutage(ended: 'conflict' | 'missing') {
    const scene = new Scene();
    const alice = scene.start('alice');
    const before = alice.reports.length;
    answersWrites(alice, () => ({ type: 'refused', code: 429, message: 'too many requests' }));
    scene.pass(4_000);
    assert.deepEqual(alice.view().trouble?.reason, 'unreachable');
    const failingForMs = alice.view().trouble?.forMs ?? 0;
    // Refused for its version is an answer of an API that works.
    answersWrites(alice, () => ({ type: ended }));
    scene.pass(1_700);
    alice.line = 'up';
    scene.pass(1_700);
    assert.equal(alice.isLeading(), true);
    const [began, over] = alice.reports.slice(before);
    assert.deepEqual(began, {
      type: 'request-failing',
      action: 'renew the lock',
      message: 'too many requests',
      forMs: 0,
    });
    assert.ok(over?.type === 'request-works-again' && over.action === 'write the lock');
    assert.ok(over.afterMs > failingForMs && over.afterMs <= failingForMs + 1_700, `${over.afterMs}`);
    assert.equal(alice.reports.length, before + 2);
  }

  test('of an answer that bears the version that was written upon', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    answersWrites(alice, ({ write }) => {
      assert.ok(write.on !== null);
      return { type: 'done', observed: write.on };
    });
    scene.pass(1_700);
    assert.deepEqual(alice.reports.at(-1), {
      type: 'request-failing',
      action: 'renew the lock',
      message: 'the answer bears the version that was written upon',
      forMs: 0,
    });
  });

  test('of a write that was not answered in time', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    const effects: string[] = [];
    scene.onStep = (_who, _event, asked) => {
      for (const it of asked) if (it.type === 'abortWrite') effects.push(`abort ${it.attempt}`);
    };
    alice.line = () => null;
    scene.pass(1_667 + 2_501);
    assert.deepEqual(effects, ['abort 2']);
    assert.equal(alice.view().trouble?.message, 'no answer in time');
  });
});

describe('a conflict', () => {
  test('makes a leader read at once, and send the renewal again upon what it has read', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.deaf = true;
    scene.lock.editLabels();
    const before = alice.sent.length;
    scene.pass(1_700);
    assert.deepEqual(
      alice.sent.slice(before).map((it) => (it.type === 'read' ? it.via : it.write.on?.version)),
      ['101', 'get', '102'],
    );
    assert.equal(alice.isLeading(), true);
  });

  test('makes a standby wait for its watch, and after a retry period read', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.crash();
    scene.pass(9_000);
    bob.deaf = true;
    scene.lock.editLabels();
    const times: number[] = [];
    scene.onStep = (who, _event, effects) => {
      for (const it of effects) if (who === bob && (it.type === 'write' || it.type === 'read')) times.push(scene.nowMs);
    };
    // Silence makes it read before.
    scene.pass(10_000);
    assert.deepEqual(scene.leaders(), ['bob']);
  });

  test('makes a standby that polls read at once', () => {
    const scene = new Scene();
    scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 10, renewTime: GO_TIME });
    const bob = scene.start('bob', { rights: 'no-watch' });
    answersWrites(bob, () => {
      bob.line = 'up';
      return { type: 'conflict' };
    });
    scene.pass(10_000);
    assert.deepEqual([writes(bob).length, scene.leaders()], [2, ['bob']]);
  });
});

describe('the transitions', () => {
  test('grow by one with each new holder, and stay with a renewal, a release, and a takeover by the last holder', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    const seen = [scene.lock.record.leaseTransitions];
    const note = () => seen.push(scene.lock.record.leaseTransitions);
    scene.pass(5_000);
    note();
    alice.giveUp(false);
    note();
    scene.pass(1_000);
    note();
    bob.crash();
    scene.lock.foreign({ holderIdentity: 'alice', renewTime: GO_TIME });
    scene.pass(30_000);
    note();
    assert.deepEqual(seen, [0, 0, 1, 1, 1]);
  });

  test('go on from the seal where the record cannot be read, and from 0 where a hand wrote less', () => {
    for (const [change, transitions] of [
      ['unreadable', 8],
      [{ holderIdentity: 'kate', leaseTransitions: -5 }, 1],
    ] as const) {
      const scene = new Scene();
      scene.lock.foreign({ holderIdentity: 'kate', leaseTransitions: 7, leaseDurationSeconds: 10, renewTime: '1' });
      const bob = scene.start('bob');
      scene.pass(11_000);
      assert.equal(scene.lock.record.leaseTransitions, 8);
      bob.crash();
      scene.lock.foreign(change);
      scene.start('carol');
      scene.pass(31_000);
      assert.deepEqual(
        [scene.leaders(), scene.lock.record.leaseTransitions],
        [['carol'], change === 'unreadable' ? 9 : transitions],
      );
    }
  });

  test('begin at 0, and are 1 for who takes what nobody can read', () => {
    const scene = new Scene();
    scene.lock.foreign('unreadable', { seal: 'unreadable' });
    const bob = scene.start('bob');
    assert.equal(bob.view().transitions, 0);
    scene.pass(21_000);
    assert.deepEqual([scene.leaders(), scene.lock.record.leaseTransitions], [['bob'], 1]);
  });
});

describe('what may still arrive', () => {
  test('a create, after one that was refused: the process ends when it is known what stands there', () => {
    const scene = new Scene();
    const bob = scene.startHeld('bob');
    bob.deaf = true;
    const first = bob.heldWrite();
    assert.ok(first !== undefined);
    bob.drop(first);
    bob.handle(lost(first));
    bob.deliver(bob.heldRead());
    scene.pass(200);
    bob.execute(first);
    bob.deliver(bob.heldWrite());
    bob.giveUp();
    assert.equal(bob.ended, null);
    bob.line = 'up';
    for (const request of [...bob.held]) bob.deliver(request);
    scene.pass(1_000);
    assert.deepEqual([scene.lock.holder, bob.ended], ['', { stuck: false }]);
  });

  test("not a create where another's lock is: that is not written", () => {
    const scene = new Scene();
    const bob = scene.startHeld('bob');
    scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 10, renewTime: GO_TIME });
    const before = writes(bob).length;
    bob.giveUp();
    scene.pass(5_000);
    assert.deepEqual([bob.ended, writes(bob).length, scene.lock.holder], [{ stuck: false }, before, 'kate']);
  });

  test('not a create where nothing may be created yet', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    alice.crash();
    scene.lock.delete();
    scene.pass(9_900);
    bob.line = (request) => (request.type === 'write' ? lost(request) : bob.execute(request));
    scene.pass(100);
    assert.equal(writes(bob).length, 1);
    const watch = bob.state.reading.watch?.watch ?? 0;
    bob.handle({ type: 'watched', watch, event: { type: 'gone', version: '900' } });
    assert.equal(bob.state.writing.unresolved.length, 1);
    bob.giveUp();
    assert.deepEqual([bob.ended, writes(bob).length], [{ stuck: false }, 1]);
  });

  test('not a renewal where the lock is gone', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.deaf = true;
    alice.line = lost;
    scene.pass(2_000);
    assert.ok(alice.state.writing.unresolved.length > 0);
    alice.line = 'up';
    alice.deaf = false;
    const before = writes(alice).length;
    scene.lock.delete();
    alice.giveUp();
    assert.deepEqual([alice.ended, writes(alice).length], [{ stuck: false }, before]);
  });

  test('of a takeover makes its member read at once when the next one is refused', () => {
    const scene = new Scene();
    scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 10, renewTime: GO_TIME });
    const bob = scene.start('bob');
    let takeovers = 0;
    answersWrites(bob, () => {
      takeovers += 1;
      if (takeovers === 2) scene.lock.editLabels();
      return takeovers === 1 ? { type: 'unknown', message: 'reset' } : { type: 'conflict' };
    });
    bob.deaf = true;
    scene.pass(10_150);
    assert.ok(takeovers >= 2, `${takeovers} takeovers`);
    assert.equal(bob.state.sight.known?.version, scene.lock.version);
  });
});

test('a standby whose takeover was refused is well once another leads, and held back no more', () => {
  const scene = new Scene();
  scene.lock.foreign({ holderIdentity: 'kate', leaseDurationSeconds: 10, renewTime: '1' });
  const bob = scene.start('bob');
  answersWrites(bob, () => ({ type: 'refused', code: 429, message: 'too many', retryAfterMs: 60_000 }));
  scene.pass(10_500);
  assert.equal(bob.view().trouble?.reason, 'unreachable');
  scene.lock.foreign({ renewTime: '2' });
  assert.equal(bob.view().trouble, null);
  bob.line = 'up';
  scene.pass(10_000);
  assert.equal(bob.isLeading(), true);
});
