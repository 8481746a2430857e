import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { WATCH_OVERDUE_MS, WATCH_START_TIMEOUT_MS } from '../../src/kube/watch.ts';
import type { ApiWatchEvent } from '../../src/lock/api.ts';
import { type ClientParts, createClient, eventInShort, getReports, inShort, LEASES, withToken } from './helpers.ts';
import { json, type SeenRequest, startServer, status, until } from './scripted-server.ts';

describe('a watch', () => {
  test('asks for one object from a version on, with bookmarks and an end', async (t) => {
    const { server } = await watched(t, () => {}, { from: '41', timeoutSeconds: 300 });
    const url = new URL(server.requests[0]?.url ?? '', server.url);
    assert.equal(url.pathname, '/apis/coordination.k8s.io/v1/namespaces/default/leases');
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      watch: 'true',
      fieldSelector: 'metadata.name=reports',
      resourceVersion: '41',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '300',
    });
    assert.equal(server.requests[0]?.headers.authorization, 'Bearer alice');
  });

  test('delivers what changed, as it is received, and ends with 200 when the server ends it', async (t) => {
    const { server, events } = await watched(t, stream(event('ADDED', '7')));
    await until(() => events.length === 1);
    server.requests[0]?.response.write(event('MODIFIED', '8') + bookmark('9'));
    await until(() => events.length === 3);
    server.requests[0]?.response.end(event('DELETED', '10'));
    await until(() => events.length === 5);
    assert.deepEqual(events.map(eventInShort), ['ADDED 7', 'MODIFIED 8', 'BOOKMARK 9', 'DELETED 10', 'END 200']);
    assert.deepEqual(events[0], { type: 'ADDED', object: { metadata: { resourceVersion: '7' }, note: 'grüße 🦆' } });
  });

  test('gives its connection back after an end in good order, and leaves no timer', async (t) => {
    const { server, events, client, clock } = await watched(t, ({ response }) => response.end(bookmark('7')));
    await until(() => events.length === 2);
    const again: ApiWatchEvent[] = [];
    client.watch(LEASES, 'default', 'reports', { from: '7', timeoutSeconds: 60 }, (one) => again.push(one));
    await until(() => again.length === 2);
    assert.deepEqual([server.connections.length, clock.pendingTimers], [1, 0]);
  });

  test('does not delay a request when it is stuck', async (t) => {
    const { server, client } = await watched(t, () => {});
    server.script(json({}));
    assert.equal(inShort(await getReports(client)), 'ok 200');
    assert.equal(server.connections.length, 2);
  });

  test('never shares a connection with a request, not even one after the other', async (t) => {
    const { server, client, events } = await watched(t, ({ response }) => response.end(bookmark('7')));
    await until(() => events.length === 2);
    server.script(json({}));
    await getReports(client);
    assert.equal(server.connections.length, 2);
  });

  test('survives a request that fails beside it', async (t) => {
    const { server, client, clock, events } = await watched(t, stream(event('ADDED', '7')));
    await until(() => events.length === 1);
    server.script(() => {});
    const stuck = getReports(client, { timeoutMs: 100 });
    await until(() => server.requests.length === 2);
    clock.advance(100);
    await stuck;
    server.requests[0]?.response.write(event('MODIFIED', '8'));
    await until(() => events.length === 2);
    assert.deepEqual(events.map(eventInShort), ['ADDED 7', 'MODIFIED 8']);
  });
});

describe('stop()', () => {
  test('closes the connection, and no event comes afterwards', async (t) => {
    const { server, events, watch, clock } = await watched(t, stream(event('ADDED', '7')));
    await until(() => events.length === 1);
    watch.stop();
    server.requests[0]?.response.write(event('MODIFIED', '8'));
    await until(() => server.connections[0]?.destroyed === true);
    assert.deepEqual([events.map(eventInShort), clock.pendingTimers], [['ADDED 7'], 0]);
  });

  test('holds inside an event: the rest of what was received with it is dropped', async (t) => {
    const all = event('ADDED', '7') + event('MODIFIED', '8') + event('MODIFIED', '9');
    const seen: string[] = [];
    const { server, watch } = await watched(
      t,
      () => {},
      undefined,
      (one) => {
        seen.push(eventInShort(one));
        watch.stop();
      },
    );
    stream(all)(server.requests[0] as SeenRequest);
    await until(() => server.connections[0]?.destroyed === true);
    assert.deepEqual(seen, ['ADDED 7']);
  });

  test('holds while credentials are read: nothing is sent', async (t) => {
    const server = await startServer(t);
    const { client, clock } = createClient(t, server.url);
    const events: ApiWatchEvent[] = [];
    const options = { from: '1', timeoutSeconds: 60 };
    client.watch(LEASES, 'default', 'reports', options, (one) => events.push(one)).stop();
    await clock.run(WATCH_START_TIMEOUT_MS);
    assert.deepEqual([events, server.connections.length], [[], 0]);
  });
});

describe('a watch that is refused', () => {
  test('ends with the code and the words of the refusal', async (t) => {
    const { events } = await watched(t, json(status(403, 'Forbidden', 'leases is forbidden'), 403));
    await until(() => events.length === 1);
    assert.deepEqual(events, [{ type: 'END', code: 403, message: 'leases is forbidden' }]);
  });

  test('ends with 410 when its version is too old, said as a status', async (t) => {
    const { events } = await watched(t, json(status(410, 'Expired', 'too old'), 410));
    await until(() => events.length === 1);
    assert.deepEqual(events, [{ type: 'END', code: 410, message: 'too old' }]);
  });

  test('ends with 410 when its version is too old, said inside the stream', async (t) => {
    const error = line({ type: 'ERROR', object: status(410, 'Expired', 'too old') });
    const { server, events } = await watched(t, stream(event('ADDED', '7') + error + event('MODIFIED', '8')));
    await until(() => server.connections[0]?.destroyed === true);
    assert.deepEqual(events.map(eventInShort), ['ADDED 7', 'END 410']);
  });

  test('reads a refused token again and asks once more', async (t) => {
    const asked: boolean[] = [];
    const answer = (request: SeenRequest) => {
      if (request.headers.authorization === 'Bearer new') stream(event('ADDED', '7'))(request);
      else json(status(401, 'Unauthorized', 'Unauthorized'), 401)(request);
    };
    const { events } = await watched(t, answer, undefined, undefined, {
      credentials: async ({ fresh }) => {
        asked.push(fresh);
        return withToken(fresh ? 'new' : 'old');
      },
    });
    await until(() => events.length === 1);
    assert.deepEqual([events.map(eventInShort), asked], [['ADDED 7'], [false, true]]);
  });

  test('ends with 401 when the new token is refused too', async (t) => {
    const { server, events } = await watched(t, json(status(401, 'Unauthorized', 'Unauthorized'), 401));
    await until(() => events.length === 1);
    assert.deepEqual([events.map(eventInShort), server.requests.length], [['END 401'], 2]);
  });

  test('does not read an endless refusal', async (t) => {
    const { server, events } = await watched(t, ({ response }) => {
      response.writeHead(500);
      response.write('x'.repeat(1_000_000));
    });
    await until(() => events.length === 1 && server.connections[0]?.destroyed === true);
    assert.deepEqual(events.map(eventInShort), ['END 500']);
  });

  test('ends when there are no credentials', async (t) => {
    const server = await startServer(t);
    const { client } = createClient(t, server.url, {
      credentials: async () => {
        throw new Error('the plug-in is gone');
      },
    });
    const events: ApiWatchEvent[] = [];
    client.watch(LEASES, 'default', 'reports', { from: '1', timeoutSeconds: 60 }, (one) => events.push(one));
    await until(() => events.length === 1);
    assert.deepEqual(events, [{ type: 'END', code: 0, message: 'no credentials from the test: the plug-in is gone' }]);
  });
});

describe('a watch on a dead connection', () => {
  test('ends when the server does not begin it in time', async (t) => {
    const { server, events, clock } = await watched(t, () => {});
    clock.advance(WATCH_START_TIMEOUT_MS - 1);
    assert.equal(events.length, 0);
    clock.advance(1);
    assert.deepEqual(events.map(eventInShort), ['END 0']);
    await until(() => server.connections[0]?.destroyed === true);
  });

  test('ends some seconds after the server should have ended it', async (t) => {
    const { server, events, clock } = await watched(t, stream(event('ADDED', '7')), { from: '1', timeoutSeconds: 60 });
    await until(() => events.length === 1);
    clock.advance(60_000 + WATCH_OVERDUE_MS - 1);
    assert.equal(events.length, 1);
    clock.advance(1);
    assert.deepEqual(events.map(eventInShort), ['ADDED 7', 'END 0']);
    await until(() => server.connections[0]?.destroyed === true);
  });
});

describe('a stream that is not what it should be ends the watch:', () => {
  const cases: Record<string, string> = {
    'a line that is no JSON': 'hello\n',
    'a line that is no object': '[]\n',
    'an event without an object': line({ type: 'ADDED' }),
    'an event of an unknown type': line({ type: 'MOVED', object: {} }),
    'a bookmark without a version': line({ type: 'BOOKMARK', object: { metadata: {} } }),
    'an error without a code': line({ type: 'ERROR', object: {} }),
  };
  for (const [what, text] of Object.entries(cases)) {
    test(what, async (t) => {
      const { server, events } = await watched(t, stream(event('ADDED', '7') + text + event('MODIFIED', '8')));
      await until(() => server.connections[0]?.destroyed === true);
      assert.deepEqual(events.map(eventInShort), ['ADDED 7', 'END 0']);
    });
  }

  test('a line without an end', async (t) => {
    const { server, events } = await watched(t, ({ response }) => {
      response.on('error', () => {});
      response.write(event('ADDED', '7'));
      const more = () => {
        if (!response.closed && response.write('x'.repeat(100_000))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    });
    await until(() => server.connections[0]?.destroyed === true);
    assert.deepEqual(events.map(eventInShort), ['ADDED 7', 'END 0']);
  });

  test('an end inside a line', async (t) => {
    const { events } = await watched(t, ({ response }) => response.end(`${event('ADDED', '7')}{"type":`));
    await until(() => events.length === 2);
    assert.deepEqual(events.map(eventInShort), ['ADDED 7', 'END 0']);
  });
});

describe('bytes', () => {
  const text = event('ADDED', '7') + bookmark('8') + event('MODIFIED', '9');

  test('a stream that is cut at any byte delivers the events before the cut, and then ends', async (t) => {
    const bytes = Buffer.from(text);
    const server = await startServer(t);
    const { client } = createClient(t, server.url);
    for (let cut = 0; cut <= bytes.length; cut++) {
      server.script(({ response }) => {
        response.writeHead(200);
        response.flushHeaders();
        response.write(bytes.subarray(0, cut), () => response.destroy());
      });
      const events: ApiWatchEvent[] = [];
      const ended = new Promise<void>((resolve) => {
        client.watch(LEASES, 'default', 'reports', { from: '1', timeoutSeconds: 60 }, (one) => {
          events.push(one);
          if (one.type === 'END') resolve();
        });
      });
      await ended;
      const complete = bytes.subarray(0, cut).filter((byte) => byte === 0x0a).length;
      const expected = [...['ADDED 7', 'BOOKMARK 8', 'MODIFIED 9'].slice(0, complete), 'END 0'];
      assert.deepEqual(events.map(eventInShort), expected, `cut after ${cut} bytes`);
    }
  });

  test('however a stream is split, the same events come out of it', async (t) => {
    const server = await startServer(t);
    const { client } = createClient(t, server.url);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 6 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        async (notes, cuts) => {
          const objects = notes.map((note, index) => ({ metadata: { resourceVersion: String(index) }, note }));
          const bytes = Buffer.from(objects.map((object) => line({ type: 'MODIFIED', object })).join(''));
          server.script(({ response }) => void writeInPieces(response, bytes, cuts));
          const events = await new Promise<ApiWatchEvent[]>((resolve) => {
            const all: ApiWatchEvent[] = [];
            client.watch(LEASES, 'default', 'reports', { from: '1', timeoutSeconds: 60 }, (one) => {
              all.push(one);
              if (one.type === 'END') resolve(all);
            });
          });
          assert.deepEqual(events, [
            ...objects.map((object) => ({ type: 'MODIFIED', object })),
            { type: 'END', code: 200, message: 'the server ended the watch' },
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Starts a watch and waits until the server has seen it. */
async function watched(
  t: TestContext,
  answer: (request: SeenRequest) => void,
  options = { from: '1', timeoutSeconds: 60 },
  onEvent?: (event: ApiWatchEvent) => void,
  parts: ClientParts = {},
) {
  const server = await startServer(t, answer);
  const { client, clock } = createClient(t, server.url, parts);
  const events: ApiWatchEvent[] = [];
  const watch = client.watch(LEASES, 'default', 'reports', options, onEvent ?? ((one) => events.push(one)));
  await until(() => server.requests.length > 0);
  return { server, client, clock, events, watch };
}

function stream(text: string) {
  return ({ response }: SeenRequest) => void response.writeHead(200).write(text);
}

function event(type: string, version: string): string {
  return line({ type, object: { metadata: { resourceVersion: version }, note: 'grüße 🦆' } });
}

function bookmark(version: string): string {
  return line({ type: 'BOOKMARK', object: { metadata: { resourceVersion: version } } });
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

async function writeInPieces(response: SeenRequest['response'], bytes: Buffer, cuts: readonly number[]): Promise<void> {
  response.writeHead(200);
  const places = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    // An empty chunk would end a chunked body.
    if (to > from) response.write(bytes.subarray(from, to));
    from = to;
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}
