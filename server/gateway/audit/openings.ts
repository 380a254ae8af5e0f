import type { Bytes } from '../../protocol/encoding/bytes.ts';
import { arrayOf, bytesOf, decodeStrict } from '../../protocol/encoding/fields.ts';

/** One field that an announcement commits to: its salt, and its value as CBOR. */
export interface KeptField {
  readonly salt: Bytes;
  readonly value: Bytes;
}

const MAX = 65_536;

/** The fields of a command as they were kept beside the log. Throws Refusal E_CMD_MALFORMED. */
export function keptFields(openings: Bytes): readonly KeptField[] {
  return arrayOf(decodeStrict(openings, 'openings', MAX), 'openings', 0, 64).map((pair) => {
    const [salt, value] = arrayOf(pair, 'openings', 2, 2);
    return { salt: bytesOf(salt, 'openings', 16), value: bytesOf(value, 'openings') };
  });
}

/** The same in words: people; reason, note and order; tablets. */
export const keptTexts = (openings: Bytes): readonly (readonly string[])[] =>
  keptFields(openings).map(({ value }) =>
    arrayOf(decodeStrict(value, 'openings', MAX), 'openings', 0, 16).map(String),
  );
