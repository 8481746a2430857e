import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityProblem, namespaceProblem, objectNameProblem } from '../../src/config/names.ts';

const label63 = 'a'.repeat(63);
const subdomain253 = `${'a'.repeat(200)}.${'b'.repeat(52)}`;

const good = {
  objectNameProblem: ['a', '0', 'reports', 'my-app.example.com', 'a--b', '1.2', subdomain253],
  namespaceProblem: ['default', 'a', '0-1', label63],
  identityProblem: ['alice', 'Alice Ångström', 'host_9f8c', '$(POD_NAME)', '日本', 'x'.repeat(512)],
};
const bad = {
  objectNameProblem: [
    '',
    'Reports',
    'a_b',
    '-a',
    'a-',
    '.a',
    'a.',
    'a..b',
    'a.-b',
    'a/b',
    'a b',
    'ä',
    'a\n',
    `${subdomain253}c`,
  ],
  namespaceProblem: ['', 'Default', 'a.b', '-a', 'a-', 'kube system', `${label63}a`],
  identityProblem: ['', ' alice', 'alice ', ' ', 'al\nice', 'al\u0000ice', 'al\u007fice', '\ud800', 'x'.repeat(513)],
};
const checks = { objectNameProblem, namespaceProblem, identityProblem };

for (const [check, problemOf] of Object.entries(checks)) {
  const of = check as keyof typeof checks;
  for (const name of good[of]) {
    test(`${check} takes ${JSON.stringify(name.slice(0, 30))} of length ${name.length}`, () => {
      assert.equal(problemOf(name), null);
    });
  }
  for (const name of bad[of]) {
    test(`${check} refuses ${JSON.stringify(name.slice(0, 30))} of length ${name.length}`, () => {
      assert.match(problemOf(name) ?? '', /^expected .+, got "/);
    });
  }
}

test('what would do is offered when it is plain', () => {
  assert.match(objectNameProblem('My_Reports') ?? '', /got "My_Reports": "my-reports" would do$/);
  assert.match(namespaceProblem('Team A') ?? '', /"team-a" would do$/);
  assert.doesNotMatch(objectNameProblem('a/b') ?? '', /would do/);
});

test('a refused name never breaks the line it is shown on', () => {
  const problem = objectNameProblem(`first\nsecond${'x'.repeat(5000)}`) ?? '';
  assert.doesNotMatch(problem, /\n/);
  assert.ok(problem.length < 400);
});
