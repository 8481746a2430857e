/** What is published, under which license, and what must not stand in any file. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exists, filesBelow, read } from './tree.ts';

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly files: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const isText = (path: string) => !/\.(png|jpg|ico|gz|tgz|woff2?)$/.test(path);
/** Hashes and versions of others; nothing that anybody wrote. */
const isWritten = (path: string) => isText(path) && !/(^|\/)(package-lock\.json|go\.sum)$/.test(path);

/** Split, so that this file does not hold what it looks for. */
const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['the address of a package registry', /registry\.npm|npm\.pkg|proxy\.golang|sum\.golang|go[p]roxy=|npmrc/i],
  ['a path of one machine', /\/(?:root|Users)\/\w|\/work\/|\/home\/(?!alice\b|bob\b|carol\b|nonroot\b)\w/],
  ['a secret', /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\n[A-Za-z0-9+/=]{40}/],
];

describe('the package', () => {
  test('is under the Apache License 2.0', () => {
    const license = read('LICENSE');
    assert.equal(manifest.license, 'Apache-2.0');
    assert.match(license, /^\s*Apache License\s+Version 2\.0, January 2004\s+http:\/\/www\.apache\.org\/licenses\//);
    assert.match(license, /END OF TERMS AND CONDITIONS/);
    for (let section = 1; section <= 9; section += 1) assert.match(license, new RegExp(`^ *${section}\\. `, 'm'));
  });

  test('holds what is built, the manifests, the documents and the license, and no sources', () => {
    assert.deepEqual(manifest.files, ['dist', 'deploy', 'docs', 'CONTRIBUTING.md', 'README.md', 'LICENSE']);
    assert.equal(manifest.bin.elector, 'dist/cli/main.js');
    assert.equal(manifest.scripts.prepack, 'npm run build');
  });

  test('runs on one dependency', () => {
    assert.deepEqual(Object.keys(manifest.dependencies), ['@kubernetes/client-node']);
  });

  test('pins every dependency to one version', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      assert.match(version, /^\d+\.\d+\.\d+$/, name);
    }
  });

  test('has one version everywhere', () => {
    const images = filesBelow('deploy').flatMap((path) => [...read(path).matchAll(/image: k8s-elector:(\S+)/g)]);
    assert.ok(images.length > 0);
    for (const [, version] of images) assert.equal(version, manifest.version);
    assert.equal(JSON.parse(read('package-lock.json')).version, manifest.version);
  });
});

describe('scripts', () => {
  test('every folder of tests is run by `npm test` or `npm run test:cluster`', () => {
    const folders = filesBelow('test')
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => path.split('/')[1] ?? '');
    const [, list = ''] = /test\/\{([^}]+)\}/.exec(manifest.scripts.test ?? '') ?? [];
    const run = new Set([...list.split(','), 'cluster']);
    assert.deepEqual(
      [...new Set(folders)].filter((folder) => !run.has(folder)),
      [],
    );
  });

  test('every npm script that a document names exists', () => {
    for (const path of filesBelow().filter((file) => file.endsWith('.md') || file === '.ci/run')) {
      for (const [, name = ''] of read(path).matchAll(/\bnpm run ([\w:-]+)/g)) {
        assert.ok(name in manifest.scripts, `${path}: npm run ${name}`);
      }
    }
  });

  test('every file that a script runs exists', () => {
    for (const [name, script] of Object.entries(manifest.scripts)) {
      for (const [path] of script.matchAll(/(?<![*.\w/])[\w/-]+\.ts\b/g)) assert.ok(exists(path), `${name}: ${path}`);
    }
  });
});

describe('no file holds', () => {
  for (const [what, pattern] of FORBIDDEN) {
    test(what, () => {
      const found = filesBelow()
        .filter(isWritten)
        .filter((path) => path !== 'test/tidy/package.test.ts')
        .flatMap((path) => {
          const hit = pattern.exec(read(path));
          return hit === null ? [] : [`${path}: ${hit[0]}`];
        });
      assert.deepEqual(found, []);
    });
  }

  test('the address from which a package was fetched: the lockfile has hashes only', () => {
    assert.doesNotMatch(read('package-lock.json'), /"resolved"/);
  });
});
