import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Trouble, View } from '../../../src/election/view.ts';
import { Routes } from '../../../src/outlets/http/routes.ts';
import { leadingView, standbyView } from '../../support/views.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const TTL_MS = 10_000;

function world(first: View = standbyView, nodeId = 'alice') {
  let view = first;
  const clock = new VirtualClock({ wallMs: Date.UTC(2019, 4, 2, 18, 28, 51, 999) });
  const routes = new Routes({ view: () => view, wallMs: () => clock.now().wallMs, nodeId, ttlMs: TTL_MS });
  return {
    clock,
    show(next: View) {
      view = next;
    },
    get: (target: string) => routes.answer('GET', target),
    answer: (method: string, target: string) => routes.answer(method, target),
  };
}

function trouble(forMs: number, reason: Trouble['reason'] = 'forbidden'): View {
  return { ...standbyView, trouble: { reason, message: 'cannot update leases/default/reports: forbidden', forMs } };
}

describe('GET /', () => {
  test('has the four keys of the original in its order, and no newline', () => {
    const { get } = world({ ...standbyView, leader: 'k8s-elector-74c54b485f-hgf9z' }, 'k8s-elector-74c54b485f-564ht');
    assert.deepEqual(get('/'), {
      code: 200,
      body: '{"is_leader":false,"leader":"k8s-elector-74c54b485f-hgf9z","node":"k8s-elector-74c54b485f-564ht","timestamp":"2019-05-02T18:28:51Z"}',
      bodyBytes: 132,
    });
  });

  test('says who leads, and nobody while none is known', () => {
    const { get, show } = world();
    assert.equal(JSON.parse(get('/').body).leader, '');
    show(leadingView('alice'));
    assert.deepEqual(JSON.parse(get('/').body), {
      is_leader: true,
      leader: 'alice',
      node: 'alice',
      timestamp: '2019-05-02T18:28:51Z',
    });
  });

  test('is computed when it is asked for: each change and each second shows at once', () => {
    const { get, show, clock } = world(leadingView('alice'));
    assert.match(get('/').body, /"is_leader":true.*:51Z"/);
    show({ ...standbyView, leader: 'bob' });
    assert.match(get('/').body, /"is_leader":false,"leader":"bob".*:51Z"/);
    clock.advance(1);
    assert.match(get('/').body, /:52Z"/);
    clock.stepWall(-60_000);
    assert.match(get('/').body, /:27:52Z"/);
  });

  test('may have any query, and may be a whole URL', () => {
    const { get } = world();
    for (const target of ['/?', '/?a=b', '/?/healthz', 'http://localhost:5002/', 'http://localhost:5002?x']) {
      assert.match(get(target).body, /^{"is_leader"/, target);
    }
  });

  test('counts the bytes of a name, not its characters, and escapes it as Go does', () => {
    const { get } = world(standbyView, 'é<&"');
    assert.match(get('/').body, /"node":"é\\u003c\\u0026\\""/);
    assert.equal(get('/').bodyBytes, Buffer.byteLength(get('/').body));
  });
});

describe('health', () => {
  const PATHS = ['/healthz', '/health', '/livez', '/readyz'];

  test('is good on every path while nothing is wrong, standing by included', () => {
    for (const path of PATHS)
      assert.deepEqual([world().get(path).code, world().get(path).body], [200, '{"status":"ok"}']);
  });

  test('is good until a trouble has lasted longer than one TTL, then bad with the reason', () => {
    for (const path of [...PATHS, '/healthz?verbose']) {
      const { get, show } = world(trouble(TTL_MS));
      assert.equal(get(path).code, 200);
      show(trouble(TTL_MS + 0.6));
      assert.equal(get(path).code, 503);
      assert.equal(
        get(path).body,
        '{"status":"unhealthy","reason":"forbidden","message":"cannot update leases/default/reports: forbidden","for_ms":10001}',
      );
    }
  });

  test('is good again once the trouble is over', () => {
    const { get, show } = world(trouble(20_000, 'work-stuck'));
    assert.equal(get('/healthz').code, 503);
    show(standbyView);
    assert.equal(get('/healthz').code, 200);
  });
});

describe('any other request', () => {
  test('for another path is not found, whatever its method', () => {
    for (const target of ['/leader', '//', '/healthz/', '/index.html', '*', '', 'x', '/%2e', 'http://']) {
      assert.equal(world().get(target).code, 404, target);
      assert.equal(world().answer('POST', target).code, 404, target);
    }
  });

  test('with another method is told which are allowed', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', '']) {
      for (const path of ['/', '/healthz']) {
        const { code, allow } = world().answer(method, path);
        assert.deepEqual([code, allow], [405, 'GET, HEAD'], `${method} ${path}`);
      }
    }
  });
});
