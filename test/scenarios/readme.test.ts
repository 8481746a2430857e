/** README.md against the scenarios: every known failure has a row, and every row leads to what holds it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { tablesOf } from '../tidy/markdown.ts';
import { SCENARIOS } from './scenarios.ts';

const README = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');

/** How many rows each table must have: so many cases does its source know. */
const ROWS: Readonly<Record<string, number>> = {
  Original: 16,
  Gap: 11,
  'client-go: leaderelection_test.go': 21,
  'client-go: healthzadaptor_test.go, leasecandidate_test.go': 7,
  'client-go: leaselock_test.go': 11,
  'client-go: what its suite does not cover': 7,
  'fabric8: LeaderElectorTest': 16,
  'fabric8: the others': 9,
  java: 11,
  'C#': 2,
  'kube-leader-election': 4,
  kubert: 5,
  Pain: 46,
};

interface Row {
  /** As a scenario's `origins` name it. */
  readonly origin: string;
  readonly heldBy: string;
}

const TABLES = tablesOf(README).map(([heading, ...rows]) => ({ name: heading?.[0] ?? '', rows }));
const ALL: readonly Row[] = TABLES.flatMap(({ name, rows }) =>
  rows.map(([first = '', second = '', third = '']): Row => {
    switch (name) {
      case 'Original':
        return { origin: `original ${first}`, heldBy: third };
      case 'Gap':
        return { origin: first, heldBy: third };
      case 'Pain':
        return { origin: `${first}: ${second}`, heldBy: third };
      default:
        return { origin: `${name.split(':')[0]}: ${first}`, heldBy: second };
    }
  }),
);

function transcriptsIn({ heldBy }: Row): readonly string[] {
  return [...heldBy.matchAll(/\[([^\]]+)\]\(transcripts\/([^)]+)\.txt\)/g)].map(([, name = '', file]) => {
    assert.equal(name, file);
    return name;
  });
}

function testsIn({ heldBy }: Row): readonly { readonly file: string; readonly name: string }[] {
  return heldBy
    .split('<br>')
    .flatMap((part) => [...part.matchAll(/^\[[^\]]+\]\((\.\.\/[^)]+\.test\.ts)\): (.+)$/g)])
    .map(([, file = '', name = '']) => ({ file, name: name.trim() }));
}

test('the tables have a row for every case that their sources know', () => {
  assert.deepEqual(Object.fromEntries(TABLES.map(({ name, rows }) => [name, rows.length])), ROWS);
  const origins = ALL.map(({ origin }) => origin);
  assert.deepEqual(
    origins.filter((origin, at) => origins.indexOf(origin) !== at),
    [],
  );
});

test('all of 1 to 16, G1 to G11 and P1 to P15 are there', () => {
  const upTo = (last: number, name: (number: number) => string) =>
    Array.from({ length: last }, (_, at) => name(at + 1));
  const known = [
    ...upTo(16, (number) => `original ${number}`),
    ...upTo(11, (number) => `G${number}`),
    ...upTo(15, (number) => `P${number}:`),
  ];
  assert.deepEqual(
    known.filter(
      (name) => !ALL.some(({ origin }) => origin === name || (name.endsWith(':') && origin.startsWith(name))),
    ),
    [],
  );
});

test('every origin of a scenario is a row that leads to it', () => {
  const missing = SCENARIOS.flatMap(({ id, origins }) =>
    origins
      .filter((origin) => !ALL.some((row) => row.origin === origin && transcriptsIn(row).includes(id)))
      .map((origin) => `${origin} → ${id}`),
  );
  assert.deepEqual(missing, []);
});

test('every scenario that is named exists', () => {
  const wrong = ALL.flatMap((row) =>
    transcriptsIn(row)
      .filter((id) => !SCENARIOS.some((it) => it.id === id))
      .map((id) => `${row.origin} → ${id}`),
  );
  assert.deepEqual(wrong, []);
});

test('every row is held by a scenario or a test, or says in a few words why not', () => {
  const bare = ALL.filter((row) => {
    const isHeld = transcriptsIn(row).length + testsIn(row).length > 0;
    return !isHeld && !/^_(?:\S+ ){0,4}\S+_$/.test(row.heldBy);
  });
  assert.deepEqual(bare, []);
});

describe('every test that is named exists', () => {
  for (const { file, name } of ALL.flatMap(testsIn)) {
    test(name, () => {
      const source = readFileSync(join(import.meta.dirname, file), 'utf8');
      assert.ok(isIn(source, name), `${file} has no such test`);
    });
  }
});

/** As a text; or as a template whose parts stand there, with whatever is filled in. */
function isIn(source: string, name: string): boolean {
  const escaped = name.replaceAll("'", "\\'");
  if ([name, escaped].some((it) => source.includes(`'${it}'`) || source.includes(`"${it}"`))) return true;
  const templates = [...source.matchAll(/\b(?:test|it)\(\s*`([^`]+)`/g)].map(([, template = '']) => template);
  return templates.some((template) => {
    const parts = template.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.+')}$`).test(name);
  });
}
