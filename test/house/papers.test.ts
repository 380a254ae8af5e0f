import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeConfig } from '../../server/config.ts';
import { LIMITS } from '../../server/limits.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** What may stand at the top: the project, the customary papers, and dot-files. */
const TOP = [
  'server', 'clients', 'certs', 'test', 'package.json', 'package-lock.json', 'tsconfig.json',
  'README.md', 'SECURITY.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE',
]; // prettier-ignore
const PAPERS = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'SECURITY.md'];

function scripts(): string[] {
  const raw: unknown = JSON.parse(read('package.json'));
  const table = typeof raw === 'object' && raw !== null && 'scripts' in raw ? raw.scripts : undefined;
  return Object.keys(typeof table === 'object' && table !== null ? table : {});
}

describe('the papers', () => {
  it('are all there, and the top level holds nothing else', () => {
    for (const paper of PAPERS) assert.ok(existsSync(join(ROOT, paper)), `${paper} is missing`);
    const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n');
    const top = new Set(tracked.map((file) => file.split('/')[0] ?? '').filter((name) => name !== ''));
    const extra = [...top].filter((name) => !name.startsWith('.') && !TOP.includes(name));
    assert.deepEqual(extra, []);
  });

  it('name only commands that exist', () => {
    const known = scripts();
    for (const paper of PAPERS.filter((name) => existsSync(join(ROOT, name)))) {
      for (const [, name = ''] of read(paper).matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/gu)) {
        assert.ok(known.includes(name), `${paper} names "npm run ${name}", which package.json does not have`);
      }
    }
    assert.ok(known.includes('start') && known.includes('test'));
  });

  it('name only files that exist', () => {
    for (const paper of PAPERS.filter((name) => existsSync(join(ROOT, name)))) {
      for (const [, file = ''] of read(paper).matchAll(/\]\(((?!https?:|#)[^)#]+)(?:#[^)]*)?\)/gu)) {
        assert.ok(existsSync(join(ROOT, file)), `${paper} links to ${file}, which does not exist`);
      }
    }
  });

  it('run the same tests in CI as on a desk', () => {
    const lines = read('.ci/run').split('\n').filter((line) => line !== '' && !line.startsWith('#')); // prettier-ignore
    assert.deepEqual(lines, ['set -euo pipefail', 'cd "$(dirname "$0")/.."', 'npm test']);
    if (existsSync(join(ROOT, 'README.md'))) assert.match(read('README.md'), /\bnpm test\b/u);
  });

  it('ask for exact versions of everything installed', () => {
    const raw = read('package.json');
    assert.doesNotMatch(raw, /"[~^][0-9]/u);
    assert.match(raw, /"license": "Apache-2.0"/u);
    assert.match(read('LICENSE'), /Apache License\s+Version 2\.0, January 2004/u);
  });
});

describe('every setting and bound', () => {
  it('is described in --help', () => {
    const settings = describeConfig().split('\n').filter((line) => line.startsWith('  --')); // prettier-ignore
    for (const line of settings) assert.match(line, /^ {2}--\S+ +\S.{10,}/u);
  });

  it('has a reason', () => {
    for (const [name, { max, why }] of Object.entries(LIMITS)) {
      assert.ok(Number.isSafeInteger(max) && max > 0, name);
      assert.ok(why.length > 15, `${name}: why?`);
    }
  });
});

describe('the repository', () => {
  it('holds no private key and nothing of the ward', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
    assert.deepEqual(tracked.filter((file) => /^\.ward\/|\.(key|p12|pfx)$/u.test(file)), []); // prettier-ignore
    const marker = ['-----BEGIN', 'PRIVATE KEY-----'].join(' ');
    for (const file of tracked.filter((name) => existsSync(join(ROOT, name)))) {
      assert.ok(!read(file).includes(marker), `${file} holds a private key`);
    }
  });

  it('ignores what is made on this machine', () => {
    const ignored = read('.gitignore').split('\n');
    for (const name of ['node_modules/', '.ward/']) assert.ok(ignored.includes(name), name);
    assert.ok(readdirSync(ROOT).includes('package-lock.json'));
  });
});
