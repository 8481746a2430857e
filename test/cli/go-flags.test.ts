import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseGoFlags } from '../../src/cli/go-flags.ts';

const SPECS = [
  { name: 'id', isBoolean: false },
  { name: 'ttl', isBoolean: false },
  { name: 'b', isBoolean: true },
];

const parsed: readonly (readonly [args: string, values: object, positionals?: string, rest?: string])[] = [
  ['', {}],
  ['-id alice', { id: 'alice' }],
  ['--id alice', { id: 'alice' }],
  ['-id=alice', { id: 'alice' }],
  ['--id=alice', { id: 'alice' }],
  ['-id=', { id: '' }],
  ['-id=a=b', { id: 'a=b' }],
  ['-id==', { id: '=' }],
  // The next word is the value, whatever it looks like.
  ['-id -ttl', { id: '-ttl' }],
  ['-id -- -ttl 1s', { id: '--', ttl: '1s' }],
  ['-id alice -id bob', { id: 'bob' }],
  ['-b', { b: true }],
  ['--b -id alice', { b: true, id: 'alice' }],
  ['-b=false -b', { b: true }],
  ['-b -b=false', { b: false }],
  // A boolean never takes the next word.
  ['-b false -id alice', { b: true }, 'false -id alice'],
  ['demo -id alice', {}, 'demo -id alice'],
  ['-id alice demo -b', { id: 'alice' }, 'demo -b'],
  ['- -b', {}, '- -b'],
  ['--', {}],
  ['-b -- sleep -id 1', { b: true }, '', 'sleep -id 1'],
  ['-- -- a', {}, '', '-- a'],
  // After a positional, two dashes are a word like any other.
  ['demo -- a', {}, 'demo -- a'],
];

const words = (text: string) => (text === '' ? [] : text.split(' '));

for (const [args, values, positionals = '', rest = ''] of parsed) {
  test(`parses ${JSON.stringify(args)} as Go does`, () => {
    const flags = parseGoFlags(words(args), SPECS);
    assert.ok(flags.type === 'parsed');
    assert.deepEqual(Object.fromEntries(flags.values), values);
    assert.deepEqual([flags.positionals, flags.rest], [words(positionals), words(rest)]);
    assert.deepEqual([flags.problems, flags.unread, flags.unclear.size], [[], [], 0]);
  });
}

for (const [truth, texts] of [
  [true, ['1', 't', 'T', 'TRUE', 'true', 'True']],
  [false, ['0', 'f', 'F', 'FALSE', 'false', 'False']],
] as const) {
  test(`${texts.join(', ')} are ${truth}`, () => {
    for (const text of texts) {
      const flags = parseGoFlags([`-b=${text}`], SPECS);
      assert.ok(flags.type === 'parsed');
      assert.equal(flags.values.get('b'), truth);
    }
  });
}

const failing: readonly (readonly [args: string, ...problems: string[]])[] = [
  ['-nope', 'flag provided but not defined: -nope'],
  ['--nope=1', 'flag provided but not defined: -nope'],
  ['-__proto__', 'flag provided but not defined: -__proto__'],
  ['---id', 'bad flag syntax: ---id'],
  ['-=x', 'bad flag syntax: -=x'],
  ['--=x', 'bad flag syntax: --=x'],
  ['-id', 'flag needs an argument: -id'],
  ['-b -ttl', 'flag needs an argument: -ttl'],
  ['-b=yes', 'invalid boolean value "yes" for -b: parse error (expected true or false)'],
  ['-b=', 'invalid boolean value "" for -b: parse error (expected true or false)'],
  ['-b=tRUE', 'invalid boolean value "tRUE" for -b: parse error (expected true or false)'],
  ['-nope -h', 'flag provided but not defined: -nope'],
  // What Go does not say: the others, and what was probably meant.
  ['-ID alice', 'flag provided but not defined: -ID (did you mean -id?)'],
  [
    '-tttl=1s -b=2 -nope',
    'flag provided but not defined: -tttl (did you mean -ttl?)',
    'invalid boolean value "2" for -b: parse error (expected true or false)',
    'flag provided but not defined: -nope',
  ],
];

for (const [args, ...problems] of failing) {
  test(`refuses ${JSON.stringify(args)} in the words of Go`, () => {
    const flags = parseGoFlags(words(args), SPECS);
    assert.ok(flags.type === 'parsed');
    assert.deepEqual(flags.problems, problems);
  });
}

const afterProblems: readonly (readonly [args: string, values: object, unclear: string, unread?: string])[] = [
  ['-nope=1 -id alice', { id: 'alice' }, ''],
  ['---id=bob -id alice', { id: 'alice' }, ''],
  // Nobody knows whether it takes the next word; that a value looks like a flag is rare.
  ['-nope -id alice', { id: 'alice' }, ''],
  ['-nope --id=alice', { id: 'alice' }, ''],
  ['-nope -- -id', {}, ''],
  ['-id bob -nope 5 -id alice', { id: 'bob' }, '', '5 -id alice'],
  ['-nope -5s -id alice', {}, '', '-5s -id alice'],
  ['---id bob -b', {}, '', 'bob -b'],
  // What was meant is known, and whether that takes the next word.
  ['-tttl 1s -b', { b: true }, 'ttl'],
  ['-tttl -id -b', { b: true }, 'ttl'],
  ['-B -id alice', { id: 'alice' }, 'b'],
  ['-b=yes -id alice', { id: 'alice' }, 'b'],
  ['-id alice -ttl', { id: 'alice' }, 'ttl'],
];

for (const [args, values, unclear, unread = ''] of afterProblems) {
  test(`after a problem, ${JSON.stringify(args)} is read as far as it is certain`, () => {
    const flags = parseGoFlags(words(args), SPECS);
    assert.ok(flags.type === 'parsed');
    assert.deepEqual(Object.fromEntries(flags.values), values);
    assert.deepEqual([[...flags.unclear], flags.unread], [words(unclear), words(unread)]);
    assert.equal(flags.problems.length, 1);
  });
}

for (const args of ['-h', '--h', '-help', '--help', '-help=x', '-id alice -h', '-h -nope']) {
  test(`${args} asks for help`, () => assert.deepEqual(parseGoFlags(words(args), SPECS), { type: 'help' }));
}

for (const args of ['-id -h', 'demo -h', '-- -h']) {
  test(`${args} does not ask for help`, () => assert.equal(parseGoFlags(words(args), SPECS).type, 'parsed'));
}

test('no arguments make it throw, and what it does not take as flags is the end of them, unchanged', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('-b', '-id', '--ttl=1s', '--', '-', '---', '-b=f', '-=', 'demo', '-h'),
  );
  fc.assert(
    fc.property(fc.array(word), (args) => {
      const flags = parseGoFlags(args, SPECS);
      if (flags.type !== 'parsed') return;
      const left = [...flags.positionals, ...flags.rest, ...flags.unread];
      assert.deepEqual(left, left.length === 0 ? [] : args.slice(-left.length));
      assert.ok([flags.positionals, flags.rest, flags.unread].filter((words) => words.length > 0).length < 2);
      if (flags.unread.length > 0 || flags.unclear.size > 0) assert.ok(flags.problems.length > 0);
    }),
  );
});
