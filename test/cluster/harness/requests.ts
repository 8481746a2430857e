/**
 * Plain requests to the test cluster's API, as somebody: the tests' own hands. It shares no code with the client under
 * test, and it answers every status as a value.
 */
import { Agent, request } from 'node:https';

export interface Reply {
  readonly status: number;
  /** The parsed JSON; the text when it is none. */
  readonly body: unknown;
}

export type Requester = (method: string, path: string, body?: unknown, contentType?: string) => Promise<Reply>;

/** Who asks. */
export type Credentials = { readonly token: string } | { readonly cert: string; readonly key: string };

const REQUEST_WITHIN_MS = 20_000;

/** A PATCH is a merge patch unless `contentType` says otherwise. */
export function requester(url: string, caPem: string, credentials: Credentials): Requester {
  const tls = 'token' in credentials ? { ca: caPem } : { ca: caPem, cert: credentials.cert, key: credentials.key };
  const agent = new Agent({ keepAlive: true, ...tls });
  return (method, path, body, contentType) =>
    new Promise((resolve, reject) => {
      const content = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
      // Node gives a DELETE's body no length by itself, and the server would read it as the next request.
      const headers: Record<string, string | number> = { 'content-length': Buffer.byteLength(content) };
      if ('token' in credentials) headers.authorization = `Bearer ${credentials.token}`;
      if (body !== undefined) {
        headers['content-type'] =
          contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
      }
      const outgoing = request(
        new URL(path, url),
        { method, headers, agent, timeout: REQUEST_WITHIN_MS },
        (incoming) => {
          let text = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (chunk: string) => {
            text += chunk;
          });
          incoming.on('error', reject);
          incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: parsed(text) }));
        },
      );
      outgoing.on('timeout', () =>
        outgoing.destroy(new Error(`${method} ${path}: no answer in ${REQUEST_WITHIN_MS} ms`)),
      );
      outgoing.on('error', reject);
      outgoing.end(content);
    });
}

/** The body of an answer that has to be a success. */
export function succeeded(what: string, reply: Reply): unknown {
  if (reply.status >= 200 && reply.status < 300) return reply.body;
  throw new Error(`cannot ${what}: ${reply.status} ${JSON.stringify(reply.body)}`);
}

/** What stands in a parsed answer at this path; undefined where the path ends early. */
export function at(body: unknown, ...path: readonly (string | number)[]): unknown {
  let value: unknown = body;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** As `at`, for what must be a text. */
export function textAt(body: unknown, ...path: readonly (string | number)[]): string {
  const value = at(body, ...path);
  if (typeof value === 'string') return value;
  throw new Error(`expected a text at ${path.join('.')}, got ${JSON.stringify(value)} in ${JSON.stringify(body)}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
