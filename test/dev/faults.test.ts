/** Which faults are on, whom they hit, and how often. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFaultBoard, type RequestFault, type Sight } from '../../src/dev/faults.ts';

const reset: RequestFault = { type: 'reset', applied: false };

function sight(changes: Partial<Sight> = {}): Sight {
  return { clients: ['alice', '40001'], verb: 'update', resource: 'leases', name: 'demo', ...changes };
}

describe('the fault board', () => {
  it('hits everything without a match', () => {
    const board = createFaultBoard();
    board.on({ fault: reset });
    assert.deepEqual(board.takeForRequest(sight()), [reset]);
    assert.deepEqual(board.takeForRequest(sight({ verb: 'get', resource: 'pods' })), [reset]);
  });

  it('hits only what matches in everything that is given', () => {
    const board = createFaultBoard();
    board.on({ fault: reset, match: { client: 'alice', verb: 'update', resource: 'leases', name: 'demo' } });
    assert.deepEqual(board.takeForRequest(sight()), [reset]);
    for (const other of [{ clients: ['bob'] }, { verb: 'get' }, { resource: 'pods' }, { name: 'other' }]) {
      assert.deepEqual(board.takeForRequest(sight(other)), [], JSON.stringify(other));
    }
  });

  it('knows a client by any of its names', () => {
    const board = createFaultBoard();
    board.on({ fault: reset, match: { client: '40001' } });
    assert.deepEqual(board.takeForRequest(sight()), [reset]);
  });

  it('stops after the given number of times, and counts its hits', () => {
    const board = createFaultBoard();
    const fault = board.on({ fault: reset, times: 2 });
    const taken = [1, 2, 3].map(() => board.takeForRequest(sight()).length);
    assert.deepEqual(taken, [1, 1, 0]);
    assert.equal(fault.hits(), 2);
  });

  it('stops when switched off, or when all are', () => {
    const board = createFaultBoard();
    board.on({ fault: reset }).off();
    assert.deepEqual(board.takeForRequest(sight()), []);
    board.on({ fault: reset });
    board.clear();
    assert.deepEqual(board.takeForRequest(sight()), []);
  });

  it('keeps the faults of watches from requests, and of requests from watches', () => {
    const board = createFaultBoard();
    board.on({ fault: { type: 'watch-silent' } });
    assert.deepEqual(board.takeForRequest(sight({ verb: 'watch' })), []);
    assert.deepEqual(board.takeForWatch(sight({ verb: 'watch' })), { type: 'watch-silent' });
    board.clear();
    board.on({ fault: reset });
    assert.equal(board.takeForWatch(sight({ verb: 'watch' })), null);
  });

  it('gives several faults in the order in which they were switched on', () => {
    const board = createFaultBoard();
    const delay: RequestFault = { type: 'delay', delayMs: 5, applied: false };
    board.on({ fault: delay });
    board.on({ fault: reset });
    assert.deepEqual(board.takeForRequest(sight()), [delay, reset]);
  });
});
