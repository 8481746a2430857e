import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHostPort } from '../../src/config/address.ts';

const accepted: readonly (readonly [text: string, host: string, port: number])[] = [
  [':5002', '', 5002],
  [':0', '', 0],
  [':65535', '', 65_535],
  ['0.0.0.0:5002', '0.0.0.0', 5002],
  ['127.0.0.1:80', '127.0.0.1', 80],
  ['[::]:5002', '::', 5002],
  ['[::1]:5002', '::1', 5002],
  ['[fe80::1%eth0]:5002', 'fe80::1%eth0', 5002],
  ['localhost:5002', 'localhost', 5002],
  ['reports.team-a.svc:5002', 'reports.team-a.svc', 5002],
  ['my_host:1', 'my_host', 1],
  ['Host.:1', 'Host.', 1],
];

const refused: readonly (readonly [text: string, says: RegExp])[] = [
  ['5002', /write ":5002" for all interfaces$/],
  ['localhost', /write "localhost:5002"$/],
  ['127.0.0.1', /write "127.0.0.1:5002"$/],
  ['http://localhost:5002/', /write "localhost:5002"$/],
  ['https://[::1]:5002?x=1', /write "\[::1\]:5002"$/],
  ['http://localhost', /write host:port, no URL$/],
  ['::1', /write "\[::1\]:5002"$/],
  ['2001:db8::1:5002', /write "\[2001:db8::1:5002\]:5002"$/],
  ['::', /write "\[::\]:5002"$/],
  ['fe80:0:0:0:0:0:0:1:5002', /write "\[fe80:0:0:0:0:0:0:1\]:5002"$/],
  ['localhost:', /the port must be a number from 0 to 65535$/],
  [':http', /the port must be a number/],
  [':65536', /the port must be a number/],
  [':-1', /the port must be a number/],
  [':50 02', /the port must be a number/],
  ['256.0.0.1:80', /^expected host:port/],
  ['1.2.3:80', /^expected host:port/],
  ['a b:80', /^expected host:port/],
  ['[localhost]:80', /^expected host:port/],
  ['[::1:80', /^expected host:port/],
  ['-a:80', /^expected host:port/],
  ['', /^expected host:port .*, got ""$/],
  [':', /the port must be a number/],
];

for (const [text, host, port] of accepted) {
  test(`takes ${text}`, () => assert.deepEqual(parseHostPort(text), { ok: true, value: { host, port } }));
}

for (const [text, says] of refused) {
  test(`refuses ${JSON.stringify(text)} and says what to write`, () => {
    const parsed = parseHostPort(text);
    assert.ok(!parsed.ok);
    assert.match(parsed.problem, says);
  });
}

test('no text makes the parser throw, and what it suggests it takes', () => {
  const soup = fc.string({ unit: fc.constantFrom(...':[]./%0159af', 'localhost', '://'), maxLength: 12 });
  fc.assert(
    fc.property(fc.oneof(fc.string(), soup), (text) => {
      const parsed = parseHostPort(text);
      const suggested = parsed.ok ? undefined : /write (".*?")(?: for all interfaces)?$/.exec(parsed.problem)?.[1];
      if (suggested !== undefined) assert.ok(parseHostPort(JSON.parse(suggested)).ok, suggested);
    }),
  );
});
