/** Processes that are told to end, die, or stand still, and come back: in the same Pod or a new one, on another clock. */
import { sleep } from '../../../bench/world/mono.ts';
import type { Random } from '../../simulation/random.ts';
import type { Member } from '../member.ts';
import { anyProgram, type Blow, drawSpanMs, type Fault, ours, renewDeadlineMs } from './fault.ts';

/** A process ends within four seconds of its work's end, however bad its way to the API is (rule 18). */
const ENDS_WITHIN_MS = 10_000;
/** Kubernetes counts from the boot of the machine, and so does no process that comes back elsewhere. */
const LONGEST_AHEAD_SECONDS = 1e7;

interface Return {
  readonly afterMs: number;
  readonly newPod: boolean;
  readonly clockAheadSeconds: number;
}

function drawReturn({ election, random }: Blow): Return {
  return {
    afterMs: random.logBetween(30, 1.5 * election.plan.ttlMs),
    newPod: random.chance(0.3),
    clockAheadSeconds: drawClock(random),
  };
}

function drawClock(random: Random): number {
  const seconds = Math.round(random.logBetween(1, LONGEST_AHEAD_SECONDS));
  return random.chance(0.3) ? seconds : 0;
}

async function comeBack(target: Member, { afterMs, newPod, clockAheadSeconds }: Return): Promise<void> {
  await sleep(afterMs);
  if (newPod) await target.replacePod();
  await target.start(ours(target) ? clockAheadSeconds : 0);
}

function describeReturn({ afterMs, newPod, clockAheadSeconds }: Return): string {
  const clock = clockAheadSeconds === 0 ? '' : `, its clock ${clockAheadSeconds} s ahead`;
  return `back after ${Math.round(afterMs)} ms${newPod ? ' in a new Pod' : ''}${clock}`;
}

const terminated: Fault = {
  kind: 'terminated',
  weight: 14,
  fits: anyProgram,
  async strike(blow) {
    const { election, target } = blow;
    const back = drawReturn(blow);
    const strike = election.strike('terminated', [target], describeReturn(back));
    const process = target.current;
    process?.signal('SIGTERM');
    const inTime = await Promise.race([process?.exited.then(() => true), sleep(ENDS_WITHIN_MS).then(() => false)]);
    if (inTime === false) {
      strike.also(`did not end within ${ENDS_WITHIN_MS} ms`);
      process?.signal('SIGKILL');
      await process?.exited;
    }
    strike.end();
    await comeBack(target, back);
  },
};

async function kill({ election, target }: Blow, kind: 'killed' | 'killed, same Pod', back: Return): Promise<void> {
  const strike = election.strike(kind, [target], describeReturn(back));
  const process = target.current;
  process?.signal('SIGKILL');
  strike.end();
  await process?.exited;
  await comeBack(target, back);
}

const killed: Fault = {
  kind: 'killed',
  weight: 14,
  fits: anyProgram,
  strike: (blow) => kill(blow, 'killed', drawReturn(blow)),
};

const restarted: Fault = {
  kind: 'killed, same Pod',
  weight: 5,
  fits: (target) => ours(target) && target.options.credentials === 'pod',
  strike: (blow) =>
    kill(blow, 'killed, same Pod', { afterMs: 0, newPod: false, clockAheadSeconds: drawClock(blow.random) }),
};

const paused: Fault = {
  kind: 'paused',
  weight: 12,
  fits: anyProgram,
  async strike(blow) {
    const { election, target, random } = blow;
    const forMs = random.logBetween(0.1 * renewDeadlineMs(election), 3 * election.plan.ttlMs);
    const strike = election.strike('paused', [target], `${Math.round(forMs)} ms`);
    const process = target.current;
    process?.pause();
    await sleep(forMs);
    await process?.resume();
    strike.end();
  },
};

/** Stands still while it is told to end: both are found when it wakes. */
const pausedAndTerminated: Fault = {
  kind: 'paused',
  weight: 2,
  fits: anyProgram,
  async strike(blow) {
    const { election, target } = blow;
    const forMs = drawSpanMs(blow);
    const back = drawReturn(blow);
    const strike = election.strike('paused', [target], `${Math.round(forMs)} ms, terminated meanwhile`);
    const process = target.current;
    process?.pause();
    await sleep(forMs / 2);
    process?.signal('SIGTERM');
    await sleep(forMs / 2);
    await process?.resume();
    await process?.exited;
    strike.end();
    await comeBack(target, back);
  },
};

export const PROCESS_FAULTS: readonly Fault[] = [terminated, killed, restarted, paused, pausedAndTerminated];
