/** A log message is fixed text, and stands in docs/guides/troubleshooting.md with what it means and what to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineAt, withoutComments } from './code.ts';
import { tablesOf } from './markdown.ts';
import { read, sourceFiles } from './tree.ts';

const GUIDE = 'docs/guides/troubleshooting.md';
/** `logger.info(…)`, `this.#options.logger.warn(…)`, and helpers that hand a message on, such as `#warnOnce(…)`. */
const CALL = /(?:\.(?:debug|info|warn|error)|(?:debug|info|warn|error)Once)\(\s*(?:'((?:[^'\\]|\\.)*)'|([^\s,)]+))/g;
/** The parameter of such a helper. */
const HANDED_ON = 'message';
/** The demo's own log is for the demo. */
const NOT_LOGGED = 'src/dev/';

interface Message {
  readonly where: string;
  /** Null when it is no fixed text. */
  readonly text: string | null;
}

function messagesOf(path: string, source: string): readonly Message[] {
  const code = withoutComments(source);
  return [...code.matchAll(CALL)].flatMap(({ 0: call, 1: text, 2: other, index }) => {
    const isDeclaration = code.slice(index + call.length).startsWith(':');
    if (other === HANDED_ON || isDeclaration || other?.startsWith(`${HANDED_ON}:`)) return [];
    return [{ where: `${path}:${lineAt(code, index)}`, text: text ?? null }];
  });
}

const MESSAGES = sourceFiles()
  .filter((path) => !path.startsWith(NOT_LOGGED))
  .flatMap((path) => messagesOf(path, read(path)));
/** First cells of the tables whose second column is "Means". */
const EXPLAINED = tablesOf(read(GUIDE))
  .filter(([heading]) => heading?.[1] === 'Means')
  .flatMap((table) => table.slice(1).map(([first = '']) => first.replaceAll('`', '')));

test('every log message is fixed text', () => {
  assert.ok(MESSAGES.length > 30, `found only ${MESSAGES.length}`);
  assert.deepEqual(
    MESSAGES.filter(({ text }) => text === null),
    [],
  );
});

test('every log message is explained', () => {
  assert.deepEqual(
    MESSAGES.filter(({ text }) => text !== null && !EXPLAINED.includes(text)),
    [],
  );
});

test('nothing is explained that is not logged, or twice', () => {
  const logged = new Set(MESSAGES.map(({ text }) => text));
  assert.deepEqual(
    EXPLAINED.filter((text) => !logged.has(text)),
    [],
  );
  assert.equal(new Set(EXPLAINED).size, EXPLAINED.length);
});

test('messages are found however they are logged', () => {
  const source = [
    "logger.info('one', { a });",
    "this.#options.logger.warn(\n  'two',\n  {},\n);",
    "this.#warnOnce('three', fields);",
    '#warnOnce(message: string, fields: LogFields): void {',
    'this.#options.logger.warn(message, fields);',
    'logger.error(`four $' + '{five}`);',
    "// logger.error('six');",
  ].join('\n');
  assert.deepEqual(
    messagesOf('x.ts', source).map(({ text }) => text),
    ['one', 'two', 'three', null],
  );
});
