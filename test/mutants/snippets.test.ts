import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { broken } from '../conformance/broken.ts';
import { brokenGateways } from '../conformance/broken-gateways.ts';
import { mutants } from './mutants.ts';
import { readmeWithTable, readReadme } from './table.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Full titles of the tests in some files, as mocha itself counts them, without running one. */
function titlesIn(files: readonly string[]): ReadonlySet<string> {
  const args = [
    'node_modules/mocha/bin/mocha.js',
    '--no-config',
    '--dry-run',
    '--reporter',
    'json',
    ...files,
  ];
  const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const out = execFileSync(process.execPath, args, options);
  const report = JSON.parse(out.slice(out.indexOf('{'))) as { tests: { file: string; fullTitle: string }[] };
  return new Set(report.tests.map(({ file, fullTitle }) => `${file.slice(ROOT.length)}: ${fullTitle}`));
}

describe('the mutants', () => {
  it('each have a name of their own', () => {
    assert.equal(new Set(mutants.map(({ id }) => id)).size, mutants.length);
  });

  it('each find their line, once, and change it', () => {
    for (const { id, file, find, replace } of mutants) {
      const times = readFileSync(`${ROOT}${file}`, 'utf8').split(find).length - 1;
      assert.equal(times, 1, `${id}: ${file} has ${JSON.stringify(find)} ${times} times`);
      assert.notEqual(find, replace, id);
    }
  });

  it('each name a test that exists', () => {
    const titles = titlesIn([...new Set(mutants.map(({ test }) => test.file))]);
    for (const { id, test } of mutants) {
      const named = `${test.file}: ${test.title}`;
      assert.ok(titles.has(named), `${id}: there is no test "${named}"`);
    }
  });

  it('stand in test/README.md as they are (node test/mutants/table.ts writes it)', () => {
    const readme = readReadme();
    assert.equal(readmeWithTable(readme), readme);
  });
});

describe('the devices and gateways that are broken in one line for the conformance kit', () => {
  it('each find their line, once, and change it', () => {
    for (const { id, file, find, replace } of [...broken, ...brokenGateways]) {
      const times = readFileSync(`${ROOT}${file}`, 'utf8').split(find).length - 1;
      assert.equal(times, 1, `${id}: ${file} has ${JSON.stringify(find)} ${times} times`);
      assert.notEqual(find, replace, id);
    }
  });
});
