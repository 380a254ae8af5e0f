import { hex } from '../../../server/protocol/encoding/bytes.ts';
import { RESULT } from '../../../server/protocol/receipt.ts';
import type { Past } from '../history/past.ts';
import type { Reading } from '../device/reading.ts';

/** Entries of the log that are looked through, the newest first. */
const LOOK_BACK = 30;

/** The settings that an emergency moved, as they were before: code to value. */
export type Before = ReadonlyMap<number, number>;

/**
 * What was set before the safe mode that a device is in, by the receipts it signed itself and this tablet proved. Undefined
 * when that cannot be told: something else was done since, a proof does not hold, or the device reads other values now.
 */
export async function beforeSafe(past: Past, reading: Reading): Promise<Before | undefined> {
  const { entries } = await past.read(reading.id, 'others', LOOK_BACK);
  for (const { entry } of entries) {
    if (entry.type === 'outcome' && entry.result !== RESULT.refused) return undefined;
    if (entry.type !== 'emergency' || !entry.command) continue;
    const before = await movedBy(past, hex(entry.command), reading);
    // Used twice, the second time moved nothing: what was before that is told by the first.
    if (!before || before.size > 0) return before;
  }
  return undefined;
}

async function movedBy(past: Past, command: string, reading: Reading): Promise<Before | undefined> {
  const { verdict, told } = await past.prove(command, reading.identity);
  if (verdict !== 'VERIFIED' || !told?.receipt) return undefined;
  const { before, readBack } = told.receipt;
  const codes = reading.profile.parameters.filter(({ programmed }) => programmed).map(({ code }) => code);
  if (codes.some((code) => readBack.get(code) !== reading.attestation.settings.get(code))) return undefined;
  return new Map(
    codes.flatMap((code) => {
      const was = before.get(code);
      return was === undefined || was === readBack.get(code) ? [] : [[code, was] as const];
    }),
  );
}
