/** The machine's clock: a timer that is due waits for what the network has already brought. */
import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';

const server: Server = createServer();
after(() => server.close());

/** Two ends of a connection. */
async function connection(): Promise<readonly [Socket, Socket]> {
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const far = await accepted;
  return [near, far];
}

/** The event loop does not turn meanwhile. */
function keepBusy(ms: number): void {
  const endsAtMs = systemClock.now().monoMs + ms;
  while (systemClock.now().monoMs < endsAtMs);
}

test('an answer that came while the process was busy is read before the timer that ran out meanwhile', async () => {
  const [near, far] = await connection();
  const story: string[] = [];
  far.once('data', () => story.push('answer'));
  await new Promise<void>((resolve) => {
    near.write('answer', () => {
      systemClock.setTimer(5, () => {
        story.push('timer');
        resolve();
      });
      keepBusy(20);
    });
  });
  near.destroy();
  far.destroy();
  assert.deepEqual(story, ['answer', 'timer']);
});

test('a timer that is due can still be cancelled by what the network brought', async () => {
  const [near, far] = await connection();
  let fired = false;
  await new Promise<void>((resolve) => {
    near.write('answer', () => {
      const timer = systemClock.setTimer(5, () => {
        fired = true;
      });
      far.once('data', () => {
        timer.cancel();
        systemClock.setTimer(5, resolve);
      });
      keepBusy(20);
    });
  });
  near.destroy();
  far.destroy();
  assert.equal(fired, false);
});
