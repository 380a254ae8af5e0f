import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../clients/conformance/report/report.ts';

/** The report in a folder, once text, page and JUnit file are seen to say the same as it does. */
export function sameViews(folder: string, text: string): Report {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const report = JSON.parse(read('report.json')) as Report;
  const [page, junit] = [read('report.html'), read('report.xml')];
  for (const { id, verdict, note = '' } of report.outcomes) {
    assert.ok(verdict !== 'skip' || note !== '', `${id}: a skip says why`);
    assert.ok(text.includes(` ${id} `), `${id} stands in the text`);
    assert.ok(page.includes(`<li id="${id}" class="${verdict}">`), `${id} stands on the page`);
    assert.ok(junit.includes(`name="${id}: `), `${id} stands in the JUnit file`);
  }
  const loads = /<script|\son[a-z]+=|\sstyle=|https?:\/\//iu;
  assert.doesNotMatch(page, loads, 'nothing on the page acts or loads');
  return report;
}

export const verdictsIn = ({ outcomes }: Report): readonly string[] =>
  outcomes.map(({ id, verdict }) => `${id} ${verdict}`);
