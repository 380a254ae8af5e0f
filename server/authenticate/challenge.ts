import { Refusal, type RefusalCode } from '../protocol/refusal.ts';
import type { AccessToken } from './access-token.ts';

/** How fresh a sign-in has to be for something (RFC 9470). */
export interface Freshness {
  readonly acr: string;
  readonly seconds: number;
}

/** A phishing-resistant authenticator in hardware (OpenID Connect EAP ACR values). */
export const ACR = 'phrh';

const FRESHNESS = new WeakMap<Refusal, Freshness>();
const ALGS = 'algs="ES256 EdDSA"';

/** Throws Refusal E_STEP_UP when the person signed in too long ago, or too weakly, for what they ask. */
export function demandFresh(
  { acr, authTime }: Pick<AccessToken, 'acr' | 'authTime'>,
  seconds: number,
  now: number,
): void {
  if (acr === ACR && now - authTime <= seconds * 1000) return;
  const refusal = new Refusal(
    'E_STEP_UP',
    `needs a sign-in of at most ${seconds} s ago`,
    'token.claims.auth_time',
  );
  FRESHNESS.set(refusal, { acr: ACR, seconds });
  throw refusal;
}

type Error = 'use_dpop_nonce' | 'invalid_dpop_proof' | 'invalid_token';
const ERRORS: Partial<Record<RefusalCode, readonly [error: Error, says: string]>> = {
  E_DPOP_NONCE: ['use_dpop_nonce', 'The proof needs the nonce of this answer'],
  E_DPOP_MISSING: ['invalid_dpop_proof', 'The proof is missing or does not hold'],
  E_DPOP_REPLAY: ['invalid_dpop_proof', 'The proof was used before'],
  E_DPOP_BINDING: ['invalid_token', 'The token is bound to another key'],
  E_TOKEN_ALG: ['invalid_token', 'The algorithm is not accepted'],
  E_TOKEN_AUD: ['invalid_token', 'The token is for another audience'],
  E_TOKEN_EXPIRED: ['invalid_token', 'The token or the session has ended'],
  E_TOKEN_KEY: ['invalid_token', 'The key of the token is not known'],
  E_TOKEN_MALFORMED: ['invalid_token', 'The token is not well formed'],
  E_TOKEN_REVOKED: ['invalid_token', 'The session was closed'],
  E_TOKEN_SIG: ['invalid_token', 'The signature of the token does not verify'],
  E_TOKEN_TYP: ['invalid_token', 'Not an access token'],
};

/**
 * `WWW-Authenticate` for a refusal with status 401: RFC 9449 section 7.1, for a sign-in that is too old RFC 9470
 * section 3. Without credentials there is no error to name (RFC 6750 section 3.1).
 */
export function challengeOf(refusal: Refusal): string {
  const fresh = FRESHNESS.get(refusal);
  if (fresh !== undefined) {
    const says = 'Sign in again to do this';
    return `DPoP error="insufficient_user_authentication", error_description="${says}", acr_values="${fresh.acr}", max_age="${fresh.seconds}"`;
  }
  const [error, says] = ERRORS[refusal.code] ?? [];
  return error === undefined ? `DPoP ${ALGS}` : `DPoP error="${error}", error_description="${says}", ${ALGS}`;
}
