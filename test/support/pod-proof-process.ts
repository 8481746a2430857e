/**
 * A process that claims a Pod-wide proof and says on stdout what it got. Arguments: Pod uid, lock path, and what to do
 * then: `exit` (leave it to Node), `stay` until stdin ends, or `work`: stay, with a child that inherits the descriptor.
 */
import { spawn } from 'node:child_process';
import { claimPodProof } from '../../src/elector/pod-proof.ts';

const [podUid = '', lockPath = '', then = 'stay'] = process.argv.slice(2);
let none = '';
const proof = await claimPodProof(podUid, lockPath, ({ code }) => {
  none = code;
});
if (then === 'work' && proof !== null) {
  spawn(process.execPath, ['--eval', 'process.stdin.resume()'], { stdio: ['inherit', 'ignore', 'ignore', proof.fd] });
}
console.log(proof === null ? none : 'held');
if (then !== 'exit') process.stdin.resume();
