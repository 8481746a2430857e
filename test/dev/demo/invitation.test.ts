/** What a guest types must work as it stands on the screen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandLines, invite, programOf } from '../../../src/dev/demo/invitation.ts';

const options = { program: ['elector'], lock: 'demo', ttlMs: 3000, kubeconfig: '/tmp/d/guest' };

describe('the command for a guest', () => {
  it('is continued from line to line in the way of a shell', () => {
    assert.deepEqual(commandLines(invite(options), 50), [
      'elector -election=demo -id=dave -ttl=3s \\',
      '-http=localhost:5010 -pod-label=false \\',
      '-kubeconfig=/tmp/d/guest',
    ]);
  });

  it('quotes what a shell would take apart', () => {
    const { command } = invite({ ...options, program: ['node', "/it's here/main.ts"], kubeconfig: '/a b/guest' });
    assert.deepEqual([command[1], command.at(-1)], ["'/it'\\''s here/main.ts'", "'-kubeconfig=/a b/guest'"]);
  });

  it('begins as the demo was begun', () => {
    assert.deepEqual(programOf('/usr/local/bin/elector', {}), ['elector']);
    assert.deepEqual(programOf('/app/node_modules/.bin/elector', { npm_command: 'exec' }), ['npx', 'elector']);
    assert.deepEqual(programOf('/src/cli/main.ts', { npm_command: 'run-script' }), ['node', '/src/cli/main.ts']);
  });
});
