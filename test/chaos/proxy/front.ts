/**
 * The network before one member's way to the API: a port whose connections are relayed byte by byte, in each direction
 * as well or as badly as it is told to. What arrives on the other side is plain TLS; see `fault-proxy.ts`.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Lane, OPEN, type Way } from './lane.ts';

interface Line {
  readonly near: Socket;
  readonly far: Socket;
  readonly up: Lane;
  readonly down: Lane;
}

export class Front {
  readonly port: number;
  readonly #server: Server;
  readonly #lines: Set<Line>;
  readonly #state: State;

  /** Relays to the Unix socket at `path`. */
  static async open(path: string): Promise<Front> {
    const lines = new Set<Line>();
    const state: State = { up: OPEN, down: OPEN, refusing: false };
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
      if (state.refusing) near.resetAndDestroy();
      else relay(near, connect({ path, allowHalfOpen: true }), state, lines);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Front(server, lines, state);
  }

  private constructor(server: Server, lines: Set<Line>, state: State) {
    this.#server = server;
    this.#lines = lines;
    this.#state = state;
    this.port = (server.address() as AddressInfo).port;
  }

  /** For connections that stand and for those to come. `up` is towards the API. */
  set(ways: { readonly up?: Way; readonly down?: Way }): void {
    if (ways.up !== undefined) this.#state.up = ways.up;
    if (ways.down !== undefined) this.#state.down = ways.down;
    for (const { up, down } of this.#lines) {
      if (ways.up !== undefined) up.way = ways.up;
      if (ways.down !== undefined) down.way = ways.down;
    }
  }

  /** Ends every connection with a reset, and while `refusing` each new one as well. */
  reset({ refusing }: { readonly refusing: boolean }): void {
    this.#state.refusing = refusing;
    for (const { near, far } of this.#lines) {
      near.resetAndDestroy();
      far.destroy();
    }
  }

  /** As if nothing had been. What was held arrives now. */
  heal(): void {
    this.#state.refusing = false;
    this.set({ up: OPEN, down: OPEN });
    for (const line of this.#lines) tidy(line);
  }

  close(): void {
    this.#server.close();
    this.reset({ refusing: true });
  }
}

interface State {
  up: Way;
  down: Way;
  refusing: boolean;
}

/** Nobody will ever tell the far side that the near one is gone. */
function tidy({ near, far, up }: Line): void {
  if ((near.readableEnded || near.destroyed) && up.isDead) far.destroy();
}

function relay(near: Socket, far: Socket, state: State, lines: Set<Line>): void {
  const line = { near, far, up: new Lane(near, far, state.up), down: new Lane(far, near, state.down) };
  lines.add(line);
  let open = 2;
  const closed = () => {
    open -= 1;
    if (open > 0) return;
    line.up.stop();
    line.down.stop();
    lines.delete(line);
  };
  near.once('end', () => state.up.type === 'open' && tidy(line));
  for (const socket of [near, far]) {
    socket.on('error', () => {});
    socket.once('close', closed);
  }
}
