/** What happens to what a member has been given: its token is rotated or revoked, its wall clock is set. */
import { sleep } from '../../../bench/world/mono.ts';
import { type Fault, ours } from './fault.ts';

/** The API server remembers for ten seconds that a token was good. */
const REFUSED_AFTER_MS = 10_500;

const rotated: Fault = {
  kind: 'token rotated',
  weight: 2,
  fits: ours,
  async strike({ election, target, random }) {
    const blankForMs = random.chance(0.5) ? random.between(50, 2 * election.plan.ttlMs) : 0;
    const about = blankForMs === 0 ? 'at once' : `the files empty for ${Math.round(blankForMs)} ms`;
    const strike = election.strike('token rotated', [target], about);
    if (blankForMs > 0) target.blankFiles();
    await sleep(blankForMs);
    await target.fillFiles();
    strike.end();
  },
};

const revoked: Fault = {
  kind: 'token revoked',
  weight: 3,
  fits: (target) => ours(target) && target.options.credentials === 'secret',
  async strike({ election, target, random }) {
    const forMs = random.between(0.2, 2) * election.plan.ttlMs;
    const strike = election.strike('token revoked', [target], `replaced ${Math.round(forMs)} ms after it is refused`);
    await target.revokeToken();
    await sleep(REFUSED_AFTER_MS + forMs);
    await target.renewToken();
    strike.end();
  },
};

const wallClock: Fault = {
  kind: 'wall clock stepped',
  weight: 5,
  fits: ours,
  async strike({ election, target, random }) {
    const offsetMs = Math.round(random.pick([-1, 1]) * random.logBetween(10, 1e12));
    const strike = election.strike('wall clock stepped', [target], `to ${offsetMs} ms off`);
    target.setWallClock(offsetMs);
    target.current?.signal('SIGUSR2');
    await sleep(election.plan.ttlMs / 2);
    strike.end();
  },
};

export const BELONGING_FAULTS: readonly Fault[] = [rotated, revoked, wallClock];
