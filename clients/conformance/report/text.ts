import { unhex } from '../../../server/protocol/encoding/bytes.ts';
import { hexText } from './hex-view.ts';
import { locate } from './locate.ts';
import { type Failure, judgementOf, type Outcome, type Report, tally, type Verdict } from './report.ts';

const SYMBOL: Readonly<Record<Verdict, string>> = { pass: '✔', fail: '✘', warn: '!', skip: '-', error: '?' };

/** One line for each case, and what is needed to understand a failure. */
export function outcomeText(outcome: Outcome): string {
  const { id, says, verdict, section, note, failure } = outcome;
  const line = `  ${SYMBOL[verdict]} ${id.padEnd(26)} ${says}`;
  const more = note === undefined ? [] : [`      ${note}`];
  if (failure) more.push(...failureText(failure, section));
  return [line, ...more].join('\n');
}

function failureText({ rule, expected, got, field, sent, received }: Failure, section: string): string[] {
  const lines = [`rule      ${rule} (PROTOCOL.md section ${section})`];
  if (expected !== '') lines.push(`expected  ${expected}`, `got       ${got}`);
  if (field !== '') lines.push(`field     ${field}`);
  if (sent !== '')
    lines.push('sent', ...hexText(unhex(sent), locate(unhex(sent), field)).map((row) => `  ${row}`));
  if (received !== '')
    lines.push(
      'received',
      ...hexText(unhex(received), locate(unhex(received), field)).map((row) => `  ${row}`),
    );
  return lines.map((each) => `      ${each}`);
}

/** The last lines of a run. */
export function summaryText(report: Report): string {
  const { pass, fail, warn, skip, error } = tally(report);
  const counts = [`${pass} passed`, `${fail} failed`, `${warn} warnings`, `${skip} skipped`];
  if (error > 0) counts.push(`${error} could not be tried`);
  const { device, seed, ms } = report;
  return [
    '',
    `${judgementOf(report)}  ${device.name}${report.subject === 'device' ? ` (${device.id})` : ''}`,
    `  ${counts.join(', ')} in ${(ms / 1000).toFixed(1)} s, seed ${seed}`,
    ...(report.complete ? [] : ['  Only some cases were asked for: that says nothing of the whole.']),
  ].join('\n');
}
