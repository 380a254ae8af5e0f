import { type Bytes, same, sha256, Wrong } from './bytes.ts';
import { write } from './cbor.ts';
import { bytes, fields, list, settings, whole } from './fields.ts';
import { type Key, opened } from './signed.ts';

/** What a device says of itself, signed with the key it was enrolled with. */
export interface Attestation {
  readonly nonce: Bytes;
  /** Seconds that the device has run. */
  readonly ticks: number;
  /** Seconds for which it waits for a command with this nonce. */
  readonly ticksLeft: number;
  readonly device: Bytes;
  readonly salt: Bytes;
  readonly tag: Bytes;
  readonly counter: number;
  readonly profile: Bytes;
  readonly firmware: Bytes;
  readonly settings: ReadonlyMap<number, number>;
  /** 0 runs, 1 stopped, 2 safe mode. */
  readonly mode: number;
}

/** What a device says it did. */
export interface Receipt {
  readonly device: Bytes;
  readonly result: 'applied' | 'changed' | 'refused';
  /** Number of the refusal, when it refused. */
  readonly refusal: number | undefined;
  readonly command: Bytes;
  /** A gateway allowed it; otherwise it came through the emergency door. */
  readonly granted: boolean;
  readonly number: number;
  readonly before: ReadonlyMap<number, number>;
  readonly after: ReadonlyMap<number, number>;
  readonly readBack: ReadonlyMap<number, number>;
  /** SHA-256 over the whole signed receipt: what the log names. */
  readonly digest: Bytes;
}

const MAX_32 = 0xffff_ffff;
const ATTESTED = Array.from({ length: 17 }, (_, i) => i + 1);
const RECEIPTED = [1, 2, 4, 7, 8, 9, 10, 11, 12, 13, 14];

/** Reads an attestation (protocol, section 3.7). Throws Wrong. */
export async function readAttestation(signed: Bytes, device: Key): Promise<Attestation> {
  const said = fields(await opened(signed, 'attestation', [device]), ATTESTED);
  for (const key of [9, 14, 15]) whole(said.get(key), 0, MAX_32);
  for (const key of [10, 16]) bytes(said.get(key), 32);
  bytes(said.get(2), 16);
  return {
    nonce: bytes(said.get(1), 16),
    ticks: whole(said.get(3), 0, MAX_32),
    ticksLeft: whole(said.get(4), 0, MAX_32),
    device: bytes(said.get(5), 8),
    salt: bytes(said.get(6), 16),
    tag: bytes(said.get(7), 32),
    counter: whole(said.get(8), 0, MAX_32),
    profile: bytes(said.get(11), 32),
    firmware: bytes(said.get(13), 32),
    settings: settings(said.get(12)),
    mode: whole(said.get(17), 0, 2),
  };
}

/** Is the firmware that a device attests one its profile is for (protocol, section 3.2)? Under another its settings may mean something else. */
export const runsFirmwareOf = (
  { firmware }: { readonly firmware: readonly Bytes[] | undefined },
  now: Pick<Attestation, 'firmware'>,
): boolean => firmware === undefined || firmware.some((one) => same(one, now.firmware));

/** Reads a receipt (protocol, section 3.7). Throws Wrong. */
export async function readReceipt(signed: Bytes, device: Key): Promise<Receipt> {
  const said = fields(await opened(signed, 'receipt', [device]), RECEIPTED, [3, 5, 6]);
  const result = (['applied', 'changed', 'refused'] as const)[whole(said.get(2), 1, 3) - 1];
  if (result === undefined || (result === 'refused') !== said.has(3))
    throw new Wrong('the receipt contradicts itself');
  const refusal = said.get(3);
  for (const key of [9, 14]) whole(said.get(key), 0, MAX_32);
  if (said.has(5)) bytes(said.get(5), 16);
  if (said.has(6)) bytes(said.get(6), 32);
  for (const kid of list(said.get(7), 0, 2)) bytes(kid, 16);
  bytes(said.get(13), 32);
  return {
    device: bytes(said.get(1), 8),
    result,
    refusal: refusal === undefined ? undefined : whole(refusal),
    command: bytes(said.get(4), 32),
    granted: said.has(5),
    number: whole(said.get(8), 0, MAX_32),
    before: settings(said.get(10)),
    after: settings(said.get(11)),
    readBack: settings(said.get(12)),
    digest: await sha256(signed),
  };
}

/**
 * What a device says about the time between two readings, by its own clock. A reading that is not newer is worth nothing: the
 * gateway may have kept it.
 */
export function wordOf(before: Attestation, now: Attestation): 'unchanged' | 'changed' | 'not-asked' {
  if (now.ticks <= before.ticks) return 'not-asked';
  return before.counter === now.counter ? 'unchanged' : 'changed';
}

/** Whether the device belongs to the person with this record number and year of birth. */
export async function belongsTo(
  { salt, tag }: Pick<Attestation, 'salt' | 'tag'>,
  person: { readonly mrn: string; readonly birthYear: number },
): Promise<boolean> {
  const expected = await sha256(write(['countersign/patient/v1', salt, person.mrn, person.birthYear]));
  return same(expected, tag);
}
