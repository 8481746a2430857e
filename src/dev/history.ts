/**
 * The events of a store, in order, for the watches that follow and for those that start a little in the past. Bounded:
 * whoever asks for an older version is told that it has expired. Events are delivered synchronously, within the call
 * that caused them.
 */
import { apiVersionOf, type Kind, leases } from './kinds.ts';
import type { ApiObject } from './object.ts';
import { expired, type JsonObject } from './status.ts';

export type ObjectEvent = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ApiObject };

/** As it stands on a line of a watch. `ERROR` is always the last. */
export type StoreEvent =
  | ObjectEvent
  /** `object` is of the watched kind and has no more than a version. */
  | { readonly type: 'BOOKMARK'; readonly object: JsonObject }
  | { readonly type: 'ERROR'; readonly object: JsonObject };

export interface WatchReceiver {
  event(event: StoreEvent): void;
  /** The store ends the watch; nothing comes afterwards. Not called after an ERROR, nor after `stop`. */
  closed(): void;
}

export interface StoreWatch {
  stop(): void;
  /** Sends a bookmark with the store's version. The store keeps no time, so somebody else says when. */
  bookmark(): void;
}

/** What a watch wants to see. */
export interface Interest {
  readonly kind: Kind;
  readonly accepts: (object: ApiObject) => boolean;
}

export class History {
  readonly #limit: number;
  #events: { readonly version: number; readonly kind: Kind; readonly event: ObjectEvent }[] = [];
  /** A watch may start from here or later. */
  #oldest: number;
  #watches = new Set<{ readonly interest: Interest; readonly from: number; readonly receiver: WatchReceiver }>();

  constructor(limit: number, version: number) {
    this.#limit = limit;
    this.#oldest = version;
  }

  record(version: number, kind: Kind, event: ObjectEvent): void {
    this.#events.push({ version, kind, event });
    if (this.#events.length > this.#limit) this.#oldest = this.#events.shift()?.version ?? this.#oldest;
    for (const watch of [...this.#watches]) {
      const wanted = watch.interest.kind === kind && version > watch.from && watch.interest.accepts(event.object);
      if (wanted && this.#watches.has(watch)) watch.receiver.event(event);
    }
  }

  /** Forgets every event before `version`, and so makes older versions too old to watch from. */
  expire(version: number): void {
    this.#events = [];
    this.#oldest = version;
  }

  /** Ends every watch, as a restart of the API does. */
  closeWatches(): void {
    const watches = [...this.#watches];
    this.#watches.clear();
    for (const watch of watches) watch.receiver.closed();
  }

  /** Sends what came after `from`, then follows. A `from` in the future is no error: nothing comes until then. */
  watch(interest: Interest, from: number, receiver: WatchReceiver, currentVersion: () => string): StoreWatch {
    if (from < this.#oldest) {
      receiver.event({ type: 'ERROR', object: expired(`too old resource version: ${from} (${this.#oldest})`).body });
      return { stop() {}, bookmark() {} };
    }
    const watch = { interest, from, receiver };
    this.#watches.add(watch);
    // Versions grow, so that the newest events are the ones to send: of those that are here now, no later ones.
    let first = this.#events.length;
    while (first > 0 && (this.#events[first - 1]?.version ?? 0) > from) first -= 1;
    for (const { kind, event } of this.#events.slice(first)) {
      if (kind !== interest.kind || !interest.accepts(event.object)) continue;
      if (this.#watches.has(watch)) receiver.event(event);
    }
    return {
      stop: () => void this.#watches.delete(watch),
      bookmark: () => {
        if (this.#watches.has(watch)) receiver.event(bookmark(interest.kind, currentVersion()));
      },
    };
  }
}

export function bookmark(kind: Kind, resourceVersion: string, annotations?: JsonObject): StoreEvent {
  const object = {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata: { resourceVersion, ...(annotations === undefined ? {} : { annotations }) },
    ...(kind === leases ? { spec: {} } : {}),
  };
  return { type: 'BOOKMARK', object };
}
