import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signJwt } from '../../clients/common/link/dpop.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { readCredential, ROLE } from '../../server/protocol/credential.ts';
import type { PersonName } from '../../clients/ward/people.ts';
import { audienceOf, type TokenSource } from '../../clients/ward/sign-in.ts';

export const ISSUER = 'http://issuer.localhost';
const KEY = 'issuer/token.key.pem';
const KID = 'ward';
const LIFE_SECONDS = 120;
const NAMES = ['clinician', 'second', 'emergency', 'auditor', 'operator', 'maker', 'patient'] as const;

/** Tokens without a sign-in: an issuer that says yes to everybody, with the roles of their credential. */
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
    freshen: () => false, // each token tells of a sign-in that was just now
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

/** Where the gateway of such a ward finds the issuer's key set. */
export function issuerOf(folder: string, host: string) {
  const secret = createPrivateKey(readFileSync(join(folder, 'keys', KEY), 'utf8'));
  const jwk = createPublicKey(secret).export({ format: 'jwk' });
  const jwks = join(folder, 'hospital', 'issuer.jwks.json');
  writeFileSync(
    jwks,
    `${JSON.stringify({ keys: [{ ...jwk, kid: KID, alg: 'ES256', use: 'sig' }] }, null, 2)}\n`,
  );
  return { url: ISSUER, audience: audienceOf(host), jwks, subjectClaim: 'sub' };
}
