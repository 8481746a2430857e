/**
 * From the bytes of a request to an object of one kind, as the API decodes it: fields that are not known are dropped,
 * null and empty optional fields go, maps are sorted, times are brought to one form, and a value of a wrong type is
 * refused in Go's words. What the values may be is validate.ts's matter.
 *
 * Not the whole schema: a Pod's and a Namespace's spec and status, an Endpoints' subsets and owner references are
 * kept as they come; `10.0` passes for an integer, where the real API refuses it; names are not generated.
 */
import { parseMicroTime, parseTime } from './go-time.ts';
import { allKinds, apiVersionOf, configMaps, endpoints, type Kind, leases, namespaces, pods } from './kinds.ts';
import type { JsonObject } from './status.ts';

export interface ObjectMeta extends JsonObject {
  readonly name: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

export interface ApiObject extends JsonObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
}

export type Decoded =
  | { readonly type: 'ok'; readonly object: ApiObject }
  /** The body is no JSON object at all. */
  | { readonly type: 'unrecognized'; readonly message: string }
  /** It is one, but not of this kind. `version` is the one it names. */
  | { readonly type: 'wrong'; readonly kind: string; readonly version: string; readonly message: string };

/** Parses and decodes a request's body. Null decodes as an object without fields, as it does there. */
export function decodeBody(kind: Kind, body: string): Decoded {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    const shown = body === '' ? '<empty>' : body.length > 30 ? `${body.slice(0, 30)} ...` : body;
    const why = error instanceof Error ? error.message : String(error);
    return { type: 'unrecognized', message: `${why.charAt(0).toLowerCase()}${why.slice(1)} (${shown})` };
  }
  if (json !== null && goType(json) !== 'object') {
    const target =
      'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
    return { type: 'unrecognized', message: `json: cannot unmarshal ${goType(json)} into Go value of type ${target}` };
  }
  return decodeObject(kind, (json ?? {}) as JsonObject);
}

/** Decodes an object that was parsed already, as the result of a patch is. */
export function decodeObject(kind: Kind, json: JsonObject): Decoded {
  const named = { kind: textOr(json.kind, kind.kind), apiVersion: textOr(json.apiVersion, apiVersionOf(kind)) };
  const wrong = (message: string): Decoded => ({
    type: 'wrong',
    kind: named.kind,
    version: named.apiVersion.slice(named.apiVersion.lastIndexOf('/') + 1),
    message,
  });
  if (named.kind !== kind.kind || named.apiVersion !== apiVersionOf(kind)) return wrong(kindProblem(kind, named));

  const problems: string[] = [];
  const { metadata, ...fields } = decodeStruct({ ...json }, rootOf(kind), '', problems);
  const [problem] = problems;
  if (problem !== undefined) return wrong(problem);
  const decodedMetadata = { name: '', ...(metadata as JsonObject) };
  return {
    type: 'ok',
    object: { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: decodedMetadata, ...fields },
  };
}

type Field =
  | 'string'
  /** A pointer in Go: an empty text is kept, null is not. */
  | 'optional-string'
  | 'int32'
  | 'int64'
  | 'boolean'
  | 'time'
  | 'micro-time'
  | 'string-map'
  | 'bytes-map'
  | 'string-list'
  | 'list'
  | 'any'
  | Struct;

interface Struct {
  /** The name of Go's type, as messages give it. */
  readonly goName: string;
  /** Written even when it has no fields. */
  readonly always: boolean;
  readonly fields: Readonly<Record<string, Field>>;
}

/** `managedFields` is left out: the embedded API keeps no account of who wrote which field. */
const objectMeta: Struct = {
  goName: 'ObjectMeta',
  always: true,
  fields: {
    name: 'string',
    generateName: 'string',
    namespace: 'string',
    selfLink: 'string',
    uid: 'string',
    resourceVersion: 'string',
    generation: 'int64',
    creationTimestamp: 'time',
    deletionTimestamp: 'time',
    deletionGracePeriodSeconds: 'int64',
    labels: 'string-map',
    annotations: 'string-map',
    ownerReferences: 'list',
    finalizers: 'string-list',
  },
};

const leaseSpec: Struct = {
  goName: 'LeaseSpec',
  always: true,
  fields: {
    holderIdentity: 'optional-string',
    leaseDurationSeconds: 'int32',
    acquireTime: 'micro-time',
    renewTime: 'micro-time',
    leaseTransitions: 'int32',
  },
};

const fieldsOf = new Map<Kind, Readonly<Record<string, Field>>>([
  [leases, { spec: leaseSpec }],
  [configMaps, { immutable: 'boolean', data: 'string-map', binaryData: 'bytes-map' }],
  [endpoints, { subsets: 'list' }],
  [pods, { spec: 'any', status: 'any' }],
  [namespaces, { spec: 'any', status: 'any' }],
]);

function rootOf(kind: Kind): Struct {
  return { goName: kind.kind, always: true, fields: { metadata: objectMeta, ...fieldsOf.get(kind) } };
}

function decodeStruct(json: JsonObject, struct: Struct, path: string, problems: string[]): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(struct.fields)) {
    const at = path === '' ? name : `${path}.${name}`;
    const value = decodeField(json[name] ?? null, field, `${struct.goName}.${at}`, at, problems);
    if (value !== undefined) decoded[name] = value;
  }
  return decoded;
}

/** Undefined when the field is not written. `where` is the field as messages name it. */
function decodeField(value: unknown, field: Field, where: string, path: string, problems: string[]): unknown {
  const expect = (ok: boolean, shown: string, wanted: string): boolean => {
    if (!ok) problems.push(`json: cannot unmarshal ${shown} into Go struct field ${where} of type ${wanted}`);
    return ok;
  };
  if (typeof field === 'object') {
    if (value === null) return field.always ? {} : undefined;
    if (!expect(goType(value) === 'object', goType(value), `v1.${field.goName}`)) return undefined;
    return decodeStruct(value as JsonObject, field, path, problems);
  }
  if (value === null) return undefined;
  switch (field) {
    case 'string':
    case 'optional-string':
      if (!expect(typeof value === 'string', goType(value), 'string')) return undefined;
      return value === '' && field === 'string' ? undefined : value;
    case 'int32':
    case 'int64': {
      const shown = typeof value === 'number' ? `number ${value}` : goType(value);
      return expect(isInteger(value, field), shown, field) ? value : undefined;
    }
    case 'boolean':
      return expect(typeof value === 'boolean', goType(value), 'bool') ? value : undefined;
    case 'time':
    case 'micro-time': {
      if (!expect(typeof value === 'string', goType(value), 'string')) return undefined;
      const parsed = field === 'time' ? parseTime(String(value)) : parseMicroTime(String(value));
      if (parsed.type === 'ok') return parsed.text;
      problems.push(parsed.message);
      return undefined;
    }
    case 'string-map':
    case 'bytes-map':
      if (!expect(goType(value) === 'object', goType(value), 'map[string]string')) return undefined;
      return decodeMap(value as JsonObject, field, where, problems);
    case 'string-list':
    case 'list':
      if (!expect(Array.isArray(value), goType(value), '[]string')) return undefined;
      return Array.isArray(value) && value.length > 0 ? value : undefined;
    case 'any':
      return value;
  }
}

function decodeMap(
  map: JsonObject,
  field: 'string-map' | 'bytes-map',
  where: string,
  problems: string[],
): Record<string, string> | undefined {
  const entries: [string, string][] = [];
  for (const [key, value] of Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value !== null && typeof value !== 'string') {
      problems.push(`json: cannot unmarshal ${goType(value)} into Go struct field ${where} of type string`);
      continue;
    }
    const text = value ?? '';
    if (field === 'bytes-map' && Buffer.from(text, 'base64').toString('base64') !== text) {
      problems.push('illegal base64 data at input byte 0');
    }
    entries.push([key, text]);
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isInteger(value: unknown, field: 'int32' | 'int64'): boolean {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return false;
  return field === 'int64' || (value >= -(2 ** 31) && value < 2 ** 31);
}

function kindProblem(kind: Kind, named: { kind: string; apiVersion: string }): string {
  const other = allKinds.find((each) => each.kind === named.kind && apiVersionOf(each) === named.apiVersion);
  if (other === undefined) {
    return `no kind "${named.kind}" is registered for version "${named.apiVersion}" in scheme "pkg/runtime/scheme.go:111"`;
  }
  const group = kind.group === '' ? 'core' : kind.group.split('.')[0];
  return `converting (${other.version}.${other.kind}) to (${group}.${kind.kind}): unknown conversion`;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
