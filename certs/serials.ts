import { nodeCrypto, publicKeyFromPem } from '../clients/common/process/crypto.ts';
import { openStatus, readCredential } from '../server/protocol/credential.ts';
import type { KeyFolder } from './key-folder.ts';
import { KEYS } from './parties.ts';

/** Every kind of credential that the authority's key signs: one row of numbers for all of them. */
const KINDS = ['public/credentials', 'public/links'] as const;
/** The authority's list of revoked credentials. */
export const STATUS = 'public/status.bin';

/**
 * The next number of the authority. A revocation list names numbers alone, so no two credentials share one, and a
 * number that was revoked never comes back.
 */
export async function nextSerial(folder: KeyFolder): Promise<number> {
  const taken = KINDS.flatMap((kind) =>
    folder
      .list(kind)
      .filter((name) => name.endsWith('.bin'))
      .map((name) => readCredential(nodeCrypto, folder.bytes(`${kind}/${name}`)).said.serial),
  );
  const authority = publicKeyFromPem(folder.text(KEYS.authority));
  const { revoked } = folder.has(STATUS)
    ? await openStatus(nodeCrypto, folder.bytes(STATUS), [authority])
    : { revoked: [] };
  return Math.max(0, ...taken, ...revoked) + 1;
}
