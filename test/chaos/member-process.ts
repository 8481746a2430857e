/**
 * One process of a member, of whatever program: started in its Pod behind its proxy, asked all the time what it says,
 * signalled, and kept on record. What it wrote and answered stays as it was said; nothing is judged.
 */
import { createInterface } from 'node:readline';
import { type ContainerProcess, startInPod } from '../../bench/world/in-pod.ts';
import { monoMs, msOfNs } from '../../bench/world/mono.ts';
import { type Answer, Poller } from '../../bench/world/poller.ts';
import type { Seat } from '../../bench/world/seat.ts';
import { type Exit, isOurs, type Life, type Mark, type Program, type Run, type Span, type Stall } from './history.ts';
import { CpuWait } from './stalls.ts';

export interface ProcessStart {
  /** `lease-1s/alice#3`. */
  readonly name: string;
  readonly member: string;
  readonly program: Program;
  readonly command: readonly string[];
  readonly seat: Seat;
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  /** Its monotonic and boot-time clocks begin this much later than the machine's. */
  readonly clockAheadSeconds: number;
}

const POLL_EVERY_MS = 20;
/** Two answers further apart are no unbroken row: whole terms might lie in between. */
const ROW_BREAKS_AFTER_MS = 250;
const KEPT_LOG = 20_000;

export class MemberProcess {
  readonly start: ProcessStart;
  readonly startedAtMs: number;
  readonly exited: Promise<void>;
  #child: ContainerProcess;
  #poller: Poller;
  #lastAnswer: Answer | null = null;
  #answeredAtMs: number | null = null;
  #endedAtMs: number | null = null;
  #asked: Exit['asked'] = null;
  #exit: Exit | null = null;
  #pausedAtMs: number | null = null;
  readonly #pauses: Span[] = [];
  readonly #marks: Mark[] = [];
  readonly #runs: Run[] = [];
  readonly #cpu: CpuWait;
  #rowOpen = false;
  #log = '';

  static async start(start: ProcessStart): Promise<MemberProcess> {
    const { child, startedAtMs } = await startInPod(start.seat, [...wrapped(start), ...start.command], start.env);
    return new MemberProcess(start, child, startedAtMs);
  }

  private constructor(start: ProcessStart, child: ContainerProcess, startedAtMs: number) {
    this.start = start;
    this.startedAtMs = startedAtMs;
    this.#child = child;
    this.#cpu = new CpuWait(start.name, () => [child.pid ?? 0], 'main');
    const parse = isOurs(start.program) ? markOfOurs : markOfPeer;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#read(line, parse));
    }
    this.#poller = new Poller(start.port, POLL_EVERY_MS, (answer) => this.#answered(answer));
    this.exited = new Promise((resolve) => {
      child.once('close', (code) => {
        this.#exit = { asked: this.#asked, code, lastLine: lastLineOf(this.#log) };
        this.#endedAtMs ??= monoMs();
        this.#endPause();
        this.#poller.stop();
        this.#cpu.stop();
        resolve();
      });
    });
  }

  get name(): string {
    return this.start.name;
  }

  get runs(): boolean {
    return this.#endedAtMs === null;
  }

  /** By its own words. */
  get leads(): boolean {
    return this.runs && this.#marks.at(-1)?.type === 'leading';
  }

  get isPaused(): boolean {
    return this.#pausedAtMs !== null;
  }

  /** It answers, and did so just now. */
  get isAwake(): boolean {
    return this.runs && this.#lastAnswer !== null && monoMs() - this.#lastAnswer.receivedAtMs < 500;
  }

  /** Whom it names; empty when nobody. */
  get names(): string {
    return this.#lastAnswer?.leader ?? '';
  }

  get lastLine(): string {
    return lastLineOf(this.#log);
  }

  /** A killed process says nothing any more from this instant on. */
  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGUSR2'): void {
    const atMs = monoMs();
    if (signal !== 'SIGUSR2') this.#asked = signal;
    this.#child.kill(signal);
    if (signal === 'SIGKILL') this.#endedAtMs ??= atMs;
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
    this.#pausedAtMs ??= monoMs();
  }

  /** What it answered before the pause is read first: whatever comes later, it says after it. */
  async resume(): Promise<void> {
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    this.#endPause();
    this.#child.kill('SIGCONT');
  }

  life(): Life {
    const openPause = this.#pausedAtMs === null ? [] : [{ fromMs: this.#pausedAtMs, toMs: monoMs() }];
    return {
      ...{ process: this.start.name, member: this.start.member, program: this.start.program },
      ...{ fromMs: this.startedAtMs, answeredAtMs: this.#answeredAtMs, toMs: this.#endedAtMs, exit: this.#exit },
      ...{ pauses: [...this.#pauses, ...openPause], marks: this.#marks, runs: this.#runs, stalls: this.stalls },
    };
  }

  get stalls(): readonly Stall[] {
    return this.#cpu.stalls;
  }

  #endPause(): void {
    if (this.#pausedAtMs === null) return;
    this.#pauses.push({ fromMs: this.#pausedAtMs, toMs: monoMs() });
    this.#pausedAtMs = null;
  }

  #answered(answer: Answer): void {
    const { sentAtMs, receivedAtMs, isLeader } = answer;
    this.#lastAnswer = answer;
    this.#answeredAtMs ??= receivedAtMs;
    // Asked before a pause and answered after it: nobody knows on which side of it the answer was decided.
    const lastPause = this.#pauses.at(-1);
    if (lastPause !== undefined && sentAtMs < lastPause.fromMs && receivedAtMs >= lastPause.toMs) {
      this.#rowOpen = false;
      return;
    }
    const last = this.#runs.at(-1);
    const goesOn = this.#rowOpen && last !== undefined && sentAtMs - last.lastReceivedMs < ROW_BREAKS_AFTER_MS;
    this.#rowOpen = isLeader;
    if (!isLeader) return;
    const now = { lastSentMs: sentAtMs, lastReceivedMs: receivedAtMs };
    if (goesOn) this.#runs[this.#runs.length - 1] = { ...last, ...now, answers: last.answers + 1 };
    else this.#runs.push({ firstSentMs: sentAtMs, firstReceivedMs: receivedAtMs, ...now, answers: 1 });
  }

  #read(line: string, parse: (line: string) => Mark | null): void {
    this.#log = `${this.#log}${line}\n`.slice(-KEPT_LOG);
    const mark = parse(line);
    if (mark !== null) this.#marks.push({ ...mark, atMs: mark.atMs - this.start.clockAheadSeconds * 1000 });
  }
}

/** Each word becomes the next one: the process id stays. The kernel kills it when this process dies of SIGKILL. */
function wrapped({ clockAheadSeconds }: ProcessStart): readonly string[] {
  const ahead = String(clockAheadSeconds);
  const clock = clockAheadSeconds === 0 ? [] : ['unshare', '--time', '--monotonic', ahead, '--boottime', ahead];
  return [...clock, 'setpriv', '--pdeathsig', 'KILL'];
}

function markOfOurs(line: string): Mark | null {
  if (!line.includes('"started leading"') && !line.includes('"stepping down as leader"')) return null;
  const said: { readonly msg: string; readonly mono_ns: number; readonly token?: string; readonly reason?: string } =
    JSON.parse(line);
  const type = said.msg === 'started leading' ? 'leading' : 'stopped';
  return { type, atMs: msOfNs(said.mono_ns), token: said.token ?? null, reason: said.reason ?? '' };
}

function markOfPeer(line: string): Mark | null {
  if (!line.startsWith('{"event":"leading"') && !line.startsWith('{"event":"stopped"')) return null;
  const said: { readonly event: Mark['type']; readonly monoNs: number } = JSON.parse(line);
  return { type: said.event, atMs: msOfNs(said.monoNs), token: null, reason: '' };
}

function lastLineOf(log: string): string {
  return log.trimEnd().split('\n').at(-1) ?? '';
}
