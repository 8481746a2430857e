/** The scanner that the other tests here look through: what it does not see, they cannot find. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOnly, commentsOnly, exportsOf, importsOf, withoutComments } from './code.ts';
import { read, sourceFiles } from './tree.ts';

const squeezed = (text: string) => text.replace(/\s+/g, ' ').trim();

test('comments, texts and patterns are no code', () => {
  const source = [
    'const a = "x // no comment"; // a comment, Date.now()',
    "const b = 'it\\'s'; /* setTimeout */ call(b);",
    'const c = /[/"]\\/"/g.test(a) ? a / b / c : `$' + '{one(`$' + '{two}`)} three {`;',
  ].join('\n');
  assert.equal(
    squeezed(codeOnly(source)),
    squeezed('const a = ; const b = ; call(b); const c = .test(a) ? a / b / c : one( two ) ;'),
  );
  assert.equal(commentsOnly(source), '// a comment, Date.now()\n/* setTimeout */');
  assert.match(withoutComments(source), /no comment/);
});

test('line breaks are kept, so that a finding can name its line', () => {
  for (const path of sourceFiles()) {
    const source = read(path);
    assert.equal(codeOnly(source).split('\n').length, source.split('\n').length, path);
  }
});

test('brackets balance in the code that is left of every source file', () => {
  for (const path of [...sourceFiles(), ...sourceFiles('test')]) {
    const code = codeOnly(read(path));
    for (const [open, close] of ['()', '[]', '{}'].map((pair) => [...pair])) {
      const count = (bracket = '') => code.split(bracket).length;
      // The `${` and the `}` of a template both belong to its text.
      assert.equal(count(open), count(close), `${path}: ${open}${close}`);
    }
  }
});

test('every kind of import is found, over several lines too', () => {
  const source = [
    "import './a.ts';",
    "import b from './b.ts';",
    "import {\n  type C,\n  c,\n} from './c.ts';",
    "import type { D } from './d.ts';",
    "export { e } from './e.ts';",
    "export * from './f.ts';",
    "// import './no.ts';",
    "const g = await import('./g.ts');",
    "type H = typeof import('./h.ts');",
  ].join('\n');
  assert.deepEqual(
    importsOf(source).map(({ from, isType, isLazy }) => `${from}${isType ? ' type' : ''}${isLazy ? ' lazy' : ''}`),
    ['./a.ts', './b.ts', './c.ts', './d.ts type', './e.ts', './f.ts', './g.ts lazy', './h.ts type lazy'],
  );
});

test('exports are found by name', () => {
  const source =
    'export const a = 1; export async function b() {} export { type C, d } from "./x.ts"; function no() {}';
  assert.deepEqual([...exportsOf(source)], ['a', 'b', 'C', 'd']);
});
