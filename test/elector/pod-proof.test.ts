import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { claimPodProof, type NoPodProof, podProofName } from '../../src/elector/pod-proof.ts';

const PROGRAM = fileURLToPath(new URL('../support/pod-proof-process.ts', import.meta.url));
const LOCK = 'leases/default/reports';
const linuxOnly = { skip: process.platform === 'linux' ? false : 'abstract sockets exist on Linux only' };

/** Starts a process that claims the proof; it ends with the test. */
async function claimElsewhere(podUid: string, then: 'exit' | 'stay' | 'work' = 'stay', lock = LOCK) {
  const child = spawn(process.execPath, [PROGRAM, podUid, lock, then], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [line] = await once(child.stdout, 'data');
  return { child, ended, got: String(line).trim() };
}

async function kill({ child, ended }: { child: ChildProcess; ended: Promise<unknown> }): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

async function claimHere(podUid: string, lock = LOCK) {
  const nones: NoPodProof[] = [];
  const proof = await claimPodProof(podUid, lock, (none) => nones.push(none));
  return proof === null ? nones[0]?.code : 'held';
}

test('the name is the Pod uid and a digest of the lock, within what a socket address can take', () => {
  const name = podProofName('0f9ad1cc-27a9-4d7e-9d41-3c2c0a4ad7d5', LOCK);
  // printf %s leases/default/reports | sha256sum | cut -c1-32
  assert.equal(name, '\0k8s-elector/0f9ad1cc-27a9-4d7e-9d41-3c2c0a4ad7d5/c414c9ed93c138b6316b3c80651ee186');
  assert.ok(Buffer.byteLength(name) <= 107);
});

test(
  'of two processes of a Pod one has the proof, and the other gets it once the first was killed',
  linuxOnly,
  async () => {
    const podUid = randomUUID();
    const first = await claimElsewhere(podUid);
    assert.equal(first.got, 'held');
    assert.equal(await claimHere(podUid), 'taken');
    await kill(first);
    assert.equal(await claimHere(podUid), 'held');
    const third = await claimElsewhere(podUid);
    assert.equal(third.got, 'taken');
    await kill(third);
  },
);

test('another Pod and another lock have proofs of their own', linuxOnly, async () => {
  const podUid = randomUUID();
  assert.equal(await claimHere(podUid), 'held');
  assert.equal(await claimHere(podUid, 'leases/default/other'), 'held');
  assert.equal(await claimHere(randomUUID()), 'held');
});

test('a second claim in the same process is refused: the first owner may be at work', linuxOnly, async () => {
  const podUid = randomUUID();
  assert.equal(await claimHere(podUid), 'held');
  assert.equal(await claimHere(podUid), 'taken');
});

test('a child that inherits the descriptor keeps the name after its parent was killed', linuxOnly, async () => {
  const podUid = randomUUID();
  const parent = await claimElsewhere(podUid, 'work');
  assert.equal(parent.got, 'held');
  await kill(parent);
  assert.equal(await claimHere(podUid), 'taken');
  // The child ends with its stdin, soon after.
  parent.child.stdin?.end();
  for (let tries = 0; tries < 500; tries++) {
    if ((await claimHere(podUid)) === 'held') return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('the name was not freed');
});

test('the proof does not keep a process alive', linuxOnly, async () => {
  const { ended, got } = await claimElsewhere(randomUUID(), 'exit');
  assert.equal(got, 'held');
  assert.deepEqual(await ended, [0, null]);
});

test('who connects is sent away', linuxOnly, async () => {
  const podUid = randomUUID();
  assert.equal(await claimHere(podUid), 'held');
  const socket = connect({ path: podProofName(podUid, LOCK) });
  socket.resume();
  await once(socket, 'close');
  assert.equal(await claimHere(podUid), 'taken');
});

test('without a usable uid there is no proof, and the reason is said', async () => {
  assert.equal(await claimHere(''), 'unavailable');
  assert.equal(await claimHere('x'.repeat(63)), 'unavailable');
});
