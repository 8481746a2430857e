/** 8, 12 and 13 of what the original does wrong: values, requests and signals, and what each side makes of them. */
import { EventEmitter } from 'node:events';
import { listenForShutdown, type StopSignal } from '../../../src/cli/shutdown.ts';
import { resolveSettings } from '../../../src/config/settings.ts';
import { Routes } from '../../../src/outlets/http/routes.ts';
import type { TableScenario } from '../stage/scenario.ts';

function ttl(text: string): string {
  const { settings, problems } = resolveSettings({ name: 'reports', ttl: text }, {}, 'alice', 'flags');
  return settings === null ? problems.join('; ') : `written as ${settings.timings.leaseDurationSeconds}`;
}

const routes = new Routes({
  view: () => ({
    phase: 'standby',
    isLeading: false,
    validForMs: 0,
    leader: 'bob',
    term: 0,
    token: null,
    transitions: 3,
    former: null,
    trouble: null,
  }),
  wallMs: () => Date.UTC(2026, 0, 1),
  nodeId: 'alice',
  ttlMs: 10_000,
});

function ask(method: string, target: string): string {
  const { code, body, allow } = routes.answer(method, target);
  return `${code}${allow === undefined ? '' : ` (Allow: ${allow})`} ${body}`;
}

const STANDBY = '{"is_leader":false,"leader":"bob","node":"alice","timestamp":"2026-01-01T00:00:00Z"}';

function signals(...names: readonly StopSignal[]): string {
  const process = new EventEmitter();
  const heard: string[] = [];
  const { requested, dispose } = listenForShutdown(process, (code) => heard.push(`exits ${code} at once`));
  requested.addEventListener('abort', () => heard.push(`ends in good order (${requested.reason})`));
  for (const name of names) process.emit(name, name);
  dispose();
  return heard.join(', then ');
}

export const tables: readonly TableScenario[] = [
  {
    type: 'table',
    id: 'o08-ttl',
    title: 'Every TTL is either kept or refused at start',
    origins: ['original 8'],
    about: `A record has whole seconds. The original cuts a TTL to them and never looks whether anything is left. Ours
      rounds up, so that standbys wait no less than the leader counts on, and refuses what cannot work.`,
    peer: 'original',
    rows: [
      { given: '-ttl=10s', theirs: 'written as 10', ours: () => ttl('10s'), must: 'written as 10' },
      { given: '-ttl=2.5s', theirs: 'written as 2', ours: () => ttl('2.5s'), must: 'written as 3' },
      {
        given: '-ttl=900ms',
        theirs: 'written as 0: every write is refused with 422, for ever',
        ours: () => ttl('900ms'),
        must: /^-ttl: expected 1s to 1h, got 900ms/,
      },
      { given: '-ttl=0', theirs: 'panics', ours: () => ttl('0'), must: /^-ttl: expected 1s to 1h, got 0s/ },
      { given: '-ttl=-5s', theirs: 'panics', ours: () => ttl('-5s'), must: /^-ttl: expected 1s to 1h, got -5s/ },
    ],
  },
  {
    type: 'table',
    id: 'o12-http',
    title: 'HTTP answers what was asked for, and nothing else',
    origins: ['original 12'],
    about: `The original answers any path and method with 200 and its view of the election, and logs each request.
      Probes in the wild point at its /healthz and friends, so these answer health.`,
    peer: 'original',
    rows: [
      { given: 'GET /', theirs: `200 ${STANDBY}`, ours: () => ask('GET', '/'), must: `200 ${STANDBY}` },
      { given: 'GET /?pretty', theirs: `200 ${STANDBY}`, ours: () => ask('GET', '/?pretty'), must: `200 ${STANDBY}` },
      { given: 'GET /leader', theirs: `200 ${STANDBY}`, ours: () => ask('GET', '/leader'), must: /^404 / },
      { given: 'POST /', theirs: `200 ${STANDBY}`, ours: () => ask('POST', '/'), must: /^405 \(Allow: GET, HEAD\) / },
      {
        given: 'GET /healthz',
        theirs: `200 ${STANDBY}`,
        ours: () => ask('GET', '/healthz'),
        must: '200 {"status":"ok"}',
      },
    ],
  },
  {
    type: 'table',
    id: 'o13-second-signal',
    title: 'A second signal ends it at once',
    origins: ['original 13'],
    about: 'Whoever sends a second signal does not want to wait. The original crashes.',
    peer: 'original',
    rows: [
      {
        given: 'SIGTERM',
        theirs: 'exits 255, with a stack dump',
        ours: () => signals('SIGTERM'),
        must: 'ends in good order (SIGTERM)',
      },
      {
        given: 'SIGTERM, SIGTERM',
        theirs: 'crashes',
        ours: () => signals('SIGTERM', 'SIGTERM'),
        must: 'ends in good order (SIGTERM), then exits 143 at once',
      },
      {
        given: 'SIGTERM, SIGINT',
        theirs: 'crashes',
        ours: () => signals('SIGTERM', 'SIGINT'),
        must: 'ends in good order (SIGTERM), then exits 130 at once',
      },
    ],
  },
];
