import { hex } from '../../server/protocol/encoding/bytes.ts';
import { isoTime } from '../../server/protocol/evidence/evidence-checks.ts';
import type { EvidenceReport } from '../../server/protocol/verify.ts';
import type { Check } from '../../server/protocol/verify/run-checks.ts';
import type { BundleReport } from '../../server/protocol/verify/bundle.ts';
import { tellEntry } from '../../server/protocol/verify/tell.ts';
import type { LogReport } from '../../server/protocol/verify-log.ts';
import { meaningOf } from '../../server/protocol/refusal-says.ts';

const SYMBOL = { PASS: '✔', FAIL: '✘', 'NOT CHECKED': '?' } as const;
/** Entries a terminal shows of a bundle; `--json` has all of them. */
const MAX_SHOWN = 40;

/** Text from a file that anybody may have made: one line, nothing that steers a terminal. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');

function checkLines(checks: readonly Check[], how: boolean): readonly string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks.flatMap((check, i) => [
    `  ${SYMBOL[check.verdict]} ${i + 1} ${check.name.padEnd(width)}  ${check.verdict === 'NOT CHECKED' ? 'NOT CHECKED: ' : ''}${plain(check.says)}`,
    ...(how ? [`      how: ${check.how}`] : []),
  ]);
}

/** The report on one evidence file, verdict first. */
export const evidenceText = (target: string, report: EvidenceReport, how: boolean): string =>
  [
    `${report.verdict}  ${target}`,
    '',
    ...checkLines(report.checks, how),
    '',
    ...report.story.map((line) => `  ${plain(line)}`),
  ]
    .join('\n')
    .trimEnd();

/** The report on a bundle, verdict first; the entries' bytes one level down, with `raw`. */
export function bundleText(
  target: string,
  report: BundleReport,
  { how, raw }: { readonly how: boolean; readonly raw: ReadonlyMap<number, Uint8Array> | undefined },
): string {
  const lines = [
    `${report.verdict}  ${target}`,
    `  ${plain(report.says)}`,
    '',
    ...checkLines(report.checks, how),
  ];
  for (const { hash, verdict, checks, story } of report.commands) {
    lines.push('', `  Command ${hash}  ${verdict}`);
    if (report.commands.length > 1 && verdict !== 'VERIFIED') lines.push(...checkLines(checks, false));
    lines.push(...story.map((line) => `    ${plain(line)}`));
  }
  if (report.proves.length > 0) lines.push('', ...report.proves.map((line) => `  ${plain(line)}`));
  if (report.entries.length > 0) lines.push('');
  for (const { index, entry } of report.entries.slice(0, MAX_SHOWN)) {
    lines.push(
      `  ${String(index).padStart(8)}  ${isoTime(Math.floor(entry.time / 1000))}  ${tellEntry(entry, meaningOf)}`,
    );
    const bytes = raw?.get(index);
    if (bytes) lines.push(`            ${hex(bytes)}`);
  }
  const more = report.entries.length - MAX_SHOWN;
  if (more > 0) lines.push(`            and ${more} more entries; --json has all of them`);
  return lines.join('\n').trimEnd();
}

/** The report on a whole log, verdict first. */
export const logText = (target: string, { verdict, entries, size, problems, warnings }: LogReport): string =>
  [
    `${verdict}  ${target}`,
    '',
    `  ${entries} of ${size} entries read`,
    ...problems.map(({ what }) => `  ${SYMBOL.FAIL} ${what}`),
    ...warnings.map((warning) => `  ${SYMBOL['NOT CHECKED']} ${warning}`),
    ...(verdict === 'VERIFIED' ? [`  ${SYMBOL.PASS} every entry stands under a witnessed checkpoint`] : []),
  ].join('\n');
