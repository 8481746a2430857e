import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ElectorConfig } from '../../src/config/elector-config.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { type Given, resolveSettings, UNREAD } from '../../src/config/settings.ts';
import { deriveTimings } from '../../src/election/timings.ts';

const MISSING = "missing required value: election name was not specified (see '--help' for usage)";

function resolve(given: Given, env: Readonly<Record<string, string>> = {}, hostname = 'alice') {
  return resolveSettings(given, env, hostname);
}

function settingsOf(given: Given, env: Readonly<Record<string, string>> = {}, hostname = 'alice') {
  const { settings, problems } = resolve({ name: 'reports', ...given }, env, hostname);
  assert.deepEqual(problems, []);
  assert.ok(settings !== null);
  return settings;
}

function problemsOf(given: Given, env: Readonly<Record<string, string>> = {}) {
  const { settings, problems } = resolve({ name: 'reports', ...given }, env);
  assert.equal(settings, null);
  return problems;
}

function warningsOf(given: Given, env: Readonly<Record<string, string>> = {}, hostname = 'alice') {
  settingsOf(given, env, hostname);
  return resolve({ name: 'reports', ...given }, env, hostname).warnings;
}

test('a name is enough: everything else has a default', () => {
  assert.deepEqual(resolve({ name: 'reports' }), {
    settings: {
      name: 'reports',
      namespace: 'default',
      lockType: 'leases',
      id: 'alice',
      podName: 'alice',
      podLabel: true,
      kubeConfig: null,
      http: null,
      timings: deriveTimings({ ttlMs: 10_000 }).timings,
      stopTimeoutMs: 25_000,
      releaseDelayMs: 0,
    },
    problems: [],
    warnings: [],
  });
});

test('everything that is given is taken', () => {
  const settings = settingsOf({
    address: '[::1]:5002',
    id: 'alice the first',
    podName: 'alice-0',
    kubeConfig: '/home/alice/config',
    lockType: 'configmaps',
    namespace: 'team-a',
    ttl: '15s',
    renewDeadline: 9000,
    retryPeriod: '2s',
    stopTimeout: '20s',
    releaseDelay: '1.5s',
    podLabel: false,
  });
  assert.deepEqual(settings, {
    name: 'reports',
    namespace: 'team-a',
    lockType: 'configmaps',
    id: 'alice the first',
    podName: 'alice-0',
    podLabel: false,
    kubeConfig: '/home/alice/config',
    http: { host: '::1', port: 5002 },
    timings: deriveTimings({ ttlMs: 15_000, renewDeadlineMs: 9000, retryPeriodMs: 2000 }).timings,
    stopTimeoutMs: 20_000,
    releaseDelayMs: 1500,
  });
});

test('a library configuration resolves as the options it was made of', () => {
  const options = { name: 'reports', id: 'alice', podName: 'alice', ttl: '12s', address: ':5002' };
  assert.deepEqual(resolve(new ElectorConfig(options)), resolve(options));
});

test('empty texts mean off for the HTTP endpoint and in-cluster for the kubeconfig', () => {
  const { http, kubeConfig } = settingsOf({ address: '', kubeConfig: '' });
  assert.deepEqual([http, kubeConfig], [null, null]);
});

test('an empty identity, as a template gives it, is none: the host name holds, and is never empty itself', () => {
  assert.equal(settingsOf({ id: '' }).id, 'alice');
  const { problems } = resolve({ name: 'reports', id: '', podName: 'alice' }, {}, '');
  assert.deepEqual(
    problems.map((problem) => problem.split(':')[0]),
    ['id'],
  );
});

for (const options of [undefined, null, 'reports', 7, ['reports']]) {
  test(`options that are ${JSON.stringify(options)} are a problem, not a crash`, () => {
    const { settings, problems } = resolve(options as unknown as Given);
    assert.equal(settings, null);
    assert.match(
      problems.join(),
      /^options: expected an object such as { name: 'reports' }, got (undefined|null|"reports"|7|an array)$/,
    );
  });
}

test('null and undefined mean not given', () => {
  assert.deepEqual(resolve({ name: 'reports', ttl: undefined, id: null }), resolve({ name: 'reports' }));
});

for (const name of [undefined, null, '']) {
  test(`a missing election is said in the words of the original (${JSON.stringify(name)})`, () => {
    assert.deepEqual(resolve({ name }).problems, [MISSING]);
  });
}

test('the environment wins over the Pod name that is configured, which wins over the host name', () => {
  const env = { ELECTOR_POD_NAME: 'from-env' };
  assert.equal(settingsOf({ podName: 'given' }, env).podName, 'from-env');
  assert.equal(settingsOf({}, env).podName, 'from-env');
  assert.equal(settingsOf({ podName: 'given' }, { ELECTOR_POD_NAME: '' }).podName, 'given');
  assert.equal(settingsOf({}).podName, 'alice');
});

test('no other variable is read', () => {
  const env = new Proxy({}, { get: (_, key) => (key === 'ELECTOR_POD_NAME' ? undefined : assert.fail(String(key))) });
  assert.deepEqual(resolve({ name: 'reports' }, env), resolve({ name: 'reports' }));
});

const refused: readonly (readonly [given: Given, says: RegExp])[] = [
  [{ name: 'Reports' }, /^name: expected .*, got "Reports": "reports" would do$/],
  [{ name: 7 }, /^name: expected text, got 7$/],
  [{ namespace: 'a.b' }, /^namespace: expected at most 63 .*, got "a\.b"$/],
  [{ namespace: '' }, /^namespace: expected .*, got "": say which, or leave it out for "default"$/],
  [{ id: ' ' }, /^id: expected 1 to 512 .*, got " "$/],
  [{ podName: 'Alice' }, /^podName: expected .*, got "Alice"/],
  [{ address: '5002' }, /^address: expected host:port .*, got "5002": write ":5002" for all interfaces$/],
  [{ lockType: 'lease' }, /^lockType: expected leases, configmaps or endpoints, got "lease": write "leases"$/],
  [{ lockType: 'Leases' }, /write "leases"$/],
  [{ lockType: '' }, /^lockType: expected leases, configmaps or endpoints, got ""$/],
  [{ lockType: 'configmapsleases' }, /"configmapsleases": .* come in a later release; until then /],
  [{ lockType: 'endpointsleases' }, /"endpointsleases": .* come in a later release; until then /],
  [{ ttl: '10' }, /^ttl: expected a duration .*, got "10": the unit is missing, write "10s"/],
  [{ ttl: '999ms' }, /^ttl: expected 1s to 1h, got 999ms: leases are written in whole seconds/],
  [{ ttl: 10 }, /^ttl: expected 1s to 1h, got 10ms \(numbers are milliseconds\): /],
  [{ ttl: '0' }, /^ttl: expected 1s to 1h, got 0s: a lease must last for some time$/],
  [{ ttl: '-5s' }, /^ttl: expected 1s to 1h, got -5s: a lease must last/],
  [{ ttl: '1h1ms' }, /^ttl: expected 1s to 1h, got 1h0m0\.001s: after a crash nobody would lead/],
  [{ ttl: Number.NaN }, /^ttl: expected a duration such as '10s' or a number of milliseconds, got NaN$/],
  [{ ttl: {} }, /^ttl: expected a duration such as '10s' or a number of milliseconds, got an object$/],
  [{ renewDeadline: '9.9s' }, /^renewDeadline: expected at most .* with a ttl of 10s, .*, got 9\.9s$/],
  [{ ttl: '15s', renewDeadline: '14s', retryPeriod: '11s' }, /^renewDeadline: /],
  [{ retryPeriod: '0' }, /^retryPeriod: expected 10ms or more, got 0s$/],
  [{ retryPeriod: '9ms' }, /^retryPeriod: expected 10ms or more, got 9ms$/],
  [{ stopTimeout: 1e300 }, /^stopTimeout: expected a duration such as '10s' or a number of milliseconds, got 1e\+300$/],
  [{ retryPeriod: '6s' }, /^renewDeadline: expected more than 1\.2 times the retry period \(6s\), got 6\.667s$/],
  [{ renewDeadline: 'soon' }, /^renewDeadline: expected a duration/],
  [{ stopTimeout: '-1s' }, /^stopTimeout: expected 0s or more, got -1s$/],
  [{ releaseDelay: -1 }, /^releaseDelay: expected 0s or more, got -1ms$/],
  [{ releaseDelay: '26s' }, /^releaseDelay: expected at most stopTimeout \(25s\), inside which it runs, got 26s$/],
  [{ podLabel: 'true' }, /^podLabel: expected true or false, got "true"$/],
  [{ renewDeadLine: '5s' } as Given, /^renewDeadLine: there is no such option$/],
];

for (const [given, says] of refused) {
  test(`refuses ${JSON.stringify(given)}`, () => {
    const problems = problemsOf(given);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', says);
  });
}

test('a bad Pod name from the environment is named by its variable', () => {
  assert.match(problemsOf({}, { ELECTOR_POD_NAME: 'Alice' })[0] ?? '', /^ELECTOR_POD_NAME: expected /);
});

test('all problems are said at once', () => {
  const given = {
    name: '',
    namespace: 'A',
    ttl: '0',
    address: 'x',
    lockType: 'y',
    stopTimeout: '1s',
    releaseDelay: '2s',
  };
  const wheres = resolve(given).problems.map((problem) => problem.split(':')[0]);
  assert.deepEqual(wheres, ['missing required value', 'namespace', 'lockType', 'address', 'ttl', 'releaseDelay']);
});

test('an option that could not be read causes no second problem', () => {
  assert.equal(problemsOf({ stopTimeout: 'x', releaseDelay: '1m' }).length, 1);
  assert.equal(problemsOf({ ttl: 'x', renewDeadline: '1m' }).length, 1);
});

test('what was given but not read is no problem of its own and causes none, and there are no settings', () => {
  const given = {
    name: UNREAD,
    ttl: UNREAD,
    renewDeadline: '1m',
    stopTimeout: UNREAD,
    releaseDelay: '1m',
    podLabel: UNREAD,
  };
  assert.deepEqual(resolve(given), { settings: null, problems: [], warnings: [] });
  assert.equal(problemsOf({ ...given, namespace: 'A' }).length, 1);
});

test('the command hears of its flags, not of the library fields', () => {
  const given = { name: 'reports', address: 'x', renewDeadline: '9.9s', releaseDelay: '30s' };
  const { problems } = resolveSettings(given, {}, 'alice', 'flags');
  assert.deepEqual(
    problems.map((problem) => problem.split(':')[0]),
    ['-http', '-renew-deadline', '-release-delay'],
  );
  assert.match(problems[2] ?? '', /at most -stop-timeout \(25s\)/);
});

test('a ttl of 2.5s is kept as it is and written as 3', () => {
  const { timings } = settingsOf({ ttl: '2.5s' });
  assert.deepEqual([timings.leaseDurationMs, timings.leaseDurationSeconds], [2500, 3]);
});

test('the shortest and the longest ttl are taken', () => {
  assert.equal(settingsOf({ ttl: '1s' }).timings.leaseDurationMs, 1000);
  assert.equal(settingsOf({ ttl: '1h' }).timings.leaseDurationMs, 3_600_000);
});

const warned: readonly (readonly [given: Given, says: RegExp])[] = [
  [{ ttl: '3s' }, /^ttl: a lease of 3s with a renew deadline of 2s is not safe beside .* use 4s or more/],
  [{ renewDeadline: '8.7s' }, /^ttl: a lease of 10s with a renew deadline of 8\.7s is not safe beside/],
  [{ lockType: 'endpoints' }, /^lockType: Kubernetes has deprecated Endpoints; use leases/],
  [{ id: '$(POD_NAME)' }, /^id: "\$\(POD_NAME\)" looks like a variable that was not replaced/],
  [{ releaseDelay: '2s' }, /^releaseDelay: serves apps that poll, but address is off$/],
  [{ stopTimeout: '26.5s' }, /^stopTimeout: 26\.5s does not fit .* terminationGracePeriodSeconds to 31 or more$/],
];

for (const [given, says] of warned) {
  test(`warns of ${JSON.stringify(given)}`, () => {
    const warnings = warningsOf(given);
    assert.equal(warnings.length, 1, warnings.join('\n'));
    assert.match(warnings[0] ?? '', says);
  });
}

test('does not warn of what is safe', () => {
  const given = { ttl: '4s', releaseDelay: '2s', address: ':5002', stopTimeout: '26s', lockType: 'configmaps' };
  assert.deepEqual(warningsOf(given), []);
});

test('warns when the environment contradicts the Pod name that is configured', () => {
  const env = { ELECTOR_POD_NAME: 'alice-1' };
  assert.match(
    warningsOf({ podName: 'alice-0' }, env)[0] ?? '',
    /^podName: "alice-0" has no effect, ELECTOR_POD_NAME is/,
  );
  assert.deepEqual(warningsOf({ podName: 'alice-1' }, env), []);
  // The library fills the host name in: nobody asked for it.
  assert.deepEqual(warningsOf({ podName: 'alice' }, env), []);
});

test('warns when the host name may be a Pod name that was cut', () => {
  const long = 'a'.repeat(63);
  assert.match(warningsOf({}, {}, long)[0] ?? '', /^id: the host name has 63 characters/);
  assert.deepEqual(warningsOf({ id: 'alice' }, {}, long), []);
});

test('a host name that no Pod can have turns the label off instead of failing', () => {
  const hostname = 'Alices-Laptop.local';
  assert.equal(settingsOf({}, {}, hostname).podLabel, false);
  assert.match(
    warningsOf({}, {}, hostname)[0] ?? '',
    /^podLabel: the host name "Alices-Laptop.local" cannot be .* no label/,
  );
  assert.deepEqual(warningsOf({ podLabel: false }, {}, hostname), []);
});

test('nothing that is given makes it throw, and it answers either settings or problems', () => {
  const fields = OPTIONS.flatMap((option) => (option.field === null ? [] : [option.field]));
  const text = fc.constantFrom('', 'reports', 'X', ':5002', '10s', '1s', '3s', '-1h', 'leases', 'true', '\n');
  const value = fc.oneof(text, fc.anything(), fc.double(), fc.boolean());
  const given = fc.dictionary(fc.constantFrom(...fields, 'other'), value);
  fc.assert(
    fc.property(given, fc.string(), (options, hostname) => {
      const { settings, problems } = resolveSettings(options, {}, hostname);
      assert.equal(settings === null, problems.length > 0);
    }),
  );
});
