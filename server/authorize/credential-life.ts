import { MARK } from '../protocol/credential.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Rule } from './rule.ts';

const DAY = 86_400;

/**
 * A credential for years is a credential nobody reviews; one made a minute ago may be an intruder's, and nobody
 * has been told of it yet. The device holds the second against its own anchors again.
 */
export const credentialLife: Rule = ({ who, tier, now }, { policy }) => {
  const { maxDays, minAgeSecondsTier2 } = policy.policy.credentials;
  for (const { credential } of who.people) {
    if (credential.notAfter - credential.notBefore > maxDays * DAY) {
      throw new Refusal(
        'E_POLICY',
        `a passkey certified for more than ${maxDays} days`,
        'credential.notAfter',
      );
    }
    const isDemo = (credential.marks & MARK.demo) !== 0;
    if (tier === 2 && !isDemo && now / 1000 - credential.notBefore < minAgeSecondsTier2) {
      throw new Refusal(
        'E_POLICY',
        'the passkey is too new for a change of high risk',
        'credential.notBefore',
      );
    }
  }
};
