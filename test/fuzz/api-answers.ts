/**
 * What the API, or something that stands in its place, answers: the reading of one answer, the outcome that a lock
 * makes of it, and a whole participant that lives on such answers.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deriveTimings } from '../../src/election/timings.ts';
import { Participant } from '../../src/elector/participant.ts';
import { noWork } from '../../src/elector/work.ts';
import { interpretAnswer } from '../../src/kube/answer.ts';
import { parseWatchEvent } from '../../src/kube/watch-event.ts';
import type { Api, ApiAnswer, ApiWatchEvent } from '../../src/lock/api.ts';
import { leaseCodec } from '../../src/lock/lease.ts';
import { ObjectLock } from '../../src/lock/object-lock.ts';
import type { RecordCodec } from '../../src/lock/record-codec.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { CODECS, draft, listOf, lockObject, NAME, NAMESPACE, statusObject } from './lock-objects.ts';
import { mutated, mutatedBytes, oddJson, oddText, wireText } from './mutate.ts';
import { pure } from './target.ts';

/** Long enough for whatever the API has to say, short enough for a log and a health answer. */
const LONGEST_MESSAGE = 4_000;
/** No answer may silence a member for longer. */
const LONGEST_RETRY_AFTER_MS = 60_000;

const retryAfter = fc.oneof(
  fc.constantFrom(
    '1',
    '0',
    '-1',
    '99999999999',
    '9'.repeat(400),
    '1.5',
    'Wed, 21 Oct 2015 07:28:00 GMT',
    'Mon, 275760',
    'Fri, 31 Dec 9999 23:59:59 GMT',
  ),
  oddText,
);

function bodies(codec: RecordCodec): fc.Arbitrary<unknown> {
  const one = lockObject(codec, 'bob', 'process-of-bob');
  const { kind: _, apiVersion: __, ...item } = one;
  const named = { name: NAME, kind: codec.resource.plural, group: 'coordination.k8s.io' };
  return fc.oneof(
    mutated(
      fc.constantFrom<unknown>(
        ...[one, listOf(codec.resource, [item]), listOf(codec.resource, [])],
        ...[statusObject(404, 'NotFound', named), statusObject(409, 'Conflict', named)],
        ...[statusObject(429, 'TooManyRequests', { retryAfterSeconds: 1 }), statusObject(403, 'Forbidden', named)],
      ),
    ),
    oddJson,
  );
}

const bytes = (codec: RecordCodec) => {
  const valid = bodies(codec).map((body) => Buffer.from(wireText(body)));
  return fc.oneof({ weight: 4, arbitrary: valid }, { weight: 1, arbitrary: mutatedBytes(valid) });
};
const codes = fc.constantFrom(200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503, 504, 0, 999);

function answers(codec: RecordCodec): fc.Arbitrary<ApiAnswer> {
  return fc
    .record({
      code: codes,
      body: bytes(codec),
      whole: fc.boolean(),
      retryAfter: fc.option(retryAfter),
      type: fc.option(oddText),
    })
    .map(({ code, body, whole, retryAfter, type }) => {
      const headers = {
        ...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
        ...(type === null ? {} : { 'content-type': type }),
      };
      return interpretAnswer({ code, headers, body, whole: whole || code < 300 }, Date.UTC(2026, 0, 1));
    });
}

const withCodec = <T>(make: (codec: RecordCodec) => fc.Arbitrary<T>) =>
  fc.constantFrom(...CODECS).chain((codec) => make(codec).map((value) => ({ codec, value })));

export const lockAnswers = pure('lock-answers', 800, withCodec(answers), async ({ codec, value: answer }) => {
  judgeAnswer(answer);
  const lock = new ObjectLock(constantApi(answer), codec, NAMESPACE, NAME);
  for (const outcome of [await lock.get({ timeoutMs: 1 }), await lock.list({ timeoutMs: 1 })]) {
    if ('message' in outcome) judgeMessage(outcome.message);
    if (outcome.type !== 'found') continue;
    const { uid, version, record } = outcome.observed;
    assert.ok(
      uid !== '' && /^\d+$/.test(version) && (record === 'unreadable' || Number.isSafeInteger(record.leaseTransitions)),
    );
    await lock.write({ on: outcome.observed, ...draft('alice', 'process-of-alice') }, { timeoutMs: 1 });
  }
  const written = await lock.write({ on: null, ...draft('alice', 'process-of-alice') }, { timeoutMs: 1 });
  if (written.type === 'done') assert.ok(answer.type === 'ok' && (answer.code === 200 || answer.code === 201));
  if (written.type === 'refused') assert.ok(answer.type === 'error' && answer.status !== null);
  if (written.type === 'missing')
    assert.ok(answer.type === 'error' && answer.code === 404 && answer.status?.details.name === NAME);
});

const eventLines = (codec: RecordCodec) => {
  const object = lockObject(codec, 'bob', 'process-of-bob');
  const bookmark = { ...codec.resource, metadata: { resourceVersion: '60' } };
  const events = fc.constantFrom<unknown>(
    ...['ADDED', 'MODIFIED', 'DELETED'].map((type) => ({ type, object })),
    { type: 'BOOKMARK', object: bookmark },
    { type: 'ERROR', object: statusObject(410, 'Expired') },
  );
  const valid = mutated(events).map((event) => Buffer.from(wireText(event)));
  return fc.oneof({ weight: 4, arbitrary: valid }, { weight: 1, arbitrary: mutatedBytes(valid) });
};

export const watchEvents = pure('watch-events', 800, withCodec(eventLines), ({ codec, value: line }) => {
  const event = parseWatchEvent(line);
  judgeEvent(event);
  const seen: string[] = [];
  const lock = new ObjectLock(
    constantApi({ type: 'failed', reason: 'timeout', message: '' }, [event, event]),
    codec,
    NAMESPACE,
    NAME,
  );
  lock.watch('1', 60, (one) => seen.push(one.type));
  assert.ok(seen.indexOf('end') === -1 || seen.indexOf('end') === seen.length - 1);
});

const LATENCY_MS = 5;
const HOSTILE_MS = 40_000;
/** A backoff is at most the retry period, here 1.67 s; a few reads and writes at once settle a doubt. */
const MOST_REQUESTS = 1_000;

const script = fc.record({
  answers: fc.array(
    fc.oneof(answers(leaseCodec), fc.constant<ApiAnswer>({ type: 'failed', reason: 'connection', message: 'reset' })),
    {
      minLength: 1,
      maxLength: 8,
    },
  ),
  events: fc.array(eventLines(leaseCodec).map(parseWatchEvent), { maxLength: 8 }),
});

export const participant = pure('participant', 60, script, async ({ answers, events }) => {
  const clock = new VirtualClock();
  let requests = 0;
  let end: (() => void) | null = null;
  const ask = async (): Promise<ApiAnswer> => {
    requests += 1;
    if (requests > MOST_REQUESTS) throw new Error(`more than ${MOST_REQUESTS} requests in ${HOSTILE_MS} ms`);
    const answer = answers[requests % answers.length];
    await new Promise<void>((resolve) => clock.setTimer(LATENCY_MS, resolve));
    return answer ?? { type: 'failed', reason: 'timeout', message: '' };
  };
  const api: Api = {
    ...{ get: ask, list: ask, create: ask, update: ask, patch: ask },
    watch(_resource, _namespace, _name, _options, onEvent) {
      let over = false;
      const deliver = (event: ApiWatchEvent) => {
        if (over) return;
        over = event.type === 'END';
        onEvent(event);
      };
      end = () => deliver({ type: 'END', code: 200, message: 'closed' });
      events.forEach((event, index) => {
        clock.setTimer(LATENCY_MS * (index + 1), () => deliver(event));
      });
      return {
        stop() {
          over = true;
        },
      };
    },
  };
  const { timings } = deriveTimings({ ttlMs: 10_000 });
  const member = new Participant({
    config: {
      id: 'alice',
      processId: 'process-of-alice',
      pod: { name: 'alice', namespace: NAMESPACE, uid: '' },
      timings,
      drainBudgetMs: 1_000,
      releaseDelayMs: 0,
      canKillWork: false,
    },
    lock: new ObjectLock(api, leaseCodec, NAMESPACE, NAME),
    ...{ clock, random: () => 0.5, work: noWork() },
  });
  member.start();
  await clock.run(HOSTILE_MS);
  const { validForMs, leader } = member.view();
  assert.ok(validForMs >= 0 && validForMs <= timings.renewDeadlineMs && typeof leader === 'string');

  // Whatever it was told, it goes on asking once its watch has ended.
  requests = 0;
  (end as (() => void) | null)?.();
  await clock.run(LONGEST_RETRY_AFTER_MS + timings.leaseDurationMs);
  assert.ok(requests > 0, 'it asks no more');

  member.giveUp('enough', true);
  await clock.run(30_000);
  assert.equal(member.view().isLeading, false);
});

function judgeAnswer(answer: ApiAnswer): void {
  if (answer.type === 'ok') {
    assert.ok(typeof answer.body === 'object' && answer.body !== null && !Array.isArray(answer.body));
    return;
  }
  judgeMessage(answer.message);
  if (answer.type !== 'error') return;
  const { retryAfterMs = 0 } = answer;
  assert.ok(retryAfterMs >= 0 && retryAfterMs <= LONGEST_RETRY_AFTER_MS, `retry after ${retryAfterMs} ms`);
}

function judgeEvent(event: ApiWatchEvent): void {
  if (event.type === 'BOOKMARK') assert.notEqual(event.version, '');
  else if (event.type === 'END') {
    judgeMessage(event.message);
    assert.equal(typeof event.code, 'number');
  } else assert.ok(typeof event.object === 'object' && event.object !== null);
}

function judgeMessage(message: string): void {
  assert.ok(
    typeof message === 'string' && message.length <= LONGEST_MESSAGE,
    `a message of ${message.length} characters`,
  );
}

function constantApi(answer: ApiAnswer, events: readonly ApiWatchEvent[] = []): Api {
  // As over a network: what is sent must have a text.
  const send = async (body: object) => {
    JSON.stringify(body);
    return answer;
  };
  return {
    ...{ get: async () => answer, list: async () => answer },
    create: (_resource, _namespace, body) => send(body),
    update: (_resource, _namespace, _name, body) => send(body),
    patch: (_resource, _namespace, _name, body) => send(body),
    watch(_resource, _namespace, _name, _options, onEvent) {
      for (const event of events) onEvent(event);
      return { stop() {} };
    },
  };
}
