/** Asks one member `GET /` as an application beside an elector does: again and again, on a connection that is kept. */
import { Agent, get } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { Answer } from './event.ts';
import { sharedNowMs } from './shared-clock.ts';

export interface Poller {
  /** Does not wait for the next round: something has just changed. */
  hurry(): void;
  /** There will be no more answers. */
  close(): void;
}

export interface PollerOptions {
  readonly port: number;
  readonly clock: Clock;
  /** Is there anybody to ask? */
  isDue(): boolean;
  onAnswer(polled: { readonly sentAtMs: number; readonly atMs: number; readonly answer: Answer }): void;
}

const SILENT: Answer = { type: 'silent' };
const POLL_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 400;
const LONGEST_ANSWER_BYTES = 4096;

export function startPoller({ port, clock, isDue, onAnswer }: PollerOptions): Poller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let isOpen = true;
  // Someone may hurry while an answer is awaited that does not know of the change.
  let next = Promise.withResolvers<void>();
  const run = async () => {
    while (isOpen) {
      next = Promise.withResolvers();
      if (isDue()) {
        const sentAtMs = sharedNowMs();
        const answer = await ask(port, agent, clock);
        if (isOpen) onAnswer({ sentAtMs, atMs: sharedNowMs(), answer });
      }
      const timer = clock.setTimer(POLL_EVERY_MS, next.resolve);
      await next.promise;
      timer.cancel();
    }
  };
  void run();
  return {
    hurry: () => next.resolve(),
    close() {
      isOpen = false;
      next.resolve();
      agent.destroy();
    },
  };
}

/** Never rejects: no answer in time, or none that can be read, is silence. */
function ask(port: number, agent: Agent, clock: Clock): Promise<Answer> {
  return new Promise((resolve) => {
    const finish = (answer: Answer) => {
      timer.cancel();
      resolve(answer);
    };
    const request = get({ host: '127.0.0.1', port, path: '/', agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > LONGEST_ANSWER_BYTES) request.destroy();
      });
      response.on('end', () => finish(parseAnswer(text)));
      response.on('error', () => finish(SILENT));
    });
    request.on('error', () => finish(SILENT));
    const timer = clock.setTimer(ANSWER_WITHIN_MS, () => {
      request.destroy();
      finish(SILENT);
    });
  });
}

function parseAnswer(text: string): Answer {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('is_leader' in value) || !('leader' in value)) return SILENT;
    return { type: 'answered', isLeader: value.is_leader === true, leader: String(value.leader) };
  } catch {
    return SILENT;
  }
}
