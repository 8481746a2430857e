import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect } from '../../src/kube/connect.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { clientOf, getReports, inShort, temporaryFolder } from './helpers.ts';
import { json, startServer } from './scripted-server.ts';

const clock = new VirtualClock();
const IN_POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

describe('the order', () => {
  test('what the program gives comes before everything', async () => {
    const explicit = { server: 'https://10.9.9.9:6443' };
    const connection = await connect({ clock, explicit, kubeconfig: '/missing', env: IN_POD });
    assert.equal(connection.server.href, 'https://10.9.9.9:6443/');
    assert.equal(connection.origin, 'the connection given by the program');
  });

  test('a kubeconfig that cannot be used is an error, also in a Pod that has its own way', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'token'), 'token');
    await assert.rejects(
      connect({ clock, kubeconfig: '/missing/config', env: IN_POD, serviceAccountFolder: folder }),
      /^ElectorError: cannot use kubeconfig \/missing\/config: the file cannot be read: ENOENT/,
    );
  });

  test('an explicit connection that cannot be used is an error, also beside a kubeconfig', async () => {
    await assert.rejects(connect({ clock, explicit: { server: 'nowhere' }, kubeconfig: '/missing' }), {
      code: 'CONNECTION_INVALID',
      message:
        'cannot use the connection given by the program: server: expected a URL such as https://10.0.0.1:6443, got ' +
        '"nowhere"; correct it, or leave it out and name a kubeconfig file, ' +
        'or leave both out to use the service account of the Pod',
    });
  });

  test('an empty kubeconfig path means none, and KUBECONFIG is not read', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'token'), 'token');
    const env = { ...IN_POD, KUBECONFIG: '/missing/config' };
    const connection = await connect({ clock, kubeconfig: '', env, serviceAccountFolder: folder });
    assert.equal(connection.origin, `the service account in ${folder}`);
  });
});

describe('an explicit connection', () => {
  test('sends its token, and asks a function for it each time', async (t) => {
    const server = await startServer(t, json({}));
    let turn = 0;
    const token = () => {
      turn += 1;
      return `token-${turn}`;
    };
    const client = clientOf(t, await connect({ clock, explicit: { server: server.url, token } }));
    assert.equal(inShort(await getReports(client)), 'ok 200');
    await getReports(client);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      ['Bearer token-1', 'Bearer token-2'],
    );
  });

  test('may have no credentials at all', async (t) => {
    const server = await startServer(t, json({}));
    const client = clientOf(t, await connect({ clock, explicit: { server: server.url } }));
    await getReports(client);
    assert.equal(server.requests[0]?.headers.authorization, undefined);
  });

  for (const [explicit, problem] of [
    [{ server: 'ftp://10.0.0.1' }, /server: expected a URL that starts with https:\/\/ or http:\/\/, got/],
    [{ server: 'https://alice:secret@10.0.0.1' }, /server: expected a URL without user name and password/],
    [{ server: 'https://10.0.0.1', ca: 'garbage' }, /expected at least one PEM certificate, got none/],
    [{ server: 'https://10.0.0.1', cert: 'x' }, /a client certificate without a client key/],
  ] as const) {
    test(`is refused with ${JSON.stringify(explicit)}`, async () => {
      await assert.rejects(connect({ clock, explicit }), { code: 'CONNECTION_INVALID', message: problem });
    });
  }
});

test('in a Pod nothing of the official client is loaded', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'token'), 'token');
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ resolve(name, context, next) { loaded.push(name); return next(name, context); } });
    const { connect } = await import(${JSON.stringify(new URL('../../src/kube/connect.ts', import.meta.url).href)});
    const { systemClock } = await import(${JSON.stringify(new URL('../../src/clock.ts', import.meta.url).href)});
    const env = ${JSON.stringify(IN_POD)};
    await connect({ clock: systemClock, env, serviceAccountFolder: ${JSON.stringify(folder)} });
    console.log(JSON.stringify(loaded.filter((name) => !/^(node:|\\.|file:)/.test(name))));
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(output), []);
});
