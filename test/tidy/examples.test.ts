/** Every TypeScript example of the documents compiles against the library as it is, under strict settings. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { codeBlocksOf } from './markdown.ts';
import { documents, ROOT, read } from './tree.ts';

const EXAMPLES = documents().flatMap((path) =>
  codeBlocksOf(read(path))
    .filter(({ language }) => language === 'ts')
    .map(({ text, line }) => ({ name: `${path.replaceAll(/[/.]/g, '-')}-${line}.mts`, text })),
);

const folder = mkdtempSync(join(tmpdir(), 'k8s-elector-examples-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function compile(examples: readonly { readonly name: string; readonly text: string }[]): string {
  for (const { name, text } of examples) writeFileSync(join(folder, name), `${text}\nexport {};\n`);
  const compilerOptions = {
    ...JSON.parse(read('tsconfig.json')).compilerOptions,
    noUnusedLocals: false,
    typeRoots: [join(ROOT, 'node_modules/@types')],
    paths: { 'k8s-elector': [join(ROOT, 'src/index.ts')] },
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: examples.map(({ name }) => name) }),
  );
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  try {
    return execFileSync(tsc, ['-p', folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

test('the examples compile', () => {
  assert.ok(EXAMPLES.length > 2, 'there are examples');
  assert.equal(compile(EXAMPLES), '');
});

test('an example that does not fit the library is found', () => {
  const text = "import { ElectorNode } from 'k8s-elector';\nnew ElectorNode({ election: 'reports' });";
  assert.match(compile([{ name: 'wrong.mts', text }]), /'election' does not exist/);
});
