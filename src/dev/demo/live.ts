/** The demo for a person at a terminal: draws what is, does what the keys say, until somebody quits. */
import { type Clock, systemClock } from '../../clock.ts';
import { describeError } from '../../errors.ts';
import type { Fleet } from './fleet.ts';
import type { Invitation } from './invitation.ts';
import { type Command, commandOf } from './key.ts';
import { renderLine } from './paint.ts';
import { drawScreen, type Frame, helpPageAfter } from './screen.ts';
import { sharedNowMs } from './shared-clock.ts';
import { leaderAt } from './state.ts';
import type { Terminal } from './terminal.ts';

const DRAW_EVERY_MS = 100;
const MESSAGE_SHOWN_MS = 4000;
const ENDING = 'ending all members; once more to end them by force';

/** What is said until its time is over, or another leads than when it was said. */
interface Message {
  readonly text: string;
  readonly untilMs: number;
  readonly leader: string | null;
}

export interface LiveOptions {
  readonly fleet: Fleet;
  readonly terminal: Terminal;
  readonly withColours: boolean;
  readonly invitation: Invitation | null;
  /** Quits. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** Resolves, when somebody quits or the signal aborts, to what ends the drawing; until then the screen stays alive. */
export async function runLive(options: LiveOptions): Promise<() => void> {
  const { fleet, terminal, withColours, invitation, signal, clock = systemClock } = options;
  let message: Message | null = null;
  let helpPage: number | null = null;
  let isQuitting = false;
  const frameOf = (nowMs: number): Frame => {
    const text = isQuitting ? ENDING : (message?.text ?? '');
    return { nowMs, ...terminal.size(), url: fleet.url, invitation, message: text, helpPage };
  };
  const draw = () => {
    const nowMs = sharedNowMs();
    const state = fleet.state();
    if (message !== null && isOver(message, leaderAt(state, nowMs), nowMs)) message = null;
    const frame = frameOf(nowMs);
    terminal.draw(drawScreen(state, frame).map((line) => renderLine(line, frame.columns, withColours)));
  };
  const say = (text: string) => {
    const nowMs = sharedNowMs();
    message = { text, untilMs: nowMs + MESSAGE_SHOWN_MS, leader: leaderAt(fleet.state(), nowMs) };
  };

  const carryOut = (command: Command) => {
    if (command.type === 'say') say(command.text);
    if (command.type !== 'act') return;
    for (const { action, member } of command.actions) {
      fleet.act(action, member).catch((error: unknown) => say(`cannot ${action} ${member}: ${describeError(error)}`));
    }
  };

  let timer = clock.setTimer(0, function redraw() {
    draw();
    timer = clock.setTimer(DRAW_EVERY_MS, redraw);
  });
  terminal.onResize(draw);

  await new Promise<void>((resolve) => {
    const quit = () => {
      if (isQuitting) fleet.killAll();
      isQuitting = true;
      helpPage = null;
      resolve();
    };
    signal.addEventListener('abort', quit, { once: true });
    terminal.onKey((key) => {
      const nowMs = sharedNowMs();
      const command = commandOf(key, fleet.state(), nowMs);
      if (command?.type === 'quit') quit();
      else if (command?.type === 'help') helpPage = helpPageAfter(helpPage, frameOf(nowMs));
      // Nothing is done to members that are out of sight.
      else if (helpPage !== null) helpPage = null;
      else if (command !== null) carryOut(command);
      draw();
    });
  });
  draw();
  return () => timer.cancel();
}

function isOver(message: Message, leader: string | null, nowMs: number): boolean {
  return nowMs >= message.untilMs || leader !== message.leader;
}
