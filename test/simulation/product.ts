/** The parts of the product that a world is built from: the real ones, or those of a copy with a rule taken out. */
import * as leading from '../../src/election/timings.ts';
import * as participant from '../../src/elector/participant.ts';
import * as annotation from '../../src/lock/annotation.ts';
import * as lease from '../../src/lock/lease.ts';
import * as objectLock from '../../src/lock/object-lock.ts';
import * as podLabel from '../../src/outlets/pod-label.ts';
import { copySources, type Replacement } from '../support/mutant.ts';

export interface Product {
  readonly deriveTimings: typeof leading.deriveTimings;
  readonly Participant: typeof participant.Participant;
  readonly ObjectLock: typeof objectLock.ObjectLock;
  readonly PodLabel: typeof podLabel.PodLabel;
  readonly codecs: {
    readonly leases: typeof lease.leaseCodec;
    readonly configmaps: typeof lease.leaseCodec;
    readonly endpoints: typeof lease.leaseCodec;
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
    codecs: { leases: leaseCodec, configmaps: configMapCodec, endpoints: endpointsCodec },
  };
}
