/** The parts of the product that a world is built from: the real ones, or those of a copy with a rule taken out. */
import * as leading from '../../src/election/timings.ts';
import * as participant from '../../src/elector/participant.ts';
import * as annotation from '../../src/lock/annotation.ts';
import * as lease from '../../src/lock/lease.ts';
import * as objectLock from '../../src/lock/object-lock.ts';
import * as podLabel from '../../src/outlets/pod-label.ts';
import { copySources, type Replacement } from '../support/mutant.ts';

type Codec = typeof lease.leaseCodec;

export interface Product {
  readonly deriveTimings: typeof leading.deriveTimings;
  readonly Participant: typeof participant.Participant;
  readonly ObjectLock: typeof objectLock.ObjectLock;
  readonly PodLabel: typeof podLabel.PodLabel;
  readonly codecs: {
    readonly leases: Codec;
    readonly configmaps: Codec;
    readonly endpoints: Codec;
  };
}

export const product: Product = assemble([leading, participant, objectLock, podLabel, lease, annotation]);

/** The product as it would be with these lines replaced. */
export async function mutate(replacements: readonly Replacement[]): Promise<Product> {
  const load = copySources(replacements);
  return assemble([
    await load('election/timings.ts'),
    await load('elector/participant.ts'),
    await load('lock/object-lock.ts'),
    await load('outlets/pod-label.ts'),
    await load('lock/lease.ts'),
    await load('lock/annotation.ts'),
  ]);
}

type Modules = [
  typeof leading,
  typeof participant,
  typeof objectLock,
  typeof podLabel,
  typeof lease,
  typeof annotation,
];

function assemble([timings, { Participant }, { ObjectLock }, { PodLabel }, { leaseCodec }, others]: Modules): Product {
  const { configMapCodec, endpointsCodec } = others;
  return {
    deriveTimings: timings.deriveTimings,
    Participant,
    ObjectLock,
    PodLabel,
    codecs: {
      leases: remembering(leaseCodec),
      configmaps: remembering(configMapCodec),
      endpoints: remembering(endpointsCodec),
    },
  };
}

const MOST_REMEMBERED = 8;

/**
 * Every member of a world is handed the same object, frozen. It need not be decoded anew for each, and what is made of
 * it is frozen too, so that none can change what another sees.
 */
function remembering(codec: Codec): Codec {
  const recent: { object: object; decoded: ReturnType<Codec['decode']> }[] = [];
  let oldest = 0;
  return {
    ...codec,
    decode(object) {
      for (const seen of recent) if (seen.object === object) return seen.decoded;
      const decoded = codec.decode(object);
      for (const part of Object.values(decoded)) Object.freeze(part);
      recent[oldest] = { object, decoded };
      oldest = (oldest + 1) % MOST_REMEMBERED;
      return decoded;
    },
  };
}
