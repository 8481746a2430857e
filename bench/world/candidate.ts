/**
 * One running candidate, whatever program it is: what it says of its own terms, what it answers, how it ends. The
 * product says it on stderr in its log, floor and peer on stdout; all on the monotonic clock.
 */
import { createInterface } from 'node:readline';
import { type ContainerProcess, startInPod } from './in-pod.ts';
import { monoMs, msOfNs } from './mono.ts';
import { type Answer, Poller } from './poller.ts';
import type { Commands, Program } from './programs.ts';
import type { Seat } from './seat.ts';

/** What a process claimed of itself, by its log. The end of one that was killed is the kill. */
export interface Term {
  readonly candidate: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface CandidateOptions {
  readonly program: Program;
  readonly commands: Commands;
  readonly seat: Seat;
  readonly namespace: string;
  readonly election: string;
  readonly ttlSeconds: number;
  readonly port: number;
  /** Between two questions; null asks nothing. */
  readonly pollEveryMs: number | null;
  readonly onAnswer: (candidate: Candidate, answer: Answer) => void;
  /** In place of the seat's, where its connections lead through a tap. */
  readonly env?: Readonly<Record<string, string>>;
}

type LogEvent = { readonly type: 'leading' | 'stopped'; readonly atMs: number };

export class Candidate {
  readonly id: string;
  readonly seat: Seat;
  /** Of its `exec`. */
  readonly startedAtMs: number;
  readonly pid: number;
  readonly port: number;
  readonly poller: Poller | null;
  /** The last answer to `GET /`. */
  lastAnswer: Answer | null = null;
  #process: ContainerProcess;
  #events: LogEvent[] = [];
  #log = '';
  #endedAtMs: number | null = null;
  #leading = Promise.withResolvers<number>();
  readonly #exited: Promise<number | null>;

  static async start(options: CandidateOptions): Promise<Candidate> {
    const { program, commands, seat, namespace, election, ttlSeconds, port } = options;
    const flags = [`--election=${election}`, `--namespace=${namespace}`, `--id=${seat.podName}`];
    flags.push(`--ttl=${ttlSeconds}s`, `--http=127.0.0.1:${port}`);
    const env = { ...options.env, ELECTOR_POD_NAME: seat.podName };
    const started = await startInPod(seat, [...commands[program], ...flags], env);
    return new Candidate(options, started.child, started.startedAtMs);
  }

  private constructor(options: CandidateOptions, child: ContainerProcess, startedAtMs: number) {
    this.id = options.seat.podName;
    this.seat = options.seat;
    this.startedAtMs = startedAtMs;
    this.pid = child.pid ?? 0;
    this.port = options.port;
    this.#process = child;
    const parse = options.program === 'product' ? productEvent : peerEvent;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#read(line, parse));
    }
    this.#exited = new Promise((resolve) => {
      child.once('close', (code) => {
        this.#endedAtMs ??= monoMs();
        this.poller?.stop();
        resolve(code);
      });
    });
    const { pollEveryMs, port, onAnswer } = options;
    this.poller =
      pollEveryMs === null
        ? null
        : new Poller(port, pollEveryMs, (answer) => {
            this.lastAnswer = answer;
            onAnswer(this, answer);
          });
  }

  /** The instant, by its own log, at which its first term that has not yet ended began. */
  leading(): Promise<number> {
    return this.#leading.promise;
  }

  get isLeading(): boolean {
    return this.#events.at(-1)?.type === 'leading' && this.#endedAtMs === null;
  }

  get terms(): readonly Term[] {
    return this.#events.flatMap(({ type, atMs }, index) => {
      const toMs = this.#events[index + 1]?.atMs ?? this.#endedAtMs ?? monoMs();
      return type === 'leading' ? [{ candidate: this.id, fromMs: atMs, toMs }] : [];
    });
  }

  /** Resolves to the instant of the signal; the process may live on. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): number {
    const atMs = monoMs();
    this.#process.kill(signal);
    if (signal === 'SIGKILL') this.#endedAtMs = atMs;
    return atMs;
  }

  /** Resolves to the exit code when the process is gone. */
  exited(): Promise<number | null> {
    return this.#exited;
  }

  /** What it wrote of late. */
  get log(): string {
    return this.#log;
  }

  #read(line: string, parse: (line: string) => LogEvent | null): void {
    this.#log = `${this.#log}${line}\n`.slice(-20_000);
    const event = parse(line);
    if (event === null) return;
    this.#events.push(event);
    if (event.type === 'leading') this.#leading.resolve(event.atMs);
    else this.#leading = Promise.withResolvers();
  }
}

function productEvent(line: string): LogEvent | null {
  if (!line.includes('"started leading"') && !line.includes('"stepping down as leader"')) return null;
  const { msg, mono_ns }: { readonly msg: string; readonly mono_ns: number } = JSON.parse(line);
  return { type: msg === 'started leading' ? 'leading' : 'stopped', atMs: msOfNs(mono_ns) };
}

function peerEvent(line: string): LogEvent | null {
  if (!line.startsWith('{"event":"leading"') && !line.startsWith('{"event":"stopped"')) return null;
  const { event, monoNs }: { readonly event: 'leading' | 'stopped'; readonly monoNs: number } = JSON.parse(line);
  return { type: event, atMs: msOfNs(monoNs) };
}
