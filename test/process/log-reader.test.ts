/** Electors whose log nobody reads: a full pipe takes no line, and must cost no renewal and no answer. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { at } from '../cluster/harness/requests.ts';
import { freePort, until } from '../support/elector-process.ts';
import { openFullPipe } from '../support/full-pipe.ts';
import { IDS, leases, startWorld, TTL_MS, type World } from './embedded-world.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

function startOn(t: TestContext, stderr: number, world: World, port: number): ChildProcess {
  const [id] = IDS;
  const flags = [`-election=demo`, `-id=${id}`, `-kubeconfig=${world.kubeconfig(id)}`, `-ttl=${TTL_MS}ms`];
  const child = spawn(process.execPath, [MAIN, ...flags, `-http=127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', stderr],
    env: { PATH: process.env.PATH, ELECTOR_POD_NAME: id },
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

test('a leader whose log stands still goes on renewing and answering, and the log is told when it is read', {
  timeout: 60_000,
}, async (t) => {
  const world = await startWorld(t);
  const pipe = openFullPipe();
  t.after(() => pipe.close());
  const port = await freePort();
  const alice = startOn(t, pipe.fd, world, port);
  const ask = async () => JSON.parse(await (await fetch(`http://127.0.0.1:${port}/`)).text());

  await until('alice leads', () =>
    ask().then(
      ({ is_leader }) => is_leader,
      () => false,
    ),
  );
  const renewedAt = () => String(at(world.lock(leases), 'spec', 'renewTime'));
  for (let renewals = 0; renewals < 5; renewals += 1) {
    const last = renewedAt();
    await until('alice has renewed', () => renewedAt() !== last, TTL_MS);
    assert.equal((await ask()).is_leader, true);
  }
  let told = '';
  await until('the log is told once it is read', () => {
    told += pipe.read();
    return told.includes('"started leading"');
  });
  const exited = new Promise<number | null>((resolve) => alice.once('exit', resolve));
  alice.kill('SIGTERM');
  assert.equal(await exited, 0);
  assert.deepEqual(world.record(), ['', 1, 0]);
  const lines = (told + pipe.read()).trimEnd().split('\n');
  const messages = lines.map((line) => JSON.parse(line).msg);
  assert.deepEqual([messages[0], messages.at(-1)], ['starting k8s-elector', 'stopped']);
});
