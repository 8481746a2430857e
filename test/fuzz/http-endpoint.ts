/**
 * The HTTP endpoint against clients that speak no HTTP, or too much of it, too slowly, or two requests in one: each
 * connection is answered in HTTP and ends within its limits, and an honest poller beside it is served.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import fc from 'fast-check';
import { systemClock } from '../../src/clock.ts';
import { silentLogger } from '../../src/logger.ts';
import { startHttpServer } from '../../src/outlets/http/server.ts';
import { leadingView } from '../support/views.ts';
import { mutatedBytes, pieces } from './mutate.ts';
import { caseOf, type Target } from './target.ts';

const LIMITS = { idleMs: 600, requestMs: 200, headerBytes: 8 * 1024, connections: 32 };
/** Idle after an answer, then the interval at which limits are looked at; the rest is the machine's. */
const GIVEN_UP_MS = LIMITS.idleMs + LIMITS.requestMs;
const ENDS_WITHIN_MS = GIVEN_UP_MS + 3_000;

const REQUESTS: readonly string[] = [
  ...['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'HEAD /?x=1 HTTP/1.1\r\nHost: a\r\n\r\n', 'GET /healthz HTTP/1.0\r\n\r\n'],
  ...[
    'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /nope HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  ],
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 30\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
  'PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n',
  'GET http://a:b@c/../%2e%2e/x?y#z HTTP/1.1\r\nHost: a\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
  'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET /\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  `GET /${'a'.repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(1_300)}\r\n`,
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(100_000)}`,
  `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(5_000)}`,
  `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'T: x\r\n'.repeat(3_000)}\r\n`,
  'GET /__proto__ HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(100),
];
const GARBAGE: readonly string[] = [
  ...[
    '\0',
    '\n',
    ' ',
    '\t',
    ':',
    '\r\n\r\n',
    'HTTP/1.1',
    ' HTTP/9.9',
    '%',
    '%00',
    '\x80',
    'Content-Length: -1\r\n',
    'Content-Length: 1e9\r\n',
  ],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding : chunked\r\n',
    'Content-Length: 99999999999999999999\r\n',
    'ffffffffffffffff\r\n',
  ],
];
const request = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...REQUESTS).map((text) => Buffer.from(text, 'latin1')) },
  {
    weight: 3,
    arbitrary: mutatedBytes(
      fc.constantFrom(...REQUESTS).map((text) => Buffer.from(text, 'latin1')),
      GARBAGE,
    ),
  },
);
const client = fc.record({
  bytes: fc.array(request, { minLength: 1, maxLength: 3 }).map((all) => Buffer.concat(all)),
  sizes: fc.array(fc.oneof(fc.constant(1), fc.nat({ max: 50 }), fc.constant(100_000)), { maxLength: 3 }),
  /** `stay` says nothing more and waits; `deaf` reads only once the server must have given it up. */
  ending: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('end', 'destroy') },
    { weight: 1, arbitrary: fc.constantFrom('stay', 'deaf') },
  ),
});

/** What a server may say to a client that asks for nothing it has. */
const CODES: ReadonlySet<string> = new Set(['100', '200', '400', '404', '405', '408', '413', '417', '431']);

export const httpEndpoint: Target = {
  name: 'http-endpoint',
  cases: 150,
  async open() {
    const endpoint = await startHttpServer({
      ...{ address: { host: '127.0.0.1', port: 0 }, view: () => leadingView('alice'), nodeId: 'alice', ttlMs: 10_000 },
      ...{ clock: systemClock, logger: silentLogger, limits: LIMITS },
    });
    return {
      property: caseOf(client, async ({ bytes, sizes, ending }) => {
        const { said, inTime } = await talk(endpoint.port, pieces(bytes, sizes), ending);
        assert.ok(inTime, 'the connection is still open');
        if (said !== '') assert.match(said, /^HTTP\/1\.1 \d{3} /);
        for (const [, code = ''] of said.matchAll(/(?:^|\})HTTP\/1\.1 (\d{3}) /g)) assert.ok(CODES.has(code), code);
        assert.ok(!said.includes('smuggled'));
        const honest = await talk(
          endpoint.port,
          [Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')],
          'stay',
        );
        assert.match(honest.said, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n\{"is_leader":true,"leader":"alice",[^}]*\}$/s);
      }),
      close: () => endpoint.close(),
    };
  },
};

async function talk(
  port: number,
  bytes: readonly Buffer[],
  ending: string,
): Promise<{ said: string; inTime: boolean }> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.on('error', () => {});
  let said = '';
  // A server that ends its side is done with this client.
  socket.on('end', () => socket.end());
  const listen = () => {
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1');
    });
  };
  if (ending !== 'deaf') listen();
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
  for (const [index, piece] of bytes.entries()) {
    if (socket.destroyed) break;
    socket.write(piece);
    if (index < 40) await new Promise((resolve) => setImmediate(resolve));
  }
  if (ending === 'end') socket.end();
  if (ending === 'destroy') socket.destroy();
  const timer = Promise.withResolvers<boolean>();
  const handle = setTimeout(() => timer.resolve(false), ENDS_WITHIN_MS);
  // Until it reads, it cannot see that the connection has ended.
  const later = ending === 'deaf' ? setTimeout(listen, GIVEN_UP_MS) : undefined;
  const inTime = await Promise.race([closed, timer.promise]);
  clearTimeout(handle);
  clearTimeout(later);
  socket.destroy();
  return { said, inTime };
}
