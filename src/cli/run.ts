/**
 * The command, from arguments to an exit code: reads the flags, refuses what cannot work, runs a node until a signal.
 * What needs time to load (the node, the demo) is imported only when it is about to run, so that help and refusals are
 * quick. Whatever leads or stands by says so itself; nothing here logs about the election.
 */
import { hostname } from 'node:os';
import { systemClock } from '../clock.ts';
import { ElectorConfig } from '../config/elector-config.ts';
import { type ElectorOptions, OPTIONS } from '../config/options.ts';
import { show } from '../config/parsed.ts';
import { type Environment, resolveSettings, UNREAD } from '../config/settings.ts';
import { describeError, ElectorError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { readVersion } from '../version.ts';
import { type ParsedFlags, parseGoFlags } from './go-flags.ts';
import { createLogger, LOG_FORMATS } from './log.ts';
import { listenForShutdown, type Shutdown, type SignalSource } from './shutdown.ts';
import { openStream, type Stream } from './stream.ts';
import { usage } from './usage.ts';

const EXIT_STOPPED = 0;
const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;

/** For a reader that is slow; one that stands still must not hold up the end. */
const LAST_WORDS_MS = 500;

/** By then a start is over, whatever its outcome. */
const SETTLED_AFTER_MS = 10_000;

/** What the command needs of a node. */
export interface RunnableNode {
  /** Resolves when it has stopped in good order. */
  run(): Promise<void>;
  /** Gives up leading and ends `run()`. */
  stop(reason: string): Promise<void>;
}
export type NodeFactory = (
  config: ElectorConfig,
  parts: { readonly logger: Logger; readonly naming: 'flags' },
) => RunnableNode;
export type Demo = (args: readonly string[], env: Environment) => Promise<number>;

/** Everything outside this process's memory that the command touches. */
export interface World {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Resolves when what was written is out, or will not be. */
  readonly lastWords: () => Promise<unknown>;
  readonly hostname: () => string;
  readonly signals: SignalSource;
  readonly loadNode: () => Promise<NodeFactory>;
  readonly loadDemo: () => Promise<Demo>;
}

/** `exit` ends the process at once; it is called for a second signal only. Tests replace parts of the world. */
export async function run(
  args: readonly string[],
  env: Environment,
  exit: (code: number) => void,
  parts: Partial<World> = {},
): Promise<number> {
  const world = { ...realWorld(), ...parts };
  const code = await carryOut(args, env, exit, world);
  await world.lastWords();
  return code;
}

async function carryOut(
  args: readonly string[],
  env: Environment,
  exit: (code: number) => void,
  world: World,
): Promise<number> {
  const { stderr } = world;
  if (args[0] === 'demo') return runDemo(args.slice(1), env, world);
  if (args[0] === 'help') return showUsage(world);
  if (args[0] === 'version') return showVersion(world);

  const flags = parseGoFlags(args, FLAG_SPECS);
  if (flags.type === 'help') return showUsage(world);
  if (flags.problems.length === 0 && flags.values.get('version') === true) return showVersion(world);

  const log = logSettings(flags);
  const options = optionsOf(flags);
  const resolved = resolveSettings(options, env, world.hostname(), 'flags');
  const problems = [...flags.problems, ...resolved.problems, ...log.problems, ...programProblems(flags)];
  if (resolved.settings === null || log.format === undefined || problems.length > 0) {
    return refuse(stderr, [...problems, ...notesOn(flags)]);
  }

  const logger = createLogger({ format: log.format, verbosity: log.verbosity, stream: stderr });
  logger.info('starting k8s-elector', { version: readVersion(), node: process.versions.node });
  warnOfIgnored(flags, logger);
  const { id, podName } = resolved.settings;
  const config = new ElectorConfig({ ...options, id, podName });
  config.log(logger);

  const shutdown = listenForShutdown(world.signals, exit);
  try {
    return await runNode(config, logger, shutdown, world);
  } finally {
    shutdown.dispose();
  }
}

async function runNode(config: ElectorConfig, logger: Logger, shutdown: Shutdown, world: World): Promise<number> {
  try {
    const createNode = await world.loadNode();
    // A signal that came while loading has nothing to give up yet.
    if (shutdown.requested.aborted) return stopped(logger, shutdown);
    const node = createNode(config, { logger, naming: 'flags' });
    shutdown.requested.addEventListener('abort', () => {
      node.stop(String(shutdown.requested.reason)).catch((error: unknown) => {
        logger.error('stopping failed', { error: describeError(error) });
      });
    });
    await node.run();
    return stopped(logger, shutdown);
  } catch (error) {
    const known = error instanceof ElectorError ? error : undefined;
    const problems = known?.problems.length ? known.problems : undefined;
    logger.error('elector failed', { error: describeError(error), code: known?.code, reason: known?.reason, problems });
    if (known === undefined && error instanceof Error) logger.debug('stack of the failure', { stack: error.stack });
    return known?.code === 'CONFIG_INVALID' ? EXIT_WRONG_USE : EXIT_FAILED;
  }
}

function stopped(logger: Logger, { requested }: Shutdown): number {
  logger.info('stopped', { reason: requested.reason });
  return EXIT_STOPPED;
}

function showUsage({ stderr }: World): number {
  stderr.write(usage());
  return EXIT_STOPPED;
}

function showVersion({ stdout }: World): number {
  stdout.write(`k8s-elector ${readVersion()}\n`);
  return EXIT_STOPPED;
}

async function runDemo(args: readonly string[], env: Environment, world: World): Promise<number> {
  try {
    const demo = await world.loadDemo();
    return await demo(args, env);
  } catch (error) {
    world.stderr.write(`the demo failed: ${describeError(error)}\n`);
    return EXIT_FAILED;
  }
}

type Flags = Extract<ParsedFlags, { type: 'parsed' }>;

const FLAGS = OPTIONS.filter((option) => option.source === 'flag');
const FLAG_SPECS = FLAGS.map(({ name, kind, field }) => {
  return { name, isBoolean: kind === 'boolean', ...(field === null ? {} : { alias: field }) };
});

/** The table gives every field the kind of its flag, and `resolveSettings` checks each value all the same. */
function optionsOf(flags: Flags): ElectorOptions {
  const given = FLAGS.flatMap(({ name, field }) => {
    // Of what was not read, everything may have been given.
    const isUnread = flags.unclear.has(name) || (flags.unread.length > 0 && !flags.values.has(name));
    const value = isUnread ? UNREAD : flags.values.get(name);
    return field === null || value === undefined ? [] : [[field, value]];
  });
  return Object.fromEntries(given);
}

function logSettings(flags: Flags) {
  const problems: string[] = [];
  const wanted = flags.values.get('log-format') ?? 'auto';
  const format = LOG_FORMATS.find((known) => known === wanted);
  if (format === undefined) problems.push(`-log-format: expected auto, json or text, got ${show(wanted)}`);
  const level = flags.values.get('v') ?? '0';
  const verbosity = /^[-+]?\d{1,9}$/.test(String(level)) ? Number(level) : undefined;
  if (verbosity === undefined) problems.push(`-v: expected a whole number, got ${show(level)}`);
  return { format, verbosity: verbosity ?? 0, problems };
}

function programProblems(flags: Flags): readonly string[] {
  if (flags.rest.length === 0) return [];
  return [`words after -- (${show(flags.rest.join(' '))}): supervising a program is not available in this version`];
}

/** All problems at once, plain, on stderr: a person is looking, or will be. */
function refuse(stderr: Stream, problems: readonly string[]): number {
  const hint = problems.some((problem) => problem.includes('--help')) ? [] : ["see 'elector --help' for usage"];
  stderr.write([...problems, ...hint].map((line) => `${line}\n`).join(''));
  return EXIT_WRONG_USE;
}

/** What was not even looked at. */
function notesOn({ positionals: [ignored], unread: [unread] }: Flags): readonly string[] {
  const from = (word: string, why: string) => [`${show(word)} and everything after it was ${why}`];
  if (ignored !== undefined) return from(ignored, 'ignored: the first word that is not a flag ends the flags');
  return unread === undefined ? [] : from(unread, 'not read: it may belong to the flag before it, or not');
}

function warnOfIgnored(flags: Flags, logger: Logger): void {
  const [word] = flags.positionals;
  if (word !== undefined) {
    logger.warn('arguments ignored: the first word that is not a flag ends the flags', { from: word });
  }
  const without = FLAGS.filter(({ name, hasEffect }) => !hasEffect && flags.values.has(name));
  if (without.length > 0) {
    logger.warn('logging flags without effect', { flags: without.map(({ name }) => `-${name}`) });
  }
}

function realWorld(): World {
  const stdout = openStream(1);
  const stderr = openStream(2);
  return {
    ...{ stdout, stderr },
    lastWords: () => Promise.all([stdout.drained(LAST_WORDS_MS), stderr.drained(LAST_WORDS_MS)]),
    hostname,
    signals: process,
    loadNode: async () => {
      const { ElectorNode } = await import('../elector-node.ts');
      systemClock.setTimer(SETTLED_AFTER_MS, () => {
        import('./heap.ts').then(({ collectGarbage }) => collectGarbage()).catch(() => {});
      });
      return (config, parts) => new ElectorNode(config, parts);
    },
    loadDemo: async () => (await import('../dev/demo/main.ts')).runDemo,
  };
}
