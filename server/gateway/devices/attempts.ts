import type { RefusedFacts } from '../../broker/refusals.ts';
import type { RefusalCode } from '../../protocol/refusal.ts';

/**
 * What nobody meets who works as usual: forged, foreign and stolen tokens, proofs by another key, pages of others. A
 * token that ran out and a proof without our newest nonce come every day, and stand in the metrics alone.
 */
const ATTEMPTS: readonly RefusalCode[] = [
  'E_TOKEN_ALG',
  'E_TOKEN_AUD',
  'E_TOKEN_KEY',
  'E_TOKEN_MALFORMED',
  'E_TOKEN_REVOKED',
  'E_TOKEN_SIG',
  'E_TOKEN_TYP',
  'E_DPOP_BINDING',
  'E_DPOP_MISSING',
  'E_DPOP_REPLAY',
  'E_ORIGIN',
];

/** Puts refusals at the people's door into the log where somebody tried to get in: a flood of them is a number. */
export const loggedAttempts =
  (refusals: { record(facts: RefusedFacts): void }) =>
  (code: RefusalCode): void => {
    if (ATTEMPTS.includes(code)) refusals.record({ code, detail: 'people port' });
  };
