/** A way that is spoilt does with bytes what it says, and a connection that lost some never speaks again. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../cluster/harness/wait.ts';
import { Front } from './proxy/front.ts';

/** A client on one side of a front, and on the other a server that answers each word with the same word in brackets. */
async function echo(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), 'lane-'));
  const path = join(dir, 'socket');
  const far: Socket[] = [];
  const received: string[] = [];
  const server = createServer((socket) => {
    far.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      received.push(String(bytes));
      socket.write(`(${bytes})`);
    });
  }).listen(path);
  await once(server, 'listening');
  const front = await Front.open(path);
  t.after(() => {
    front.close();
    server.close();
    for (const socket of far) socket.destroy();
    rmSync(dir, { recursive: true });
  });
  const client = async () => {
    const socket = connect(front.port, '127.0.0.1');
    const heard: string[] = [];
    socket.setEncoding('utf8').on('data', (text) => heard.push(String(text)));
    let end = '';
    socket.on('error', (error) => {
      end = 'code' in error ? String(error.code) : 'error';
    });
    socket.on('close', () => {
      end ||= 'closed';
    });
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    return { socket, say: (word: string) => socket.write(word), heard: () => heard.join(''), ended: () => end };
  };
  return { front, client, received: () => received.join(''), far };
}

const aMoment = () => new Promise((resolve) => setTimeout(resolve, 60));

test('what is held arrives when the way is open again, also from a client that has gone', async (t) => {
  const { front, client, received } = await echo(t);
  const alice = await client();
  front.set({ up: { type: 'held' }, down: { type: 'held' } });
  alice.say('late');
  await aMoment();
  alice.socket.destroy();
  await aMoment();
  assert.equal(received(), '');
  front.heal();
  await until('it arrives', () => received() === 'late');
});

test('what is lost never arrives, nor does anything after it on that connection; a new one works', async (t) => {
  const { front, client, received, far } = await echo(t);
  const alice = await client();
  alice.say('a');
  await until('the echo', () => alice.heard() === '(a)');
  front.set({ up: { type: 'lost' } });
  alice.say('b');
  await aMoment();
  front.heal();
  alice.say('c');
  const bob = await client();
  bob.say('d');
  await until('the echo', () => bob.heard() === '(d)');
  assert.deepEqual([received(), alice.heard(), alice.ended()], ['ad', '(a)', '']);
  alice.socket.destroy();
  await until('the far side is let go', () => far[0]?.destroyed === true);
});

test('half-open: requests arrive and answers do not', async (t) => {
  const { front, client, received } = await echo(t);
  const alice = await client();
  front.set({ down: { type: 'lost' } });
  alice.say('applied');
  await until('it arrives', () => received() === 'applied');
  await aMoment();
  assert.equal(alice.heard(), '');
});

test('delay and drip keep order and lose nothing', async (t) => {
  const { front, client } = await echo(t);
  const alice = await client();
  front.set({ up: { type: 'delay', delayMs: 50 } });
  const askedAt = performance.now();
  alice.say('one ');
  alice.say('two ');
  await until('the echo', () => alice.heard().includes('two'));
  assert.ok(performance.now() - askedAt >= 49);
  front.set({ up: { type: 'drip', bytesPerSecond: 200 } });
  const word = 'x'.repeat(30);
  const drippedAt = performance.now();
  alice.say(word);
  await until('the echo', () => alice.heard().replace(/[^x]/g, '') === word);
  assert.ok(performance.now() - drippedAt >= 100);
  assert.match(alice.heard(), /^\(one two \)|^\(one \)\(two \)/);
});

test('a reset is heard as one, and new connections are reset too while it refuses', async (t) => {
  const { front, client } = await echo(t);
  const alice = await client();
  alice.say('a');
  await until('the echo', () => alice.heard() === '(a)');
  front.reset({ refusing: true });
  await until('alice hears', () => alice.ended() === 'ECONNRESET');
  const bob = await client();
  await until('bob hears', () => bob.ended() !== '');
  assert.equal(bob.ended(), 'ECONNRESET');
  front.heal();
  const carol = await client();
  carol.say('c');
  await until('the echo', () => carol.heard() === '(c)');
});
