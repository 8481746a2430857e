import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { View } from '../../src/election/view.ts';
import { ViewFeed } from '../../src/elector/feed.ts';
import { silentLogger } from '../../src/logger.ts';
import { leadingView, standbyView } from '../support/views.ts';

function world() {
  let leader = 'alice';
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (message: string) => errors.push(message) };
  const feed = new ViewFeed((): View => ({ ...standbyView, leader }), logger);
  return {
    feed,
    errors,
    /** The leader changes and everybody is told. */
    change(to: string) {
      leader = to;
      feed.announce();
    },
    /** The leader changes without anybody being told, as when time passes. */
    pass(to: string) {
      leader = to;
    },
  };
}

async function nextLeader(iterator: AsyncIterator<View>): Promise<string> {
  const { done, value } = await iterator.next();
  return done ? '(end)' : value.leader;
}

test('the current view is the one of this moment', () => {
  const { feed, pass } = world();
  assert.equal(feed.current().leader, 'alice');
  pass('bob');
  assert.equal(feed.current().leader, 'bob');
});

describe('a listener', () => {
  test('is told each change from its subscription until it ends it', () => {
    const { feed, change } = world();
    const seen: string[] = [];
    const unsubscribe = feed.subscribe(({ leader }) => seen.push(leader));
    change('bob');
    change('carol');
    unsubscribe();
    change('alice');
    assert.deepEqual(seen, ['bob', 'carol']);
  });

  test('is told nothing when only time has passed, and of whatever else changes', () => {
    const seen: View[] = [];
    let view = leadingView('alice');
    const feed = new ViewFeed(() => view, silentLogger);
    feed.subscribe((told) => seen.push(told));
    const become = (change: Partial<View>) => {
      view = { ...view, ...change };
      feed.announce();
    };
    become({});
    become({ validForMs: 5_000 });
    const trouble = { reason: 'unreachable', message: 'no answer', forMs: 0 } as const;
    become({ trouble });
    become({ trouble: { ...trouble, forMs: 1_000 } });
    assert.equal(seen.length, 2);
    become({ trouble: { ...trouble, reason: 'forbidden' } });
    become({ token: { uid: 'uid', version: '9' } });
    become({ transitions: 9 });
    become({ term: 9 });
    become({ former: { podName: 'bob', podNamespace: '', podUid: '' } });
    become({ phase: 'stopping', isLeading: false });
    become({ leader: 'bob' });
    assert.equal(seen.length, 9);
  });

  test('that throws is reported and keeps nobody from being told', () => {
    const { feed, change, errors } = world();
    const seen: string[] = [];
    feed.subscribe(() => {
      throw new Error('broken');
    });
    feed.subscribe(({ leader }) => seen.push(leader));
    change('bob');
    assert.deepEqual(seen, ['bob']);
    assert.deepEqual(errors, ['a listener to the view failed']);
  });

  test('that causes a change leaves no other one with the view before it', () => {
    const { feed, change } = world();
    const seen: string[] = [];
    feed.subscribe(({ leader }) => {
      if (leader === 'bob') change('carol');
    });
    feed.subscribe(({ leader }) => seen.push(leader));
    change('bob');
    assert.equal(seen.at(-1), 'carol');
    assert.ok(!seen.includes('bob'));
  });

  test('that another one ended is not told any more', () => {
    const { feed, change } = world();
    const seen: string[] = [];
    feed.subscribe(() => end());
    const end = feed.subscribe(({ leader }) => seen.push(leader));
    change('bob');
    assert.deepEqual(seen, []);
  });
});

describe('reading the changes', () => {
  test('begins with the present view', async () => {
    const changes = world().feed.changes()[Symbol.asyncIterator]();
    assert.equal(await nextLeader(changes), 'alice');
  });

  test('waits for the next change', async () => {
    const { feed, change } = world();
    const changes = feed.changes()[Symbol.asyncIterator]();
    await changes.next();
    let settled = false;
    const next = nextLeader(changes).finally(() => {
      settled = true;
    });
    await new Promise(setImmediate);
    assert.equal(settled, false);
    change('bob');
    assert.equal(await next, 'bob');
  });

  test('slowly gets the latest view, never a queue', async () => {
    const { feed, change, pass } = world();
    const changes = feed.changes()[Symbol.asyncIterator]();
    await changes.next();
    for (const leader of ['bob', 'carol', 'bob']) change(leader);
    pass('dave');
    assert.equal(await nextLeader(changes), 'dave');
    const next = nextLeader(changes);
    change('alice');
    assert.equal(await next, 'alice');
  });

  test('does not hold up another reader', async () => {
    const { feed, change } = world();
    const slow = feed.changes()[Symbol.asyncIterator]();
    const quick = feed.changes()[Symbol.asyncIterator]();
    await slow.next();
    await quick.next();
    change('bob');
    assert.equal(await nextLeader(quick), 'bob');
    change('carol');
    assert.equal(await nextLeader(quick), 'carol');
    assert.equal(await nextLeader(slow), 'carol');
  });

  test('ends when its signal aborts, before and during a wait', async () => {
    const { feed } = world();
    const before = feed.changes(AbortSignal.abort())[Symbol.asyncIterator]();
    assert.equal(await nextLeader(before), '(end)');

    const abort = new AbortController();
    const during = feed.changes(abort.signal)[Symbol.asyncIterator]();
    await during.next();
    const next = nextLeader(during);
    abort.abort();
    assert.equal(await next, '(end)');
  });

  test('ends with the last view when the feed ends', async () => {
    const { feed, pass } = world();
    const changes = feed.changes()[Symbol.asyncIterator]();
    await changes.next();
    const last = nextLeader(changes);
    pass('');
    feed.end();
    assert.equal(await last, '');
    assert.equal(await nextLeader(changes), '(end)');
    const late = feed.changes()[Symbol.asyncIterator]();
    assert.deepEqual([await nextLeader(late), await nextLeader(late)], ['', '(end)']);
  });

  test('ends without the last view when it was given already', async () => {
    const { feed, change } = world();
    const changes = feed.changes()[Symbol.asyncIterator]();
    change('');
    assert.equal(await nextLeader(changes), '');
    feed.end();
    assert.equal(await nextLeader(changes), '(end)');
  });

  test('can be left at any time', async () => {
    const { feed, change } = world();
    for await (const view of feed.changes()) {
      assert.equal(view.leader, 'alice');
      break;
    }
    change('bob');
  });
});
