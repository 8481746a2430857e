/** The end of leading, effect by effect: in which order, by when, and what is told of it (rules 15, 16, 18 to 21, 31). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Effect } from '../../src/election/state.ts';
import { answerTo, type Member, Scene } from './scene.ts';
import { begin, GO_TIME } from './stories.ts';

type Telling = Exclude<Effect['type'], 'wake' | 'read' | 'report'>;

/** What a member asks for from now on, in words, after how many milliseconds. */
function follow(scene: Scene, member: Member): string[] {
  const fromMs = scene.nowMs;
  const lines: string[] = [];
  const words: { readonly [Type in Telling]?: (it: Extract<Effect, { type: Type }>) => string } = {
    stopWork: (it) => `stop work ${it.term} until ${Math.round(it.endsAtMs - fromMs)}: ${it.reason}`,
    killWork: (it) => `kill work ${it.term}`,
    labelStandby: (it) => `label ${it.term} until ${Math.round(it.deadlineAtMs - fromMs)}`,
    write: (it) =>
      `${it.write.record.holderIdentity === '' ? 'release' : 'write'} until ${Math.round(it.deadlineAtMs - fromMs)}`,
    abortWrite: () => 'abort write',
    ended: (it) => (it.stuck ? 'ended, stuck' : 'ended'),
  };
  scene.onStep = (who, _event, effects) => {
    for (const it of effects) {
      const inWords = words[it.type as Telling] as ((effect: Effect) => string) | undefined;
      if (who === member && inWords !== undefined) lines.push(`${Math.round(scene.nowMs - fromMs)}: ${inWords(it)}`);
    }
  };
  return lines;
}

describe('giving up', () => {
  test('tells the work, holds the lock while it stops, then labels, then releases', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { drainBudgetMs: 5_000 });
    alice.slowWork = true;
    alice.slowLabel = true;
    const lines = follow(scene, alice);
    alice.giveUp();
    scene.pass(2_000);
    alice.finishWork();
    scene.pass(500);
    alice.handle({ type: 'labelDone', term: 1 });
    assert.deepEqual(lines, [
      '0: stop work 1 until 5000: SIGTERM',
      '1667: write until 4167',
      '2000: label 1 until 2833',
      '2500: release until 4000',
      '2500: ended',
    ]);
    assert.deepEqual(alice.reports.at(-1), { type: 'released' });
  });

  test('waits for the label for half of a retry period, at most 1 s', () => {
    for (const [ttlMs, waitsMs] of [
      [1_200, 100],
      [60_000, 1_000],
    ] as const) {
      const scene = new Scene();
      const alice = scene.start('alice', { ttlMs });
      alice.slowLabel = true;
      const lines = follow(scene, alice);
      alice.giveUp();
      scene.pass(2_000);
      assert.equal(lines[1], `0: label 1 until ${waitsMs}`);
      assert.equal(lines.at(-1), `${waitsMs}: ended`);
    }
  });

  test('is over after 4 s where nothing is answered, and the reason is told', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.line = () => null;
    const lines = follow(scene, alice);
    alice.giveUp();
    scene.pass(10_000);
    assert.deepEqual(lines, [
      '0: stop work 1 until 25000: SIGTERM',
      '0: label 1 until 833',
      '0: release until 1500',
      '1500: abort write',
      '1500: release until 3000',
      '3000: abort write',
      '3000: release until 4000',
      '4000: abort write',
      '4000: ended',
    ]);
    assert.deepEqual(alice.reports.at(-1), { type: 'not-released', message: 'no answer in time' });
  });

  test('tells what stood in the way of the release, reading included', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.deaf = true;
    scene.lock.editLabels();
    alice.line = (request) =>
      request.type === 'write'
        ? alice.execute(request)
        : answerTo(request, { type: 'failed', message: 'connection refused' });
    alice.giveUp();
    scene.pass(5_000);
    assert.deepEqual(alice.reports.at(-1), { type: 'not-released', message: 'connection refused' });
  });

  test('of the process follows upon giving up, at any moment of it', () => {
    const moments: readonly ((alice: Member) => void)[] = [
      () => {},
      (alice) => alice.finishWork(),
      (alice) => {
        alice.finishWork();
        alice.handle({ type: 'labelDone', term: 1 });
      },
    ];
    for (const until of moments) {
      const scene = new Scene();
      const alice = scene.start('alice');
      alice.slowWork = true;
      alice.slowLabel = true;
      alice.line = 'held';
      alice.giveUp(false);
      until(alice);
      const { phase } = alice.view();
      alice.giveUp();
      alice.finishWork();
      alice.handle({ type: 'labelDone', term: 1 });
      for (const request of [...alice.held]) alice.deliver(request);
      assert.deepEqual([phase, alice.terms, alice.ended], ['stopping', ['+1', '-1'], { stuck: false }]);
    }
  });

  test('without an end is not one for being said twice', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.slowWork = true;
    alice.giveUp(false);
    alice.giveUp(false);
    alice.finishWork();
    assert.deepEqual([alice.terms, alice.ended, alice.view().phase], [['+1', '-1'], null, 'standby']);
  });

  test('is nothing to one that does not lead, unless the process must end', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    bob.giveUp(false);
    assert.deepEqual([bob.ended, bob.view().phase], [null, 'standby']);
    alice.crash();
    scene.pass(11_000);
    assert.equal(bob.isLeading(), true);
  });

  test('reads at once what a lock is that is in doubt, however long the API had asked to wait', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { ttlMs: 60_000 });
    alice.deaf = true;
    scene.lock.editLabels();
    alice.line = (request) =>
      request.type === 'write'
        ? alice.execute(request)
        : answerTo(request, { type: 'failed', message: '429', retryAfterMs: 9_000 });
    scene.pass(10_500);
    assert.equal(alice.isLeading(), true);
    alice.line = 'up';
    alice.giveUp();
    assert.deepEqual([scene.lock.holder, alice.ended], ['', { stuck: false }]);
  });

  test('holds the lock as long as it was told, also when the work has stopped', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { releaseDelayMs: 3_000 });
    const lines = follow(scene, alice);
    alice.giveUp();
    scene.pass(10_000);
    assert.deepEqual(
      lines.filter((it) => !it.includes('write')),
      ['0: stop work 1 until 25000: SIGTERM', '3000: label 1 until 3833', '3000: release until 4500', '3000: ended'],
    );
  });
});

describe('a candidate that must end', () => {
  test('ends at once where it has left nothing', () => {
    const scene = new Scene();
    const { bob } = begin(scene);
    const lines = follow(scene, bob);
    bob.giveUp();
    assert.deepEqual(lines, ['0: ended']);
  });

  test('ends at once where its takeover was refused, though it has not read why', () => {
    const scene = new Scene();
    const { alice, bob } = begin(scene);
    scene.start('carol');
    bob.line = 'held';
    scene.onChange = () => {
      bob.deaf = scene.lock.holder === 'carol';
    };
    alice.giveUp();
    assert.equal(scene.lock.holder, 'carol');
    bob.deliver(bob.heldWrite());
    assert.notEqual(bob.state.sight.doubtedReadAtMs, null);
    const lines = follow(scene, bob);
    bob.giveUp();
    assert.deepEqual(lines, ['0: ended']);
  });

  test('reads what a takeover has come to that was on its way, and releases it', () => {
    const scene = new Scene();
    const bob = scene.startHeld('bob');
    const takeover = bob.heldWrite();
    const lines = follow(scene, bob);
    bob.giveUp();
    bob.apply(takeover);
    bob.line = 'up';
    for (const request of [...bob.held]) bob.deliver(request);
    assert.deepEqual(lines, ['0: abort write', '0: release until 1500', '0: ended']);
    assert.equal(scene.lock.holder, '');
  });
});

describe('a loss', () => {
  const losses: readonly (readonly [reason: string, happens: (scene: Scene) => void])[] = [
    ['the lock is gone', (scene) => scene.lock.delete()],
    ['another holds the lock', (scene) => scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME })],
    ['the lock was emptied', (scene) => scene.lock.foreign({ holderIdentity: '' })],
    ['the lock was emptied', (scene) => scene.lock.foreign('unreadable')],
    ['the lock was emptied', (scene) => scene.lock.foreign({ holderIdentity: '' }, { seal: null, recreate: true })],
    [
      'the lock was replaced or rolled back',
      (scene) => scene.lock.foreign(scene.lock.record, { seal: scene.lock.seal, recreate: true }),
    ],
  ];
  for (const [reason, happens] of losses) {
    test(`stops the work at once, within the lapse budget, and releases nothing: ${reason}`, () => {
      const scene = new Scene();
      const alice = scene.start('alice');
      alice.slowWork = true;
      const lines = follow(scene, alice);
      happens(scene);
      scene.pass(1_000);
      assert.deepEqual(lines, [`0: stop work 1 until 3135: ${reason}`]);
      assert.deepEqual(
        alice.reports.find((it) => it.type === 'stopped-leading'),
        { type: 'stopped-leading', term: 1, reason },
      );
    });
  }

  test('that is learnt late leaves the work what remains of its budget', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.slowWork = true;
    alice.cutOff();
    alice.pause();
    scene.pass(7_667);
    const lines = follow(scene, alice);
    alice.resume();
    const reason = 'the renew deadline passed without a proven renewal';
    assert.deepEqual(lines, [`0: stop work 1 until 2135: ${reason}`]);
  });

  test('kills work that can be killed after three quarters of its budget, once', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { canKillWork: true });
    alice.slowWork = true;
    alice.slowKill = true;
    const lines = follow(scene, alice);
    scene.lock.delete();
    scene.pass(2_350);
    assert.deepEqual(lines.slice(1), []);
    scene.pass(2);
    assert.equal(lines[1], '2351: kill work 1');
    assert.equal(alice.said('killing-work'), 1);
    scene.pass(5_000);
    assert.equal(lines.filter((it) => it.includes('kill')).length, 1);
    // However long that takes, it is waited for.
    assert.equal(alice.view().phase, 'stopping');
    alice.finishWork();
    assert.equal(alice.view().phase, 'standby');
  });

  test('leaves work that cannot be killed the lapse budget, though it was given up with more', () => {
    const scene = new Scene();
    const alice = scene.start('alice');
    alice.slowWork = true;
    alice.giveUp(false);
    scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME });
    scene.pass(3_134);
    assert.equal(alice.view().phase, 'stopping');
    scene.pass(2);
    assert.equal(alice.view().phase, 'stuck');
  });

  test('counts from when it is learnt, also on a machine that was suspended while the work stopped', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { canKillWork: true, ttlMs: 60_000 });
    alice.slowWork = true;
    const lines = follow(scene, alice);
    alice.giveUp();
    alice.deaf = true;
    alice.suspend(6_000);
    alice.deaf = false;
    scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME });
    scene.pass(14_100);
    assert.equal(lines[1], undefined);
    scene.pass(100);
    assert.match(lines[1] ?? '', /^20\d\d\d: kill work 1$/);
  });

  test('or an end of the drain comes in its time after a suspension, once anything has told of it', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { canKillWork: true, drainBudgetMs: 10_000, ttlMs: 60_000 });
    alice.slowWork = true;
    const lines = follow(scene, alice);
    alice.giveUp();
    alice.suspend(4_000);
    alice.handle({ type: 'woke' });
    scene.pass(6_500);
    assert.ok(lines.includes('10001: kill work 1'), lines.join('\n'));
  });

  test('of a lock that was to be released leaves the work no more than the lapse budget', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { canKillWork: true });
    alice.slowWork = true;
    alice.giveUp();
    const lines = follow(scene, alice);
    scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME });
    scene.pass(2_400);
    assert.deepEqual(lines, ['2351: kill work 1', '2351: label 1 until 3185', '2351: ended']);
  });

  test('near the end of a drain does not prolong it', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { canKillWork: true, drainBudgetMs: 1_000 });
    alice.slowWork = true;
    const lines = follow(scene, alice);
    alice.giveUp();
    scene.pass(500);
    scene.lock.foreign({ holderIdentity: 'kate', renewTime: GO_TIME });
    scene.pass(600);
    assert.equal(lines[1], '1000: kill work 1');
  });
});

describe('work that is stuck', () => {
  const stuck = () => {
    const scene = new Scene();
    const alice = scene.start('alice', { drainBudgetMs: 2_000 });
    alice.slowWork = true;
    alice.giveUp(false);
    const lines = follow(scene, alice);
    return { scene, alice, lines };
  };

  test('is told once; what was on its way is given up, and nothing is written any more', () => {
    const { scene, alice, lines } = stuck();
    alice.line = (request) => (request.type === 'write' ? null : alice.execute(request));
    scene.pass(1_999);
    assert.equal(alice.said('work-stuck'), 0);
    scene.pass(60_000);
    assert.equal(alice.said('work-stuck'), 1);
    assert.deepEqual(lines, ['1667: write until 4167', '2000: abort write']);
    const { trouble } = alice.view();
    assert.deepEqual(trouble, {
      reason: 'work-stuck',
      message: 'the work of the last term still runs after its budget',
      forMs: 59_999,
    });
  });

  test('lets the process end at once, as stuck', () => {
    const { scene, alice, lines } = stuck();
    scene.pass(2_000);
    alice.giveUp(false);
    assert.equal(alice.ended, null);
    alice.giveUp();
    assert.equal(lines.at(-1), '2000: ended, stuck');
  });

  test('that stops at last lets its member campaign again, at once', () => {
    const { scene, alice } = stuck();
    scene.pass(2_000);
    alice.handle({ type: 'workStopped', term: 7 });
    assert.equal(alice.view().phase, 'stuck');
    alice.finishWork();
    scene.pass(20);
    assert.deepEqual(alice.terms, ['+1', '-1', '+2']);
  });

  test('was told within its budget, and for at least 0.2 s', () => {
    const scene = new Scene();
    const alice = scene.start('alice', { drainBudgetMs: 0 });
    alice.slowWork = true;
    alice.giveUp();
    scene.pass(199);
    assert.equal(alice.ended, null);
    scene.pass(1);
    assert.deepEqual(alice.ended, { stuck: true });
  });
});

test('the word of another term changes nothing', () => {
  const scene = new Scene();
  const alice = scene.start('alice');
  alice.slowWork = true;
  alice.slowLabel = true;
  const role = () => alice.state.role.type;
  alice.handle({ type: 'workStopped', term: 7 });
  assert.equal(alice.isLeading(), true);
  alice.giveUp(false);
  alice.handle({ type: 'workStopped', term: 7 });
  assert.equal(role(), 'draining');
  alice.finishWork();
  alice.handle({ type: 'labelDone', term: 7 });
  alice.handle({ type: 'workStopped', term: 1 });
  assert.equal(role(), 'labelling');
  alice.handle({ type: 'labelDone', term: 1 });
  alice.handle({ type: 'workStopped', term: 1 });
  assert.equal(role(), 'candidate');
});
