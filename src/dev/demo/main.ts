/**
 * The demo, from arguments to an exit code: three real electors and an embedded API, shown live on a terminal, or gone
 * through step by step where there is none. Everything that it starts ends with it, however it ends.
 */
import { type Fleet, LOCK_NAME, startFleet } from './fleet.ts';
import { createGuest, writeGuestFile } from './guest.ts';
import { type Invitation, invite, programOf } from './invitation.ts';
import { evidenceOf } from './leader-lines.ts';
import { type LiveOptions, runLive } from './live.ts';
import { type Line, piece, renderLine } from './paint.ts';
import { drawHandOver } from './screen.ts';
import { openTerminal } from './terminal.ts';
import { endProblems, safetyProblems } from './tour.ts';
import { type Print, printNotes, runTour } from './tour-run.ts';

const USAGE = `Usage: elector demo [-auto]

Starts three electors as processes, and a small Kubernetes API for them, on 127.0.0.1. On a terminal it shows them live,
with keys to stop, kill, pause and cut off the leader, and a command for one of your own. With -auto (or --no-tty), and
without a terminal, it does all of that by itself, and exits 0 only if never two led and every step ended as expected.
`;
const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_WRONG_USE = 2;
const AUTO_FLAG = /^--?(?:auto|no-tty)$/;
const HELP_FLAG = /^--?(?:h|help)$/;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function runDemo(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const unknown = args.find((arg) => !AUTO_FLAG.test(arg) && !HELP_FLAG.test(arg));
  if (unknown !== undefined || args.some((arg) => HELP_FLAG.test(arg))) {
    process.stderr.write(unknown === undefined ? USAGE : `elector demo: there is no ${unknown}\n\n${USAGE}`);
    return unknown === undefined ? EXIT_DONE : EXIT_WRONG_USE;
  }
  if (process.platform === 'win32') {
    process.stderr.write('elector demo: pausing a process needs signals that Windows does not have; use WSL\n');
    return EXIT_FAILED;
  }
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && env.TERM !== 'dumb';
  const isLive = isTerminal && !args.some((arg) => AUTO_FLAG.test(arg));
  const withColours = process.stdout.isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
  const print: Print = (...pieces) => void process.stdout.write(`${renderLine(pieces, 500, withColours)}\n`);

  // Only a person has guests: the tour must go on as it is written.
  const guest = isLive ? createGuest() : null;
  const fleet = await startFleet(env, guest);
  const ending = endWithProcess(fleet);
  const guestFile = guest === null ? null : writeGuestFile(fleet.url, guest.token);
  if (guestFile !== null) process.on('exit', guestFile.remove);
  const terminal = isLive ? openTerminal(process.stdin, process.stdout) : null;
  try {
    const run =
      terminal === null || guestFile === null
        ? showTour(fleet, print, ending.signal)
        : showLive({
            fleet,
            terminal,
            withColours,
            signal: ending.signal,
            invitation: inviteTo(fleet, guestFile, env),
          });
    const problems = await Promise.race([run, ending.failure]);
    terminal?.close();
    return conclude(fleet, problems, print);
  } finally {
    // Before anything is said of what failed: on the other screen nobody would see it.
    terminal?.close();
    ending.dispose();
    fleet.killAll();
    guestFile?.remove();
  }
}

function inviteTo(
  fleet: Fleet,
  { path }: { readonly path: string },
  env: Readonly<Record<string, string | undefined>>,
): Invitation {
  const program = programOf(process.argv[1] ?? 'elector', env);
  return invite({ program, lock: LOCK_NAME, ttlMs: fleet.state().ttlMs, kubeconfig: path });
}

/** Resolves to what went wrong. The members have ended then. */
async function showLive(options: LiveOptions): Promise<readonly string[]> {
  const endDrawing = await runLive(options);
  await options.fleet.close();
  endDrawing();
  return [];
}

async function showTour(fleet: Fleet, print: Print, signal: AbortSignal): Promise<readonly string[]> {
  const ttl = `${fleet.state().ttlMs / 1000}s`;
  print(
    piece(`k8s-elector demo: embedded Kubernetes API on ${fleet.url}, three electors with a ttl of ${ttl}`, 'bold'),
  );
  const endNotes = printNotes(fleet, print);
  const problems = await runTour(fleet, print, signal);
  print(piece('\nAll are asked to stop', 'bold'));
  await fleet.close();
  endNotes();
  return problems.length > 0 ? problems : endProblems(fleet.state());
}

/** What is left to read when all is over. */
function conclude(fleet: Fleet, problems: readonly string[], print: Print): number {
  const state = fleet.state();
  const lines: Line[] = [
    [],
    [piece('Hand-overs', 'bold')],
    ...state.handOvers.map((handOver) => drawHandOver(handOver, state.startedAtMs)),
    [],
  ];
  for (const line of lines) print(...line);
  const all = [...safetyProblems(state), ...problems];
  for (const problem of all) print(piece('✗ ', 'red'), piece(problem));
  // Who quits before the first answer has seen nothing, good or bad.
  if (state.overlaps.length === 0 && state.polls > 0) {
    print(piece('✓ ', 'green'), piece(`never two leaders, ${evidenceOf(state)}`));
  }
  return all.length === 0 ? EXIT_DONE : EXIT_FAILED;
}

/** The first signal asks for an end in order, a second one ends the members by force; so does the end of this process. */
function endWithProcess(fleet: Fleet) {
  const controller = new AbortController();
  const { promise: failure, reject } = Promise.withResolvers<never>();
  failure.catch(() => {});
  const onSignal = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) fleet.killAll();
    else controller.abort(signal);
  };
  const onExit = () => fleet.killAll();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('uncaughtException', reject);
  process.on('exit', onExit);
  return {
    signal: controller.signal,
    failure,
    dispose() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.off('uncaughtException', reject);
      process.off('exit', onExit);
    },
  };
}
