/** Habits that the compiler cannot check, each with the one place where it does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOnly, importsOf, lineAt } from './code.ts';
import { read, sourceFiles } from './tree.ts';

const LONGEST_FILE = 350;

const CLOCKS =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\.|\bprocess\.(?:hrtime|uptime)\b|\buptime\(|\bset(?:Timeout|Interval|Immediate)\b|\bAbortSignal\.timeout\b/g;
const TIMER_MODULES: ReadonlySet<string> = new Set(['node:timers', 'node:timers/promises', 'node:perf_hooks']);
const EXIT = /\bprocess\.(?:exit|abort|reallyExit)\b/g;
/** Where a process begins, and so where it may end: the command, and the demo's own processes. */
const PROGRAMS: readonly string[] = ['src/cli/main.ts', 'src/dev/demo/keeper.ts', 'src/dev/demo/member.ts'];
/** As a type: after a colon, in brackets, behind `as` or `is`. */
const ANY = /(?::|<|,|\||&|\bas|\bis|=>)\s*any\b(?!\s*[:(])/g;
/** `x!.y`, `x![0]`, `x!;`, `x!)`: but no `!=`. */
const NON_NULL = /[\w$)\]]!(?=[.;,)\]}[\s]|$)(?!\s*=)/g;

function finds(path: string, pattern: RegExp, source = read(path)): readonly string[] {
  const code = codeOnly(source);
  return [...code.matchAll(pattern)].map(({ 0: found, index }) => `${path}:${lineAt(code, index)}: ${found.trim()}`);
}

function everywhereBut(...exceptions: readonly string[]): readonly string[] {
  return sourceFiles().filter((path) => !exceptions.includes(path));
}

test('clocks and timers are in src/clock.ts alone', () => {
  assert.deepEqual(
    everywhereBut('src/clock.ts').flatMap((path) => finds(path, CLOCKS)),
    [],
  );
  for (const path of sourceFiles()) {
    const timers = importsOf(read(path)).filter(({ from }) => TIMER_MODULES.has(from));
    assert.deepEqual(timers, [], path);
  }
});

test('a process ends where it begins', () => {
  assert.deepEqual(
    everywhereBut(...PROGRAMS).flatMap((path) => finds(path, EXIT)),
    [],
  );
});

test('randomness comes into the election from outside', () => {
  assert.deepEqual(
    sourceFiles('src/election').flatMap((path) => finds(path, /\bMath\.random\b|\bcrypto\b|\brandomUUID\b/g)),
    [],
  );
});

test('nothing in src is any, and nothing is said not to be null without proof', () => {
  assert.deepEqual(
    sourceFiles().flatMap((path) => [...finds(path, ANY), ...finds(path, NON_NULL)]),
    [],
  );
});

test(`no file of src is longer than ${LONGEST_FILE} lines`, () => {
  const lines = (path: string) => read(path).trimEnd().split('\n').length;
  assert.deepEqual(
    sourceFiles().filter((path) => lines(path) > LONGEST_FILE),
    [],
  );
});

test('every file of src begins with what it is', () => {
  assert.deepEqual(
    sourceFiles().filter((path) => !/^(#!.*\n)?\/\*\*/.test(read(path))),
    [],
  );
});

test('what must not be is found, and what may be is not', () => {
  const count = (pattern: RegExp, source: string) => finds('x.ts', pattern, source).length;
  for (const clock of ['Date.now()', 'new Date()', 'performance.now()', 'setTimeout(f, 1)', 'AbortSignal.timeout(5)']) {
    assert.equal(count(CLOCKS, `const a = ${clock};`), 1, clock);
  }
  assert.equal(count(CLOCKS, "const a = new Date(unixMs); // Date.now()\nconst b = 'setTimeout';"), 0);
  assert.equal(count(EXIT, 'process.exit(1);'), 1);
  assert.equal(count(ANY, 'const a: any = 1; let b = c as any; let d: Map<string, any>; let e: any[];'), 4);
  assert.equal(count(ANY, "const any = 1; const a = { any: 1 }; // as any\nconst text = ': any';"), 0);
  assert.equal(count(NON_NULL, 'a!.b; c[0]!; d(e!); f!\n'), 4);
  assert.equal(count(NON_NULL, 'if (a !== b && !c) d = a != b;'), 0);
});
