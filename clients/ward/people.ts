import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loginKeyOf } from '../../certs/clinicians.ts';
import { readAnchors } from '../../server/protocol/anchors.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import type { SoftwarePasskeyOptions } from './passkey.ts';

/** Who signs commands, and approves a session for that. */
export const signs = (name: PersonName): boolean => name === 'dr-a' || name === 'dr-b';

/** The passkey with which somebody signs in: another one than signs commands, on the page of the token issuer. */
export const loginOf = (folder: string, name: PersonName, issuer: string): SoftwarePasskeyOptions => ({
  key: readFileSync(join(folder, 'keys', loginKeyOf(name)), 'utf8'),
  origin: issuer,
  rpId: new URL(issuer).hostname,
});

export type PersonName = 'dr-a' | 'dr-b' | 'operator' | 'auditor';

/** The simulated people of the ward, each with a software passkey on the signing host it belongs to. */
export function people(folder: string): Readonly<Record<PersonName, SoftwarePasskeyOptions>> {
  const keys = join(folder, 'keys');
  const { origins } = readAnchors(
    nodeCrypto,
    new Uint8Array(readFileSync(join(keys, 'public', 'anchors.bin'))),
  );
  const person = (name: PersonName, host: string): SoftwarePasskeyOptions => {
    const site = origins.find(({ rpId }) => rpId.startsWith(host));
    if (!site) throw new Error(`the anchors name no signing page ${host}`);
    return { key: readFileSync(join(keys, 'clinicians', name, 'passkey.key.pem'), 'utf8'), ...site };
  };
  return {
    'dr-a': person('dr-a', 'sign-a'),
    'dr-b': person('dr-b', 'sign-b'),
    operator: person('operator', 'sign-a'),
    auditor: person('auditor', 'sign-b'),
  };
}
