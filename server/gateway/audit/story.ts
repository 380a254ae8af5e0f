import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import type { Crypto } from '../../protocol/crypto.ts';
import type { Entry } from '../../protocol/log/entry.ts';
import { isoTime } from '../../protocol/evidence/evidence-checks.ts';
import { FILE } from '../../protocol/verify/bundle-files.ts';
import { openedFields } from '../../protocol/verify/bundle.ts';
import { tellEntry } from '../../protocol/verify/tell.ts';
import { verifyEvidence } from '../../protocol/verify.ts';
import { meaningOf } from '../../protocol/refusal-says.ts';

interface Placed {
  readonly index: number;
  readonly entry: Entry;
}

/** The text files of a bundle, for people: each command in words, then every entry in order. */
export async function storyOf(
  crypto: Crypto,
  placed: readonly Placed[],
  files: ReadonlyMap<string, Bytes>,
  commands: readonly string[],
): Promise<string> {
  const lines = ['What the log tells, in words. Times are UTC. Believe the check, not this text.', ''];
  for (const command of commands) {
    lines.push(`COMMAND ${command}`);
    const evidence = files.get(FILE.evidence(command));
    if (evidence) {
      const { story } = await verifyEvidence(crypto, evidence);
      lines.push(...story.map((line) => `  ${line}`));
    } else lines.push('  There is no evidence of it: it was not granted, or its outcome is not known.');
    lines.push(...namesOf(files, command), '');
  }
  lines.push('ENTRIES OF THE LOG');
  for (const { index, entry } of placed) {
    const about = entry.device ? ` device ${hex(entry.device)}` : '';
    const by = entry.kids?.length ? ` by ${entry.kids.map((kid) => hex(kid).slice(0, 8)).join(' and ')}` : '';
    lines.push(
      `  ${String(index).padStart(8)}  ${isoTime(Math.floor(entry.time / 1000))}${about}${by}  ${tellEntry(entry, meaningOf)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

const FIELDS = ['people', 'reason, note, order', 'tablets'];

function namesOf(files: ReadonlyMap<string, Bytes>, command: string): readonly string[] {
  const fields = openedFields(files, command);
  if (!fields) return ['  People, reason and tablets are not shown; the log commits to them.'];
  return fields.map(
    (field, i) => `  ${FIELDS[i] ?? 'more'}: ${field ? printable(field.join(', ')) : 'not shown'}`,
  );
}

/** Text that people typed, in a file for people: no line of its own, no control character. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
