/**
 * One watch on its connection: lines of JSON as they come, bookmarks about once a minute and two seconds before the
 * end, and the end in good order when its time is up. Faults strike here, also on streams that were open before.
 */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../clock.ts';
import type { FaultBoard, Sight } from './faults.ts';
import type { StoreEvent, StoreWatch } from './history.ts';
import type { WatchReply } from './request.ts';
import { expired } from './status.ts';
import type { Store } from './store.ts';

export interface WatchStreamOptions {
  readonly clock: Clock;
  readonly faults: FaultBoard;
  readonly bookmarkEveryMs: number;
  /** For watches that ask for no time of their own. */
  readonly timeoutMs: number;
}

export interface WatchStream {
  /** To be called when faults were switched on. */
  faultsChanged(): void;
  end(): void;
}

/** A client that does not read is cut off when this much waits for it. */
const backlogLimitBytes = 8 * 1024 * 1024;
const lastBookmarkBeforeEndMs = 2000;

export function openWatchStream(
  store: Store,
  reply: WatchReply,
  response: ServerResponse,
  sight: Sight,
  { clock, faults, bookmarkEveryMs, timeoutMs }: WatchStreamOptions,
): WatchStream {
  let bookmarkTimer: Timer | null = null;
  let watch: StoreWatch | null = null;
  const endsAtMs = clock.now().monoMs + (reply.timeoutSeconds === null ? timeoutMs : reply.timeoutSeconds * 1000);
  let before: string | null = null;
  let over = false;

  const finish = (close: () => void) => {
    if (over) return;
    over = true;
    endTimer.cancel();
    bookmarkTimer?.cancel();
    watch?.stop();
    close();
  };
  const end = () => finish(() => response.end());
  const write = (text: string) => {
    if (over) return;
    response.write(text);
    if (response.writableLength > backlogLimitBytes) finish(() => response.destroy());
  };
  const expire = () => {
    write(`${JSON.stringify({ type: 'ERROR', object: expired('too old resource version').body })}\n`);
    end();
  };
  const send = (event: StoreEvent) => {
    if (faults.peekForWatch(sight)?.type === 'half-open') return;
    const line = `${JSON.stringify(event)}\n`;
    const former = before;
    before = line;
    switch (faults.takeForWatch(sight)?.type) {
      case 'watch-silent':
        return;
      case 'watch-closed':
        return end();
      case 'watch-garbage':
        return write('<html>this is not an event</html>\n');
      case 'watch-truncated':
        return finish(() => response.write(line.slice(0, line.length / 2), () => response.destroy()));
      case 'watch-duplicated':
        return write(line + line);
      case 'watch-replayed':
        return write(line + (former ?? ''));
      case 'watch-expired':
        return expire();
      case undefined:
        write(line);
        if (event.type === 'ERROR') end();
    }
  };
  const bookmarkLater = () => {
    const nowMs = clock.now().monoMs;
    const lastAtMs = endsAtMs - lastBookmarkBeforeEndMs;
    if (nowMs >= lastAtMs) return;
    const atMs = Math.min(nowMs + bookmarkEveryMs, lastAtMs);
    bookmarkTimer = clock.setTimer(atMs - nowMs, () => {
      watch?.bookmark();
      // Timers may fire a moment early: the last bookmark is known by its plan, not by the clock.
      if (!over && atMs < lastAtMs) bookmarkLater();
    });
  };

  const endTimer = clock.setTimer(endsAtMs - clock.now().monoMs, end);
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  response.on('close', () => finish(() => {}));
  watch = store.watch(reply.kind, reply.accepts, reply, { event: send, closed: end });
  if (over) watch.stop();
  else if (reply.bookmarks) bookmarkLater();

  return {
    faultsChanged() {
      const fault = faults.peekForWatch(sight);
      if (fault?.type === 'watch-closed' && faults.takeForWatch(sight) !== null) end();
      if (fault?.type === 'watch-expired' && faults.takeForWatch(sight) !== null) expire();
    },
    end,
  };
}
