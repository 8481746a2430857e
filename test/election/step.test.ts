/** One step at a time: what exactly it asks for, and what it leaves alone. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { initialState, step } from '../../src/election/election.ts';
import type { Config, Effect, Event, State } from '../../src/election/state.ts';
import { configOf } from '../support/config.ts';
import { Scene } from './scene.ts';
import { begin } from './stories.ts';

const alice: Config = {
  ...configOf('alice', { ttlMs: 12_000 }),
  pod: { name: 'alice-0', namespace: 'default', uid: '' },
};
const inPod: Config = { ...alice, pod: { ...alice.pod, uid: 'pod-a' } };

const at = (ms: number) => ({ monoMs: ms, bootMs: 5_000 + ms, wallMs: 1_000_000 + ms });

/** Steps one after another, each a millisecond after the last; the effects of the last one. */
function after(
  config: Config,
  ...events: readonly Event[]
): { readonly state: State; readonly effects: readonly Effect[] } {
  let last: { readonly state: State; readonly effects: readonly Effect[] } = {
    state: initialState(config),
    effects: [],
  };
  events.forEach((event, i) => {
    last = step(last.state, event, at(i), 0);
  });
  return last;
}

const MISSING: Event = { type: 'readAnswered', read: 1, outcome: { type: 'missing', watchFrom: '100' } };

describe('a start', () => {
  test('asks for one list, with a deadline of half of D − R, and for a wake-up at that', () => {
    assert.deepEqual(after(alice, { type: 'started' }).effects, [
      { type: 'read', read: 1, via: 'list', deadlineAtMs: 3_000 },
      { type: 'wake', atMs: 3_000 },
    ]);
  });

  test('asks for the Pod-wide proof where the Pod is known', () => {
    const { effects } = after(inPod, { type: 'started' });
    assert.deepEqual(effects[0], { type: 'claimProof' });
  });

  test('that finds no lock watches from the list, and creates one that says who it is', () => {
    assert.deepEqual(after(alice, { type: 'started' }, MISSING).effects, [
      { type: 'watch', watch: 1, from: '100', timeoutSeconds: 600 },
      {
        type: 'write',
        attempt: 1,
        deadlineAtMs: 3_001,
        write: {
          on: null,
          record: {
            holderIdentity: 'alice',
            leaseDurationSeconds: 12,
            acquireTimeMs: 1_000_001,
            renewTimeMs: 1_000_001,
            leaseTransitions: 0,
          },
          seal: {
            podName: 'alice-0',
            podNamespace: 'default',
            podUid: '',
            processId: 'process-of-alice',
            attempt: 1,
            leaseDurationSeconds: 12,
            released: false,
          },
        },
      },
      { type: 'wake', atMs: 3_001 },
    ]);
  });

  test('seals with the uid of the Pod when it holds the proof, and not before', () => {
    for (const [events, podUid] of [
      [[MISSING], ''],
      [[{ type: 'proof', held: true }, MISSING], 'pod-a'],
      [[{ type: 'proof', held: false }, MISSING], ''],
    ] as const) {
      const { effects } = after(inPod, { type: 'started' }, ...events);
      const [seal] = effects.flatMap((it) => (it.type === 'write' ? [it.write.seal] : []));
      assert.equal(seal?.podUid, podUid);
    }
  });
});

describe('a wake-up', () => {
  test('that comes early is asked for again', () => {
    const { state } = after(alice, { type: 'started' });
    assert.deepEqual(step(state, { type: 'woke' }, at(10), 0).effects, [{ type: 'wake', atMs: 3_000 }]);
  });

  test('is asked for once, as long as the same instant is the next', () => {
    const { state } = after(alice, { type: 'started' });
    assert.deepEqual(step(state, { type: 'labelDone', term: 7 }, at(10), 0).effects, []);
  });

  test('comes to one who only observes when the record that it shows expires', () => {
    const scene = new Scene();
    const { alice: leader } = begin(scene);
    const carol = scene.start('carol', { candidacy: false });
    leader.crash();
    carol.cutOff();
    // Its requests fail, and are not tried again for long.
    const { changedAtMs } = carol.state.sight;
    const woken: number[] = [];
    scene.onStep = (member, event) => {
      if (member === carol && event.type === 'woke') woken.push(scene.nowMs);
    };
    scene.pass(12_000);
    assert.ok(woken.includes(changedAtMs + 10_000), `${woken} without ${changedAtMs + 10_000}`);
  });
});

describe('after the end', () => {
  const every: readonly Event[] = [
    { type: 'started' },
    { type: 'woke' },
    MISSING,
    { type: 'writeAnswered', attempt: 1, outcome: { type: 'conflict' } },
    { type: 'watched', watch: 1, event: { type: 'gone', version: '200' } },
    { type: 'watchEnded', watch: 1, reason: 'failed', message: '' },
    { type: 'proof', held: true },
    { type: 'workStopped', term: 1 },
    { type: 'labelDone', term: 1 },
    { type: 'giveUp', reason: 'again', exit: true },
    { type: 'candidacy', on: true, reason: 'well again' },
  ];

  test('nothing is asked for and nothing changes, whatever comes', () => {
    const { state } = after(alice, { type: 'started' }, { type: 'giveUp', reason: 'SIGTERM', exit: true });
    assert.deepEqual(state.role, { type: 'ended' });
    for (const event of every) {
      const result = step(state, event, at(50_000), 0);
      assert.deepEqual(result, { state, effects: [] }, event.type);
    }
  });

  test('that is the last effect of all; what is under way is given up before', () => {
    const { effects } = after(alice, { type: 'started' }, { type: 'giveUp', reason: 'SIGTERM', exit: true });
    assert.deepEqual(effects, [
      { type: 'abortRead', read: 1 },
      { type: 'ended', stuck: false },
    ]);
  });

  test('comes with the end of the watch', () => {
    const { effects } = after(
      alice,
      { type: 'started' },
      MISSING,
      {
        type: 'writeAnswered',
        attempt: 1,
        outcome: { type: 'refused', code: 403, message: 'no' },
      },
      { type: 'giveUp', reason: 'SIGTERM', exit: true },
    );
    assert.deepEqual(effects, [
      { type: 'stopWatch', watch: 1 },
      { type: 'ended', stuck: false },
    ]);
  });
});

test('a step changes nothing that it was given', () => {
  const freeze = <T>(it: T): T => {
    if (typeof it === 'object' && it !== null && !Object.isFrozen(it)) {
      Object.freeze(it);
      for (const value of Object.values(it)) freeze(value);
    }
    return it;
  };
  const scene = new Scene();
  scene.onStep = (member) => void freeze(member.state);
  const { alice: leader, bob } = begin(scene);
  leader.giveUp();
  scene.pass(12_000);
  bob.crash();
  scene.lock.delete();
  scene.pass(30_000);
  assert.deepEqual(scene.overlaps, []);
});
