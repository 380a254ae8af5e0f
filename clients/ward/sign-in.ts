import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signJwt } from '../common/link/dpop.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { hex } from '../../server/protocol/bytes.ts';
import { readCredential, ROLE } from '../../server/protocol/credential.ts';
import type { PersonName } from './people.ts';

/** Where a tablet gets its access tokens from: each one is good for two minutes. */
export interface TokenSource {
  /** A token for a person at the tablet with this key (base64url thumbprint). */
  token(jkt: string): Promise<string>;
  /** What the person may do with it: `read`, and for those who sign commands `command`. */
  readonly scope: string;
}

export const ISSUER = 'http://issuer.localhost';
/** The API base of a gateway under its public name, as in `http://gate.localhost:8080/v1`. */
export const audienceOf = (host: string): string => `http://${host}/v1`;

const KEY = 'issuer/token.key.pem';
const KID = 'ward';
const LIFE_SECONDS = 120;
const NAMES = ['clinician', 'second', 'emergency', 'auditor', 'operator', 'maker', 'patient'] as const;

/** The simulated ward's token issuer: it says yes to everybody, with the roles of their credential. For simulation only. */
export function wardTokens(
  folder: string,
  name: PersonName,
  host: string,
  now: () => number = Date.now,
): TokenSource {
  const keys = join(folder, 'keys');
  const secret = createPrivateKey(readFileSync(join(keys, KEY), 'utf8'));
  const credential = readFileSync(join(keys, 'public', 'credentials', `${name}.bin`));
  const { roles, subject } = readCredential(nodeCrypto, new Uint8Array(credential)).said;
  const scope = (roles & (ROLE.clinician | ROLE.second)) === 0 ? 'read' : 'read command';
  return {
    scope,
    token(jkt) {
      const iat = Math.floor(now() / 1000);
      const claims = {
        iss: ISSUER,
        aud: audienceOf(host),
        sub: hex(subject),
        client_id: 'ward',
        iat,
        exp: iat + LIFE_SECONDS,
        jti: randomBytes(16).toString('base64url'),
        auth_time: iat,
        acr: 'phrh',
        scope,
        roles: NAMES.filter((role) => (roles & ROLE[role]) !== 0),
        cnf: { jkt },
      };
      return Promise.resolve(signJwt({ typ: 'at+jwt', alg: 'ES256', kid: KID }, claims, secret));
    },
  };
}

/** The issuer's key set, as the gateway of the ward is given it. */
export function wardKeySet(folder: string): string {
  const secret = createPrivateKey(readFileSync(join(folder, 'keys', KEY), 'utf8'));
  const jwk = createPublicKey(secret).export({ format: 'jwk' });
  return `${JSON.stringify({ keys: [{ ...jwk, kid: KID, alg: 'ES256', use: 'sig' }] }, null, 2)}\n`;
}
