/**
 * The fenced resource: something outside the cluster that leaders write to, and that refuses a token older than the
 * newest it has seen in that election. It notes every write; whether it was right to accept them is judged elsewhere.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monoMs } from '../../bench/world/mono.ts';
import { compareTokens, type FencedWrites } from './history.ts';

export interface WriteAsked {
  readonly process: string;
  readonly token: string;
  readonly checkedAtMs: number;
}

interface Ledger {
  newest: string;
  readonly writes: FencedWrites[];
}

export class FencedResource {
  /** By how much the clock of a process is ahead of the one that is shared. */
  clockOffsetMs: (process: string) => number = () => 0;
  readonly #ledgers = new Map<string, Ledger>();
  readonly #server: Server;
  #epoch = 0;

  static async open(): Promise<FencedResource> {
    const server = createServer({ keepAliveTimeout: 120_000 });
    const resource = new FencedResource(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return resource;
  }

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (incoming, outgoing) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('error', () => {});
      incoming.on('end', () => {
        const accepted = this.write((incoming.url ?? '/').slice(1), asked(JSON.parse(text)), monoMs());
        outgoing.writeHead(accepted ? 204 : 409, { 'content-length': 0 });
        outgoing.end();
      });
    });
  }

  urlFor(election: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/${election}`;
  }

  /** Tokens do not order across a restored etcd: from now on they are counted anew. */
  newEpoch(): void {
    this.#epoch += 1;
    for (const ledger of this.#ledgers.values()) ledger.newest = '';
  }

  write(election: string, { process, token, checkedAtMs }: WriteAsked, nowMs: number): boolean {
    const ledger = this.#ledgers.get(election) ?? { newest: '', writes: [] };
    this.#ledgers.set(election, ledger);
    const accepted = compareTokens(token, ledger.newest) >= 0;
    if (accepted) ledger.newest = token;
    const last = ledger.writes.at(-1);
    const goesOn =
      last?.process === process && last.token === token && last.epoch === this.#epoch && last.accepted && accepted;
    const now = { lastReceivedMs: nowMs, lastCheckedMs: checkedAtMs - this.clockOffsetMs(process) };
    if (goesOn) ledger.writes[ledger.writes.length - 1] = { ...last, ...now, writes: last.writes + 1 };
    else {
      const first = { process, token, epoch: this.#epoch, accepted, firstReceivedMs: nowMs };
      ledger.writes.push({ ...first, ...now, writes: 1 });
    }
    return accepted;
  }

  writesTo(election: string): readonly FencedWrites[] {
    return this.#ledgers.get(election)?.writes ?? [];
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function asked(value: unknown): WriteAsked {
  if (typeof value === 'object' && value !== null && 'process' in value && 'token' in value && 'checkedAtMs' in value) {
    const { process, token, checkedAtMs } = value;
    if (typeof process === 'string' && typeof token === 'string' && typeof checkedAtMs === 'number') {
      return { process, token, checkedAtMs };
    }
  }
  throw new Error(`expected a write with process, token and checkedAtMs, got ${JSON.stringify(value)}`);
}
