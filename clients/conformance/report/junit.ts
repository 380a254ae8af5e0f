import { type Outcome, type Report, tally } from './report.ts';
import { outcomeText } from './text.ts';

/** The run as JUnit XML, which every CI reads. */
export function junit(report: Report): string {
  const { fail, skip, error } = tally(report);
  const counts = `tests="${report.outcomes.length}" failures="${fail}" errors="${error}" skipped="${skip}"`;
  const about = `name="${xml(`countersign conformance: ${report.device.name}`)}" time="${(report.ms / 1000).toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${about} ${counts}>`,
    `  <testsuite ${about} ${counts} timestamp="${report.started}">`,
    '    <properties>',
    ...Object.entries({
      seed: report.seed,
      subject: report.subject,
      device: report.device.id,
      profile: report.profile.hash,
      kit: report.kit,
      ...(report.anchors !== undefined && { anchors: report.anchors }),
    }).map(([name, value]) => `      <property name="${name}" value="${xml(String(value))}"/>`),
    '    </properties>',
    ...report.outcomes.map(testcase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testcase(outcome: Outcome): string {
  const { id, says, verdict, ms, note = '', failure } = outcome;
  const group = id.slice(0, id.indexOf('.'));
  const open = `    <testcase classname="${xml(group)}" name="${xml(`${id}: ${says}`)}" time="${(ms / 1000).toFixed(3)}"`;
  if (verdict === 'pass') return `${open}/>`;
  const inner = {
    fail: `<failure message="${xml(failure ? `${failure.rule}; expected ${failure.expected}, got ${failure.got}` : '')}">${xml(outcomeText(outcome))}</failure>`,
    skip: `<skipped message="${xml(note)}"/>`,
    error: `<error message="${xml(note)}"/>`,
    warn: `<system-out>${xml(`warning: ${note}`)}</system-out>`,
  }[verdict];
  return `${open}>\n      ${inner}\n    </testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for XML and HTML: what would end it is written as an entity, and what XML does not have as a question mark. */
export const xml = (text: string): string =>
  text
    .replaceAll(/[&<>"']/gu, (char) => ENTITIES[char] ?? char)
    // oxlint-disable-next-line no-control-regex -- control characters are what XML does not have
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/gu, '?');
