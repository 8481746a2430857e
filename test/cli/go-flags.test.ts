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

const failing: readonly (readonly [args: string, message: string])[] = [
  ['-nope', 'flag provided but not defined: -nope'],
  ['--nope=1', 'flag provided but not defined: -nope'],
  ['-ID alice', 'flag provided but not defined: -ID'],
  ['-__proto__', 'flag provided but not defined: -__proto__'],
  ['---id', 'bad flag syntax: ---id'],
  ['-=x', 'bad flag syntax: -=x'],
  ['--=x', 'bad flag syntax: --=x'],
  ['-id', 'flag needs an argument: -id'],
  ['-b -ttl', 'flag needs an argument: -ttl'],
  ['-b=yes', 'invalid boolean value "yes" for -b: parse error'],
  ['-b=', 'invalid boolean value "" for -b: parse error'],
  ['-b=tRUE', 'invalid boolean value "tRUE" for -b: parse error'],
  ['-nope -h', 'flag provided but not defined: -nope'],
];

for (const [args, message] of failing) {
  test(`refuses ${JSON.stringify(args)} in the words of Go`, () => {
    assert.deepEqual(parseGoFlags(words(args), SPECS), { type: 'error', message });
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
      const left = [...flags.positionals, ...flags.rest];
      assert.deepEqual(left, left.length === 0 ? [] : args.slice(-left.length));
      assert.ok(flags.positionals.length === 0 || flags.rest.length === 0);
    }),
  );
});
