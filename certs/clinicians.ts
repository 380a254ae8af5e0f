import { randomBytes } from 'node:crypto';
import { nodeCrypto, publicKeyFromPem, signerFromPem } from '../clients/common/process/crypto.ts';
import { utf8 } from '../server/protocol/encoding/bytes.ts';
import { coseKey } from '../server/protocol/encoding/cose-key.ts';
import { issueCredential, MARK, readCredential, ROLE } from '../server/protocol/credential.ts';
import { certificateFault } from './expiry.ts';
import type { Item, KeyFolder } from './key-folder.ts';
import { keyItem, KEYS, YEAR_SECONDS } from './parties.ts';
import { nextSerial } from './serials.ts';

/** A signing host: the page, and the passkey scope that belongs to it. */
export type Host = 'a' | 'b';
export const rpIdOf = (host: Host): string => `sign-${host}.localhost`;

interface Person {
  readonly name: string;
  readonly roles: number;
  readonly host: Host;
}

/** The people of the simulated ward. Two hosts, so that one altered page is never enough for a high risk. */
export const PEOPLE: readonly Person[] = [
  { name: 'dr-a', roles: ROLE.clinician + ROLE.emergency, host: 'a' },
  { name: 'dr-b', roles: ROLE.clinician + ROLE.second, host: 'b' },
  { name: 'operator', roles: ROLE.operator, host: 'a' },
  { name: 'auditor', roles: ROLE.auditor, host: 'b' },
];

export const passkeyOf = (name: string): string => `clinicians/${name}/passkey.key.pem`;
/** The passkey for signing in at the token issuer; it signs no command. */
export const loginKeyOf = (name: string): string => `clinicians/${name}/login.key.pem`;
export const credentialOf = (name: string): string => `public/credentials/${name}.bin`;

const marksFor = (demo: boolean): number => MARK.software + (demo ? MARK.demo : 0);

/** Everybody's passkey, and its credential by the authority. `now` in unix seconds. */
export const clinicianItems = (folder: KeyFolder, now: number, demo: boolean): readonly Item[] =>
  PEOPLE.flatMap(({ name, roles, host }) => [
    keyItem(passkeyOf(name)),
    keyItem(loginKeyOf(name)),
    {
      path: credentialOf(name),
      needs: [KEYS.authority, passkeyOf(name)],
      make: async () => {
        const { alg, raw } = publicKeyFromPem(folder.text(passkeyOf(name)));
        return issueCredential(
          {
            subject: new Uint8Array(randomBytes(16)), // a pseudonym: no name ever reaches a device or the log
            roles,
            coseKey: coseKey(alg, raw),
            rpIdHash: nodeCrypto.sha256(utf8(rpIdOf(host))),
            backupEligible: false,
            notBefore: now,
            notAfter: now + YEAR_SECONDS,
            serial: await nextSerial(folder),
            marks: marksFor(demo),
          },
          signerFromPem(folder.text(KEYS.authority)),
        );
      },
    },
  ]);

/** Kept credentials that are not what was asked for, each with what to do. */
export function clinicianFaults(folder: KeyFolder, now: number, demo: boolean): readonly string[] {
  return PEOPLE.map(({ name }) => credentialOf(name)).flatMap((path) => {
    if (!folder.has(path)) return [];
    const { said } = readCredential(nodeCrypto, folder.bytes(path));
    const why = said.marks === marksFor(demo) ? [] : [`${path} was made ${demo ? 'without' : 'with'} --demo`];
    return [
      ...why.map((fault) => `${fault}; ask for the same again, or remove it`),
      ...certificateFault(path, said.notAfter, now),
    ];
  });
}
