/**
 * Which resource, object and verb a method and a path mean. Pure reading: no rights, no store.
 */
import { allKinds, apiVersionOf, type Kind } from './kinds.ts';
import type { Attempt } from './rights.ts';
import { type Answer, methodNotAllowed, noSuchResource } from './status.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** What a request asks for. */
export type Target =
  | {
      readonly type: 'resource';
      readonly verb: Verb;
      readonly kind: Kind;
      /** Empty for cluster-wide lists and for kinds without namespaces. */
      readonly namespace: string;
      /** The name in the path, or the one that a field selector asks for; else empty. */
      readonly name: string;
      readonly query: URLSearchParams;
    }
  | { readonly type: 'health' }
  | { readonly type: 'version' }
  | { readonly type: 'refused'; readonly answer: Answer }
  /** No path of an API at all: 404 in plain text, without a Status. */
  | { readonly type: 'unknown' };

/** `attempt` is what the rights are asked about, also for what is not served. */
export function route(request: { readonly method: string; readonly path: string }): {
  target: Target;
  attempt: Attempt;
} {
  const [pathname = '', search = ''] = request.path.split('?', 2);
  const query = new URLSearchParams(search);
  const method = request.method.toUpperCase();
  const asPath = { type: 'path', verb: method.toLowerCase(), path: pathname } as const;
  if (/^\/(?:healthz|livez|readyz)(?:\/|$)/.test(pathname)) return { target: { type: 'health' }, attempt: asPath };
  if (pathname === '/version') {
    const target: Target = method === 'GET' ? { type: 'version' } : { type: 'refused', answer: methodNotAllowed() };
    return { target, attempt: asPath };
  }
  const place = placeOf(pathname);
  if (place === null) return { target: { type: 'unknown' }, attempt: asPath };

  const { group, version, namespace, plural, name, subresource } = place;
  const verb = verbOf(method, name !== '', isSet(query.get('watch')));
  const selectedName = verb === 'list' || verb === 'watch' ? (selectedNameOf(query) ?? '') : name;
  const attempt: Attempt = {
    type: 'resource',
    verb: verb ?? (method === 'DELETE' ? 'deletecollection' : method.toLowerCase()),
    group,
    resource: subresource === '' ? plural : `${plural}/${subresource}`,
    namespace,
    name: selectedName,
  };
  const kind = allKinds.find((each) => each.plural === plural && each.group === group && each.version === version);
  const refuse = (refused: Answer) => ({ target: { type: 'refused', answer: refused } as const, attempt });
  if (kind === undefined || subresource !== '') return refuse(noSuchResource());
  if (verb === null) return refuse(methodNotAllowed());
  // Across all namespaces one can only read.
  if (kind.namespaced && namespace === '' && verb !== 'list' && verb !== 'watch') return refuse(methodNotAllowed());
  return { target: { type: 'resource', verb, kind, namespace, name: selectedName, query }, attempt };
}

interface Place {
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly plural: string;
  readonly name: string;
  readonly subresource: string;
}

/** Null when the path is of no API group that is known here. */
function placeOf(pathname: string): Place | null {
  const [root, ...afterRoot] = decode(pathname).replace(/\/$/, '').split('/').slice(1);
  const core = root === 'api' && afterRoot[0] === 'v1';
  const knownGroup = root === 'apis' && allKinds.some((kind) => kind.group !== '' && kind.group === afterRoot[0]);
  if (!core && !knownGroup) return null;
  const [group = '', version = '', ...rest] = core ? ['', ...afterRoot] : afterRoot;
  // `namespaces/<name>` alone is an object of its own; followed by a plural it says where.
  const scoped = rest[0] === 'namespaces' && rest.length > 2;
  const [plural = '', name = '', ...more] = scoped ? rest.slice(2) : rest;
  if (plural === '') return null;
  return { group, version, namespace: scoped ? (rest[1] ?? '') : '', plural, name, subresource: more.join('/') };
}

/** As there, the whole path is decoded before it is taken apart. */
function decode(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

function verbOf(method: string, named: boolean, watching: boolean): Verb | null {
  if (method === 'GET') return named ? 'get' : watching ? 'watch' : 'list';
  if (method === 'POST' && !named) return 'create';
  if (!named) return null;
  return method === 'PUT' ? 'update' : method === 'PATCH' ? 'patch' : method === 'DELETE' ? 'delete' : null;
}

/** One term of a field selector. */
export interface Requirement {
  readonly field: 'metadata.name' | 'metadata.namespace';
  readonly equal: boolean;
  readonly value: string;
}

export function parseSelector(text: string): Requirement[] | { problem: string } {
  const requirements: Requirement[] = [];
  for (const term of text.split(',').filter((each) => each !== '')) {
    const [, field = '', operator = '', value = ''] = /^(.*?)(!=|==|=)(.*)$/.exec(term) ?? [];
    if (operator === '') return { problem: `invalid selector: '${text}'; can't understand '${term}'` };
    if (field !== 'metadata.name' && field !== 'metadata.namespace') {
      return { problem: `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"` };
    }
    requirements.push({ field, equal: operator !== '!=', value });
  }
  return requirements;
}

function selectedNameOf(query: URLSearchParams): string | undefined {
  const requirements = parseSelector(query.get('fieldSelector') ?? '');
  if (!Array.isArray(requirements)) return undefined;
  return requirements.find(({ field, equal }) => field === 'metadata.name' && equal)?.value;
}

/** Go's reading of a flag in a query: anything but `false` and `0`, once it is there. */
export function isSet(value: string | null): boolean {
  return value !== null && value !== '0' && value !== 'false';
}

/** The path of an object, or of its collection when `name` is empty. */
export function pathOf(resource: { apiVersion: string; plural: string }, namespace: string, name: string): string {
  const root = resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  const scope = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${resource.plural}${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
}

/** The path of a kind's object or collection. */
export function pathOfKind(kind: Kind, namespace: string, name = ''): string {
  return pathOf({ apiVersion: apiVersionOf(kind), plural: kind.plural }, kind.namespaced ? namespace : '', name);
}
