import { REFUSALS, type RefusalCode } from '../../../server/protocol/refusal.ts';

/** What to do about a refusal; what happened says the code's own row, for every code. */
const ADVICE_EN: Readonly<Partial<Record<RefusalCode, string>>> = {
  E_CMD_LIMIT: 'Choose another value.',
  E_CMD_RATE_OF_CHANGE: 'Choose a smaller step, or wait.',
  E_NONCE: 'Read the device again, and sign again.',
  E_COUNTER: 'Read the device again, and sign again.',
  E_PATIENT: 'Check the wristband and the year of birth.',
  E_APPROVAL_STALE: 'Read the device again, and compare again.',
  E_DEVICE_IDENTITY: 'Do not use this device. Call the operator.',
  E_GRANT_EXPIRED: 'Read the device again, and sign again.',
  E_AUDIT_UNAVAILABLE: 'Call the operator. Emergency still works at a reader.',
  E_LOG_INCONSISTENT: 'Call the operator. Emergency still works at a reader.',
  E_ASSERTION_CRED: 'Use your own key, or ask the operator.',
  E_ROLE: 'Ask somebody who may.',
  E_DUAL_SAME_PERSON: 'Another person has to sign, on the other page.',
  E_SCOPE: 'If you need it now, use break-glass.',
  E_LOCKED: 'Ask an operator why.',
  E_RATE: 'Wait a minute.',
  E_COOL_DOWN: 'Wait a moment.',
  E_BUSY: 'Wait until the other command has ended.',
  E_UNKNOWN_OUTCOME: 'Ask the device first.',
  E_LINK: 'Bring the device into contact, and try again.',
  E_REVIEW: 'Ask a colleague to review the emergency.',
  E_SESSION: 'Sign in again.',
  E_TOKEN_EXPIRED: 'Sign in again.',
  E_TOKEN_REVOKED: 'Sign in again.',
  E_STEP_UP: 'Sign in again: it takes one touch.',
  E_NOT_ENROLLED: 'Ask an operator to enrol it.',
  E_ANCHORS: 'Do not use this tablet. Call the operator.',
};

/** A refusal in words. */
export const REFUSAL_EN = {
  refusal: {
    says: (code: RefusalCode): string => REFUSALS[code].says,
    advice: (code: RefusalCode): string => ADVICE_EN[code] ?? '',
  },
};
