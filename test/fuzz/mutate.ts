/**
 * Inputs that are almost right. A valid document is edited (fields dropped, doubled, renamed, of another type, huge,
 * deep, with names that mean something to JavaScript), or its text or bytes are: what is nearly valid gets further
 * into a reader than what is random.
 */
import fc from 'fast-check';

const TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    'null',
    'true',
    '..',
    '.',
    '/',
    '../..',
    'a/b',
    'a b',
    'a\nb',
    'a\r\nx-b: c',
    '\u0000',
    '%2e%2e',
  ],
  ...['\ud800', 'x\udfff', '🦆', '\u202e', '\ufeff', 'İ', 'ß', 'e\u0301', '\u2028', '<&>', '"', '\\', "'", '$&'],
  ...['__proto__', 'constructor', 'toString', 'prototype', 'hasOwnProperty', 'length', 'then', 'toJSON'],
  ...[
    '2026-01-01T00:00:00.000000Z',
    '2026-01-01T00:00:00Z',
    '9999-99-99T99:99:99Z',
    '10s',
    '1e999',
    '-0',
    'NaN',
    'Infinity',
  ],
  ...['Lease', 'Status', 'leases', 'v1', 'alice', 'bob', 'reports', 'default', '1', '99999999999999999999'],
];
const NUMBERS: readonly number[] = [
  ...[0, -0, 1, -1, 0.5, 10, 404, 410, 1e6, -1e9, 1e21, 1e308, -1e308, 5e-324],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53) - 2, 2 ** 63],
];

/** Stands for a document of a depth that no recursion bears; only text can hold it. */
const DEEP = '\u0001deep\u0001';
const DEEP_TEXT = `${'{"a":['.repeat(30_000)}1${']}'.repeat(30_000)}`;

/** Text that somewhere means something, or is hard to bear. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: longText() },
);

/** Of every type that JSON has. */
export const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: oddText },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 3, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [null], { a: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom(nested(10), nested(500), DEEP) },
  { weight: 1, arbitrary: fc.tuple(oddKey(), oddText).map(([key, text]) => objectFrom([[key, text]])) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

/** Beyond JSON: what a program of no types may pass. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: oddJson },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      ...[undefined, Number.NaN, Number.POSITIVE_INFINITY, 10n, Symbol('x'), () => {}, new Date(Number.NaN)],
      ...[Object.create(null), new Map(), Buffer.from('x'), { toString: 1, valueOf: 1 }],
    ),
  },
);

interface Edit {
  readonly at: number;
  readonly how: 'drop' | 'retype' | 'double' | 'add' | 'rename' | 'lift' | 'number' | 'text';
  readonly value: unknown;
  readonly key: string;
  readonly by: number;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat({ max: 1_000 }),
  how: fc.constantFrom('drop', 'retype', 'double', 'add', 'rename', 'lift', 'number', 'text'),
  value: oddJson,
  key: oddKey(),
  by: fc.constantFrom(-1, 1, -1e9, 1e9, 0.5),
});

/** The document after a few edits; sometimes after none, since what is valid must stay valid. */
export function mutated(valid: fc.Arbitrary<unknown>, maxEdits = 4): fc.Arbitrary<unknown> {
  return fc
    .tuple(valid, fc.array(edit, { maxLength: maxEdits }))
    .map(([document, edits]) => edits.reduce<unknown>(applied, document));
}

interface Cut {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}

/** Bytes of which some are taken out, repeated, replaced by others, or cut off at any place. */
export function mutatedBytes(valid: fc.Arbitrary<Uint8Array>, garbage: readonly string[] = []): fc.Arbitrary<Buffer> {
  const cut: fc.Arbitrary<Cut> = fc.record({
    at: fc.nat({ max: 4_000 }),
    remove: fc.oneof(fc.constant(0), fc.nat({ max: 20 }), fc.constant(100_000)),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      oddText.map((text) => Buffer.from(text)),
      fc
        .constantFrom('', '\n', '\0', '{', '}', '"', ',', '\r\n', '\xff', ...garbage)
        .map((text) => Buffer.from(text, 'latin1')),
    ),
  });
  return fc.tuple(valid, fc.array(cut, { maxLength: 3 })).map(([bytes, cuts]) =>
    cuts.reduce((all, { at, remove, insert }) => {
      const from = all.length === 0 ? 0 : at % (all.length + 1);
      return Buffer.concat([all.subarray(0, from), insert, all.subarray(from + remove)]);
    }, Buffer.from(bytes)),
  );
}

/** Cuts into pieces, as a network does. */
export function pieces(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const all: Buffer[] = [];
  let from = 0;
  for (let i = 0; from < bytes.length; i += 1) {
    const size = Math.max(1, sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] ?? 1));
    all.push(bytes.subarray(from, from + size));
    from += size;
  }
  return all;
}

/** The document as it comes over the wire; some have no text at all. */
export function wireText(document: unknown): string {
  return (JSON.stringify(document) ?? '').replaceAll(JSON.stringify(DEEP), DEEP_TEXT);
}

export function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let i = 0; i < depth; i += 1) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** A plain assignment of `__proto__` would be no key. */
export function objectFrom(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

function oddKey(): fc.Arbitrary<string> {
  return fc.oneof(fc.constantFrom(...TEXTS), fc.string({ maxLength: 5 }));
}

function longText(): fc.Arbitrary<string> {
  const length = fc.constantFrom(64, 254, 1_000, 70_000);
  return fc.tuple(fc.constantFrom('a', '-', '.', ' ', '0', '_', '9', '🦆', '\\'), length).map(([unit, count]) => {
    // Framed, because trimming what stands at an end is where patterns go back and forth.
    return `a${unit.repeat(count)}a`;
  });
}

type Path = readonly (string | number)[];

/** Every place in the document, itself included; of a large one the first few hundred. */
function placesIn(document: unknown): readonly Path[] {
  const found: Path[] = [];
  const queue: { value: unknown; path: Path }[] = [{ value: document, path: [] }];
  for (let next = queue.shift(); next !== undefined && found.length < 300; next = queue.shift()) {
    found.push(next.path);
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const [key, value] of Object.entries(next.value)) {
      queue.push({ value, path: [...next.path, Array.isArray(next.value) ? Number(key) : key] });
    }
  }
  return found;
}

function applied(document: unknown, change: Edit): unknown {
  const places = placesIn(document);
  // The document itself is seldom what is worth replacing.
  const place = places[change.at % 50 === 0 ? 0 : change.at % places.length] ?? [];
  return at(document, place, change);
}

function at(value: unknown, path: Path, change: Edit): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return replaced(value, change);
  if (Array.isArray(value)) {
    const index = Number(key);
    if (rest.length > 0 || change.how !== 'drop')
      return value.map((item, i) => (i === index ? at(item, rest, change) : item));
    return value.filter((_, i) => i !== index);
  }
  const entries = Object.entries(value as object);
  if (rest.length === 0 && change.how === 'drop') return objectFrom(entries.filter(([name]) => name !== key));
  if (rest.length === 0 && change.how === 'rename') {
    return objectFrom(entries.map(([name, item]) => [name === key ? change.key : name, item]));
  }
  return objectFrom(entries.map(([name, item]) => [name, name === key ? at(item, rest, change) : item]));
}

function replaced(value: unknown, { how, value: other, key, by }: Edit): unknown {
  switch (how) {
    case 'double':
      return Array.isArray(value) ? [...value, ...value] : [value, value];
    case 'add':
      if (Array.isArray(value)) return [...value, other];
      return typeof value === 'object' && value !== null ? objectFrom([...Object.entries(value), [key, other]]) : other;
    case 'lift':
      return { value };
    case 'number':
      return typeof value === 'number' ? value + by : value;
    case 'text':
      return typeof value === 'string' ? `${value}${key}` : value;
    default:
      return other;
  }
}
