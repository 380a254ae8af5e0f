import { type RefusalCode } from '../../../server/protocol/refusal.ts';
import { SAYS } from '../../../server/protocol/refusal-says.ts';

/** What to do about a refusal; what happened says the code's own row, for every code. */
const ADVICE_EN: Readonly<Partial<Record<RefusalCode, string>>> = {
  E_CMD_LIMIT: 'Choose another value.',
  E_CMD_RATE_OF_CHANGE: 'Choose a smaller step, or wait.',
  E_COUNTER: 'Read the device again, and sign again.',
  E_PATIENT: 'Check the wristband and the year of birth.',
  E_DEVICE_IDENTITY: 'Do not use this device. Call the operator.',
  E_AUDIT_UNAVAILABLE: 'Call the operator. Emergency still works at a reader.',
  E_LOG_INCONSISTENT: 'Call the operator. Emergency still works at a reader.',
  E_ASSERTION_CRED: 'Use your own passkey, or ask the operator.',
  E_ROLE: 'Ask somebody who may.',
  E_DUAL_SAME_PERSON: 'Another person has to sign, on the other page.',
  E_SCOPE: 'If you need it now, use break-glass.',
  E_LOCKED: 'Ask an operator why.',
  E_BUSY: 'Wait until the other command has ended.',
  E_LINK: 'Bring the device into contact, and try again.',
  E_REVIEW: 'Ask a colleague to review the emergency.',
  E_NOT_ENROLLED: 'Ask an operator to enrol it.',
  E_ANCHORS: 'Do not use this tablet. Call the operator.',
  E_CMD_HASH: 'Read the device again.',
  E_PROFILE: 'Read the device again.',
  E_GRANT_DEVICE: 'Read the device again.',
  E_DRAFT: 'Read the device again.',
  E_SAFE_STATE: 'Resume the therapy first.',
  E_INTENT_REQUIRED: 'Confirm at the device, then sign again.',
  E_SECOND_ENTRY: 'Talk to each other, then one of you starts again.',
  E_POLICY: 'Ask the operator which rule.',
  E_BREAKGLASS_SCOPE: 'Call the patient’s team.',
  E_CANCELLED: 'Sign again if it is still wanted.',
  E_CLOCK: 'Call the operator. Emergency still works at a reader.',
  E_EVIDENCE: 'Call the operator. Emergency still works at a reader.',
  // These say it in their own row.
  ...Object.fromEntries(
    'NONCE APPROVAL_STALE GRANT_EXPIRED STEP_UP READER READER_BUSY READER_AWAY READER_WARD READER_TWO FIRMWARE BUILD CHANNEL DUAL_REQUIRED TOKEN_EXPIRED TOKEN_REVOKED SESSION UNKNOWN_OUTCOME COOL_DOWN RATE'
      .split(' ')
      .map((code) => [`E_${code}`, '']),
  ),
};

/** A refusal in words. */
export const REFUSAL_EN = {
  refusal: {
    says: (code: RefusalCode): string => SAYS[code],
    advice: (code: RefusalCode): string =>
      ADVICE_EN[code] ?? (/TOKEN|DPOP/u.test(code) ? 'Sign in again.' : 'If it stays so, call the operator.'),
  },
};
