/** Ports for the members, fixed for as long as the demo runs, so that a person can ask them from another terminal. */
import { createServer } from 'node:net';

/** Below the range from which systems take the ports of outgoing connections: none of those can come in between. */
const FIRST_PORT = 24_001;
const LAST_PORT = 24_999;

/** Free on 127.0.0.1 at this moment. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (let port = FIRST_PORT; port <= LAST_PORT && found.length < count; port += 1) {
    if (await isFree(port)) found.push(port);
  }
  if (found.length < count) {
    throw new Error(`cannot start the demo: no ${count} free ports on 127.0.0.1 from ${FIRST_PORT} to ${LAST_PORT}`);
  }
  return found;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
