/** What the documents say of flags, fields, routes, codes and times is what the code has; and every link leads somewhere. */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path/posix';
import { describe, test } from 'node:test';
import { defaultText, OPTIONS, type Option } from '../../src/config/options.ts';
import { deriveTimings } from '../../src/election/timings.ts';
import { withoutComments } from './code.ts';
import { anchorsOf, linksOf, rowsOf, type Table } from './markdown.ts';
import { documents, exists, read } from './tree.ts';

const code = (cell = '') => cell.replaceAll('`', '');

function flagOf({ name, source }: Option): string {
  return source === 'flag' ? `-${name}` : `${name} (environment)`;
}

/** `[flag, default, meaning]` of every option that has an effect, in the order of the table in the code. */
const WITH_EFFECT = OPTIONS.filter(({ hasEffect }) => hasEffect);
const EXPECTED: Table = WITH_EFFECT.map((option) => [flagOf(option), defaultText(option), option.description]);

/** The alternatives of `type Name = 'a' | 'b'`, or of one field, in a source file. */
function alternatives(path: string, declaration: RegExp): readonly string[] {
  const [, list = ''] = declaration.exec(withoutComments(read(path))) ?? [];
  const found = [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
  assert.ok(found.length > 1, `${path}: ${declaration} finds nothing`);
  return found;
}

describe('flags and fields', () => {
  test('the README has every flag with its default and meaning, in the words of the help', () => {
    const rows = rowsOf(read('README.md'), 'Flag').map((row) => row.slice(0, 3).map(code));
    assert.deepEqual(rows, EXPECTED);
  });

  test('the reference has them too, with the field of the library', () => {
    const rows = rowsOf(read('docs/reference/flags.md'), 'Flag');
    assert.deepEqual(
      rows.map(([flag, , byDefault, meaning]) => [flag, byDefault, meaning].map(code)),
      EXPECTED,
    );
    assert.deepEqual(
      rows.map(([, field]) => code(field)),
      WITH_EFFECT.map(({ field }) => field ?? ''),
    );
  });

  test('what is accepted without effect is named, and nothing else is', () => {
    const [, list = ''] = /\*\*Accepted without effect\*\*(.*?)\n\n/s.exec(read('docs/reference/flags.md')) ?? [];
    assert.deepEqual(
      [...list.matchAll(/`-([^`]+)`/g)].map(([, name]) => name),
      OPTIONS.filter(({ hasEffect }) => !hasEffect).map(({ name }) => name),
    );
  });

  test('no document names a flag that does not exist', () => {
    const known = new Set(['-h', '-help', '--help', ...OPTIONS.map(({ name }) => `-${name}`)]);
    for (const path of documents()) {
      const named = [...read(path).matchAll(/`(-[a-z][\w-]*)(?:=[^`]*| [^`]*)?`/g)].map(([, flag = '']) => flag);
      const unknown = named.filter((flag) => !known.has(flag) && !NOT_OURS.has(flag));
      assert.deepEqual(unknown, [], path);
    }
  });
});

/** In examples of grammar. */
const NOT_OURS: ReadonlySet<string> = new Set(['-flag']);

describe('the reference', () => {
  const library = read('docs/reference/library.md');
  const http = read('docs/reference/http.md');

  test('names every error code', () => {
    const codes = alternatives('src/errors.ts', /type ElectorErrorCode =([^;]+);/);
    assert.deepEqual(
      rowsOf(library.replace(/^ +\|/gm, '|'), 'Code').map(([first]) => code(first)),
      codes,
    );
  });

  test('names every reason of health', () => {
    const reasons = alternatives('src/election/view.ts', /readonly reason: ([^;]+);/);
    assert.deepEqual(
      rowsOf(http, 'Reason')
        .map(([first]) => code(first))
        .sort(),
      [...reasons].sort(),
    );
  });

  test('names every phase', () => {
    const [, cell = ''] = rowsOf(library, 'Field').find(([first]) => first === '`phase`') ?? viewRow('phase');
    const named = [...cell.matchAll(/`([^`]+)`/g)].map(([, phase]) => phase);
    assert.deepEqual(named, alternatives('src/election/view.ts', /type Phase =([^;]+);/));
  });

  test('names everything that the library exports but types of parameters', () => {
    const exported = [...withoutComments(read('src/index.ts')).matchAll(/\{([^}]+)\}/g)]
      .flatMap(([, list = '']) => list.split(','))
      .map((name) => name.trim().replace(/^type /, ''));
    const types = ['ElectorOptions', 'ElectorParts', 'ElectorErrorCode', 'ExplicitConnection', 'LogFields', 'Logger'];
    const shapes = ['FencingToken', 'FormerLeader', 'LeaderWork', 'Phase', 'Trouble'];
    const named = exported.filter((name) => ![...types, ...shapes, ''].includes(name));
    assert.deepEqual(
      named.filter((name) => !library.includes(name)),
      [],
    );
  });

  test('names the paths of health', () => {
    const [, list = ''] = /HEALTH_PATHS[^=]*=([^;]+);/.exec(read('src/outlets/http/routes.ts')) ?? [];
    const paths = [...list.matchAll(/'([^']+)'/g)].map(([, path]) => path);
    const row = rowsOf(http, 'Path').find(([first]) => first?.includes('/healthz'));
    assert.deepEqual(
      [...(row?.[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, path]) => path),
      paths,
    );
  });

  function viewRow(name: string): readonly string[] {
    const line = library.split('\n').find((it) => it.startsWith(`| \`${name}\``)) ?? '';
    return line.split('|').slice(1, -1);
  }
});

describe('times', () => {
  const seconds = (ms: number) => String(Number((ms / 1000).toFixed(3)));
  const rough = (ms: number) => String(Number((ms / 1000).toFixed(2)));

  test('the table of timing.md is what deriveTimings answers', () => {
    for (const row of rowsOf(read('docs/internals/timing.md'), 'TTL')) {
      const ttlMs = Number.parseFloat(row[0] ?? '') * 1000;
      const { timings, problems } = deriveTimings({ ttlMs });
      assert.deepEqual(problems, []);
      const { renewDeadlineMs, retryPeriodMs, requestBudgetMs, lapseBudgetMs } = timings;
      const spans = [ttlMs, renewDeadlineMs, retryPeriodMs, requestBudgetMs, lapseBudgetMs].map(seconds);
      const poll = `${rough(retryPeriodMs)}–${rough(2.2 * retryPeriodMs)}`;
      assert.deepEqual(
        row,
        [...spans, poll].map((text) => `${text} s`),
      );
    }
  });

  test('how long an answer is good for is the lapse budget', () => {
    let found = 0;
    for (const path of ['README.md', 'docs/guides/sidecar.md', 'docs/guides/library.md']) {
      for (const [, budget = '', ttl] of read(path).matchAll(/(\d+\.\d+) s at a TTL of (\d+) s/g)) {
        const { timings } = deriveTimings({ ttlMs: Number(ttl) * 1000 });
        const unit = 10 ** (budget.split('.')[1]?.length ?? 0);
        assert.equal(Number(budget), Math.floor((timings.lapseBudgetMs / 1000) * unit) / unit, `${path}: TTL ${ttl} s`);
        found += 1;
      }
    }
    assert.ok(found >= 5, `found only ${found}`);
  });
});

describe('links', () => {
  for (const path of documents()) {
    test(`of ${path} lead to files and headings that are there`, () => {
      const broken = linksOf(read(path)).filter((target) => {
        if (/^[a-z]+:/.test(target)) return false;
        const [file = '', anchor] = target.split('#');
        const to = file === '' ? path : join(dirname(path), file);
        if (!exists(to)) return true;
        return anchor !== undefined && !anchorsOf(read(to)).has(anchor);
      });
      assert.deepEqual(broken, []);
    });
  }
});
