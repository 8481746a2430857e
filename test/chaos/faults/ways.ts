/** What happens to a member's way to the API, byte by byte: it swallows, keeps, tears, crawls. */
import { sleep } from '../../../bench/world/mono.ts';
import type { StrikeKind } from '../history.ts';
import type { Front } from '../proxy/front.ts';
import { anyProgram, type Blow, drawSpanMs, type Fault, ours } from './fault.ts';

type Spoil = (front: Front, blow: Blow) => string;

/** For as long as is drawn. */
function wayFault(kind: StrikeKind, weight: number, draw: (blow: Blow) => Spoil): Fault {
  return {
    kind,
    weight,
    fits: anyProgram,
    async strike(blow) {
      const { election, target } = blow;
      const forMs = drawSpanMs(blow);
      const spoil = draw(blow);
      const strike = election.strike(kind, [target], `${Math.round(forMs)} ms`);
      const { front } = target.proxy;
      const how = spoil(front, blow);
      if (how !== '') strike.also(how);
      await sleep(forMs);
      front.heal();
      // client-go 0.17 has no time limit: on a connection that lost something it would wait for minutes.
      if (!ours(target)) front.reset({ refusing: false });
      strike.end();
    },
  };
}

function plain(spoil: (front: Front) => void): (blow: Blow) => Spoil {
  return () => (front) => {
    spoil(front);
    return '';
  };
}

/** Late answers make a leader count from the wrong end, if it does; to show it, the way must be lost while they are late. */
const delay: Fault = {
  kind: 'delay',
  weight: 7,
  fits: anyProgram,
  async strike(blow) {
    const { election, target, random } = blow;
    const forMs = drawSpanMs(blow);
    const delayMs = Math.round(random.logBetween(20, election.plan.ttlMs));
    const where = random.pick(['up', 'down', 'up and down'] as const);
    const lostAfterwards = random.chance(0.4);
    const { front } = target.proxy;
    const way = { type: 'delay', delayMs } as const;
    const about = `${delayMs} ms ${where}, for ${Math.round(forMs)} ms${lostAfterwards ? ', then lost for a lease' : ''}`;
    const strike = election.strike('delay', [target], about);
    front.set({ ...(where === 'down' ? {} : { up: way }), ...(where === 'up' ? {} : { down: way }) });
    await sleep(forMs);
    if (lostAfterwards) {
      front.set({ up: { type: 'lost' }, down: { type: 'lost' } });
      await sleep(election.plan.ttlMs);
    }
    front.heal();
    if (!ours(target)) front.reset({ refusing: false });
    strike.end();
  },
};

export const WAY_FAULTS: readonly Fault[] = [
  wayFault(
    'black hole',
    8,
    plain((front) => front.set({ up: { type: 'lost' }, down: { type: 'lost' } })),
  ),
  wayFault(
    'black hole, delivered late',
    8,
    plain((front) => front.set({ up: { type: 'held' }, down: { type: 'held' } })),
  ),
  wayFault(
    'half-open, requests lost',
    4,
    plain((front) => front.set({ up: { type: 'lost' } })),
  ),
  wayFault(
    'half-open, answers lost',
    5,
    plain((front) => front.set({ down: { type: 'lost' } })),
  ),
  wayFault('reset', 5, ({ random }) => {
    const refusing = random.chance(0.6);
    return (front) => {
      front.reset({ refusing });
      return refusing ? 'new ones too' : '';
    };
  }),
  wayFault('slow drip', 4, ({ random }) => {
    const bytesPerSecond = Math.round(random.logBetween(50, 20_000));
    return (front) => {
      front.set({ up: { type: 'drip', bytesPerSecond }, down: { type: 'drip', bytesPerSecond } });
      return `${bytesPerSecond} bytes/s`;
    };
  }),
  delay,
];
