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

/**
 * What a request bears: text, or the object that the text would mean, for callers in the same process. Such an object
 * is taken over: parts of it may be kept, and are frozen then.
 */
export type Body = string | JsonObject;

/** Parses and decodes a request's body. Null decodes as an object without fields, as it does there. */
export function decodeBody(kind: Kind, body: Body): Decoded {
  if (typeof body !== 'string') return decodeObject(kind, body);
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
  const fields = decodeStruct(json, roots.get(kind) ?? [], problems);
  const [problem] = problems;
  if (problem !== undefined) return wrong(problem);
  const metadata = { name: '', ...(fields.metadata as JsonObject) };
  return { type: 'ok', object: { kind: kind.kind, apiVersion: apiVersionOf(kind), ...fields, metadata } };
}

/** Do two objects say the same, in whatever order? A field that is undefined is one that is not there. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as JsonObject;
  const right = b as JsonObject;
  for (const key in left) if (!sameJson(left[key], ownField(right, key))) return false;
  for (const key in right) if (right[key] !== undefined && ownField(left, key) === undefined) return false;
  return true;
}

function ownField(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

type Leaf =
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
  | 'any';

interface Struct {
  /** The name of Go's type, as messages give it. */
  readonly goName: string;
  /** Written even when it has no fields. */
  readonly always: boolean;
  readonly fields: Readonly<Record<string, Leaf | Struct>>;
}

/** A field of a struct, ready for decoding. */
interface Field {
  readonly name: string;
  readonly type: Leaf | Struct;
  /** As messages name it: `LeaseSpec.spec.renewTime`. */
  readonly where: string;
  /** Of a struct. */
  readonly inner: readonly Field[];
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

const contentOf: readonly (readonly [Kind, Struct['fields']])[] = [
  [leases, { spec: leaseSpec }],
  [configMaps, { immutable: 'boolean', data: 'string-map', binaryData: 'bytes-map' }],
  [endpoints, { subsets: 'list' }],
  [pods, { spec: 'any', status: 'any' }],
  [namespaces, { spec: 'any', status: 'any' }],
];

const roots: ReadonlyMap<Kind, readonly Field[]> = new Map(
  contentOf.map(([kind, content]) => {
    const root = { goName: kind.kind, always: true, fields: { metadata: objectMeta, ...content } };
    return [kind, prepare(root, '')];
  }),
);

function prepare({ goName, fields }: Struct, path: string): readonly Field[] {
  return Object.entries(fields).map(([name, type]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return { name, type, where: `${goName}.${at}`, inner: typeof type === 'object' ? prepare(type, at) : [] };
  });
}

function decodeStruct(json: JsonObject, fields: readonly Field[], problems: string[]): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  for (const field of fields) {
    const value = decodeField(json[field.name] ?? null, field, problems);
    if (value !== undefined) decoded[field.name] = value;
  }
  return decoded;
}

/** Undefined when the field is not written. */
function decodeField(value: unknown, field: Field, problems: string[]): unknown {
  const { type } = field;
  if (typeof type === 'object') {
    if (value === null) return type.always ? {} : undefined;
    if (goType(value) === 'object') return decodeStruct(value as JsonObject, field.inner, problems);
    return mismatch(field, goType(value), `v1.${type.goName}`, problems);
  }
  if (value === null) return undefined;
  switch (type) {
    case 'string':
    case 'optional-string':
      if (typeof value !== 'string') return mismatch(field, goType(value), 'string', problems);
      return value === '' && type === 'string' ? undefined : value;
    case 'int32':
    case 'int64': {
      if (isInteger(value, type)) return value;
      return mismatch(field, typeof value === 'number' ? `number ${value}` : goType(value), type, problems);
    }
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch(field, goType(value), 'bool', problems);
    case 'time':
    case 'micro-time':
      if (typeof value !== 'string') return mismatch(field, goType(value), 'string', problems);
      return decodeTime(value, type, problems);
    case 'string-map':
    case 'bytes-map':
      if (goType(value) !== 'object') return mismatch(field, goType(value), 'map[string]string', problems);
      return decodeMap(value as JsonObject, type, field, problems);
    case 'string-list':
    case 'list':
      if (!Array.isArray(value)) return mismatch(field, goType(value), '[]string', problems);
      return value.length > 0 ? value : undefined;
    case 'any':
      return value;
  }
}

function mismatch({ where }: Field, shown: string, wanted: string, problems: string[]): undefined {
  problems.push(`json: cannot unmarshal ${shown} into Go struct field ${where} of type ${wanted}`);
}

/** The forms in which nearly every time comes are those in which it is kept: they need no reading. */
const usualDay = '[12]\\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\\d|2[0-8])';
const usualTime = new RegExp(`^${usualDay}T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\dZ$`);
const usualMicroTime = new RegExp(`^${usualDay}T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d\\.\\d{6}Z$`);

function decodeTime(text: string, type: 'time' | 'micro-time', problems: string[]): string | null | undefined {
  if ((type === 'time' ? usualTime : usualMicroTime).test(text)) return text;
  const parsed = type === 'time' ? parseTime(text) : parseMicroTime(text);
  if (parsed.type === 'ok') return parsed.text;
  problems.push(parsed.message);
  return undefined;
}

/** In order of its keys. One that is so already is kept as it is. */
function decodeMap(
  map: JsonObject,
  type: 'string-map' | 'bytes-map',
  { where }: Field,
  problems: string[],
): JsonObject | undefined {
  const keys = Object.keys(map);
  if (keys.length === 0) return undefined;
  if (type === 'string-map' && keys.every((key, i) => typeof map[key] === 'string' && key >= (keys[i - 1] ?? ''))) {
    return map;
  }
  const entries: [string, string][] = [];
  for (const key of keys.sort()) {
    const value = map[key];
    if (value !== null && typeof value !== 'string') {
      problems.push(`json: cannot unmarshal ${goType(value)} into Go struct field ${where} of type string`);
      continue;
    }
    const text = value ?? '';
    if (type === 'bytes-map' && Buffer.from(text, 'base64').toString('base64') !== text) {
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
