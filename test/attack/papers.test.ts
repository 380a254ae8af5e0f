import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ADMITTED, goalOf } from '../../clients/attack/admitted.ts';
import { CASES } from '../../clients/attack/cases/all.ts';
import { CATALOGUE, REQUIREMENTS } from '../../clients/attack/catalogue.ts';
import { PARTIES } from '../../clients/attack/parties.ts';
import { mutants } from '../mutants/mutants.ts';
import { CONTROLS, sourceOf } from './controls.ts';
import { kept, PAPERS, readPaper, trace, TRACE, withTable } from './papers.ts';
import { REQUIREMENT_TESTS } from './requirement-tests.ts';

const TEST = fileURLToPath(new URL('..', import.meta.url));

describe('what the papers say about attacks', () => {
  it('is what the recorded results say (node test/attack/papers.ts writes it)', () => {
    const results = kept();
    for (const name of PAPERS) assert.equal(withTable(readPaper(name), results), readPaper(name), name);
    assert.equal(trace(results), readPaper(TRACE));
  });

  it('tells of every attack, of every party and of the four goals of each', () => {
    const { attacks } = kept();
    const seen = new Set(attacks.map(({ id, attacker }) => `${attacker} ${id}`));
    for (const { id, given } of CASES)
      assert.ok(seen.has(`${given.join('+')} ${id}`), `${id} is not recorded`);
    for (const party of PARTIES)
      for (const { id } of CASES)
        assert.ok(seen.has(`${party.id} ${id}`), `${id} is not drilled with what ${party.name} holds`);
    for (const { id } of PARTIES)
      for (const goal of ['therapy', 'read', 'deny', 'forge'])
        assert.ok(
          attacks.some((one) => one.attacker === id && goalOf(one) === goal),
          `${id} ${goal}`,
        );
  });

  it('hides no success: what a party can do alone is admitted, and nothing else', () => {
    const { attacks } = kept();
    const loud = attacks.filter(({ outcome }) => outcome === 'succeeded' || outcome === 'not-played');
    assert.deepEqual(loud, []);
    const known = new Set(PARTIES.map(({ id }) => id));
    for (const key of Object.keys(ADMITTED)) assert.ok(known.has(key.split(' ')[0] ?? ''), key);
  });

  it('leaves no requirement without a test that is there', () => {
    for (const { id } of REQUIREMENTS) {
      const tests = REQUIREMENT_TESTS[id] ?? [];
      assert.ok(tests.length > 0, id);
      for (const test of tests) assert.ok(existsSync(`${TEST}${test}.test.ts`), `${id} names ${test}`);
    }
  });

  it('has controls that still find their lines', () => {
    const names = new Set(mutants.map(({ id }) => id));
    for (const [id, { off, edits = [] }] of Object.entries(CONTROLS)) {
      assert.ok(
        CASES.some((one) => one.id === id),
        `${id} is not played`,
      );
      for (const name of off) assert.ok(names.has(name), `${id} names the mutant ${name}`);
      for (const [file, find] of edits)
        assert.equal(sourceOf(file).split(find).length, 2, `${id}: ${file} has it not once: ${find}`);
    }
  });

  it('joins each requirement, attack, control and test: nothing stands alone', () => {
    const rows = readPaper(TRACE).split('\n').filter((line) => /^\| [A-Z]+-\d\d \|/u.test(line)); // prettier-ignore
    assert.equal(rows.length, REQUIREMENTS.length + CATALOGUE.length);
    const proven = new Map(kept().controls.map(({ id, control }) => [id, control]));
    for (const { id } of CASES) {
      assert.ok(Object.hasOwn(CONTROLS, id), `${id} has no control`);
      assert.equal(proven.get(id), 'proven', `${id}: its control is not shown`);
    }
    for (const line of rows) {
      const cells = line.split(/(?<!\\)\|/u).map((cell) => cell.trim());
      const tests = [...(cells.at(-2) ?? '').matchAll(/`([^`]+)`/gu)].map(([, name]) => name);
      assert.ok(tests.length > 0, line);
      for (const name of tests) assert.ok(existsSync(`${TEST}${name}.test.ts`), `${cells[1]} names ${name}`);
    }
  });

  it('names in README.md, for each claim, a test that is there or a command that shows it', () => {
    const paper = readPaper('README.md');
    const table = paper.slice(paper.indexOf('| claim'), paper.indexOf('\n\n', paper.indexOf('| claim')));
    const rows = table.split('\n').slice(2);
    assert.ok(rows.length > 20);
    for (const line of rows) {
      const held = line.split(/(?<!\\)\|/u).at(-2) ?? '';
      const links = [...held.matchAll(/\]\(([^)]+)\)/gu)].map(([, path]) => path ?? '');
      assert.ok(links.length > 0 || held.includes('`npm run '), line);
      for (const path of links) assert.ok(existsSync(`${TEST}../${path}`), `${path} is not there: ${line}`);
    }
  });
});
