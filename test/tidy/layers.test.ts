/** Who imports whom: as the table in docs/internals/architecture.md says, and never in a circle. */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path/posix';
import { test } from 'node:test';
import { type Import, importsOf } from './code.ts';
import { rowsOf } from './markdown.ts';
import { exists, read, sourceFiles } from './tree.ts';

const ARCHITECTURE = 'docs/internals/architecture.md';
/** The one package that runs in production; loaded when a kubeconfig is used. */
const LAZY_PACKAGES: ReadonlySet<string> = new Set(['@kubernetes/client-node']);

interface Layer {
  readonly name: string;
  readonly may: ReadonlySet<string>;
  readonly mayAsTypes: ReadonlySet<string>;
}

/** `election/` and the like from a cell; `types of` counts for the one that follows. */
function layersFrom(markdown: string): ReadonlyMap<string, Layer> {
  const layers = rowsOf(markdown, 'Folder or file').map(([first = '', , third = '']): Layer => {
    const names = [...third.matchAll(/(types of )?`([^`]+)`/g)];
    const pick = (types: boolean) =>
      new Set(names.filter((it) => (it[1] !== undefined) === types).map((it) => it[2] ?? ''));
    return { name: first.replaceAll('`', ''), may: pick(false), mayAsTypes: pick(true) };
  });
  return new Map(layers.map((layer) => [layer.name, layer]));
}

/** `src/kube/client.ts` → `kube/`, `src/clock.ts` → `clock.ts`; the innermost folder that the table names. */
function layerOf(path: string, layers: ReadonlyMap<string, Layer>): string {
  const within = path.slice('src/'.length);
  const named = [...layers.keys()].filter((name) => name === within || (name.endsWith('/') && within.startsWith(name)));
  return named.sort((a, b) => b.length - a.length)[0] ?? within;
}

function problemsOf(path: string, imports: readonly Import[], layers: ReadonlyMap<string, Layer>): readonly string[] {
  const layer = layers.get(layerOf(path, layers));
  if (layer === undefined) return [`${path}: ${ARCHITECTURE} does not say what it may import`];
  return imports.flatMap(({ from, isType, isLazy }) => {
    if (from.startsWith('node:')) return layer.name === 'election/' ? [`${path}: the core imports ${from}`] : [];
    if (!from.startsWith('.')) {
      return LAZY_PACKAGES.has(from) && (isType || isLazy) ? [] : [`${path}: imports the package ${from} at start`];
    }
    const target = join(dirname(path), from);
    if (!target.startsWith('src/')) return [`${path}: imports ${target}, outside src/`];
    const to = layerOf(target, layers);
    const allowed = to === layer.name || layer.may.has(to) || (isType && layer.mayAsTypes.has(to));
    return allowed ? [] : [`${path}: ${layer.name} may not import ${to}${isType ? '' : ' (but perhaps its types)'}`];
  });
}

const LAYERS = layersFrom(read(ARCHITECTURE));
const IMPORTS = new Map(sourceFiles().map((path) => [path, importsOf(read(path))]));

test('every import in src is one that architecture.md allows', () => {
  assert.deepEqual(
    [...IMPORTS].flatMap(([path, imports]) => problemsOf(path, imports, LAYERS)),
    [],
  );
});

test('architecture.md names no folder that is not there, and allows nothing that is not used', () => {
  const unused: string[] = [];
  for (const { name, may, mayAsTypes } of LAYERS.values()) {
    assert.ok(exists(`src/${name}`), `src/${name} is in ${ARCHITECTURE} and not in the tree`);
    const used = [...IMPORTS].flatMap(([path, imports]) => {
      if (layerOf(path, LAYERS) !== name) return [];
      const own = imports.filter(({ from }) => from.startsWith('.'));
      return own.map(({ from }) => layerOf(join(dirname(path), from), LAYERS));
    });
    unused.push(...[...may, ...mayAsTypes].filter((to) => !used.includes(to)).map((to) => `${name} → ${to}`));
  }
  assert.deepEqual(unused, []);
});

test('no file imports itself by a detour', () => {
  const next = (path: string) => {
    const own = (IMPORTS.get(path) ?? []).filter(({ from, isLazy }) => from.startsWith('.') && !isLazy);
    return own.map(({ from }) => join(dirname(path), from));
  };
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (done.has(path)) return;
    done.add(path);
    for (const target of next(path)) visit(target, [...trail, path]);
  };
  for (const path of IMPORTS.keys()) visit(path, []);
  assert.deepEqual(circles, []);
});

test('what is not allowed is found', () => {
  const problems = (path: string, source: string) => problemsOf(path, importsOf(source), LAYERS).length;
  assert.equal(problems('src/election/x.ts', "import { readFileSync } from 'node:fs';"), 1);
  assert.equal(problems('src/election/x.ts', "import type { Lock } from '../lock/lock.ts';"), 1);
  assert.equal(problems('src/kube/x.ts', "import type { Api } from '../lock/api.ts';"), 0);
  assert.equal(problems('src/kube/x.ts', "import { goJson } from '../lock/json.ts';"), 1);
  assert.equal(problems('src/lock/x.ts', "import {\n  connect,\n} from '../kube/connect.ts';"), 1);
  assert.equal(problems('src/cli/x.ts', "import { Scene } from '../../test/election/scene.ts';"), 1);
  assert.equal(problems('src/kube/x.ts', "import { KubeConfig } from '@kubernetes/client-node';"), 1);
  assert.equal(problems('src/kube/x.ts', "const library = await import('@kubernetes/client-node');"), 0);
  assert.equal(problems('src/newcomer/x.ts', "import { a } from './y.ts';"), 1);
});
