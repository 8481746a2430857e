/**
 * The least that speaks to an API over HTTP, for the contract suite: a raw request, and the lock's `Api` over it. Not
 * the client under test; it has no retries, no token files and no limits.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { pathOf } from '../../src/dev/route.ts';
import type { Api, ApiAnswer, ApiWatchEvent, Resource } from '../../src/lock/api.ts';
import type { Headers, RawAnswer } from './target.ts';

export interface HttpClient {
  readonly api: Api;
  request(method: string, path: string, body?: unknown, headers?: Headers): Promise<RawAnswer>;
}

export interface HttpClientOptions {
  /** `https://127.0.0.1:6443` */
  readonly url: string;
  /** PEM text of who signed the server's certificate. */
  readonly ca?: string;
  readonly headers?: Headers;
}

export function httpClient({ url, ca, headers: ownHeaders = {} }: HttpClientOptions): HttpClient {
  const open = (method: string, path: string, headers: Headers, onAnswer: (answer: IncomingMessage) => void) => {
    const options = { method, headers: { ...headers }, agent: false, ...(ca === undefined ? {} : { ca }) } as const;
    const start = url.startsWith('https:') ? httpsRequest : httpRequest;
    return start(`${url}${path}`, options, onAnswer);
  };

  const request: HttpClient['request'] = (method, path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
      const withBody = text === '' ? {} : { 'content-length': String(Buffer.byteLength(text)) };
      const contentType = body === undefined ? {} : { 'content-type': 'application/json' };
      const all = { ...ownHeaders, ...contentType, ...withBody, ...headers };
      const sent = open(method, path, all, (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => {
          const names = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
          const answered = Buffer.concat(pieces).toString();
          resolve({ status: answer.statusCode ?? 0, headers: Object.fromEntries(names), text: answered });
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });

  const ask = async (method: string, path: string, body?: object, contentType?: string): Promise<ApiAnswer> => {
    const headers: Headers = contentType === undefined ? {} : { 'content-type': contentType };
    return toAnswer(await request(method, path, body, headers));
  };
  const selected = (resource: Resource, namespace: string, name: string) =>
    `${pathOf(resource, namespace, '')}?fieldSelector=metadata.name%3D${name}`;

  const api: Api = {
    get: (resource, namespace, name) => ask('GET', pathOf(resource, namespace, name)),
    list: (resource, namespace, name) => ask('GET', selected(resource, namespace, name)),
    create: (resource, namespace, body) => ask('POST', pathOf(resource, namespace, ''), body),
    update: (resource, namespace, name, body) => ask('PUT', pathOf(resource, namespace, name), body),
    patch: (resource, namespace, name, body) =>
      ask('PATCH', pathOf(resource, namespace, name), body, 'application/merge-patch+json'),
    watch(resource, namespace, name, { from, timeoutSeconds }, onEvent) {
      const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${timeoutSeconds}&resourceVersion=${from}`;
      let stopped = false;
      const tell = (event: ApiWatchEvent) => {
        if (stopped) return;
        stopped = event.type === 'END';
        onEvent(event);
      };
      const sent: ClientRequest = open(
        'GET',
        `${selected(resource, namespace, name)}&${query}`,
        ownHeaders,
        (answer) => {
          const code = answer.statusCode ?? 0;
          const lines = createInterface({ input: answer });
          lines.on('line', (line) => {
            tell(code === 200 ? toEvent(JSON.parse(line)) : { type: 'END', code, message: line });
          });
          lines.on('close', () => tell({ type: 'END', code: 0, message: 'closed' }));
          const broken = (error: Error) => tell({ type: 'END', code: 0, message: error.message });
          answer.on('error', broken);
          lines.on('error', broken);
        },
      );
      sent.on('error', (error) => tell({ type: 'END', code: 0, message: error.message }));
      sent.end();
      return {
        stop() {
          stopped = true;
          sent.destroy();
        },
      };
    },
  };
  return { api, request };
}

function toAnswer({ status: code, text }: RawAnswer): ApiAnswer {
  const body: unknown = parse(text);
  if (!isObject(body)) return { type: 'error', code, message: text, status: null };
  if (code < 300) return { type: 'ok', code, body };
  const details = isObject(body.details) ? body.details : {};
  const { name = '', kind = '', group = '' } = details;
  const status = {
    reason: String(body.reason ?? ''),
    message: String(body.message ?? ''),
    details: { name: String(name), kind: String(kind), group: String(group) },
  };
  return { type: 'error', code, message: status.message, status };
}

function toEvent(json: unknown): ApiWatchEvent {
  if (!isObject(json) || !isObject(json.object))
    throw new TypeError(`expected a watch event, got ${JSON.stringify(json)}`);
  const { type, object } = json;
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') return { type, object };
  const metadata = isObject(object.metadata) ? object.metadata : {};
  if (type === 'BOOKMARK') return { type, version: String(metadata.resourceVersion) };
  return { type: 'END', code: Number(object.code), message: String(object.message) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
