/**
 * A server that is no API: whatever bytes it sends, in whatever pieces, and however it ends, a request has an outcome,
 * a watch has one END, and the next honest answer is understood.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { KubeClient } from '../../src/kube/client.ts';
import type { Connection } from '../../src/kube/connection.ts';
import type { ApiWatchEvent } from '../../src/lock/api.ts';
import { leaseCodec } from '../../src/lock/lease.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { listOf, lockObject, NAME, NAMESPACE, statusObject } from './lock-objects.ts';
import { mutated, mutatedBytes, oddJson, pieces, wireText } from './mutate.ts';
import { caseOf, type Target } from './target.ts';

const { resource } = leaseCodec;
const TIMEOUT_MS = 1_000;
/** How long bytes on loopback may take to arrive and be read, while others use the machine. */
const SETTLES_WITHIN_MS = 3_000;
const GARBAGE: readonly string[] = [
  ...[
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
    'Retry-After: 99999999999\r\n',
  ],
  ...[
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',
    'HTTP/2.0 200 OK\r\n',
    '0\r\n\r\n',
    'ffffffff\r\n',
  ],
  ...[
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    `X-Long: ${'a'.repeat(20_000)}\r\n`,
  ],
];

type Ending = 'end' | 'destroy' | 'stay';

interface Play {
  readonly bytes: Buffer;
  readonly sizes: readonly number[];
  readonly ending: Ending;
}

const sizes = fc.array(fc.oneof(fc.constant(1), fc.nat({ max: 300 }), fc.constant(100_000)), { maxLength: 4 });
const ending = fc.constantFrom<Ending>('end', 'destroy', 'stay');
const play = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Play> => fc.record({ bytes, sizes, ending });

const lease = lockObject(leaseCodec, 'bob', 'process-of-bob');
const body = fc
  .oneof(mutated(fc.constantFrom<unknown>(lease, listOf(resource, [lease]), statusObject(409, 'Conflict'))), oddJson)
  .map((value) => Buffer.from(wireText(value)));
const statusLine = fc.constantFrom(
  '200 OK',
  '201 Created',
  '204 No Content',
  '301 Moved',
  '401 Unauthorized',
  '404 Not Found',
  '429 Slow',
  '503 Off',
);

const oneAnswer = fc
  .tuple(statusLine, body, fc.constantFrom('length', 'chunks', 'close'), sizes)
  .map(([status, bytes, framing, chunks]) => {
    const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n`;
    if (framing === 'length')
      return Buffer.concat([Buffer.from(`${head}Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
    if (framing === 'chunks')
      return Buffer.concat([Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`), chunked(bytes, chunks)]);
    return Buffer.concat([Buffer.from(`${head}Connection: close\r\n\r\n`), bytes]);
  });
/** What a server may say before its answer, and what nobody asked for. */
const prefix = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom('\r\n', ...GARBAGE) },
);
const answer = fc.tuple(prefix, oneAnswer).map(([before, bytes]) => Buffer.concat([Buffer.from(before), bytes]));

export const apiAnswers: Target = {
  name: 'api-answers',
  cases: 100,
  open: () =>
    withServer((fresh) =>
      caseOf(fc.tuple(play(mutatedBytes(answer, GARBAGE)), fc.constantFrom('get', 'update')), async ([plays, verb]) => {
        const world = fresh(plays);
        const request = { timeoutMs: TIMEOUT_MS };
        const sent =
          verb === 'get'
            ? world.client.get(resource, NAMESPACE, NAME, request)
            : world.client.update(resource, NAMESPACE, NAME, lease, request);
        await overdue(world, sent, TIMEOUT_MS);
        const outcome = await within(sent, SETTLES_WITHIN_MS);
        assert.ok(outcome !== undefined, 'a request has no outcome after its deadline');
        if (outcome.type === 'ok') assert.ok(outcome.code >= 200 && outcome.code < 300 && !Array.isArray(outcome.body));
        assert.equal(world.clock.pendingTimers, 0);
        await expectHonest(world);
      }),
    ),
};

const events = fc
  .array(
    mutated(
      fc.constantFrom<unknown>(
        ...['ADDED', 'MODIFIED', 'DELETED'].map((type) => ({ type, object: lease })),
        { type: 'BOOKMARK', object: { metadata: { resourceVersion: '60' } } },
        { type: 'ERROR', object: statusObject(410, 'Expired') },
      ),
      1,
    ),
    { maxLength: 6 },
  )
  .map((all) => Buffer.from(all.map((event) => `${wireText(event)}\n`).join('')));
const stream = fc
  .tuple(mutatedBytes(events, ['\n\n', '{"type":"ERROR"}\n', '[]\n']), sizes)
  .map(([bytes, chunks]) =>
    Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), chunked(bytes, chunks)]),
  );
const watchBytes = fc.oneof(
  { weight: 3, arbitrary: stream },
  { weight: 2, arbitrary: mutatedBytes(stream, GARBAGE) },
  { weight: 1, arbitrary: mutatedBytes(answer, GARBAGE) },
);
const WATCH_SECONDS = 60;

export const apiWatch: Target = {
  name: 'api-watch',
  cases: 100,
  open: () =>
    withServer((fresh) =>
      caseOf(fc.tuple(play(watchBytes), fc.option(fc.nat({ max: 3 }), { freq: 4 })), async ([plays, stopAfter]) => {
        const world = fresh(plays);
        const seen: ApiWatchEvent[] = [];
        let stopped = false;
        const ended = Promise.withResolvers<true>();
        const options = { from: '41', timeoutSeconds: WATCH_SECONDS };
        const watch = world.client.watch(resource, NAMESPACE, NAME, options, (event) => {
          assert.ok(!stopped, 'an event after stop()');
          seen.push(event);
          if (event.type === 'END') ended.resolve(true);
          if (seen.length !== stopAfter) return;
          watch.stop();
          stopped = true;
          ended.resolve(true);
        });
        await overdue(world, ended.promise, WATCH_SECONDS * 1000 + 6_000);
        assert.ok(await within(ended.promise, SETTLES_WITHIN_MS), 'a watch has no END when the server is overdue');
        await turn();
        const ends = seen.flatMap((event, index) => (event.type === 'END' ? [index] : []));
        assert.deepEqual(ends, stopped ? ends.filter((index) => index === seen.length - 1) : [seen.length - 1]);
        assert.equal(world.clock.pendingTimers, 0);
        await expectHonest(world);
      }),
    ),
};

/** A server that ended the connection must not be waited for; one that says nothing more, until the deadline. */
async function overdue(world: World, work: Promise<unknown>, deadlineMs: number): Promise<void> {
  if (world.plays.ending === 'stay' && (await within(work, 15)) === undefined) world.clock.advance(deadlineMs);
}

/** The kept-alive connection may be in any state; a request or two may be lost on finding out. */
async function expectHonest(world: World): Promise<void> {
  const text = JSON.stringify({ honest: true });
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
  world.plays = { bytes, sizes: [], ending: 'end' };
  for (let tries = 0; tries < 3; tries += 1) {
    const sent = world.client.get(resource, NAMESPACE, NAME, { timeoutMs: TIMEOUT_MS });
    if ((await within(sent, 2_000)) === undefined) world.clock.advance(TIMEOUT_MS);
    const outcome = await within(sent, SETTLES_WITHIN_MS);
    if (outcome?.type === 'ok' && outcome.body.honest === true) return;
  }
  assert.fail('an honest answer is not understood');
}

interface World {
  readonly client: KubeClient;
  readonly clock: VirtualClock;
  /** What every connection is answered. */
  plays: Play;
}

/** Each case has a client of its own, so that one that fails leaves nothing to the next. */
async function withServer(property: (fresh: (plays: Play) => World) => fc.IAsyncProperty<[unknown]>) {
  const sockets = new Set<Socket>();
  let current: World | null = null;
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let head = '';
    socket.on('data', (chunk) => {
      head = (head + chunk.toString('latin1')).slice(-2_000);
      if (!head.includes('\r\n\r\n') || current === null) return;
      head = '';
      void perform(socket, current.plays);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection: Connection = {
    server: new URL(`http://127.0.0.1:${port}`),
    origin: 'the test',
    credentials: async () => ({ headers: {}, tls: {} }),
  };
  const fresh = (plays: Play): World => {
    current?.client.close();
    const clock = new VirtualClock();
    current = { client: new KubeClient({ connection, clock, version: 'test' }), clock, plays };
    return current;
  };
  return {
    property: property(fresh),
    async close() {
      current?.client.close();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function perform(socket: Socket, { bytes, sizes, ending }: Play): Promise<void> {
  for (const [index, piece] of pieces(bytes, sizes).entries()) {
    if (socket.destroyed) return;
    socket.write(piece);
    // Many small pieces in one go are as good as one by one, and take no time.
    if (index < 40) await turn();
  }
  if (ending === 'end') socket.end();
  if (ending === 'destroy') socket.resetAndDestroy();
}

function chunked(bytes: Buffer, chunks: readonly number[]): Buffer {
  const all = pieces(
    bytes,
    chunks.map((size) => Math.max(size, bytes.length / 2_000)),
  );
  return Buffer.concat([
    ...all.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
    Buffer.from('0\r\n\r\n'),
  ]);
}

/** Undefined when the time is over first. */
function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
