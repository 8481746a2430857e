/**
 * Everything real in the demo: the embedded API, three members as processes, the polls of their `GET /`, and what can
 * be done to them. What happens is turned into events and kept as a state; what it means is not decided here.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../clock.ts';
import type { FaultSwitch } from '../faults.ts';
import { leases, pods } from '../kinds.ts';
import type { User } from '../rights.ts';
import { startServer } from '../server.ts';
import { createStore, type Store } from '../store.ts';
import type { Action, DemoEvent } from './event.ts';
import type { Guest } from './guest.ts';
import { type MemberProcess, startMember } from './member-process.ts';
import { lockOf, statusLabelOf } from './objects.ts';
import { type Poller, startPoller } from './poll.ts';
import { findFreePorts } from './ports.ts';
import { sharedNowMs } from './shared-clock.ts';
import { type DemoState, initialState, isAlive, memberOf, reduce } from './state.ts';

export interface Fleet {
  /** Of the embedded API. */
  readonly url: string;
  state(): DemoState;
  /** Called after each event. Returns what ends it. */
  subscribe(listener: (state: DemoState) => void): () => void;
  /** Does it, if the member is in a state for it. Resolves when it is done, not when it has had its effect. */
  act(action: Action, member: string): Promise<void>;
  /** Ends all members in order, by force those that do not end, then the API. */
  close(): Promise<void>;
  /** Ends all members by force, at once. */
  killAll(): void;
}

const NAMES = ['alice', 'bob', 'carol'] as const;
const NAMESPACE = 'default';
export const LOCK_NAME = 'demo';
/** Short, so that a crash is over soon: with it a leader renews every half second. */
const TTL_MS = 3000;
/** Stopping takes 4 seconds at most when the API does not answer (rule 18). */
const END_WITHIN_MS = 6000;

interface Member {
  readonly name: string;
  readonly port: number;
  poller: Poller | null;
  process: MemberProcess | null;
  cut: FaultSwitch | null;
}

export async function startFleet(
  env: Readonly<Record<string, string | undefined>>,
  guest: Guest | null,
  clock: Clock = systemClock,
): Promise<Fleet> {
  const ports = await findFreePorts(NAMES.length);
  const members = NAMES.map((name, index): Member => {
    const port = ports[index] ?? 0;
    return { name, port, poller: null, process: null, cut: null };
  });
  const store = createStore({ newUid: randomUUID, wallMs: () => clock.now().wallMs });
  const users = new Map<string, User>(NAMES.map((name) => [`token-of-${name}`, { name }]));
  if (guest !== null) users.set(guest.token, guest.user);
  const server = await startServer({ store, users, clock });

  let state = initialState({ startedAtMs: sharedNowMs(), ttlMs: TTL_MS, lockName: `leases/${LOCK_NAME}`, members });
  const listeners = new Set<(state: DemoState) => void>();
  const dispatch = (event: DemoEvent) => {
    const before = state;
    state = reduce(state, event);
    for (const { name, poller } of members) {
      if (memberOf(before, name)?.newsAtMs !== memberOf(state, name)?.newsAtMs) poller?.hurry();
    }
    for (const listener of [...listeners]) listener(state);
  };
  makePods(store);
  followObjects(store, dispatch);

  let over = false;
  const poll = ({ name, port }: Member) => {
    const isDue = () => state.members.some((member) => member.name === name && isAlive(member));
    return startPoller({
      ...{ port, clock, isDue },
      onAnswer: (polled) => dispatch({ type: 'polled', member: name, ...polled }),
    });
  };

  const start = (member: Member) => {
    const { name, port } = member;
    const settings = { name, lock: LOCK_NAME, server: server.url, token: `token-of-${name}`, port, ttlMs: TTL_MS };
    const process = startMember(settings, env, {
      onLine: (line) => dispatch({ type: 'said', member: name, line, atMs: line.atMs }),
      onEnd: (end) => {
        member.process = null;
        dispatch({ type: 'exited', member: name, ...end });
      },
    });
    member.process = process;
    dispatch({ type: 'started', member: name, pid: process.pid, atMs: sharedNowMs() });
  };
  const reconnect = (member: Member) => {
    member.cut?.off();
    member.cut = null;
  };

  async function carryOut(action: Action, member: Member): Promise<void> {
    const acted = (atMs = sharedNowMs()) => dispatch({ type: 'acted', action, member: member.name, atMs });
    const { process } = member;
    if (action === 'start') {
      if (process !== null) return;
      reconnect(member);
      return start(member);
    }
    if (process === null) return;
    switch (action) {
      case 'stop':
        acted();
        return process.stop();
      case 'kill':
        acted();
        return process.kill();
      case 'pause': {
        const atMs = await process.pause();
        return atMs === null ? undefined : acted(atMs);
      }
      case 'resume':
        acted();
        return process.resume();
      case 'cut-off':
        member.cut ??= server.faults.on({ fault: { type: 'half-open' }, match: { client: member.name } });
        return acted();
      case 'reconnect':
        reconnect(member);
        return acted();
    }
  }

  const alive = () => members.flatMap(({ process }) => (process === null ? [] : [process]));
  for (const member of members) start(member);
  for (const member of members) member.poller = poll(member);

  return {
    url: server.url,
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async act(action, name) {
      const member = members.find((each) => each.name === name);
      if (member !== undefined && !over) await carryOut(action, member);
    },
    async close() {
      for (const member of members) {
        reconnect(member);
        // Continued before it is ended, or it could not end in order.
        member.process?.resume();
      }
      for (const member of endingOrder(members, state)) await carryOut('stop', member);
      const timer = clock.setTimer(END_WITHIN_MS, () => {
        for (const process of alive()) process.kill();
      });
      await Promise.all(alive().map((process) => process.ended));
      timer.cancel();
      over = true;
      for (const { poller } of members) poller?.close();
      await server.close();
    },
    killAll() {
      for (const process of alive()) process.kill();
    },
  };
}

/** Standbys first, so that none of them takes over what the leader gives back. */
function endingOrder(members: readonly Member[], { term }: DemoState): Member[] {
  return [...members].sort((a, b) => Number(a.name === term?.member) - Number(b.name === term?.member));
}

/** Nobody runs them; they are there to be labelled. */
function makePods(store: Store): void {
  for (const name of NAMES) {
    const pod = { metadata: { name }, spec: { containers: [{ name: 'elector', image: 'elector' }] } };
    const answer = store.create(pods, NAMESPACE, JSON.stringify(pod));
    if (answer.code !== 201) throw new Error(`cannot make the Pod ${name}: the embedded API answered ${answer.code}`);
  }
}

function followObjects(store: Store, dispatch: (event: DemoEvent) => void): void {
  const fromStart = { from: '', bookmarks: false };
  const closed = () => {};
  store.watch(leases, ({ metadata }) => metadata.name === LOCK_NAME, fromStart, {
    closed,
    event({ type, object }) {
      const lock = lockOf(object);
      if (type !== 'DELETED' && lock !== null) dispatch({ type: 'lock-written', lock, atMs: sharedNowMs() });
    },
  });
  store.watch(pods, () => true, fromStart, {
    closed,
    event({ object }) {
      const { name, label } = statusLabelOf(object);
      dispatch({ type: 'labelled', member: name, label, atMs: sharedNowMs() });
    },
  });
}
