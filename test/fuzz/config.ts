/** Words of a command line, settings of a program, texts of durations, names and addresses. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { run } from '../../src/cli/run.ts';
import { parseHostPort } from '../../src/config/address.ts';
import { formatDuration, parseDuration } from '../../src/config/durations.ts';
import { identityProblem, namespaceProblem, objectNameProblem } from '../../src/config/names.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import { mutated, mutatedBytes, oddText, oddValue } from './mutate.ts';
import { pure } from './target.ts';

/** A message is for a person: however long the input, it stays readable. */
const LONGEST_PROBLEM = 1_000;

const VALID = {
  name: 'reports',
  namespace: 'default',
  id: 'alice',
  podName: 'alice',
  address: '127.0.0.1:5002',
  kubeConfig: '/config',
  lockType: 'leases',
  ttl: '10s',
  renewDeadline: '6s',
  retryPeriod: 1500,
  stopTimeout: '25s',
  releaseDelay: '1s',
  podLabel: true,
};

/** What no setting of that name can be. */
const WRONG = {
  name: 'Not A Name',
  namespace: 'a.b',
  id: ' ',
  address: '5002',
  kubeConfig: 7,
  lockType: 'leasess',
  ttl: '10',
  renewDeadline: 'soon',
  retryPeriod: [],
  stopTimeout: '-1s',
  releaseDelay: {},
  podLabel: 'yes',
} as const;

const environment = fc.option(oddText).map((name) => (name === null ? {} : { ELECTOR_POD_NAME: name }));

export const settings = pure(
  'settings',
  800,
  fc.tuple(
    fc.oneof(
      mutated(fc.constant(VALID)),
      fc.dictionary(fc.constantFrom(...Object.keys(VALID)), fc.oneof(oddValue, oddText)),
    ),
    environment,
    fc.oneof(fc.constant('alice'), oddText),
    fc.constantFrom('flags', 'fields'),
  ),
  ([given, env, hostname, style]) => {
    if (typeof given !== 'object' || given === null) return;
    const { settings, problems, warnings } = resolveSettings(given, env, hostname, style);
    assert.equal(settings === null, problems.length > 0);
    for (const line of [...problems, ...warnings]) {
      assert.ok(typeof line === 'string' && line !== '');
      // An option that does not exist is quoted as it is; all else is cut.
      if (!line.endsWith('there is no such option')) assert.ok(line.length < LONGEST_PROBLEM, line);
    }
    if (settings === null) return;
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, requestBudgetMs, lapseBudgetMs } = settings.timings;
    assert.ok(leaseDurationMs >= 1_000 && leaseDurationMs <= 3_600_000);
    assert.ok((renewDeadlineMs + lapseBudgetMs) / 0.99 <= leaseDurationMs / 1.01 + 1e-6);
    assert.ok(retryPeriodMs > 0 && requestBudgetMs > 0 && requestBudgetMs <= 10_000);
    assert.ok(settings.stopTimeoutMs >= settings.releaseDelayMs && settings.releaseDelayMs >= 0);
  },
);

export const problemsTogether = pure(
  'problems-together',
  200,
  fc.subarray(Object.keys(WRONG) as (keyof typeof WRONG)[], { minLength: 1 }),
  (wrong) => {
    const given = { ...VALID, ...Object.fromEntries(wrong.map((field) => [field, WRONG[field]])) };
    const { problems } = resolveSettings(given, {}, 'alice');
    const missing = wrong.filter((field) => !problems.some((problem) => problem.startsWith(`${field}:`)));
    assert.deepEqual(missing, []);
    assert.equal(problems.length, wrong.length);
  },
);

const flagNames = [...OPTIONS.map(({ name }) => name), 'h', 'help', 'nope', '', '=', '-'];
const flagValue = fc.oneof(oddText, fc.constantFrom(...Object.values(VALID).map(String), 'json', 'text', 'T', 'FALSE'));
const word = fc.oneof(
  fc.tuple(fc.constantFrom('-', '--', '---', ''), fc.constantFrom(...flagNames)).map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('-', '--'), fc.constantFrom(...flagNames), flagValue)
    .map(([dashes, name, value]) => `${dashes}${name}=${value}`),
  flagValue,
  fc.constantFrom('--', '-', 'demo', '-election=reports', '-version'),
);

export const flags = pure(
  'flags',
  400,
  fc.tuple(fc.array(word, { maxLength: 8 }), environment),
  async ([args, env]) => {
    let stderr = '';
    let stdout = '';
    let ran = 0;
    const code = await run(args, env, () => assert.fail('only a second signal ends the process'), {
      stdout: {
        isTTY: false,
        write: (text) => {
          stdout += text;
        },
      },
      stderr: {
        isTTY: false,
        write: (text) => {
          stderr += text;
        },
      },
      hostname: () => 'alice',
      signals: { on() {}, off() {} },
      loadNode: async () => () => ({ run: async () => void ran++, stop: async () => {} }),
      loadDemo: async () => async () => 0,
    });
    assert.ok(code === 0 || code === 2, `exit code ${code}`);
    if (code === 2) assert.ok(stderr !== '' && ran === 0, 'a refusal says why and runs nothing');
    if (ran > 0) assert.match(stderr, /^\S.*starting k8s-elector/);
    if (stdout !== '') assert.match(stdout, /^k8s-elector \d/);
  },
);

const duration = mutatedBytes(
  fc
    .array(fc.tuple(fc.constantFrom('', '1', '10', '.5', '1.', '007', '9223372036854775807'), unit()), { maxLength: 4 })
    .chain((parts) => fc.constantFrom('', '-', '+').map((sign) => Buffer.from(sign + parts.flat().join('')))),
).map((bytes) => bytes.toString());

function unit(): fc.Arbitrary<string> {
  return fc.constantFrom('ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h', '', 'd', 'S');
}

export const durations = pure('durations', 1_500, fc.oneof(duration, oddText), (text) => {
  const parsed = parseDuration(text);
  if (!parsed.ok) {
    assert.ok(parsed.problem.length < LONGEST_PROBLEM);
    return;
  }
  assert.ok(Number.isFinite(parsed.value));
  const again = parseDuration(formatDuration(parsed.value));
  // Written in whole nanoseconds; a double of that size holds no more.
  const tolerance = Math.max(1e-6, Math.abs(parsed.value) * 1e-15);
  assert.ok(again.ok ? Math.abs(again.value - parsed.value) <= tolerance : Math.abs(parsed.value) > 9.2e12, text);
});

const name = fc.oneof(
  oddText,
  fc
    .tuple(
      fc.constantFrom('a', 'A', '-', ''),
      fc.constantFrom('-', '.', 'a', '_', ' ', 'a.', '.-'),
      fc.nat({ max: 130_000 }),
    )
    .map(([head, unit, count]) => `${head}${unit.repeat(count / unit.length)}${head}`),
);

export const names = pure('names', 300, name, (text) => {
  for (const problemOf of [objectNameProblem, namespaceProblem, identityProblem]) {
    const problem = problemOf(text);
    if (problem === null) assert.equal(encodeURIComponent(text) !== '', true);
    else assert.ok(problem.length < LONGEST_PROBLEM, problem);
  }
  if (namespaceProblem(text) === null) assert.equal(objectNameProblem(text), null);
});

const address = mutatedBytes(
  fc
    .constantFrom(
      ':5002',
      '127.0.0.1:5002',
      '[::1]:5002',
      'localhost:5002',
      'a.b.example:1',
      'http://a:80/x',
      '[fe80::1%eth0]:1',
    )
    .map((text) => Buffer.from(text)),
  ['::', '[', ']', '%', '://', ':99999'],
).map((bytes) => bytes.toString());

export const addresses = pure('addresses', 1_000, fc.oneof(address, oddText), (text) => {
  const parsed = parseHostPort(text);
  if (!parsed.ok) {
    assert.ok(parsed.problem.length < LONGEST_PROBLEM, parsed.problem);
    return;
  }
  const { host, port } = parsed.value;
  assert.ok(Number.isInteger(port) && port >= 0 && port <= 65_535);
  assert.ok(host.length <= 300 && !/[[\]\s/]/.test(host), host);
  assert.deepEqual(parseHostPort(`${host.includes(':') ? `[${host}]` : host}:${port}`), parsed);
});
