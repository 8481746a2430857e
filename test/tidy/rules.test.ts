/**
 * docs/internals/rules.md against the code and the tests: what it names exists, and what the code cites it has. Each
 * rule has lines such as
 *
 *     - Kept by [seal.ts] `isMine`, [observing.ts] `judge`
 *     - Stories [traces.test.ts], [rules-losing.test.ts]
 *     - Controls [simulation], [exploration]
 *     - Test [seal-codec.test.ts]: not in a renewal time that a Go member wrote, even for the same instant
 *
 * with the files' addresses at the end of the page. Stories (test/election/stories.ts) and controls bear the number of
 * their rule, so the page names the files only.
 */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path/posix';
import { describe, test } from 'node:test';
import { commentsOnly, exportsOf, withoutComments } from './code.ts';
import { rowsOf } from './markdown.ts';
import { exists, read, sourceFiles } from './tree.ts';

const PAGE = 'docs/internals/rules.md';
const text = read(PAGE);
const ADDRESSES = new Map(
  [...text.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, name = '', to = '']) => [name, join(dirname(PAGE), to)]),
);

interface Section {
  readonly number: number;
  readonly keepers: readonly { readonly file: string; readonly name: string }[];
  readonly stories: readonly string[];
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

const RULES: readonly Section[] = text
  .split(/^### /m)
  .slice(1)
  .map((section) => {
    const body = section.split(/^## /m)[0] ?? '';
    const kept = [...body.matchAll(/^- Kept by (.+)$/gm)].flatMap(([, list = '']) => [
      ...list.matchAll(/\[([^\]]+)\]((?: `[^`]+`)+)/g),
    ]);
    return {
      number: Number(/id="rule-(\d+)"/.exec(body)?.[1]),
      keepers: kept.flatMap(([, file = '', names = '']) =>
        [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({ file: addressOf(file), name })),
      ),
      stories: [...body.matchAll(/^- (?:Stories|Controls) (.+)$/gm)].flatMap(([, list = '']) =>
        [...list.matchAll(/\[([^\]]+)\]/g)].map(([, file = '']) => addressOf(file)),
      ),
      tests: [...body.matchAll(/^- Test \[([^\]]+)\]: (.+)$/gm)].map(([, file = '', name = '']) => {
        return { file: addressOf(file), name };
      }),
    };
  });

function addressOf(name: string): string {
  const address = ADDRESSES.get(name);
  assert.ok(address !== undefined, `${PAGE}: the address of [${name}] is missing at the end`);
  return address;
}

/** `name`, or `Class.method`. */
function isExported(file: string, name: string): boolean {
  const [owner = '', method] = name.split('.');
  const source = read(file);
  return exportsOf(source).has(owner) && (method === undefined || new RegExp(`\\b${method}\\(`).test(source));
}

/** The files with stories and controls of each rule. */
const STORIES = new Map<number, Set<string>>();
for (const file of ['election', 'simulation', 'exploration'].flatMap((folder) => sourceFiles(`test/${folder}`))) {
  for (const [, number] of read(file).matchAll(/^\s*rule: '(\d+)[a-z]?',$/gm)) {
    STORIES.set(Number(number), (STORIES.get(Number(number)) ?? new Set()).add(file));
  }
}

/** Is there a test of this name? Where it is put together, what is filled in must stand in the file too. */
function hasTest(file: string, name: string): boolean {
  const source = withoutComments(read(file));
  if (quoted(name).some((literal) => source.includes(literal))) return true;
  const templates = [...source.matchAll(/\b(?:test|it|describe)\(\s*`([^`]+)`/g)].map(([, template = '']) => template);
  return templates.some((template) => {
    const parts = template.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const filled = new RegExp(`^${parts.join('(.+)')}$`).exec(name)?.slice(1) ?? [];
    return filled.length > 0 && filled.every((value) => isIn(source, value));
  });
}

/** As a text, a number, or a key of an object. */
function isIn(source: string, value: string): boolean {
  if (quoted(value).some((literal) => source.includes(literal))) return true;
  return /^\w+$/.test(value) && new RegExp(/^\d+$/.test(value) ? `\\b${value}\\b` : `\\b${value}:`).test(source);
}

function quoted(value: string): readonly string[] {
  return [`'${value.replaceAll("'", "\\'")}'`, `"${value}"`, `\`${value}\``];
}

test('the page has the rules 1 to 34, in their order, each with an anchor', () => {
  assert.deepEqual(
    RULES.map(({ number }) => number),
    Array.from({ length: 34 }, (_, index) => index + 1),
  );
});

test('every rule names who keeps it, and a test or a story', () => {
  const bare = RULES.filter(
    ({ keepers, stories, tests }) => keepers.length === 0 || stories.length + tests.length === 0,
  );
  assert.deepEqual(
    bare.map(({ number }) => number),
    [],
  );
});

test('every rule that is cited in src is on the page', () => {
  const known = new Set(RULES.map(({ number }) => number));
  const unknown = sourceFiles().flatMap((path) => {
    const cited = [...commentsOnly(read(path)).matchAll(/\brules? ((?:\d+[a-z]?(?:, | to | and )?)+)/g)];
    const numbers = cited.flatMap(([, list = '']) => [...list.matchAll(/\d+/g)].map(([number]) => Number(number)));
    return numbers.filter((number) => !known.has(number)).map((number) => `${path}: rule ${number}`);
  });
  assert.deepEqual(unknown, []);
});

test('every rule that has a story or a control is on the page', () => {
  const known = RULES.map(({ number }) => number);
  assert.deepEqual(
    [...STORIES.keys()].filter((number) => !known.includes(number)),
    [],
  );
});

test('no address at the end of the page is left over', () => {
  const body = text.replace(/^\[[^\]]+\]: .*$/gm, '');
  assert.deepEqual(
    [...ADDRESSES.keys()].filter((name) => !body.includes(`[${name}]`)),
    [],
  );
});

test('every invariant is checked where the page says so', () => {
  const rows = rowsOf(text, 'Invariant');
  const expected = [...Array.from({ length: 15 }, (_, at) => `S${at + 1}`), 'L1', 'L2', 'L3', 'L4', 'L5', 'L6'];
  assert.deepEqual(
    rows.map(([name]) => name),
    expected,
  );
  for (const [name = '', , place = ''] of rows) {
    const file = addressOf(place.replace(/[[\]]/g, ''));
    // L6 is the others with such members in the fleet.
    if (name !== 'L6') assert.ok(new RegExp(`['"\`]${name}\\b`).test(read(file)), `${file} does not check ${name}`);
  }
});

for (const { number, keepers, stories, tests } of RULES) {
  describe(`rule ${number}`, () => {
    test('is kept by what is there', () => {
      for (const { file, name } of keepers) {
        assert.ok(exists(file), `${file} is not there`);
        assert.ok(isExported(file, name), `${file} does not export ${name}`);
      }
    });

    test('has stories and controls where it says so, and says so when it has', () => {
      const found = STORIES.get(number) ?? new Set();
      const named = stories.map((file) => `${file}${found.has(file) ? '' : `: has nothing of rule ${number}`}`);
      assert.deepEqual(named, stories);
      assert.equal(stories.length > 0, found.size > 0, [...found].join());
    });

    test('is tested by what is there', () => {
      for (const { file, name } of tests) {
        assert.ok(exists(file), `${file} is not there`);
        assert.ok(hasTest(file, name), `${file} has no test "${name}"`);
      }
    });
  });
}

test('a test that is not there is missed', () => {
  const here = 'test/tidy/rules.test.ts';
  assert.equal(hasTest(here, 'a test that is not there is missed'), true);
  assert.equal(hasTest(here, ['no', 'such', 'test'].join(' ')), false);
  assert.equal(hasTest(here, ['rule', ['ze', 'ro'].join('')].join(' ')), false);
});
