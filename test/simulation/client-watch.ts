/**
 * One watch over the simulated network: events come in order, as one connection brings them, and are dropped, doubled,
 * replayed or silenced on the way.
 */
import type { StoreWatch } from '../../src/dev/history.ts';
import type { ApiWatch, ApiWatchEvent, Resource } from '../../src/lock/api.ts';
import type { Entry } from './agenda.ts';
import type { Chances } from './chances.ts';
import type { ClientOptions } from './client.ts';
import { named } from './cluster.ts';
import { describeEvent } from './describe.ts';

/** So many former events may come once more. */
const PAST_KEPT = 4;
const BOOKMARK_EVERY_MS = 60_000;
/** A cut line that becomes whole again is tried so often. */
const CATCH_UP_MS = 200;

export function openWatch<Cause>(
  { agenda, cluster, line, latencyMs, deliver, onWatchEvent, note }: ClientOptions<Cause>,
  chances: Chances,
  { resource, namespace, name }: { readonly resource: Resource; readonly namespace: string; readonly name: string },
  { from, timeoutSeconds }: { readonly from: string; readonly timeoutSeconds: number },
  onEvent: (event: ApiWatchEvent) => void,
  /** What this client's watches brought last, also those that are over. */
  past: ApiWatchEvent[],
  onStop: () => void,
): ApiWatch {
  const latency = chances.stream('watch latency');
  let over = false;
  let silent = chances.hits('watch-silent');
  let inner: StoreWatch | null = null;
  let lastArrivalMs = 0;
  let timeout: Entry | null = null;
  let nextBookmark: Entry | null = null;
  const stop = () => {
    if (over) return;
    over = true;
    onStop();
    inner?.stop();
    for (const entry of [timeout, nextBookmark]) if (entry !== null) agenda.cancel(entry);
  };

  const push = (event: ApiWatchEvent) => {
    if (over || silent) return;
    const atMs = agenda.nowMs + latency.waitMs(latencyMs / 2) + 0.1;
    const slowMs = chances.hits('slow-answer') ? chances.delayMs('slow watch') : 0;
    lastArrivalMs = Math.max(lastArrivalMs, atMs + slowMs);
    agenda.at(lastArrivalMs, () => arrive(event));
  };
  /** What is on the way through a cut line comes when it is whole again, or never: the connection is dead. */
  const arrive = (event: ApiWatchEvent) => {
    if (over || silent) return;
    if (!line.downCut) deliver(() => receive(event));
    else if (chances.stream('watch cut').chance(0.5)) silent = true;
    else agenda.in(CATCH_UP_MS, () => arrive(event));
  };
  const receive = (event: ApiWatchEvent) => {
    if (over) return;
    note?.(() => `<~ ${describeEvent(event)}`);
    onWatchEvent(event);
    if (event.type === 'END') stop();
    onEvent(event);
  };
  const end = (code: number, message: string) => push({ type: 'END', code, message });

  const changed = (event: ApiWatchEvent) => {
    const drop = chances.hits('watch-drop');
    const twice = chances.hits('watch-twice');
    const replay = chances.hits('watch-replay');
    if (chances.hits('watch-silent')) silent = true;
    if (chances.hits('watch-end')) return end(chances.stream('watch end').pick([200, 200, 0, 500]), 'closed');
    if (chances.hits('watch-410')) return end(410, 'too old resource version');
    if (drop) return;
    push(event);
    if (twice) push(event);
    const old = replay ? chances.stream('watch old').pickAny(past) : null;
    if (old !== null) push(old);
    past.push(event);
    if (past.length > PAST_KEPT) past.shift();
  };

  const open = () => {
    if (over || line.upCut) return;
    if (line.denied.has(`watch ${resource.plural}`)) return end(403, 'forbidden');
    if (line.outage !== null) return end(line.outage.code, 'the API is out');
    if (chances.hits('watch-410')) return end(410, 'too old resource version');
    inner = cluster.store.watch(
      cluster.lockKind,
      named(namespace, name),
      { from, bookmarks: true },
      {
        event: (what) => {
          if (what.type === 'BOOKMARK') return;
          if (what.type === 'ERROR') return end(Number(what.object.code), String(what.object.message));
          changed(what);
        },
        closed: () => end(0, 'the connection broke'),
      },
    );
    if (over) inner.stop();
    else timeout = agenda.in(timeoutSeconds * 1000, () => end(200, 'timeout'));
  };
  agenda.in(latency.waitMs(latencyMs / 2) + 0.1, open);

  const bookmark = () => {
    if (inner !== null) push({ type: 'BOOKMARK', version: cluster.store.version() });
    nextBookmark = agenda.in(BOOKMARK_EVERY_MS, bookmark);
  };
  nextBookmark = agenda.in(BOOKMARK_EVERY_MS, bookmark);
  return { stop };
}
