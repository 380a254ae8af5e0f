import type { Bytes } from './encoding/bytes.ts';
import { encode } from './encoding/cbor.ts';
import { arrayOf, bytesOf, decodeStrict } from './encoding/fields.ts';

/** What travels beside `associate`: `[salt (16 bytes), patient tag (32 bytes)]`. */
export interface Association {
  readonly patientSalt: Bytes;
  readonly patient: Bytes;
}

export const encodeAssociation = (association: Association): Bytes =>
  encode([association.patientSalt, association.patient]);

/** Reads an association; throws Refusal E_CMD_MALFORMED. */
export function parseAssociation(bytes: Bytes): Association {
  const [salt, tag] = arrayOf(decodeStrict(bytes, 'association', 128), 'association', 2, 2);
  return { patientSalt: bytesOf(salt, 'association.salt', 16), patient: bytesOf(tag, 'association.tag', 32) };
}
