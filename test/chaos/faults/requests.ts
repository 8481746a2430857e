/** What happens to a member's requests: refused by a status, applied and not answered, or met by a bad certificate. */
import { sleep } from '../../../bench/world/mono.ts';
import type { ProxyCertificates } from '../proxy/certificates.ts';
import { anyProgram, drawSpanMs, type Fault } from './fault.ts';

const cutAfterApply: Fault = {
  kind: 'cut after apply',
  weight: 8,
  fits: anyProgram,
  async strike(blow) {
    const { election, target, random } = blow;
    const forMs = drawSpanMs(blow);
    const share = random.between(0.4, 1);
    const about = `${Math.round(forMs)} ms, ${percent(share)} of all writes`;
    const strike = election.strike('cut after apply', [target], about);
    target.proxy.judge = (method) =>
      method !== 'GET' && random.chance(share) ? { type: 'apply', answer: 'cut' } : { type: 'forward' };
    await sleep(forMs);
    target.proxy.heal();
    strike.end();
  },
};

const status: Fault = {
  kind: 'status',
  weight: 10,
  fits: anyProgram,
  async strike(blow) {
    const { election, target, random } = blow;
    const forMs = drawSpanMs(blow);
    const code = random.pick([429, 500, 503, 504]);
    const share = random.between(0.3, 1);
    const applied = code !== 429 && random.chance(0.4);
    const retryAfterSeconds = random.chance(code === 429 ? 0.8 : 0.2) ? 1 : undefined;
    const about = `${code} for ${Math.round(forMs)} ms, ${percent(share)} of all requests${applied ? ', writes are applied' : ''}`;
    const strike = election.strike('status', [target], about);
    target.proxy.judge = (method) => {
      if (!random.chance(share)) return { type: 'forward' };
      if (applied && method !== 'GET') return { type: 'apply', answer: code };
      return { type: 'refuse', status: code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
    };
    await sleep(forMs);
    target.proxy.heal();
    strike.end();
  },
};

function expiredCertificate({ good, expired }: ProxyCertificates): Fault {
  return {
    kind: 'expired certificate',
    weight: 4,
    fits: anyProgram,
    async strike(blow) {
      const { election, target } = blow;
      const forMs = drawSpanMs(blow);
      const strike = election.strike('expired certificate', [target], `${Math.round(forMs)} ms`);
      target.proxy.present(expired);
      await sleep(forMs);
      target.proxy.present(good);
      strike.end();
    },
  };
}

export function requestFaults(certificates: ProxyCertificates): readonly Fault[] {
  return [cutAfterApply, status, expiredCertificate(certificates)];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
