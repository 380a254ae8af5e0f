import { writeFileSync } from 'node:fs';
import { checkpointIn } from '../../server/protocol/verify/continuity.ts';
import { SeenCheckpoints } from '../common/evidence/seen-checkpoints.ts';
import { seenFile } from '../common/process/state-folder.ts';
import type { Asked } from './ask.ts';

/** Fetches an evidence bundle, made so that it continues what this computer has seen of the log. */
export async function evidence({ who, json, options, say }: Asked): Promise<void> {
  const { command, from, to, out, purpose, names } = options;
  if (out === undefined) throw new Error('--out is missing: name the zip file to write');
  if (purpose === undefined) throw new Error('--purpose is missing: it stands in the log beside who asked');
  if ((command === undefined) === (from === undefined && to === undefined))
    throw new Error('name --command HASH, or a period with --from and --to');
  const since = await seenSize(who);
  const bytes = await who.fetch('/v1/audit/bundle', {
    purpose,
    names: names === true,
    ...(since !== undefined && { since: [since] }),
    ...(command !== undefined && { commands: command.split(',') }),
    ...(from !== undefined && { from: timeOf(from, '--from') }),
    ...(to !== undefined && { to: timeOf(to, '--to') }),
  });
  writeFileSync(out, bytes, { mode: 0o600 });
  say(
    json
      ? JSON.stringify({ file: out, bytes: bytes.length })
      : `${out}: ${bytes.length} bytes. To check it anywhere: countersign verify ${out} --fingerprint "..."`,
  );
}

/** How long the log was when this computer saw it last. */
async function seenSize(who: Asked['who']): Promise<number | undefined> {
  const note = new TextDecoder().decode(await who.download('/log/checkpoint'));
  const origin = checkpointIn(note)?.origin;
  const before = origin === undefined ? undefined : new SeenCheckpoints(seenFile()).of(origin);
  const size = before === undefined ? undefined : checkpointIn(before)?.size;
  return size === 0 ? undefined : size;
}

function timeOf(text: string, option: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Error(`${option} is a time such as 2026-11-29T14:00Z`);
  return time;
}
