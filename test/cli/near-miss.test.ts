import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meantBy } from '../../src/cli/near-miss.ts';
import { OPTIONS } from '../../src/config/options.ts';

const FLAGS = OPTIONS.filter(({ source }) => source === 'flag').map(({ name, field }) => {
  return { name, ...(field === null ? {} : { alias: field }) };
});

const meant: readonly (readonly [wrong: string, name: string | undefined])[] = [
  ['htttp', 'http'],
  ['htpt', 'http'],
  ['namespce', 'namespace'],
  ['election_', 'election'],
  ['TTL', 'ttl'],
  // The library's fields, and other ways to join words.
  ['name', 'election'],
  ['address', 'http'],
  ['lockType', 'lock-type'],
  ['lock_type', 'lock-type'],
  // The beginning, where only one begins so.
  ['kube', 'kubeconfig'],
  ['n', 'namespace'],
  ['log', undefined],
  ['re', undefined],
  ['election-name', 'election'],
  ['http_address', 'http'],
  // In a short name, a slip or two leave nothing of it.
  ['x', undefined],
  ['foo', undefined],
  ['nope', undefined],
  ['idle-timeout', undefined],
  ['__proto__', undefined],
  ['', undefined],
];

for (const [wrong, name] of meant) {
  test(`-${wrong} ${name === undefined ? 'means nothing that is known' : `means -${name}`}`, () => {
    assert.equal(meantBy(wrong, FLAGS)?.name, name);
  });
}
