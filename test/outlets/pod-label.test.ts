import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FormerLeader, View } from '../../src/election/view.ts';
import { PodLabel } from '../../src/outlets/pod-label.ts';
import { PODS } from '../../src/outlets/pods.ts';
import { FakeApi, type FakeRequest, hang, notFound, ok, proxyPage, refused } from '../support/fake-api.ts';
import { leadingView, standbyView } from '../support/views.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const ALICE = 'pods/default/alice';
const BOB = 'pods/default/bob';
const noRight = forbidden('User "alice" cannot patch resource "pods" in API group "" in the namespace "default"');
const formerBob: FormerLeader = { podName: 'bob', podNamespace: 'default', podUid: 'uid-of-bob' };

function forbidden(why: string) {
  const answer = refused(403, 'Forbidden', PODS, 'alice');
  const message = `pods "alice" is forbidden: ${why}`;
  return { ...answer, message, status: answer.status && { ...answer.status, message } };
}

/** Alice's label in a cluster in which bob's Pod still says that bob leads. */
function world({ uid = 'uid-of-alice' } = {}) {
  const api = new FakeApi();
  const clock = new VirtualClock();
  const logs: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  const log =
    (level: string) =>
    (message: string, fields: object = {}) => {
      logs.push({ level, message, fields: { ...fields } });
    };
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  let leading = false;
  const pod = { namespace: 'default', name: 'alice', uid };
  const label = new PodLabel({ api, clock, logger, pod, isLeading: () => leading });
  api.addPod('alice');
  api.addPod('bob', { labels: { 'k8s-elector/status': 'leader', app: 'reports' } });
  return {
    api,
    clock,
    label,
    warnings: () => logs.filter(({ level }) => level === 'warn'),
    settle: () => clock.run(0),
    lead(version = '100', former: FormerLeader | null = null): View {
      leading = true;
      const view = leadingView('alice', version, former);
      label.onView(view);
      return view;
    },
    /** The lapse comes first, its view later. */
    lapse() {
      leading = false;
    },
    lose() {
      leading = false;
      label.onView(standbyView);
    },
    /** The label in the cluster. */
    statusOf: (path: string) =>
      (api.metadata(path).labels as Record<string, unknown> | undefined)?.['k8s-elector/status'],
    sent: () => api.requests.map(describeRequest),
  };
}

function describeRequest({ verb, path, body }: FakeRequest): string {
  const { labels } = (body?.metadata ?? {}) as { labels?: Record<string, string> };
  return [verb, path, ...Object.values(labels ?? {})].join(' ');
}

function isPatchTo(status: string) {
  return ({ verb, body }: FakeRequest) => verb === 'patch' && JSON.stringify(body).includes(`"${status}"`);
}

describe('the label of this Pod', () => {
  test('says standby from the start, also on a Pod without labels, and sends nothing more', async () => {
    const { api, clock, label, settle, statusOf } = world();
    label.start();
    await settle();
    assert.equal(statusOf(ALICE), 'standby');
    assert.deepEqual(api.requests[0]?.body, {
      metadata: { uid: 'uid-of-alice', labels: { 'k8s-elector/status': 'standby' } },
    });
    label.onView(standbyView);
    await clock.run(600_000);
    assert.equal(api.requests.length, 1);
    assert.equal(clock.pendingTimers, 0);
  });

  test('starts in the background', () => {
    const { api, label } = world();
    api.intercept = hang;
    assert.equal(label.start(), undefined);
  });

  test('says leader while leading, with the fencing token beside it', async () => {
    const { api, label, lead, lose, settle, statusOf } = world();
    label.start();
    lead('12345');
    await settle();
    assert.equal(statusOf(ALICE), 'leader');
    assert.deepEqual(api.metadata(ALICE).annotations, { 'k8s-elector/fencing-token': '12345' });
    lose();
    await settle();
    assert.equal(statusOf(ALICE), 'standby');
  });

  test('moves the version of the Pod with each term, so that a late patch on an older one fails', async () => {
    const { api, label, lead, settle } = world();
    label.start();
    await settle();
    const versions = new Set([api.metadata(ALICE).resourceVersion]);
    for (const version of ['100', '200']) {
      lead(version);
      await settle();
      versions.add(api.metadata(ALICE).resourceVersion);
    }
    assert.equal(versions.size, 3);
  });

  test('has no uid in its patches where none is known', async () => {
    const { api, label, settle } = world({ uid: '' });
    label.start();
    await settle();
    assert.deepEqual(api.requests[0]?.body, { metadata: { labels: { 'k8s-elector/status': 'standby' } } });
  });

  test('never shows leader when leading is over before the patch is sent', async () => {
    const { label, lead, lapse, settle, sent, statusOf } = world();
    label.start();
    lead();
    lapse();
    await settle();
    assert.equal(statusOf(ALICE), 'standby');
    assert.ok(!sent().includes(`patch ${ALICE} leader`));
  });

  test('goes back to standby by itself when leading ended while the patch was under way', async () => {
    const { api, label, lead, lapse, settle, sent, statusOf } = world();
    label.start();
    await settle();
    api.intercept = (request) => {
      if (isPatchTo('leader')(request)) lapse();
      return undefined;
    };
    lead();
    await settle();
    assert.deepEqual(sent().slice(-2), [`patch ${ALICE} leader`, `patch ${ALICE} standby`]);
    assert.equal(statusOf(ALICE), 'standby');
  });
});

describe('one queue', () => {
  test('has one request at a time, and the latest role wins', async () => {
    const { api, label, lead, lose, settle, sent, statusOf } = world();
    const gate = Promise.withResolvers<void>();
    let open = 0;
    let mostOpen = 0;
    api.intercept = async () => {
      mostOpen = Math.max(mostOpen, ++open);
      await gate.promise;
      open--;
      return undefined as never;
    };
    label.start();
    lead('100');
    lose();
    lead('200');
    gate.resolve();
    await settle();
    assert.equal(mostOpen, 1);
    assert.deepEqual(sent(), [`patch ${ALICE} standby`, `patch ${ALICE} leader`]);
    assert.equal(statusOf(ALICE), 'leader');
    assert.deepEqual(api.metadata(ALICE).annotations, { 'k8s-elector/fencing-token': '200' });
  });

  test('tries again with growing pauses until the cluster agrees, and says the trouble once', async () => {
    const { api, clock, label, settle, statusOf, warnings } = world();
    const sentAtMs: number[] = [];
    const startMs = clock.now().monoMs;
    api.intercept = () => {
      sentAtMs.push(clock.now().monoMs - startMs);
      return sentAtMs.length <= 9 ? proxyPage(503) : undefined;
    };
    label.start();
    await clock.run(300_000);
    assert.deepEqual(sentAtMs.slice(0, 10), [0, 500, 1500, 3500, 7500, 15_500, 31_500, 61_500, 91_500, 121_500]);
    assert.equal(statusOf(ALICE), 'standby');
    await settle();
    assert.equal(warnings().length, 1);
  });

  test('waits as long as the server asks', async () => {
    const { api, clock, label, sent } = world();
    api.intercept = () => ({ ...refused(429, 'TooManyRequests', PODS, 'alice'), retryAfterMs: 20_000 });
    label.start();
    await clock.run(19_999);
    assert.equal(sent().length, 1);
    await clock.run(1);
    assert.equal(sent().length, 2);
  });

  test('does not take an answer that shows another label for agreement', async () => {
    const { api, clock, label, sent } = world();
    api.intercept = () => (sent().length === 1 ? ok(200, { kind: 'Pod', metadata: { labels: {} } }) : undefined);
    label.start();
    await clock.run(500);
    assert.equal(sent().length, 2);
  });

  test('repeats the role once when a patch without an answer might still be applied', async () => {
    const { api, clock, label, lead, lose, settle, sent, statusOf } = world();
    label.start();
    await settle();
    api.intercept = (request) =>
      isPatchTo('leader')(request) ? { type: 'failed', reason: 'timeout', message: 'no answer' } : undefined;
    lead();
    await settle();
    lose();
    await settle();
    // The patch to leader arrives after all.
    api.intercept = () => undefined;
    api.addPod('alice', { labels: { 'k8s-elector/status': 'leader' } });
    await clock.run(60_000);
    assert.equal(statusOf(ALICE), 'standby');
    const before = sent().length;
    await clock.run(600_000);
    assert.equal(sent().length, before);
  });

  test('sends nothing after it was stopped', async () => {
    const { api, clock, label, lead, sent } = world();
    api.intercept = hang;
    label.start();
    label.stop();
    lead();
    await label.standbyOnce(1000);
    await clock.run(600_000);
    assert.equal(sent().length, 1);
    assert.equal(clock.pendingTimers, 0);
  });
});

describe('where only a person can help', () => {
  for (const { answer, word } of [
    { answer: noRight, word: 'grant patch on pods' },
    { answer: notFound(PODS, 'alice'), word: 'no such Pod' },
    { answer: refused(422, 'Invalid', PODS, 'alice'), word: 'another Pod has this name' },
    { answer: forbidden('admission webhook "x" denied the request'), word: 'the API forbids it' },
  ]) {
    test(`it says "${word}" once and tries again slowly`, async () => {
      const { api, clock, label, sent, statusOf, warnings } = world();
      api.intercept = () => answer;
      label.start();
      await clock.run(300_000);
      assert.equal(sent().length, 11);
      assert.equal(warnings().length, 1);
      assert.ok(warnings()[0]?.message.includes(word));
      assert.equal(warnings()[0]?.fields.pod, ALICE);
      api.intercept = () => undefined;
      await clock.run(60_000);
      assert.equal(statusOf(ALICE), 'standby');
    });
  }

  test('the missing right is named as a field', async () => {
    const { api, label, settle, warnings } = world();
    api.intercept = () => noRight;
    label.start();
    await settle();
    assert.equal(warnings()[0]?.fields.missing, 'patch pods');
  });

  test('a new role is tried at once', async () => {
    const { api, label, lead, settle, sent } = world();
    api.intercept = () => refused(403, 'Forbidden', PODS, 'alice');
    label.start();
    await settle();
    lead();
    await settle();
    assert.deepEqual(sent(), [`patch ${ALICE} standby`, `patch ${ALICE} leader`]);
  });
});

describe('on winning', () => {
  test('the former leader shows standby before this Pod shows leader', async () => {
    const { api, label, lead, settle, sent, statusOf } = world();
    label.start();
    await settle();
    const version = api.metadata(BOB).resourceVersion;
    lead('100', formerBob);
    await settle();
    assert.deepEqual(sent().slice(1), [`get ${BOB}`, `patch ${BOB} standby`, `patch ${ALICE} leader`]);
    assert.deepEqual([statusOf(BOB), statusOf(ALICE)], ['standby', 'leader']);
    const metadata = api.requests[2]?.body?.metadata as Record<string, unknown>;
    assert.deepEqual([metadata.uid, metadata.resourceVersion], ['uid-of-bob', version]);
    assert.equal((api.metadata(BOB).labels as Record<string, unknown>).app, 'reports');
  });

  test('a former leader without a seal is looked for beside this Pod', async () => {
    const { label, lead, settle, statusOf } = world();
    label.start();
    lead('100', { podName: 'bob', podNamespace: '', podUid: '' });
    await settle();
    assert.equal(statusOf(BOB), 'standby');
  });

  test('a former leader in another namespace is looked for there', async () => {
    const { api, label, lead, settle, statusOf } = world();
    api.addPod('bob', { namespace: 'other', labels: { 'k8s-elector/status': 'leader' } });
    label.start();
    lead('100', { ...formerBob, podNamespace: 'other' });
    await settle();
    assert.deepEqual([statusOf('pods/other/bob'), statusOf(BOB)], ['standby', 'leader']);
  });

  test('a Pod that does not show leader, or is another one of that name, or is this one, is left alone', async () => {
    for (const { labels, former } of [
      { labels: { 'k8s-elector/status': 'standby' }, former: formerBob },
      { labels: {}, former: formerBob },
      { labels: { 'k8s-elector/status': 'leader' }, former: { ...formerBob, podUid: 'before' } },
      { labels: { 'k8s-elector/status': 'leader' }, former: { ...formerBob, podName: 'alice' } },
      { labels: { 'k8s-elector/status': 'leader' }, former: { ...formerBob, podName: '' } },
    ]) {
      const { api, label, lead, settle, sent, statusOf } = world();
      api.addPod('bob', { labels });
      label.start();
      lead('100', former);
      await settle();
      assert.ok(!sent().includes(`patch ${BOB} standby`), JSON.stringify({ labels, former }));
      assert.equal(statusOf(ALICE), 'leader');
    }
  });

  test('a former leader that leads again keeps its label: the patch is upon the version that was seen', async () => {
    const { api, label, lead, settle, statusOf } = world();
    label.start();
    await settle();
    api.intercept = (request) => {
      // Bob wins again in between, and labels itself with a new token.
      if (isPatchTo('standby')(request)) api.addPod('bob', { labels: { 'k8s-elector/status': 'leader', term: '2' } });
      return undefined;
    };
    lead('100', formerBob);
    await settle();
    assert.equal(statusOf(BOB), 'leader');
  });

  test('its own label waits for one attempt on the former one only, which is then tried again', async () => {
    const { api, clock, label, lead, settle, sent, statusOf } = world();
    label.start();
    await settle();
    api.intercept = ({ path }) => (path === BOB ? proxyPage(503) : undefined);
    lead('100', formerBob);
    await settle();
    assert.deepEqual(sent().slice(1), [`get ${BOB}`, `patch ${ALICE} leader`]);
    api.intercept = () => undefined;
    await clock.run(500);
    assert.equal(statusOf(BOB), 'standby');
    assert.equal(clock.pendingTimers, 0);
  });

  test('the attempt on the former one has a budget', async () => {
    const { api, label, lead, settle } = world();
    label.start();
    lead('100', formerBob);
    await settle();
    const budgets = api.requests.filter(({ path }) => path === BOB).map(({ options }) => options.timeoutMs);
    assert.deepEqual(budgets, [2000, 2000]);
  });

  test('a former leader that is gone, or may not be read, is not tried again', async () => {
    for (const answer of [notFound(PODS, 'bob'), refused(403, 'Forbidden', PODS, 'bob')]) {
      const { api, clock, label, lead, sent, statusOf } = world();
      api.intercept = ({ path }) => (path === BOB ? answer : undefined);
      label.start();
      lead('100', formerBob);
      await clock.run(600_000);
      assert.equal(sent().filter((request) => request.includes(BOB)).length, 1);
      assert.equal(statusOf(ALICE), 'leader');
    }
  });

  test('the former leader is left alone once leading is over', async () => {
    const { api, clock, label, lead, lose, lapse, settle, sent, statusOf } = world();
    label.start();
    await settle();
    api.intercept = ({ path }) => (path === BOB ? proxyPage(503) : undefined);
    lead('100', formerBob);
    await settle();
    api.intercept = () => undefined;
    lose();
    await clock.run(600_000);
    assert.equal(statusOf(BOB), 'leader');

    // Lost while the former one's Pod was read.
    api.intercept = ({ verb }) => {
      if (verb === 'get') lapse();
      return undefined;
    };
    lead('200', formerBob);
    await settle();
    assert.equal(sent().at(-2), `get ${BOB}`);
    assert.deepEqual([statusOf(BOB), statusOf(ALICE)], ['leader', 'standby']);
  });
});

describe('standby before the release', () => {
  test('is one attempt, and done when the cluster agreed', async () => {
    const { label, lead, lapse, settle, sent, statusOf } = world();
    label.start();
    lead();
    await settle();
    lapse();
    await label.standbyOnce(1000);
    assert.equal(statusOf(ALICE), 'standby');
    assert.equal(sent().at(-1), `patch ${ALICE} standby`);
  });

  test('has what it was given as its budget', async () => {
    const { api, label, lead, lapse, settle } = world();
    label.start();
    lead();
    await settle();
    lapse();
    await label.standbyOnce(700);
    assert.equal(api.requests.at(-1)?.options.timeoutMs, 700);
  });

  test('is over with whatever the attempt answers; the rest goes on in the background', async () => {
    const { api, clock, label, lead, lapse, settle, statusOf } = world();
    label.start();
    lead();
    await settle();
    lapse();
    api.intercept = () => proxyPage(503);
    await label.standbyOnce(1000);
    assert.equal(statusOf(ALICE), 'leader');
    api.intercept = () => undefined;
    await clock.run(500);
    assert.equal(statusOf(ALICE), 'standby');
  });

  test('is over after its budget, answer or not', async () => {
    const { api, clock, label, lead, lapse, settle } = world();
    label.start();
    lead();
    await settle();
    lapse();
    api.intercept = hang;
    let over = false;
    void label.standbyOnce(1000).then(() => {
      over = true;
    });
    await clock.run(999);
    assert.equal(over, false);
    await clock.run(1);
    assert.equal(over, true);
  });

  test('comes after a patch to leader that is under way', async () => {
    const { api, label, lead, lapse, settle, sent, statusOf } = world();
    label.start();
    await settle();
    const gate = Promise.withResolvers<undefined>();
    api.intercept = () => gate.promise as Promise<never>;
    lead();
    await settle();
    lapse();
    const over = label.standbyOnce(1000);
    api.intercept = () => undefined;
    gate.resolve(undefined);
    await over;
    assert.deepEqual(sent().slice(-2), [`patch ${ALICE} leader`, `patch ${ALICE} standby`]);
    assert.equal(statusOf(ALICE), 'standby');
  });

  test('gives up a request under way that does not end in half of the budget', async () => {
    const { api, clock, label, lead, lapse, settle, statusOf } = world();
    label.start();
    await settle();
    api.intercept = (request) => (isPatchTo('leader')(request) ? hang(request) : undefined);
    lead();
    await settle();
    lapse();
    const over = label.standbyOnce(1000);
    await clock.run(499);
    assert.equal(api.requests.length, 2);
    await clock.run(1);
    assert.equal(api.requests.length, 3);
    assert.equal(api.requests[2]?.options.timeoutMs, 500);
    await over;
    assert.equal(statusOf(ALICE), 'standby');
  });

  test('needs no request when the cluster agreed on standby already', async () => {
    const { label, settle, sent } = world();
    label.start();
    await settle();
    await label.standbyOnce(1000);
    assert.equal(sent().length, 1);
  });

  test('does not wait for what is under way on the former leader', async () => {
    const { api, label, lead, lapse, settle, statusOf } = world();
    label.start();
    await settle();
    api.intercept = (request) => (request.path === BOB ? hang(request) : undefined);
    lead('100', formerBob);
    await settle();
    lapse();
    await label.standbyOnce(1000);
    assert.equal(statusOf(ALICE), 'standby');
  });
});
