import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { type NodeFactory, type RunnableNode, run, type World } from '../../src/cli/run.ts';
import { usage } from '../../src/cli/usage.ts';
import type { ElectorConfig } from '../../src/config/elector-config.ts';
import { ElectorError } from '../../src/errors.ts';
import { readVersion } from '../../src/version.ts';

const MISSING = "missing required value: election name was not specified (see '--help' for usage)";
const HINT = "see 'elector --help' for usage";

/** A node that runs until it is stopped. */
function obedientNode(stops: string[] = []): RunnableNode {
  const stopped = Promise.withResolvers<void>();
  return {
    run: () => stopped.promise,
    stop: async (reason) => {
      stops.push(reason);
      stopped.resolve();
    },
  };
}

interface Told {
  readonly stdout: () => string;
  readonly lines: () => string[];
  readonly logs: () => Record<string, unknown>[];
  readonly configs: ElectorConfig[];
  readonly exits: number[];
  readonly signals: EventEmitter;
  /** Runs the command on arguments written as one text. */
  command(args: string | readonly string[], env?: Readonly<Record<string, string>>): Promise<number>;
}

function world(createNode: () => RunnableNode, more: Partial<World> = {}): Told {
  let stdout = '';
  let stderr = '';
  const configs: ElectorConfig[] = [];
  const exits: number[] = [];
  const signals = new EventEmitter();
  const factory: NodeFactory = (config) => {
    configs.push(config);
    return createNode();
  };
  const parts: Partial<World> = {
    stdout: { isTTY: false, write: (text) => (stdout += text) },
    stderr: { isTTY: false, write: (text) => (stderr += text) },
    hostname: () => 'alice',
    signals,
    loadNode: async () => factory,
    loadDemo: async () => async () => 0,
    ...more,
  };
  const lines = () => stderr.split('\n').slice(0, -1);
  return {
    stdout: () => stdout,
    lines,
    logs: () => lines().map((line) => JSON.parse(line)),
    configs,
    exits,
    signals,
    command(args, env = {}) {
      const words = typeof args === 'string' ? args.split(' ').filter((word) => word !== '') : args;
      return run(words, env, (code) => exits.push(code), parts);
    },
  };
}

const never = () => assert.fail('no node must be made');
const done = (): RunnableNode => ({ run: async () => {}, stop: async () => {} });
const failing = (error: unknown): RunnableNode => ({ run: () => Promise.reject(error), stop: async () => {} });

for (const args of ['-h', '--help', '-election reports -help', '-ttl=x -h', 'help']) {
  test(`${args} shows the usage on stderr and exits 0`, async () => {
    const told = world(never);
    assert.equal(await told.command(args), 0);
    assert.equal(`${told.lines().join('\n')}\n`, usage());
    assert.equal(told.stdout(), '');
  });
}

for (const args of ['-version', 'version']) {
  test(`${args} alone writes to stdout and exits 0`, async () => {
    const told = world(never);
    assert.equal(await told.command(args), 0);
    assert.equal(told.stdout(), `k8s-elector ${readVersion()}\n`);
    assert.deepEqual(told.lines(), []);
  });
}

const refused: readonly (readonly [args: string, ...lines: string[]])[] = [
  ['', MISSING],
  ['-election=', MISSING],
  ['-version=false', MISSING],
  ['-nope', 'flag provided but not defined: -nope', MISSING],
  ['-version -nope -election=x', 'flag provided but not defined: -nope', HINT],
  ['-election', 'flag needs an argument: -election', HINT],
  [
    '---election reports',
    'bad flag syntax: ---election',
    '"reports" and everything after it was not read: it may belong to the flag before it, or not',
    HINT,
  ],
  [
    '-election=reports -htttp=:1 -ttl=5 -foo',
    'flag provided but not defined: -htttp (did you mean -http?)',
    'flag provided but not defined: -foo',
    '-ttl: expected a duration such as 10s, 1m30s or 500ms, got "5": the unit is missing, write "5s" for seconds',
    HINT,
  ],
  [
    '-pod-label=maybe -ttl=5 -v x',
    'invalid boolean value "maybe" for -pod-label: parse error (expected true or false)',
    MISSING,
    '-ttl: expected a duration such as 10s, 1m30s or 500ms, got "5": the unit is missing, write "5s" for seconds',
    '-v: expected a whole number, got "x"',
  ],
  // What is not known causes no other problem: an election is named, and the drain may be long enough.
  ['-electon=reports', 'flag provided but not defined: -electon (did you mean -election?)', HINT],
  ['-name reports', 'flag provided but not defined: -name (did you mean -election?)', HINT],
  [
    '-election=reports -release-delay=30s -stop-timout 40s',
    'flag provided but not defined: -stop-timout (did you mean -stop-timeout?)',
    HINT,
  ],
  [
    '-ttl=5 -foo bar -election reports',
    'flag provided but not defined: -foo',
    '-ttl: expected a duration such as 10s, 1m30s or 500ms, got "5": the unit is missing, write "5s" for seconds',
    '"bar" and everything after it was not read: it may belong to the flag before it, or not',
    HINT,
  ],
  ['-election reports -log-format xml', '-log-format: expected auto, json or text, got "xml"', HINT],
  ['-election reports -v high', '-v: expected a whole number, got "high"', HINT],
  ['-election reports -v=', '-v: expected a whole number, got ""', HINT],
  [
    '-election reports -- sleep 1',
    'words after -- ("sleep 1"): supervising a program is not available in this version',
    HINT,
  ],
  [
    'lead -election reports',
    MISSING,
    '"lead" and everything after it was ignored: the first word that is not a flag ends the flags',
  ],
  [
    '-ttl 10 -stop-timeout -1s -v x',
    MISSING,
    '-ttl: expected a duration such as 10s, 1m30s or 500ms, got "10": the unit is missing, write "10s" for seconds',
    '-stop-timeout: expected 0s or more, got -1s',
    '-v: expected a whole number, got "x"',
  ],
];

for (const [args, ...lines] of refused) {
  test(`"${args}" is refused with exit code 2 before anything starts`, async () => {
    const told = world(never, { loadNode: () => assert.fail('nothing must be loaded') });
    assert.equal(await told.command(args), 2);
    assert.deepEqual(told.lines(), lines);
    assert.equal(told.stdout(), '');
  });
}

test('the version is the first line, the configuration the next', async () => {
  const told = world(done);
  assert.equal(await told.command('-election reports -http :5002 -ttl=12s -pod-label=false'), 0);
  const [first, second, ...others] = told.logs();
  assert.deepEqual([first?.msg, first?.version], ['starting k8s-elector', readVersion()]);
  assert.deepEqual([second?.msg, second?.name, second?.ttl], ['elector configuration', 'reports', '12s']);
  assert.deepEqual(
    others.map(({ msg }) => msg),
    ['stopped'],
  );
  assert.equal(told.stdout(), '');
});

test('the node is made of the flags', async () => {
  const told = world(done);
  const flags = '-election reports -http :5002 -id bob -kubeconfig /k -lock-type configmaps -namespace team-a -ttl 12s';
  const ours = '-renew-deadline 7s -retry-period 1s -stop-timeout 9s -release-delay 2s -pod-label=0 -log-format json';
  assert.equal(await told.command(`${flags} ${ours}`, { ELECTOR_POD_NAME: 'bob-0' }), 0);
  assert.deepEqual(
    told.configs.map((config) => ({ ...config })),
    [
      {
        name: 'reports',
        address: ':5002',
        id: 'bob',
        podName: 'bob-0',
        kubeConfig: '/k',
        lockType: 'configmaps',
        namespace: 'team-a',
        ttl: '12s',
        renewDeadline: '7s',
        retryPeriod: '1s',
        stopTimeout: '9s',
        releaseDelay: '2s',
        podLabel: false,
      },
    ],
  );
});

test('the node speaks of flags, and the process ends when its last words are out', async () => {
  const order: string[] = [];
  const factory: NodeFactory = (_config, { naming }) => {
    order.push(`made, naming ${naming}`);
    return done();
  };
  const lastWords = async () => order.push('last words');
  const told = world(never, { loadNode: async () => factory, lastWords });
  assert.equal(await told.command('-election reports'), 0);
  assert.deepEqual(order, ['made, naming flags', 'last words']);
});

for (const id of ['', ' -id=']) {
  test(`identity and Pod name come from the host name (-election reports${id})`, async () => {
    const told = world(done);
    assert.equal(await told.command(`-election reports${id}`), 0);
    assert.deepEqual([told.configs[0]?.id, told.configs[0]?.podName], ['alice', 'alice']);
  });
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} stops the node, and the exit code is 0`, async () => {
    const stops: string[] = [];
    const running = Promise.withResolvers<void>();
    const node = obedientNode(stops);
    const told = world(() => ({
      run: () => {
        running.resolve();
        return node.run();
      },
      stop: node.stop,
    }));
    const exited = told.command('-election reports');
    await running.promise;
    told.signals.emit(signal, signal);
    assert.equal(await exited, 0);
    assert.deepEqual(stops, [signal]);
    const last = told.logs().at(-1);
    assert.deepEqual([last?.level, last?.msg, last?.reason], ['info', 'stopped', signal]);
    assert.deepEqual(told.exits, []);
    assert.deepEqual(told.signals.eventNames(), []);
  });
}

test('a second signal exits at once, while the node is still stopping', async () => {
  const running = Promise.withResolvers<void>();
  const told = world(() => ({
    run: () => {
      running.resolve();
      return new Promise(() => {});
    },
    stop: () => new Promise(() => {}),
  }));
  void told.command('-election reports');
  await running.promise;
  told.signals.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(told.exits, []);
  told.signals.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(told.exits, [143]);
});

test('a signal that comes while the node is being loaded ends the command without making one', async () => {
  const told = world(never, {
    loadNode: async () => {
      told.signals.emit('SIGTERM', 'SIGTERM');
      return never;
    },
  });
  assert.equal(await told.command('-election reports'), 0);
  assert.equal(told.logs().at(-1)?.msg, 'stopped');
});

test('a node that fails to run is said, with code and reason, and the exit code is 1', async () => {
  const error = new ElectorError('HTTP_LISTEN_FAILED', 'cannot listen on :5002: in use', { reason: 'EADDRINUSE' });
  const told = world(() => failing(error));
  assert.equal(await told.command('-election reports'), 1);
  const { time, ...last } = told.logs().at(-1) ?? {};
  assert.deepEqual(last, {
    level: 'error',
    msg: 'elector failed',
    error: 'cannot listen on :5002: in use',
    code: 'HTTP_LISTEN_FAILED',
    reason: 'EADDRINUSE',
  });
});

test('a node that fails in an unforeseen way shows its stack at -v=4', async () => {
  for (const [args, stacks] of [
    ['-election reports', 0],
    ['-election reports -v=4', 1],
  ] as const) {
    const told = world(() => failing(new TypeError('odd')));
    assert.equal(await told.command(args), 1);
    assert.equal(told.logs().filter((line) => line.msg === 'stack of the failure').length, stacks);
  }
});

test('a node that cannot be loaded or made gives exit code 1', async () => {
  const thrower = () => {
    throw new Error('broken');
  };
  assert.equal(await world(thrower).command('-election reports'), 1);
  assert.equal(await world(never, { loadNode: async () => thrower() }).command('-election reports'), 1);
});

test('a configuration that only the node can refuse gives exit code 2, with every problem', async () => {
  const told = world(() => failing(new ElectorError('CONFIG_INVALID', 'wrong', { problems: ['one', 'two'] })));
  assert.equal(await told.command('-election reports'), 2);
  assert.deepEqual(told.logs().at(-1)?.problems, ['one', 'two']);
});

test('stopping that fails is said, and the node decides the exit code', async () => {
  const running = Promise.withResolvers<void>();
  const stuck = Promise.withResolvers<void>();
  const told = world(() => ({
    run: () => {
      running.resolve();
      return stuck.promise;
    },
    stop: async () => {
      stuck.reject(new ElectorError('WORK_STUCK', 'work runs on'));
      throw new Error('cannot stop');
    },
  }));
  const exited = told.command('-election reports');
  await running.promise;
  told.signals.emit('SIGTERM', 'SIGTERM');
  assert.equal(await exited, 1);
  const errors = told.logs().filter((line) => line.level === 'error');
  assert.deepEqual(errors.map((line) => line.msg).toSorted(), ['elector failed', 'stopping failed']);
});

test('what a manifest carries in vain is said once, each kind in one line', async () => {
  const told = world(done);
  const args = '-logtostderr -v=2 -stderrthreshold=INFO -log_dir /x -log_dir /y -election reports one two';
  assert.equal(await told.command(args), 0);
  const warnings = told.logs().filter((line) => line.level === 'warn');
  assert.deepEqual(
    warnings.map(({ time, level, ...rest }) => rest),
    [
      { msg: 'arguments ignored: the first word that is not a flag ends the flags', from: 'one' },
      { msg: 'logging flags without effect', flags: ['-log_dir', '-logtostderr', '-stderrthreshold'] },
    ],
  );
});

test('demo as the first word runs the demo with the words after it, and its exit code counts', async () => {
  const calls: unknown[] = [];
  const loadDemo = async () => async (args: readonly string[], env: object) => {
    calls.push([args, env]);
    return 7;
  };
  const told = world(never, { loadDemo });
  assert.equal(await told.command('demo -fast 3', { A: 'b' }), 7);
  assert.deepEqual(calls, [[['-fast', '3'], { A: 'b' }]]);
});

test('demo that fails gives exit code 1', async () => {
  const told = world(never, { loadDemo: () => Promise.reject(new Error('no demo here')) });
  assert.equal(await told.command('demo'), 1);
  assert.deepEqual(told.lines(), ['the demo failed: no demo here']);
});

test('demo anywhere else is a word like any other', async () => {
  const told = world(done, { loadDemo: () => assert.fail('no demo') });
  assert.equal(await told.command('-election reports demo'), 0);
  assert.equal(told.logs().filter((line) => line.from === 'demo').length, 1);
});

test('no arguments make it throw, and stdout stays empty but for the version', async () => {
  const flag = fc.constantFrom(
    '-election',
    '-http',
    '-id',
    '-ttl',
    '-v',
    '-pod-label',
    '-version',
    '-h',
    '--',
    '-log_dir',
  );
  const word = fc.oneof(flag, fc.constantFrom('reports', ':5002', '10s', '-ttl=4s', '-election=a'), fc.string());
  await fc.assert(
    fc.asyncProperty(fc.array(word), async (args) => {
      const told = world(done);
      assert.ok([0, 2].includes(await told.command(args)));
      if (told.stdout() !== '') assert.equal(told.stdout(), `k8s-elector ${readVersion()}\n`);
    }),
  );
});
