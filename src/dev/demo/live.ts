/** The demo for a person at a terminal: draws what is, does what the keys say, until somebody quits. */
import { type Clock, systemClock } from '../../clock.ts';
import { describeError } from '../../errors.ts';
import type { Fleet } from './fleet.ts';
import { commandOf } from './key.ts';
import { renderLine } from './paint.ts';
import { drawScreen } from './screen.ts';
import { sharedNowMs } from './shared-clock.ts';
import type { Terminal } from './terminal.ts';

const DRAW_EVERY_MS = 100;
const MESSAGE_SHOWN_MS = 4000;

/** Resolves, when somebody quits or the signal aborts, to what ends the drawing; until then the screen stays alive. */
export async function runLive(
  fleet: Fleet,
  terminal: Terminal,
  withColours: boolean,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<() => void> {
  let message = { text: '', untilMs: 0 };
  const draw = () => {
    const { columns, rows } = terminal.size();
    const nowMs = sharedNowMs();
    const text = nowMs < message.untilMs ? message.text : '';
    const lines = drawScreen(fleet.state(), { nowMs, columns, rows, url: fleet.url, message: text });
    terminal.draw(lines.map((line) => renderLine(line, columns, withColours)));
  };
  const say = (text: string) => {
    message = { text, untilMs: sharedNowMs() + MESSAGE_SHOWN_MS };
  };

  let timer = clock.setTimer(0, function redraw() {
    draw();
    timer = clock.setTimer(DRAW_EVERY_MS, redraw);
  });
  terminal.onResize(draw);

  await new Promise<void>((resolve) => {
    let isQuitting = false;
    const quit = () => {
      if (isQuitting) fleet.killAll();
      isQuitting = true;
      message = { text: 'ending all members; once more to end them by force', untilMs: Number.POSITIVE_INFINITY };
      resolve();
    };
    signal.addEventListener('abort', quit, { once: true });
    terminal.onKey((key) => {
      const command = commandOf(key, fleet.state(), sharedNowMs());
      if (command?.type === 'quit') quit();
      if (command?.type === 'say') say(command.text);
      if (command?.type === 'act') {
        for (const { action, member } of command.actions) {
          fleet
            .act(action, member)
            .catch((error: unknown) => say(`cannot ${action} ${member}: ${describeError(error)}`));
        }
      }
      draw();
    });
  });
  draw();
  return () => timer.cancel();
}
